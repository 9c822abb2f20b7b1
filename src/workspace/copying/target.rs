//! The life that a copy makes in the target: what of it has arrived, its ledger says.
//!
//! The life begins *arriving*: nothing of it is shown, and no upkeep touches it. Its files are reserved,
//! written, and settled one by one, so that a copy that was cut off goes on where it was. Then one fold that
//! replaces puts all records there, and once those were read again, one commit makes the tenant *active*.
//!
//! Its ledger names the life that it is a copy of, and how far that was seen. So of two copies at once the
//! one that knows less looks again: a file that is gone from the source is doomed, and never comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::File;
use super::refusal::{CopyError, damaged, refused};
use super::source::Seen;
use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Ledger, Lifecycle, Section, State, TenantHeader, Work};
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::paths::{BlobKey, Incarnation, TenantId};
use crate::quota;
use crate::store::TenantStore;
use crate::workspace::access::{Access, Core};
use crate::workspace::files::{self, Blob, Doom, Reservation};
use crate::workspace::profile::is_alive;
use crate::workspace::stored_files::written;
use crate::workspace::{dooms, erasure, tenants};

pub(super) const ACTION: Action = Action::ReceiveTenant;

/// What the target's ledger says of where the tenant comes from.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    /// The life that is copied.
    life: String,
    /// At which of its commits it was seen.
    number: u64,
    /// What it said then; once all of that is there.
    digest: Option<String>,
}

impl Origin {
    fn of(seen: &Seen, digest: Option<&String>) -> Self {
        Self { life: seen.life.to_string(), number: seen.number, digest: digest.cloned() }
    }

    /// Whether all of what was seen is there.
    fn is_whole(&self, seen: &Seen) -> bool {
        self.life == seen.life.to_string() && self.digest.as_ref() == Some(&seen.digest)
    }

    fn read(state: &State) -> Option<Self> {
        serde_json::from_slice(&state.origin()?).ok()
    }

    fn text(&self) -> bytes::Bytes {
        // Numbers and strings always serialise.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

/// What the target said when a copy began.
pub(super) enum Begun {
    /// All of that is there already.
    Done,
    /// There is something to bring.
    UnderWay(Arc<Target>),
}

/// A life on its way.
pub(in crate::workspace) struct Target {
    core: Arc<Core>,
    tenant: TenantId,
    permit: Permit,
    /// The ledgers during this copy.
    ledger: Ledger,
    life: Incarnation,
    deadline: Deadline,
    /// Until when the reservations hold, in milliseconds since 1970.
    until: AtomicI64,
    renewing: tokio::sync::Mutex<()>,
}

impl Target {
    /// Decides whether the tenant may arrive, and begins its life, or goes on with it.
    pub(super) async fn begin(
        access: Access,
        work: &Arc<Work>,
        seen: &Arc<Seen>,
        moves: bool,
    ) -> Result<Begun> {
        let (core, inside) = (Arc::clone(&access.core), Arc::clone(seen));
        let run = move |draft: &mut Draft, _: &Principal| begin(draft, &core, &inside, moves);
        let (life, permit, _) = access.transact_in_any_life(ACTION, &Resource::Tenant, run).await?;
        let Some(life) = life else { return Ok(Begun::Done) };
        let core = Arc::clone(&access.core);
        let ledger = core.guarded.ledger_during(&permit, work);
        Ok(Begun::UnderWay(Self::new(core, access.tenant().clone(), permit, ledger, life)))
    }

    /// The same where nobody asks for it but the host.
    #[cfg(feature = "migrate")]
    pub(in crate::workspace) async fn begin_for_host(
        core: Arc<Core>,
        permit: Permit,
        seen: &Arc<Seen>,
    ) -> Result<Begun> {
        let tenant = permit.tenant().clone();
        let ledger = core.guarded.ledger(&permit).clone();
        let (inside, seen) = (Arc::clone(&core), Arc::clone(seen));
        let run = move |draft: &mut Draft| begin(draft, &inside, &seen, false);
        let (life, _) = ledger.transact(ACTION.as_str(), &tenant, run).await?;
        let Some(life) = life else { return Ok(Begun::Done) };
        Ok(Begun::UnderWay(Self::new(core, tenant, permit, ledger, life)))
    }

    fn new(
        core: Arc<Core>,
        tenant: TenantId,
        permit: Permit,
        ledger: Ledger,
        life: Incarnation,
    ) -> Arc<Self> {
        let deadline = Deadline::new(core.clock.now(), Arc::clone(&core.clock));
        let (until, renewing) = (AtomicI64::new(0), tokio::sync::Mutex::default());
        Arc::new(Self { core, tenant, permit, ledger, life, deadline, until, renewing })
    }

    /// Brings the ledger to what the source was seen to be, and holds room for what is missing: these files.
    /// `None` if somebody has seen more of the source.
    pub(super) async fn agree(self: &Arc<Self>, seen: &Arc<Seen>) -> Result<Option<Vec<File>>> {
        let (this, inside) = (Arc::clone(self), Arc::clone(seen));
        let run = move |draft: &mut Draft| agree(draft, &this, &inside);
        let (agreed, _) = self.ledger.transact(ACTION.as_str(), &self.tenant, run).await?;
        let Some((missing, until)) = agreed else { return Ok(None) };
        self.held_until(until);
        Ok(Some(missing))
    }

    /// Refuses to begin writing so many bytes where the medium has not got them.
    pub(super) async fn check_room(&self, needed: u64) -> Result<()> {
        match needed {
            0 => Ok(()),
            _ => written::check_free_space(&self.core, &self.permit, ACTION, needed).await,
        }
    }

    fn held_until(&self, until: Timestamp) {
        self.until.fetch_max(until.as_millisecond(), Ordering::SeqCst);
        self.deadline.extend(until);
    }

    /// Renews the reservations if half of their time is over.
    pub(super) async fn keep(self: &Arc<Self>) -> Result<()> {
        let core = &self.core;
        let is_late = || written::is_late(core, self.until.load(Ordering::SeqCst));
        if !is_late() {
            return Ok(());
        }
        let _one = self.renewing.lock().await;
        if !is_late() {
            return Ok(());
        }
        written::check_free_space(core, &self.permit, ACTION, 0).await?;
        let this = Arc::clone(self);
        let run = move |draft: &mut Draft| {
            this.header(draft.state())?;
            let until = written::until(&this.core, draft.now());
            for (address, held) in files::entries::<Reservation>(draft.state(), &Section::RESERVATIONS) {
                if let Some((area, name)) = files::of_address(&address) {
                    files::reserve(draft, area, &name, held.bytes, until);
                }
            }
            Ok(until)
        };
        let (until, _) = self.ledger.transact(ACTION.as_str(), &self.tenant, run).await?;
        self.held_until(until);
        Ok(())
    }

    /// Says that a file is there, whole. One that comes when all is over, since another call was faster, and
    /// that its owner has deleted by then, is doomed once more.
    pub(super) async fn settle(self: &Arc<Self>, file: &File, blob: &Blob) -> Result<()> {
        let (this, (area, name), blob) = (Arc::clone(self), file.clone(), blob.clone());
        let run = move |draft: &mut Draft| {
            if files::blob(draft.state(), area, &name).is_some() {
                return Ok(true);
            }
            if this.header(draft.state()).is_ok() {
                files::settle(draft, &this.core, ACTION.as_str(), area, &name, &blob)?;
                return Ok(true);
            }
            let header = draft.state().header();
            let lives =
                |header: &Arc<TenantHeader>| header.incarnation == this.life && is_alive(&header.lifecycle);
            if header.is_some_and(lives) && !files::is_doomed(draft.state(), area, &name) {
                files::reserve(draft, area, &name, 0, written::until(&this.core, draft.now()));
                files::abandon(draft, area, &name);
            }
            Ok(false)
        };
        match self.ledger.transact(ACTION.as_str(), &self.tenant, run).await? {
            (true, _) => Ok(()),
            (false, _) => Err(Error::new(ErrorKind::Gone, ACTION.as_str())),
        }
    }

    /// Says that files are there, whole, in one commit: they were put into place past the store.
    #[cfg(feature = "migrate")]
    pub(super) async fn settle_all(self: &Arc<Self>, files: Vec<(File, Blob)>) -> Result<()> {
        let this = Arc::clone(self);
        let run = move |draft: &mut Draft| {
            this.header(draft.state())?;
            for ((area, name), blob) in &files {
                files::settle(draft, &this.core, ACTION.as_str(), *area, name, blob)?;
            }
            Ok(())
        };
        self.ledger.transact(ACTION.as_str(), &self.tenant, run).await?;
        Ok(())
    }

    /// Puts everything there that was seen, for nobody to see yet. `false` if something is still missing, or
    /// somebody came between.
    pub(super) async fn replace(&self, seen: &Arc<Seen>) -> Result<bool> {
        let (operation, tenant) = (ACTION.as_str(), &self.tenant);
        let state = self.ledger.read(operation, tenant).await?;
        let header = TenantHeader { profile: seen.profile_text(), ..self.header(&state)?.clone() };
        let is_there = |((area, name), blob): (&File, &Blob)| {
            files::blob(&state, *area, name).is_some_and(|there| there.elsewhere() == *blob)
        };
        let held = |section| state.tallies().of(&section).count;
        // What else it holds is to be doomed first, or is another copy's.
        let other = held(Section::RESERVATIONS) > 0 || held(Section::BLOBS) != seen.files.len() as u64;
        if other || knows_more(&state, seen) || !seen.files.iter().all(is_there) {
            return Ok(false);
        }
        let (before, inside) = (state.clone(), Arc::clone(seen));
        let write = move || {
            let origin = Origin::of(&inside, Some(&inside.digest)).text();
            before.replaced_by(&inside.state, origin)
        };
        let snapshot = self.core.aside(ACTION, write).await?;
        self.ledger.replace(operation, tenant, &state, &header, snapshot).await
    }

    /// Compares what the store has now with what was seen. `false` if somebody came between.
    pub(super) async fn verify(&self, seen: &Arc<Seen>) -> Result<bool> {
        let state = self.ledger.read(ACTION.as_str(), &self.tenant).await?;
        self.header(&state)?;
        if Origin::read(&state).as_ref() != Some(&Origin::of(seen, Some(&seen.digest))) {
            return Ok(false);
        }
        let found = self.core.aside(ACTION, move || state.portable(files::portable).digest()).await?;
        if found != seen.digest {
            return Err(refused(ACTION, CopyError::TargetRecords));
        }
        Ok(true)
    }

    /// Lets the tenant be seen. `false` if somebody came between.
    pub(super) async fn finish(self: &Arc<Self>, seen: &Arc<Seen>) -> Result<bool> {
        let (this, inside) = (Arc::clone(self), Arc::clone(seen));
        let run = move |draft: &mut Draft| {
            let header = this.header(draft.state())?.clone();
            let is_it = Origin::read(draft.state()) == Some(Origin::of(&inside, Some(&inside.digest)));
            if is_it {
                // A slower copy has renewed what it may write as long as the tenant was arriving: its reservations
                // all at once, also when one of them was given up here.
                files::prolong_dooms(draft, written::until(&this.core, draft.now()));
                draft.set_header(TenantHeader { lifecycle: Lifecycle::Active, ..header });
            }
            Ok(is_it)
        };
        let (done, state) = self.ledger.transact(ACTION.as_str(), &self.tenant, run).await?;
        if done {
            let core = &self.core;
            core.created(&self.permit).await;
            let doomed = files::entries::<Doom>(&state, &Section::DOOMS).into_iter();
            let doomed: Vec<_> = doomed.filter_map(|(address, _)| files::of_address(&address)).collect();
            dooms::clear(core, &self.ledger, &self.permit, &doomed).await;
        }
        Ok(done)
    }

    /// Whether this life is a whole copy of what was seen, and can be seen itself.
    pub(super) async fn is_whole(&self, seen: &Seen) -> Result<bool> {
        let state = self.ledger.read(ACTION.as_str(), &self.tenant).await?;
        let header = state.header().filter(|header| header.incarnation == self.life);
        let lives = header.is_some_and(|header| header.lifecycle == Lifecycle::Active);
        Ok(lives && Origin::read(&state).is_some_and(|origin| origin.is_whole(seen)))
    }

    /// The header of this life, as long as it is arriving.
    fn header<'a>(&self, state: &'a State) -> Result<&'a TenantHeader> {
        let header = state.header().filter(|header| header.incarnation == self.life);
        let header = header.filter(|header| header.lifecycle == Lifecycle::Arriving);
        header.map(|header| &**header).ok_or_else(|| Error::new(ErrorKind::Gone, ACTION.as_str()))
    }

    /// How often it is tried, if something comes between, before that is given up.
    #[cfg(feature = "migrate")]
    pub(super) fn attempts(&self) -> u32 {
        self.core.settings.attempts
    }

    pub(super) fn store(&self) -> &dyn TenantStore {
        &**self.core.guarded.store(&self.permit)
    }

    pub(super) fn key(&self, (area, name): &File) -> BlobKey {
        BlobKey::new(self.tenant.clone(), *area, name.clone())
    }

    pub(super) const fn life(&self) -> Incarnation {
        self.life
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.deadline.clone()
    }
}

/// Whether a life came from that one.
#[cfg(feature = "migrate")]
pub(super) fn is_of(state: &State, life: Incarnation) -> bool {
    Origin::read(state).is_some_and(|origin| origin.life == life.to_string())
}

/// Whether a life that came whole is still what it was then.
#[cfg(feature = "migrate")]
pub(super) fn is_unchanged(state: &State) -> bool {
    Origin::read(state).is_some_and(|origin| origin.digest == Some(state.portable(files::portable).digest()))
}

/// Whether a target's state rests on a newer one of the source.
fn knows_more(state: &State, seen: &Seen) -> bool {
    Origin::read(state).is_some_and(|origin| origin.number > seen.number)
}

/// Begins a life in a draft, or finds the one that is under way; `None` if nothing is to be done.
fn begin(draft: &mut Draft, core: &Core, seen: &Seen, moves: bool) -> Result<Option<Incarnation>> {
    check_place(draft.state(), core, seen.life)?;
    let header = draft.state().header().cloned();
    let origin = Origin::read(draft.state());
    if header.as_ref().is_some_and(|header| header.lifecycle == Lifecycle::Active) {
        let is_whole = origin.is_some_and(|origin| origin.is_whole(seen));
        return if is_whole { Ok(None) } else { Err(refused(ACTION, CopyError::SourceWentOn)) };
    }
    if moves {
        check_moves(seen)?;
    }
    if let Some(header) = header.filter(|header| header.lifecycle == Lifecycle::Arriving) {
        return Ok(Some(header.incarnation));
    }
    fits(core, seen)?;
    let (incarnation, lifecycle) = (core.fresh_life(), Lifecycle::Arriving);
    draft.set_header(TenantHeader { incarnation, lifecycle, profile: seen.arriving_text() });
    draft.set_origin(Origin::of(seen, None).text());
    Ok(Some(incarnation))
}

/// Refuses to begin where there is another tenant, or was one lately.
fn check_place(state: &State, core: &Core, life: Incarnation) -> Result<()> {
    let Some(header) = state.header() else { return Ok(()) };
    let ours = Origin::read(state).is_some_and(|origin| origin.life == life.to_string());
    match header.lifecycle {
        Lifecycle::Erased => {
            let until = erasure::names_free_from(core, ACTION.as_str(), header)?;
            match core.clock.now() <= until {
                true => Err(refused(ACTION, CopyError::ErasedLately { until })),
                false => Ok(()),
            }
        }
        Lifecycle::Arriving | Lifecycle::Active if ours => Ok(()),
        Lifecycle::Arriving => Err(refused(ACTION, CopyError::OtherSource)),
        lifecycle if !ours && is_alive(&lifecycle) => Err(refused(ACTION, CopyError::Exists)),
        _ => {
            let suspended = Error::new(ErrorKind::Suspended, ACTION.as_str());
            Err(suspended.about(Resource::Tenant.to_string()))
        }
    }
}

/// Refuses what would be refused when a life came there, as far as that can be told without knowing what it is to be.
#[cfg(feature = "migrate")]
pub(super) fn may_begin(state: &State, core: &Core, life: Incarnation) -> Result<()> {
    check_place(state, core, life)?;
    let is_active = state.header().is_some_and(|header| header.lifecycle == Lifecycle::Active);
    match is_active && !is_unchanged(state) {
        true => Err(refused(ACTION, CopyError::SourceWentOn)),
        false => Ok(()),
    }
}

/// Refuses to move what is being deleted: it would live on in the target.
pub(super) fn check_moves(seen: &Seen) -> Result<()> {
    match seen.is_being_deleted {
        true => Err(refused(ACTION, CopyError::SourceIsDeleted)),
        false => Ok(()),
    }
}

/// Refuses what the target could not keep.
fn fits(core: &Core, seen: &Seen) -> Result<()> {
    tenants::validate(&seen.profile, core, ACTION.as_str())?;
    match seen.arriving {
        Some(_) => Ok(()),
        None => quota::check(&core.plans, &State::absent(), &seen.state),
    }
}

/// Brings a draft to what was seen; the files that are missing and until when there is room for them.
fn agree(draft: &mut Draft, target: &Target, seen: &Seen) -> Result<Option<(Vec<File>, Timestamp)>> {
    let core = &target.core;
    let header = target.header(draft.state())?.clone();
    if knows_more(draft.state(), seen) {
        return Ok(None);
    }
    fits(core, seen)?;
    let until = written::until(core, draft.now());
    for (address, _) in files::entries::<Blob>(draft.state(), &Section::BLOBS) {
        let gone = files::of_address(&address).filter(|file| !seen.files.contains_key(file));
        if let Some((area, name)) = gone {
            files::doom(draft, core, area, &name);
        }
    }
    for (address, _) in files::entries::<Reservation>(draft.state(), &Section::RESERVATIONS) {
        let gone = files::of_address(&address).filter(|file| !seen.files.contains_key(file));
        if let Some((area, name)) = gone {
            files::abandon(draft, area, &name);
        }
    }
    if *header.profile != *seen.arriving_text() {
        draft.set_header(TenantHeader { profile: seen.arriving_text(), ..header });
    }
    let mut missing = Vec::new();
    for (file, blob) in &seen.files {
        match files::blob(draft.state(), file.0, &file.1) {
            Some(there) if there.elsewhere() == *blob => {}
            Some(_) => return Err(damaged(ACTION, file, CopyError::TargetFile)),
            None => {
                files::reserve(draft, file.0, &file.1, blob.bytes, until);
                missing.push(file.clone());
            }
        }
    }
    let origin = Origin::read(draft.state());
    if origin.is_none_or(|origin| origin.number != seen.number) {
        draft.set_origin(Origin::of(seen, None).text());
    }
    Ok(Some((missing, until)))
}
