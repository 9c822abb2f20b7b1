//! The administration of tenants: create, list, change, delete, restore, erase.

use futures::{StreamExt, TryStreamExt, stream};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Lifecycle, TenantHeader};
use crate::ownership::{Action, Permit, Principal, Resource, Role, Visibility};
use crate::paths::TenantId;
use crate::quota::{Limits, Usage, effective_limits, usage_of};
use crate::record::Record;

use super::access::{Access, Core, missing};
use super::copying::TenantCopy;
use super::erasure::{self, Erasure};
use super::profile::{Profile, ProfileChange, is_alive};
use super::time_zone;
use super::upkeep::{self, CheckReport, Finding, RepairReport, Swept};
use super::videos::{AllVideosCursor, Video, across};

/// How many tenants a listing reads at once.
const READ_AHEAD: usize = 8;

/// What a new tenant is to be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewTenant {
    /// Its role.
    pub role: Role,
    /// The name that people read; the tenant's id if empty.
    pub display_name: String,
    /// Who else may read its workspace.
    pub visibility: Visibility,
    /// Its time zone, if not that of the [settings](super::Settings::time_zone).
    pub time_zone: Option<String>,
    /// Its plan, if not its role's.
    pub plan: Option<String>,
    /// Limits of its own.
    pub limits: Limits,
}

impl NewTenant {
    /// A private tenant of that role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        let (display_name, visibility) = (String::new(), Visibility::Private);
        Self { role, display_name, visibility, time_zone: None, plan: None, limits: Limits::default() }
    }

    /// The same with a display name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = name.into();
        self
    }

    /// The same, readable by every principal, but for its secrets.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.visibility = Visibility::Shared;
        self
    }

    /// The same with a time zone, by its IANA name.
    #[must_use]
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = Some(name.into());
        self
    }

    /// The same with a plan.
    #[must_use]
    pub fn plan(mut self, name: impl Into<String>) -> Self {
        self.plan = Some(name.into());
        self
    }

    /// The same with limits of its own.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(super) fn profile(&self, core: &Core, tenant: &TenantId, operation: &'static str) -> Result<Profile> {
        let display_name = match self.display_name.as_str() {
            "" => tenant.to_string(),
            name => name.to_owned(),
        };
        let profile = Profile {
            display_name,
            role: self.role,
            visibility: self.visibility,
            time_zone: self.time_zone.clone().unwrap_or_else(|| core.settings.time_zone.clone()),
            plan: self.plan.clone(),
            limits: self.limits.clone(),
            created_at: core.clock.now(),
        };
        validate(&profile, core, operation)?;
        Ok(profile)
    }
}

/// Refuses what a profile can't be.
pub(super) fn validate(profile: &Profile, core: &Core, operation: &'static str) -> Result<()> {
    profile.validate(operation)?;
    match profile.plan.as_ref().filter(|plan| !core.plans.contains(plan)) {
        Some(plan) => Err(Error::new(ErrorKind::InvalidInput, operation).about(format!("plan {plan}"))),
        None => Ok(()),
    }
}

/// Makes a tenant in a draft, unless it is there; the profile that it then has.
pub(super) fn create(
    draft: &mut Draft,
    core: &Core,
    tenant: &TenantId,
    new: &NewTenant,
    operation: &'static str,
) -> Result<Profile> {
    match draft.state().header().cloned() {
        Some(header) if header.lifecycle == Lifecycle::Active => Profile::read(operation, &header),
        Some(header) if header.lifecycle != Lifecycle::Erased => {
            Err(Error::new(ErrorKind::Suspended, operation).about(tenant.to_string()))
        }
        _ => {
            let profile = new.profile(core, tenant, operation)?;
            let incarnation = core.fresh_life();
            let blank = TenantHeader { incarnation, lifecycle: Lifecycle::Active, profile: "{}".into() };
            draft.set_header(profile.clone().into_header(&blank, operation)?);
            Ok(profile)
        }
    }
}

/// Changes a living tenant's profile in a draft; the profile that it then has.
pub(super) fn change(
    draft: &mut Draft,
    core: &Core,
    change: &ProfileChange,
    action: Action,
) -> Result<Profile> {
    let operation = action.as_str();
    let header = living(draft, action)?;
    let mut profile = Profile::read(operation, &header)?;
    let before = profile.zone();
    change.clone().apply(&mut profile);
    validate(&profile, core, operation)?;
    if profile.zone() != before {
        time_zone::rewrite(draft, core, action, (&before, &profile.zone()))?;
    }
    draft.set_header(profile.clone().into_header(&header, operation)?);
    Ok(profile)
}

/// Whether the time in which a deleted tenant can be restored has to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// Erase only what is over its grace.
    Respect,
    /// Erase at once.
    Skip,
}

/// A tenant in a list of all.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantEntry {
    /// Its id.
    pub tenant: TenantId,
    /// Its profile.
    pub profile: Profile,
    /// Whether it is being deleted, and until when it can be restored.
    pub deleting_until: Option<jiff::Timestamp>,
    /// What it holds.
    pub usage: Usage,
    /// What it may hold: its plan's or its role's limits, and its own in their place.
    pub limits: Limits,
}

/// The administration of tenants. Every operation takes what the policy asks for; by default, an
/// admin.
#[derive(Debug)]
pub struct Tenants<'a> {
    access: &'a Access,
}

impl<'a> Tenants<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access }
    }

    /// Creates a tenant: its folders and empty databases appear. One that is there already stays as
    /// it is, so a creation can be repeated. Returns the profile that it has.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound) if it is not allowed;
    /// [`InvalidInput`](ErrorKind::InvalidInput) with the field that was refused;
    /// [`Suspended`](ErrorKind::Suspended) while one of that name is being deleted or erased, or
    /// [arrives](Self::copy); the store's errors.
    pub async fn create(&self, tenant: &TenantId, new: NewTenant) -> Result<Profile> {
        let access = self.access.elsewhere(tenant.clone());
        let action = Action::CreateTenant;
        let inside = access.clone();
        let run = move |draft: &mut Draft, _: &Principal| {
            create(draft, &inside.core, inside.tenant(), &new, action.as_str())
        };
        let (profile, permit, _) = access.transact_in_any_life(action, &Resource::Tenant, run).await?;
        access.core.created(&permit).await;
        Ok(profile)
    }

    /// A page of the tenants in order of name, from after `after`: at most `limit` (1 to 1000)
    /// names are looked at, and what has been erased is left out. The second value is where to go on.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound) if it is not allowed;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range; the store's errors.
    pub async fn list(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<(Vec<TenantEntry>, Option<TenantId>)> {
        self.list_for(Action::ListTenants, after, limit).await
    }

    /// The ids alone, in order of name, from after `after`, at most `limit` (1 to 1000), those that were erased
    /// included, since no tenant is asked: one request a page to a store that [can
    /// page](crate::store::object::ObjectTenantStore::paged). The second value is where to go on.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub async fn ids(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<(Vec<TenantId>, Option<TenantId>)> {
        Ok(self.page(Action::ListTenants, after, limit).await?.1)
    }

    async fn page(
        &self,
        action: Action,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<(Permit, (Vec<TenantId>, Option<TenantId>))> {
        let operation = action.as_str();
        if limit == 0 || limit > 1000 {
            return Err(Error::new(ErrorKind::InvalidInput, operation).about("limit"));
        }
        let admitted = self.access.admit(action, &Resource::AllTenants).await?;
        let store = self.access.core.guarded.store(&admitted.permit);
        let page = store.tenants(after.map(TenantId::as_str), limit).await;
        let page = page.map_err(|error| Error::store(operation, error))?;
        let next = page.items.last().filter(|_| page.next.is_some()).cloned();
        Ok((admitted.permit, (page.items, next)))
    }

    pub(super) async fn list_for(
        &self,
        action: Action,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<(Vec<TenantEntry>, Option<TenantId>)> {
        let (permit, (tenants, next)) = self.page(action, after, limit).await?;
        let read = async |tenant| self.entry(&permit, tenant).await;
        let entries = stream::iter(tenants).map(read).buffered(READ_AHEAD).try_collect::<Vec<_>>().await?;
        Ok((entries.into_iter().flatten().collect(), next))
    }

    /// What is told of a tenant, if it is alive.
    async fn entry(&self, permit: &Permit, tenant: TenantId) -> Result<Option<TenantEntry>> {
        let (operation, core) = (permit.action().as_str(), &self.access.core);
        let state = core.guarded.ledger(permit).read(operation, &tenant).await?;
        let Some(header) = state.header().filter(|header| is_alive(&header.lifecycle)) else {
            return Ok(None);
        };
        let deleting_until = match header.lifecycle {
            Lifecycle::Deleting { until } => Some(until),
            _ => None,
        };
        let profile = Profile::read(operation, header)?;
        let (usage, limits) = (usage_of(&state), effective_limits(&core.plans, state.header()));
        Ok(Some(TenantEntry { tenant, profile, deleting_until, usage, limits }))
    }

    /// What each tenant holds, page by page: as [`list`](Self::list), decided as reading usage.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    pub async fn usage(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<(Vec<TenantEntry>, Option<TenantId>)> {
        self.list_for(Action::ReadAllUsage, after, limit).await
    }

    /// The videos of all tenants, in order of tenant and then of upload: a page of at most `limit` (1 to
    /// 1000), from after the last page's cursor. Nothing but the page is loaded at a time.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound) if it is not allowed;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a limit or cursor out of range; the store's errors.
    pub async fn videos(
        &self,
        after: Option<AllVideosCursor>,
        limit: usize,
    ) -> Result<(Vec<(TenantId, Record<Video>)>, Option<AllVideosCursor>)> {
        across::list(self.access, after, limit).await
    }

    /// The schedules of all tenants as one workbook; see
    /// [`Schedules::export_workbook`](super::Schedules::export_workbook).
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound) if it is not allowed;
    /// [`TooLarge`](ErrorKind::TooLarge) for more than a sheet can hold; the store's errors.
    #[cfg(feature = "xlsx")]
    pub async fn export_schedules(&self) -> Result<Vec<u8>> {
        super::schedules::workbook::export_all(self.access).await
    }

    /// Takes an archive in that [`Workspace::export`](super::Workspace::export) gave, into a tenant that is
    /// there and empty; await the result. All of it is there afterwards, or nothing.
    ///
    /// Records keep their ids, their order and every field, `created_by` and the times included. Files are
    /// stored under fresh names, and the [references](crate::record::Entity::references) to them by name say
    /// those. The display name and the time zone are taken over; role, visibility, plan and limits are for an
    /// admin to give, and what the archive says of them is in
    /// [its manifest](crate::ArchiveManifest::profile). The checksums tell damage; that an archive was not made
    /// up by somebody they don't.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound);
    /// [`InvalidInput`](ErrorKind::InvalidInput) with an [`ArchiveError`](crate::ArchiveError) as source;
    /// [`WrongState`](ErrorKind::WrongState) for a tenant that is not empty, and
    /// [`Configuration`](ErrorKind::Configuration) for records of a kind that is not
    /// [known](super::Builder::kind), with such a source too; [`TooLarge`](ErrorKind::TooLarge) for more
    /// records than [`Settings::memory`](super::Settings::memory) has room for, with a KiB beside the text of
    /// each;
    /// [`QuotaExceeded`](ErrorKind::QuotaExceeded), for files before any is written;
    /// [`BodyFailed`](ErrorKind::BodyFailed) with the body's error as source; [`Suspended`](ErrorKind::Suspended);
    /// [`StorageFull`](ErrorKind::StorageFull); [`Expired`](ErrorKind::Expired) if a reservation was gone;
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), after which all of it may be there.
    #[cfg(feature = "archive")]
    pub fn import(
        &self,
        tenant: &TenantId,
        archive: impl futures::Stream<Item = std::io::Result<bytes::Bytes>> + Send + 'static,
    ) -> super::Import {
        super::Import::new(self.access.elsewhere(tenant.clone()), Box::pin(archive))
    }

    /// Copies a tenant into another store, where there is none of that name; await the result. The target
    /// shows nothing of it before all of it is there, as the source was at one moment.
    ///
    /// Everything stays as it is: ids, file names, revisions, order, times, fields that no type knows,
    /// secrets, the profile with role, visibility, plan and limits, and the answers that are kept for repeated
    /// requests. Only [cursors](super::Cursor) hold no longer, since the tenant begins a life of its own
    /// there. The source is left as it was; to move a tenant, have it
    /// [suspended](TenantCopy::suspending_source) meanwhile.
    ///
    /// Each file is compared with its checksum on its way, and read back from the target; the records are
    /// read from there once more. A copy that ends early, however it does, is gone on with by the next call:
    /// what has arrived is not sent again. Until then the name is taken in the target; who gives the copy up
    /// [erases](Self::erase) it there. A call for a copy that is whole, of a source that was not changed
    /// since, does nothing.
    ///
    /// It is decided in both stores when it begins, as [`Action::CopyTenant`] and as
    /// [`Action::ReceiveTenant`].
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound), in either store; each of the
    /// following before anything is written: [`AlreadyExists`](ErrorKind::AlreadyExists) and
    /// [`WrongState`](ErrorKind::WrongState) with a [`CopyError`](super::CopyError) as source;
    /// [`Suspended`](ErrorKind::Suspended) while one of that name is being deleted or erased in the target;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a plan that the target does not have;
    /// [`QuotaExceeded`](ErrorKind::QuotaExceeded) for more than the profile's limits are in the target.
    /// Later: [`Corrupt`](ErrorKind::Corrupt) with the file's name and such a source;
    /// [`Contended`](ErrorKind::Contended) if the source was changed faster than it could be copied;
    /// [`StorageFull`](ErrorKind::StorageFull); [`Gone`](ErrorKind::Gone) if the tenant was erased on either
    /// side; [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), after which it may be done. All but the first two
    /// of these pass, and so do the stores' errors: call again.
    pub fn copy(&self, tenant: &TenantId, target: &Tenants<'_>) -> TenantCopy {
        TenantCopy::new(self.access.elsewhere(tenant.clone()), target.access.elsewhere(tenant.clone()))
    }

    /// Changes a tenant's profile; see [`Workspace::change_profile`](super::Workspace::change_profile).
    ///
    /// # Errors
    /// As there.
    pub async fn change(&self, tenant: &TenantId, change: ProfileChange) -> Result<Profile> {
        super::Workspace::new(self.access.elsewhere(tenant.clone())).change_profile(change).await
    }

    /// Begins to delete a tenant: from now on its data can't be changed, and until the grace ends it
    /// can be restored. Returns when that is. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound); the store's errors.
    pub async fn delete(&self, tenant: &TenantId) -> Result<jiff::Timestamp> {
        let access = self.access.elsewhere(tenant.clone());
        let (action, core) = (Action::DeleteTenant, access.core.clone());
        let run = move |draft: &mut Draft, _: &Principal| {
            let header = living(draft, action)?;
            if let Lifecycle::Deleting { until } = header.lifecycle
                && header.lifecycle.is_being_deleted()
            {
                return Ok(until);
            }
            let grace =
                jiff::SignedDuration::try_from(core.settings.grace).unwrap_or(jiff::SignedDuration::MAX);
            let until = draft.now().checked_add(grace).unwrap_or(jiff::Timestamp::MAX);
            draft.set_header(TenantHeader { lifecycle: Lifecycle::Deleting { until }, ..header });
            Ok(until)
        };
        Ok(access.transact_in_any_life(action, &Resource::Tenant, run).await?.0)
    }

    /// Restores a tenant that is being deleted. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied); [`NotFound`](ErrorKind::NotFound), also once it is being erased;
    /// the store's errors.
    pub async fn restore(&self, tenant: &TenantId) -> Result<Profile> {
        let access = self.access.elsewhere(tenant.clone());
        let action = Action::RestoreTenant;
        let run = move |draft: &mut Draft, _: &Principal| {
            let header = living(draft, action)?;
            let profile = Profile::read(action.as_str(), &header)?;
            if header.lifecycle != Lifecycle::Active {
                draft.set_header(TenantHeader { lifecycle: Lifecycle::Active, ..header });
            }
            Ok(profile)
        };
        Ok(access.transact_in_any_life(action, &Resource::Tenant, run).await?.0)
    }

    /// Expires the tenant's reservations whose time is over, and deletes the files that nothing refers
    /// to any more.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound), also once it is being erased;
    /// the store's, after which what could be done is done.
    pub async fn sweep(&self, tenant: &TenantId) -> Result<Swept> {
        let access = self.access.elsewhere(tenant.clone());
        let admitted = access.admit(Action::SweepTenant, &Resource::Tenant).await?;
        upkeep::sweep(&access.core, &admitted.permit).await
    }

    /// Compares the tenant's ledger with the store; see [`Operator::check`](super::Operator::check).
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub async fn check(&self, tenant: &TenantId) -> Result<CheckReport> {
        let access = self.access.elsewhere(tenant.clone());
        let admitted = access.admit(Action::CheckTenant, &Resource::Tenant).await?;
        upkeep::check(&access.core, &admitted.permit).await
    }

    /// Repairs what a check found and the caller chose; see
    /// [`Operator::repair`](super::Operator::repair).
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep), and as there.
    pub async fn repair(&self, tenant: &TenantId, chosen: &[Finding]) -> Result<RepairReport> {
        let access = self.access.elsewhere(tenant.clone());
        let admitted = access.admit(Action::RepairTenant, &Resource::Tenant).await?;
        upkeep::repair(&access.core, &admitted.permit, chosen).await
    }

    /// Erases a tenant that is being deleted, or that has not [arrived](Self::copy) whole, for good: its
    /// records at once, then its files, then everything but a tombstone. Where the store can't fence late requests it has
    /// to wait until none of the last uploads can bring a file back; repeat it then, or leave it to maintenance.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) or [`NotFound`](ErrorKind::NotFound), also if it was erased
    /// before; [`InvalidInput`](ErrorKind::InvalidInput) if it is not being deleted or its grace is
    /// not over; the store's errors, after which it is to be repeated.
    pub async fn erase(&self, tenant: &TenantId, grace: Grace) -> Result<Erasure> {
        let access = self.access.elsewhere(tenant.clone());
        let admitted = access.admit(Action::EraseTenant, &Resource::Tenant).await?;
        erasure::erase(&access.core, &admitted.permit, grace).await
    }
}

fn living(draft: &Draft, action: Action) -> Result<TenantHeader> {
    let header = draft.state().header().filter(|header| is_alive(&header.lifecycle));
    header.map(|header| (**header).clone()).ok_or_else(|| missing(action.as_str(), &Resource::Tenant))
}
