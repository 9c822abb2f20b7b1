//! What the host does of its own accord, which no principal asks for.

use std::sync::Arc;

use crate::error::Result;
use crate::ledger::Draft;
use crate::ownership::Action;
#[cfg(feature = "migrate")]
use crate::ownership::Permit;
use crate::paths::TenantId;

use super::super::access::Core;
use super::super::profile::{Profile, ProfileChange};
use super::super::tenants;
use super::super::views::{self, Scope, ViewReport};
use super::round::{Pace, Upkeep};
use super::{CheckReport, Erased, Finding, RepairReport, RoundReport, Swept, SweptAll, check, repair, sweep};

/// The host's own upkeep and administration, without a user: no policy is asked, and every operation is
/// recorded with the reason for which it is done.
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

    /// Changes a tenant's profile: its plan after a payment, say, or its role where no admin is left to do
    /// that. Returns the profile that it then has.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such tenant, or it is being erased;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the field that was refused; the store's.
    pub async fn change(&self, tenant: &TenantId, change: ProfileChange) -> Result<Profile> {
        let action = Action::ChangeTenant;
        let permit = self.core.gate.operate(&self.reason, action, tenant);
        let core = Arc::clone(&self.core);
        let run = move |draft: &mut Draft| tenants::change(draft, &core, &change, action);
        let ledger = self.core.guarded.ledger(&permit);
        Ok(ledger.transact(action.as_str(), tenant, run).await?.0)
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

    /// Compares the tenant's ledger with the store. Nothing is changed; every finding was confirmed by
    /// asking the store for that file, and then the ledger once more.
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub async fn check(&self, tenant: &TenantId) -> Result<CheckReport> {
        let permit = self.core.gate.operate(&self.reason, Action::CheckTenant, tenant);
        check(&self.core, &permit).await
    }

    /// Repairs what a [check](Self::check) found and the caller chose; what each repair does, the
    /// [`Finding`] says. All changes of the ledger are one transaction, and what is no longer as it was
    /// found is left alone.
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep); [`Suspended`](crate::ErrorKind::Suspended) while the tenant is being
    /// deleted; [`Unavailable`](crate::ErrorKind::Unavailable) if files are said to be missing from an
    /// area in which the store lists nothing at all: rather the area is missing, and nothing is changed.
    /// (Whether such records are to go, their owner can say by deleting them.)
    pub async fn repair(&self, tenant: &TenantId, chosen: &[Finding]) -> Result<RepairReport> {
        let permit = self.core.gate.operate(&self.reason, Action::RepairTenant, tenant);
        repair(&self.core, &permit, chosen).await
    }

    /// Sweeps all tenants; what fails for one is reported and keeps none of the others.
    ///
    /// # Errors
    /// The store's, if tenants can't be listed.
    pub async fn sweep_all(&self) -> Result<SweptAll> {
        self.upkeep().sweep_all().await
    }

    /// Erases all tenants whose time to be restored is over, and goes on with those that are being erased.
    ///
    /// # Errors
    /// As for [`sweep_all`](Self::sweep_all).
    pub async fn erase_due(&self) -> Result<Erased> {
        self.upkeep().erase_due().await
    }

    /// One round of what [`maintenance`](crate::Tenantry::maintenance) does, for hosts with a scheduler of
    /// their own: sweeps all tenants, erases what is due, and writes views that are behind.
    ///
    /// # Errors
    /// As for [`sweep_all`](Self::sweep_all).
    pub async fn round(&self) -> Result<RoundReport> {
        self.upkeep().round().await
    }

    /// Permission for what is done for a migration.
    #[cfg(feature = "migrate")]
    pub(in crate::workspace) fn permitted(&self, action: Action, tenant: &TenantId) -> (Arc<Core>, Permit) {
        (Arc::clone(&self.core), self.core.gate.operate(&self.reason, action, tenant))
    }

    fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { core: &self.core, reason: &self.reason, pace: Pace::default() }
    }
}
