//! The host's own upkeep, which no principal asks for.

use std::sync::Arc;

use crate::error::Result;
use crate::ownership::Action;
use crate::paths::TenantId;

use super::super::access::Core;
use super::super::views::{self, Scope, ViewReport};
use super::{Swept, sweep};

/// The host's own upkeep, without a user: no policy is asked, and every operation is recorded with the
/// reason for which it is done.
///
/// # What it steps over
/// An operator works in every tenant. It reads no record and no file for anyone, and what it does to them
/// is upkeep; hand it to nobody who should be kept to one tenant.
#[derive(Clone)]
pub struct Operator {
    core: Arc<Core>,
    reason: String,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl Operator {
    pub(in crate::workspace) fn new(core: Arc<Core>, reason: &str) -> Self {
        Self { core, reason: reason.to_owned() }
    }

    /// Expires the tenant's reservations whose time is over, and deletes the files that nothing refers
    /// to any more.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such tenant, or it is being erased; the
    /// store's, after which what could be done is done.
    pub async fn sweep(&self, tenant: &TenantId) -> Result<Swept> {
        let permit = self.core.gate.operate(&self.reason, Action::SweepTenant, tenant);
        sweep(&self.core, &permit).await
    }

    /// Brings the tenant's views up to its ledger; see
    /// [`Workspace::write_views`](crate::Workspace::write_views).
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub async fn write_views(&self, tenant: &TenantId) -> Result<ViewReport> {
        let permit = self.core.gate.operate(&self.reason, Action::WriteViews, tenant);
        views::write(&self.core, &permit, Scope::All).await
    }
}
