//! What a principal learns of another tenant's header that can't be read.

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::TenantHeader;
use crate::ownership::{Action, Principal, Resource};

use super::{Access, header_visibility};

impl Access {
    /// The header of a foreign tenant, as far as the principal may know of it: one request of the store,
    /// whether or not there is such a tenant.
    ///
    /// A header that can't be read does not say whether the tenant is shared. To those who may not see
    /// what is private it therefore looks missing while it is damaged, and a fault of the medium, which
    /// passes, is told without the words that would tell that there is something (I1, I10). The true
    /// reason goes to the log.
    pub(super) async fn foreign_header(
        &self,
        principal: &Principal,
        action: Action,
        resource: &Resource,
    ) -> Result<Option<TenantHeader>> {
        let operation = action.as_str();
        let read = self.ledger().header(operation, &self.tenant).await.and_then(|header| {
            header_visibility(operation, header.as_ref())?;
            Ok(header)
        });
        let Err(error) = read else { return read };
        let of_missing = self.request(principal, action, resource, None)?;
        if self.core.gate.ask(&of_missing).is_allowed() {
            return Err(error);
        }
        let tenant = self.tenant.as_str();
        tracing::warn!(target: "tenantry::access", tenant, ?error, "a tenant's header could not be read");
        match error.kind() {
            ErrorKind::Corrupt | ErrorKind::Configuration | ErrorKind::Unsupported => Ok(None),
            passing => Err(Error::new(passing, operation)),
        }
    }
}
