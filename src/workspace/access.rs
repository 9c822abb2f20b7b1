//! Where a principal, a tenant and the gate meet: the only way from a workspace to its ledger and
//! its blobs.
//!
//! [`Access::admit`] reads a state and decides in it; [`Access::transact`] decides inside the
//! transaction, in the very state that it changes. Both give a [`Permit`], and [`Guarded`], which
//! alone holds the ledger and the store, does nothing without one.

mod foreign;
mod judgements;
mod sight;
mod transacting;

use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::environment::{Clock, Entropy};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Freshness, LazyState, Ledger, Lifecycle, State, TenantHeader, Work};
use crate::ownership::{
    Action, Decision, Effect, Gate, Permit, Principal, Refusal, Request, Resource, Visibility,
};
use crate::paths::TenantId;
use crate::quota::Plans;
use crate::record::RecordId;
use crate::store::{Capabilities, Incarnation, MarkedTenant, TenantStore};

use super::builder::Settings;
use super::dooms::Pins;
use super::kinds::Kinds;
use super::profile::{Profile, is_alive};
use super::stored_files::written::joined;
use super::upkeep::{Maintenance, Settled};
use super::views::{self, Scope, ViewWriter};

pub(super) use judgements::Judgements;
use judgements::note;
pub(super) use sight::Sight;

/// What all sessions share.
pub(super) struct Core {
    pub(super) guarded: Guarded,
    pub(super) gate: Gate,
    pub(super) settings: Settings,
    pub(super) plans: Arc<Plans>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    /// Where work of the library's own runs.
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) pins: Pins,
    pub(super) views: Arc<ViewWriter>,
    pub(super) kinds: Kinds,
    pub(super) maintenance: Maintenance,
    pub(super) settled: Settled,
}

impl Core {
    /// A tenant was created, or was found to exist: its views appear. If they can't be written now, it
    /// is there all the same, and they are written later.
    pub(super) async fn created(&self, permit: &Permit) {
        if !self.views.is_live() {
            return;
        }
        if let Err(error) = views::write(self, permit, Scope::All).await {
            let tenant = permit.tenant().as_str();
            tracing::warn!(target: "tenantry::views", tenant, %error, "views could not be written");
            self.views.mark(permit.tenant(), Scope::All);
        }
    }

    /// A fresh UUID (version 4).
    pub(super) fn fresh_uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// An id for a new record.
    pub(super) fn fresh_id(&self) -> RecordId {
        RecordId::of_uuid(self.fresh_uuid())
    }

    /// Does what takes long where records are many, so that nobody else's task waits for it.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        action: Action,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        joined(action, self.runtime.spawn_blocking(work).await)
    }

    fn permit(&self, request: &Request<'_>) -> Result<Permit> {
        let permit = self.gate.permit(request);
        permit.map_err(|refusal| refused(&refusal, request.action.as_str(), request.resource))
    }

    /// The identity of a life that begins.
    pub(super) fn fresh_life(&self) -> Incarnation {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        Incarnation::from_bytes(bytes)
    }
}

/// The ledger and the store, behind permits.
pub(super) struct Guarded {
    ledger: Ledger,
}

impl Guarded {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The ledgers; of the permit's tenant only.
    pub(super) fn ledger(&self, _permit: &Permit) -> &Ledger {
        &self.ledger
    }

    /// The same during work that closing waits for.
    pub(super) fn ledger_during(&self, _permit: &Permit, work: &Arc<Work>) -> Ledger {
        self.ledger.during(work)
    }

    /// The store; for the permit's tenant only.
    pub(super) fn store(&self, _permit: &Permit) -> &Arc<dyn TenantStore> {
        self.ledger.store()
    }

    /// What the store can do beyond what every store must: nothing of any tenant.
    pub(super) fn capabilities(&self) -> Capabilities {
        self.ledger.store().capabilities()
    }

    /// Ends the ledgers.
    pub(super) async fn close(&self, deadline: std::time::Duration) -> Result<()> {
        self.ledger.close(deadline).await
    }

    /// Leaves the ledgers, which have ended, so that they open fast.
    pub(super) async fn leave_short(&self) {
        self.ledger.leave_short().await;
    }

    /// Lists tenants; which of them a caller is told of is for the gate to say.
    pub(super) async fn tenants(
        &self,
        operation: &'static str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<crate::store::Page<MarkedTenant>> {
        let page = self.ledger.store().marked_tenants(after, limit).await;
        page.map_err(|error| Error::store(operation, error))
    }

    /// Reads a tenant's header alone, to see what upkeep is due.
    pub(super) async fn header(
        &self,
        operation: &'static str,
        tenant: &TenantId,
    ) -> Result<Option<TenantHeader>> {
        self.ledger.header(operation, tenant).await
    }

    /// Reads the profile and incarnation of the tenant that a host says is at work.
    pub(super) async fn identify(
        &self,
        operation: &'static str,
        tenant: &TenantId,
    ) -> Result<Option<TenantHeader>> {
        let state = self.ledger.look(operation, tenant, Freshness::Strict).await?;
        Ok(state.header().map(|header| (**header).clone()))
    }
}

/// A principal at work in one tenant.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) core: Arc<Core>,
    principal: TenantId,
    principal_life: Incarnation,
    tenant: TenantId,
    /// The life of the tenant in which this handle was first admitted.
    life: Arc<OnceLock<Incarnation>>,
    /// How new what is only read has to be.
    freshness: Freshness,
}

/// An operation that was allowed, and the state that it may see: all of it, or to look at some of it.
pub(super) struct Admitted<S = State> {
    pub(super) permit: Permit,
    pub(super) principal: Principal,
    pub(super) state: S,
}

impl Admitted {
    /// The profile of the tenant that was admitted to.
    pub(super) fn profile(&self, action: Action) -> Result<Profile> {
        match self.state.header() {
            Some(header) => Profile::read(action.as_str(), header),
            None => Err(missing(action.as_str(), &Resource::Tenant)),
        }
    }
}

/// What a transaction inside sees beside the draft.
pub(super) struct Author<'a> {
    pub(super) core: &'a Core,
    pub(super) tenant: &'a TenantId,
    pub(super) principal: &'a Principal,
    pub(super) profile: &'a Profile,
    pub(super) judged: &'a Judgements,
}

impl std::fmt::Debug for Author<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Author").field("tenant", self.tenant).finish_non_exhaustive()
    }
}

impl Author<'_> {
    /// Decides one more action in the state that the transaction sees. The transaction may run again,
    /// so the decision is recorded with the transaction's own, once that is over.
    pub(super) fn permit(&self, state: &State, action: Action, resource: &Resource) -> Result<Permit> {
        let header = state.header().map(|header| &**header);
        let request = Request {
            principal: self.principal,
            action,
            tenant: self.tenant,
            incarnation: header.map(|header| header.incarnation),
            visibility: header_visibility(action.as_str(), header)?,
            resource,
        };
        let (decision, permit) = self.core.gate.judge(&request);
        note(self.judged, &self.core.gate, &request, decision);
        permit.map_err(|refusal| refused(&refusal, action.as_str(), resource))
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("principal", &self.principal)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// A principal at work in its own tenant, in the life that it has now.
    pub(super) fn own(core: Arc<Core>, tenant: TenantId, life: Incarnation) -> Self {
        let bound = OnceLock::from(life);
        let principal = tenant.clone();
        let freshness = core.settings.freshness;
        Self { core, principal, principal_life: life, tenant, life: Arc::new(bound), freshness }
    }

    /// The same where what is only read has to be so new.
    pub(super) fn reading(&self, freshness: Freshness) -> Self {
        Self { freshness, ..self.clone() }
    }

    /// The same principal in another tenant.
    pub(super) fn elsewhere(&self, tenant: TenantId) -> Self {
        if tenant == self.principal {
            let own = Self::own(Arc::clone(&self.core), tenant, self.principal_life);
            return own.reading(self.freshness);
        }
        Self { tenant, life: Arc::default(), ..self.clone() }
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(super) fn principal(&self) -> &TenantId {
        &self.principal
    }

    fn is_own(&self) -> bool {
        self.principal == self.tenant
    }

    fn ledger(&self) -> &Ledger {
        // Inside this module the way from the gate to the ledger is made; nobody else has it.
        &self.core.guarded.ledger
    }

    /// The principal, from its own tenant's header.
    fn principal_in(&self, operation: &'static str, header: Option<&TenantHeader>) -> Result<Principal> {
        let gone = || Error::new(ErrorKind::Gone, operation);
        let header = header.ok_or_else(gone)?;
        if header.incarnation != self.principal_life || !is_alive(&header.lifecycle) {
            return Err(gone());
        }
        if !self.is_own() && header.lifecycle != Lifecycle::Active {
            return Err(Error::new(ErrorKind::Suspended, operation));
        }
        let role = Profile::seen(operation, header, |profile| profile.role)?;
        Ok(Principal::new(self.principal.clone(), role))
    }

    /// The principal as it is stored now.
    #[cfg(feature = "migrate")]
    pub(super) async fn who(&self, operation: &'static str) -> Result<Principal> {
        let own = self.ledger().look(operation, &self.principal, self.freshness).await?;
        self.principal_in(operation, own.header().map(|header| &**header))
    }

    fn request<'a>(
        &'a self,
        principal: &'a Principal,
        action: Action,
        resource: &'a Resource,
        header: Option<&TenantHeader>,
    ) -> Result<Request<'a>> {
        let visibility = header_visibility(action.as_str(), header)?;
        let incarnation = header.map(|header| header.incarnation);
        Ok(Request { principal, action, tenant: &self.tenant, incarnation, visibility, resource })
    }

    /// Binds this handle to the life that a durable header shows, unless it is bound already, whatever
    /// becomes of the operation that was permitted. A state under change will not do: it may be out of
    /// date, or never come to be.
    fn bind(&self, header: Option<&TenantHeader>) {
        if let Some(header) = header.filter(|header| is_alive(&header.lifecycle)) {
            self.life.get_or_init(|| header.incarnation);
        }
    }

    /// Whether what is allowed is also possible in the life that the tenant has. A life that has not
    /// begun or is over can still be administered.
    fn check_life(&self, action: Action, resource: &Resource, header: Option<&TenantHeader>) -> Result<()> {
        let operation = action.as_str();
        let Some(header) = header.filter(|header| is_alive(&header.lifecycle)) else {
            let administers = action.effect() == Effect::Administer;
            return if administers { Ok(()) } else { Err(self.ended(operation, resource)) };
        };
        if self.life.get().is_some_and(|life| *life != header.incarnation) {
            return Err(self.ended(operation, resource));
        }
        if action.effect() == Effect::Write && header.lifecycle != Lifecycle::Active {
            return Err(Error::new(ErrorKind::Suspended, operation));
        }
        Ok(())
    }

    /// What to say where the life that this handle is for is over, or there never was one.
    fn ended(&self, operation: &'static str, resource: &Resource) -> Error {
        match self.life.get() {
            Some(_) => Error::new(ErrorKind::Gone, operation),
            None => missing(operation, resource),
        }
    }

    /// Begins work of more than one step, for which closing waits.
    pub(super) fn begin(&self, action: Action) -> Result<Arc<Work>> {
        self.ledger().begin_apart(action.as_str()).map(Arc::new)
    }

    /// Decides an operation and reads the state that it may see.
    ///
    /// For a foreign tenant the decision rests on its header, read in one request whether or not
    /// there is such a tenant, so that a refusal shows nothing.
    pub(super) async fn admit(&self, action: Action, resource: &Resource) -> Result<Admitted> {
        let Admitted { permit, principal, state } = self.admit_to_look(action, resource).await?;
        let state = self.ledger().read_rest(action.as_str(), &self.tenant, state).await?;
        Ok(Admitted { permit, principal, state })
    }

    /// The same for what looks at some records only: no more of the state is read than that.
    pub(super) async fn admit_to_look(
        &self,
        action: Action,
        resource: &Resource,
    ) -> Result<Admitted<Arc<LazyState>>> {
        let operation = action.as_str();
        // What is found out in order to change something has to be true.
        let freshness = if action.effect() == Effect::Read { self.freshness } else { Freshness::Strict };
        let own = self.ledger().look(operation, &self.principal, freshness).await?;
        let principal = self.principal_in(operation, own.header().map(|header| &**header))?;
        let (permit, state) = if self.is_own() {
            let header = own.header().map(|header| &**header);
            let permit = self.core.permit(&self.request(&principal, action, resource, header)?)?;
            (permit, own)
        } else {
            let header = self.foreign_header(&principal, action, resource).await?;
            let permit = self.core.permit(&self.request(&principal, action, resource, header.as_ref())?)?;
            self.bind(header.as_ref());
            let state = self.ledger().look(operation, &self.tenant, freshness).await?;
            // The header may have changed between the two requests.
            let now = self.request(&principal, action, resource, state.header().map(|header| &**header))?;
            if now.visibility != header_visibility(operation, header.as_ref())? {
                self.core.permit(&now)?;
            }
            (permit, state)
        };
        self.check_life(action, resource, state.header().map(|header| &**header))?;
        Ok(Admitted { permit, principal, state })
    }

    /// What the policy says of an operation, without doing it.
    pub(super) async fn ask(&self, action: Action, resource: &Resource) -> Result<Decision> {
        let operation = action.as_str();
        let own = self.ledger().look(operation, &self.principal, self.freshness).await?;
        let own_header = own.header().map(|header| &**header);
        let principal = self.principal_in(operation, own_header)?;
        let header = match self.is_own() {
            true => own_header.cloned(),
            false => self.foreign_header(&principal, action, resource).await?,
        };
        Ok(self.core.gate.ask(&self.request(&principal, action, resource, header.as_ref())?))
    }

    /// Decides another operation in a state that was admitted before.
    #[cfg(feature = "archive")]
    pub(super) fn permit_in(
        &self,
        principal: &Principal,
        state: &LazyState,
        action: Action,
        resource: &Resource,
    ) -> Result<Permit> {
        let header = state.header().map(|header| &**header);
        self.core.permit(&self.request(principal, action, resource, header)?)
    }

    /// Who else may read the tenant, as a state says.
    pub(super) fn visibility(action: Action, state: &LazyState) -> Result<Visibility> {
        header_visibility(action.as_str(), state.header().map(|header| &**header))
    }

    /// Decides what is read in a state that was admitted before, and nowhere else; `visibility` is what it says.
    pub(super) fn allow_in(
        &self,
        principal: &Principal,
        state: &LazyState,
        visibility: Visibility,
        action: Action,
        resource: &Resource,
    ) -> Result<()> {
        let incarnation = state.header().map(|header| header.incarnation);
        let request = Request { principal, action, tenant: &self.tenant, incarnation, visibility, resource };
        let allowed = self.core.gate.allow(&request);
        allowed.map_err(|refusal| refused(&refusal, action.as_str(), resource))
    }
}

fn header_visibility(operation: &'static str, header: Option<&TenantHeader>) -> Result<Visibility> {
    match header.filter(|header| is_alive(&header.lifecycle)) {
        Some(header) => Profile::seen(operation, header, |profile| profile.visibility),
        None => Ok(Visibility::Private),
    }
}

/// The error for what does not exist, or must look so: the same words for both.
pub(super) fn missing(operation: &'static str, resource: &Resource) -> Error {
    Error::new(ErrorKind::NotFound, operation).about(resource.to_string())
}

pub(super) fn refused(refusal: &Refusal, operation: &'static str, resource: &Resource) -> Error {
    match refusal {
        Refusal::Denied => Error::new(ErrorKind::Denied, operation).about(resource.to_string()),
        Refusal::Hidden => missing(operation, resource),
    }
}
