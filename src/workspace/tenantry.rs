//! The library's root handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Lifecycle};
use crate::ownership::{Action, Role};
use crate::paths::TenantId;
use crate::store::TenantStore;

use super::access::{Access, Core};
use super::builder::Builder;
use super::profile::{Profile, is_alive};
use super::session::Session;
use super::tenants::{self, NewTenant};
use super::upkeep::{MaintenanceOptions, Operator};

/// All tenants of one store. A clone is another handle to the same.
#[derive(Clone)]
pub struct Tenantry {
    pub(super) core: Arc<Core>,
}

impl std::fmt::Debug for Tenantry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenantry").field("settings", &self.core.settings).finish_non_exhaustive()
    }
}

impl Tenantry {
    /// Begins with a store, which is given away.
    pub fn builder(store: impl TenantStore) -> Builder {
        Builder::new(store)
    }

    pub(super) fn of(core: Core) -> Self {
        let core = Arc::new(core);
        core.views.attach(Arc::downgrade(&core));
        Self { core }
    }

    /// Begins to work as a tenant that the host has authenticated. The role is read from the store,
    /// now and at every decision.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such tenant; the store's errors.
    pub async fn session(&self, tenant: &TenantId) -> Result<Session> {
        let header = self.core.guarded.identify("session", tenant).await?;
        let header = header
            .filter(|header| is_alive(&header.lifecycle))
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "session"))?;
        Ok(Session::new(Access::own(Arc::clone(&self.core), tenant.clone(), header.incarnation)))
    }

    /// Makes the first admin, on a root that holds no tenants. Repeating it with the same name changes
    /// nothing. (Two calls with different names at once, on an empty root, may make two admins.) Where a root
    /// has lost its last admin, [`Operator::change`] appoints another.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if there are tenants, and this one is not an admin among them;
    /// [`ErrorKind::InvalidInput`] with the field that was refused; the store's errors.
    pub async fn bootstrap_admin(&self, tenant: &TenantId, display_name: &str) -> Result<Profile> {
        const OPERATION: &str = "bootstrap_admin";
        let page = self.core.guarded.tenants(OPERATION, None, 1).await?;
        if !page.items.is_empty() {
            let header = self.core.guarded.identify(OPERATION, tenant).await?;
            let profile = header.filter(|header| is_alive(&header.lifecycle));
            let profile = profile.map(|header| Profile::read(OPERATION, &header)).transpose()?;
            return profile
                .filter(|profile| profile.role == Role::Admin)
                .ok_or_else(|| Error::new(ErrorKind::AlreadyExists, OPERATION));
        }
        let new = NewTenant::new(Role::Admin).display_name(display_name);
        self.create(OPERATION, "first admin", tenant, new).await
    }

    /// Sees that a tenant exists, for the first login of a user whom the host has authenticated: one
    /// that does not is created as a user. Returns the profile that it has.
    ///
    /// # Errors
    /// [`ErrorKind::Suspended`] if it is being deleted or erased, or arrives from another store; the
    /// store's errors.
    pub async fn ensure(&self, tenant: &TenantId, display_name: &str) -> Result<Profile> {
        const OPERATION: &str = "ensure";
        let known = self.core.guarded.identify(OPERATION, tenant).await?;
        if let Some(header) = known.filter(|header| header.lifecycle == Lifecycle::Active) {
            return Profile::read(OPERATION, &header);
        }
        let new = NewTenant::new(Role::User).display_name(display_name);
        self.create(OPERATION, "first login", tenant, new).await
    }

    async fn create(
        &self,
        operation: &'static str,
        reason: &str,
        tenant: &TenantId,
        new: NewTenant,
    ) -> Result<Profile> {
        let permit = self.core.gate.operate(reason, Action::CreateTenant, tenant);
        let (core, inside) = (Arc::clone(&self.core), tenant.clone());
        let run = move |draft: &mut Draft| tenants::create(draft, &core, &inside, &new, operation);
        let (profile, _) = self.core.guarded.ledger(&permit).transact(operation, tenant, run).await?;
        self.core.created(&permit).await;
        Ok(profile)
    }

    /// The host's own upkeep, for a reason that is recorded with everything it does. What it may do is
    /// asked of no policy; see [`Operator`].
    #[must_use]
    pub fn operator(&self, reason: &str) -> Operator {
        Operator::new(Arc::clone(&self.core), reason)
    }

    /// Begins upkeep in the background: all tenants are swept, those whose time is over erased, and views
    /// that are behind written, page by page, again and again until the library is [closed](Self::close)
    /// or its last handle gone. One tenant that takes too long keeps none of the others.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it has begun already, the options allow it nothing, or the library
    /// was closed.
    pub fn maintenance(&self, options: MaintenanceOptions) -> Result<()> {
        let refused = |why: &str| Error::new(ErrorKind::Configuration, "maintenance").about(why);
        if options.interval.is_zero() || options.at_once == 0 || options.tenant_limit.is_zero() {
            return Err(refused("interval, at_once and tenant_limit must be more than nothing"));
        }
        match self.core.maintenance.start(&self.core, &self.core.runtime, options) {
            true => Ok(()),
            false => Err(refused("it has begun already, or was stopped")),
        }
    }

    /// Ends maintenance, refuses what comes from now on, waits until everything under way is answered,
    /// uploads too, and writes the views that are still to be written. As far as there is time, ledgers with many commits
    /// since they were folded are folded, so that they open fast.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if that takes longer than `deadline`; what is under way goes on.
    /// [`ErrorKind::Unavailable`] if the views of some tenant could not be written; the ledgers, which
    /// alone count, are whole.
    pub async fn close(&self, deadline: Duration) -> Result<()> {
        let ended = AtomicBool::new(false);
        let closed = async {
            self.core.maintenance.stop().await;
            self.core.guarded.close(deadline).await?;
            self.core.views.flush().await?;
            ended.store(true, Ordering::SeqCst);
            // Nothing rests on it.
            self.core.guarded.leave_short().await;
            Ok(())
        };
        match tokio::time::timeout(deadline, closed).await {
            Ok(closed) => closed,
            Err(_) if ended.load(Ordering::SeqCst) => Ok(()),
            Err(_) => Err(Error::new(ErrorKind::Busy, "close")),
        }
    }
}
