//! Who looks at what is not in the library yet: a tenant that is still to be migrated, or one that was and left
//! something behind.
//!
//! It is judged by the same gate with the same actions as everybody else, and audited with them. What it may see is
//! kept elsewhere, and shared with nobody: there is no profile yet that could say so. Nothing is changed through it.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::{Action, Decision, Permit, Principal, Request, Resource, Role, Visibility};
use crate::paths::{CollectionName, TenantId};
use crate::record::{Entity, Record};

use super::access::{Access, Core, Sight, missing, refused};
use super::handle::Workspace;
use super::tenantry::Tenantry;

/// A principal that looks at what one tenant has outside of the library.
#[derive(Clone)]
pub(crate) struct Onlooker {
    core: Arc<Core>,
    who: Who,
    tenant: TenantId,
}

#[derive(Clone)]
enum Who {
    /// One that is not in the library, with the role that it will have.
    Planned(Principal),
    /// One that is, with the role that is stored for it.
    Living(Access),
}

/// What an onlooker may see.
pub(crate) struct Seen {
    pub(crate) permit: Permit,
    sight: Sight,
}

impl Seen {
    /// A record as it is seen.
    pub(crate) fn show<E: Entity>(&self, record: Record<E>) -> Result<Record<E>> {
        self.sight.of(self.permit.action(), record)
    }
}

/// Whether the library has had a tenant of that name.
pub(crate) async fn is_known(
    tenantry: &Tenantry,
    operation: &'static str,
    tenant: &TenantId,
) -> Result<bool> {
    Ok(tenantry.core.guarded.header(operation, tenant).await?.is_some())
}

/// The error for what an onlooker does not find, or must not.
pub(crate) fn not_found(action: Action, resource: &Resource) -> Error {
    missing(action.as_str(), resource)
}

impl Onlooker {
    /// A principal that is not in the library, in its own tenant.
    pub(crate) fn planned(tenantry: &Tenantry, principal: TenantId, role: Role) -> Self {
        let (core, tenant) = (Arc::clone(&tenantry.core), principal.clone());
        Self { core, who: Who::Planned(Principal::new(principal, role)), tenant }
    }

    /// The principal of a workspace, in that workspace's tenant.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let access = workspace.access.clone();
        let (core, tenant) = (Arc::clone(&access.core), access.tenant().clone());
        Self { core, who: Who::Living(access), tenant }
    }

    /// The same principal in another tenant.
    pub(crate) fn elsewhere(&self, tenant: &TenantId) -> Self {
        Self { tenant: tenant.clone(), ..self.clone() }
    }

    /// The tenant that is looked at.
    pub(crate) const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Who it is now.
    async fn principal(&self, operation: &'static str) -> Result<Principal> {
        match &self.who {
            Who::Living(access) => access.who(operation).await,
            Who::Planned(principal) => match self.core.guarded.header(operation, principal.tenant()).await? {
                None => Ok(principal.clone()),
                Some(_) => Err(Error::new(ErrorKind::Gone, operation)),
            },
        }
    }

    fn request<'a>(
        &'a self,
        principal: &'a Principal,
        action: Action,
        resource: &'a Resource,
    ) -> Request<'a> {
        let (tenant, visibility) = (&self.tenant, Visibility::Private);
        Request { principal, action, tenant, incarnation: None, visibility, resource }
    }

    /// Decides, and records the decision.
    pub(crate) async fn admit(&self, action: Action, resource: &Resource) -> Result<Seen> {
        let principal = self.principal(action.as_str()).await?;
        let permit = self.core.gate.permit(&self.request(&principal, action, resource));
        let permit = permit.map_err(|refusal| refused(&refusal, action.as_str(), resource))?;
        let secrets = Resource::Collection(CollectionName::TOKENS);
        let reading_tokens = self.request(&principal, Action::ReadToken, &secrets);
        let is_whole = reading_tokens.is_own() || self.core.gate.ask(&reading_tokens).is_allowed();
        Ok(Seen { permit, sight: if is_whole { Sight::Whole } else { Sight::WithoutSecrets } })
    }

    /// What the policy says, without doing it.
    pub(crate) async fn ask(&self, action: Action, resource: &Resource) -> Result<Decision> {
        let principal = self.principal(action.as_str()).await?;
        Ok(self.core.gate.ask(&self.request(&principal, action, resource)))
    }
}
