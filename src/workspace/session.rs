//! A principal at work.

use crate::paths::TenantId;

use super::access::Access;
use super::handle::Workspace;
use super::tenants::Tenants;

/// A principal at work; the only source of workspaces.
#[derive(Clone)]
pub struct Session {
    access: Access,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("principal", self.access.principal()).finish()
    }
}

impl Session {
    pub(super) fn new(access: Access) -> Self {
        Self { access }
    }

    /// The principal's own workspace.
    #[must_use]
    pub fn own(&self) -> Workspace {
        Workspace::new(self.access.clone())
    }

    /// The principal in a workspace. That nothing is asked here keeps a foreign tenant from being
    /// told from a missing one: every operation asks.
    #[must_use]
    pub fn workspace(&self, tenant: &TenantId) -> Workspace {
        Workspace::new(self.access.elsewhere(tenant.clone()))
    }

    /// The administration of tenants, for admins.
    #[must_use]
    pub fn tenants(&self) -> Tenants<'_> {
        Tenants::new(&self.access)
    }

    /// Who is at work.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        self.access.principal()
    }
}
