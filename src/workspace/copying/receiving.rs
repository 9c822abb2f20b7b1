//! A tenant that comes from no store: what it is to be is said whole, and arrives as a copy does.
//!
//! Its files come one of two ways: written through the store, or put into place past it by whoever holds the
//! store's medium alone, and then only said to be there.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;

use super::File;
use super::refusal::{CopyError, damaged};
use super::sending;
use super::source::Seen;
use super::target::{self, Begun, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Lifecycle, Section, TenantHeader};
use crate::ownership::{Action, Permit, Principal};
use crate::paths::{Area, CollectionName, FileName, Incarnation, TenantId};
use crate::record::RecordText;
use crate::store::ByteStream;
use crate::workspace::NewTenant;
use crate::workspace::access::{Author, Core, Judgements};
use crate::workspace::dooms::Pinned;
use crate::workspace::erasure::{self, Erasure};
use crate::workspace::files::{self, Blob, Doom, Reservation};
use crate::workspace::profile::is_alive;
use crate::workspace::records::MissingFiles;
use crate::workspace::tenants::Grace;
use crate::workspace::upkeep::Operator;

/// All that a tenant is to be.
pub(crate) struct Incoming {
    pub(crate) tenant: TenantId,
    /// What tells it from any other that could arrive under this name.
    pub(crate) origin: [u8; 16],
    pub(crate) new: NewTenant,
    pub(crate) created_at: Timestamp,
    /// Its files, with their lengths and BLAKE3 digests.
    pub(crate) files: Vec<(Area, FileName, u64, String)>,
    /// Its records, in their order.
    pub(crate) records: Vec<(CollectionName, RecordText)>,
}

/// What a tenant is to be, made and checked; nothing of it is anywhere yet.
pub(crate) struct Prepared {
    core: Arc<Core>,
    permit: Permit,
    seen: Arc<Seen>,
}

/// A tenant on its way.
pub(crate) struct Receiving {
    target: Arc<Target>,
    seen: Arc<Seen>,
}

/// What there is to be taken away.
enum Found {
    /// Nothing of it.
    Nothing,
    /// It was erased.
    Tombstone,
    /// It is there, or is being erased.
    Tenant,
}

impl Incoming {
    /// The state that is to be there in the end, as if it had been seen in a store.
    fn seen(self, core: &Arc<Core>) -> Result<Seen> {
        let operation = target::ACTION.as_str();
        let life = Incarnation::from_bytes(self.origin);
        let mut profile = self.new.profile(core, &self.tenant, operation)?;
        profile.created_at = self.created_at;
        let blank = TenantHeader { incarnation: life, lifecycle: Lifecycle::Active, profile: "{}".into() };
        let mut unlimited = profile.clone();
        (unlimited.plan, unlimited.limits) = (None, crate::quota::Limits::unlimited());
        let arriving = unlimited.into_header(&blank, operation)?.profile;
        let mut draft = Draft::of_nothing(self.created_at);
        draft.set_header(profile.clone().into_header(&blank, operation)?);
        let mut files = BTreeMap::new();
        for (area, name, bytes, hash) in self.files {
            let blob = Blob::new(bytes, hash);
            files::put(&mut draft, area, &name, &blob);
            files.insert((area, name), blob);
        }
        let principal = Principal::new(self.tenant.clone(), profile.role);
        let judged = Judgements::default();
        let author =
            Author { core, tenant: &self.tenant, principal: &principal, profile: &profile, judged: &judged };
        for (collection, text) in &self.records {
            let unknown = || Error::new(ErrorKind::Configuration, operation).about(collection.to_string());
            let kind = core.kinds.get(collection).ok_or_else(unknown)?;
            (kind.restore)(&mut draft, &author, target::ACTION, text, MissingFiles::Allowed)?;
        }
        let state = draft.into_state();
        let (digest, pinned) = (state.digest(), Pinned::new(core, Vec::new()));
        let (number, suspended, is_being_deleted, arriving) = (0, false, false, Some(arriving));
        Ok(Seen {
            life,
            number,
            suspended,
            is_being_deleted,
            profile,
            state,
            digest,
            files,
            arriving,
            _pinned: pinned,
        })
    }
}

impl Operator {
    /// Makes of what was said all that a tenant is to be, on a thread of its own: so that it can be done for the next
    /// one while another is on its way.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for what can't be stored.
    pub(crate) async fn prepare(&self, incoming: Incoming) -> Result<Prepared> {
        let (core, permit) = self.permitted(target::ACTION, &incoming.tenant);
        let inside = Arc::clone(&core);
        let seen = core.aside(target::ACTION, move || incoming.seen(&inside)).await??;
        Ok(Prepared { core, permit, seen: Arc::new(seen) })
    }

    /// Whether a tenant could be taken in from this origin, as far as that depends on what is there.
    ///
    /// # Errors
    /// As for [`receive`](Prepared::receive).
    pub(crate) async fn may_receive(&self, tenant: &TenantId, origin: [u8; 16]) -> Result<()> {
        let (core, permit) = self.permitted(target::ACTION, tenant);
        let state = core.guarded.ledger(&permit).read(permit.action().as_str(), tenant).await?;
        let inside = Arc::clone(&core);
        let life = Incarnation::from_bytes(origin);
        core.aside(target::ACTION, move || target::may_begin(&state, &inside, life)).await?
    }

    /// Whether a tenant is still as it was when it was taken in from this origin. One that is not there is, and so
    /// is another one of that name.
    pub(crate) async fn is_as_received(&self, tenant: &TenantId, origin: [u8; 16]) -> Result<bool> {
        let (core, permit) = self.permitted(Action::CheckTenant, tenant);
        let state = core.guarded.ledger(&permit).read(permit.action().as_str(), tenant).await?;
        let lives = state.header().is_some_and(|header| is_alive(&header.lifecycle));
        if !lives {
            return Ok(state.header().is_none_or(|header| header.lifecycle == Lifecycle::Arriving));
        }
        let is_other = !target::is_of(&state, Incarnation::from_bytes(origin));
        core.aside(target::ACTION, move || is_other || target::is_unchanged(&state)).await
    }

    /// The files that a tenant's ledger names, also those that are only on their way, or to be deleted.
    pub(crate) async fn named_files(&self, tenant: &TenantId) -> Result<Vec<File>> {
        let (core, permit) = self.permitted(Action::CheckTenant, tenant);
        let state = core.guarded.ledger(&permit).read(permit.action().as_str(), tenant).await?;
        let blobs = files::entries::<Blob>(&state, &Section::BLOBS).into_iter().map(|(address, _)| address);
        let held = files::entries::<Reservation>(&state, &Section::RESERVATIONS).into_iter();
        let doomed = files::entries::<Doom>(&state, &Section::DOOMS).into_iter();
        let others = held.map(|(address, _)| address).chain(doomed.map(|(address, _)| address));
        Ok(blobs.chain(others).filter_map(|address| files::of_address(&address)).collect())
    }

    /// Takes a tenant away again that was taken in from this origin; `None` if it is not there. What else has
    /// its name is left alone.
    ///
    /// # Errors
    /// [`WrongState`](ErrorKind::WrongState) if it went on since, unless that is to be discarded; the store's.
    pub(crate) async fn take_away(
        &self,
        tenant: &TenantId,
        origin: [u8; 16],
        discarding: bool,
    ) -> Result<Option<Erasure>> {
        let (core, permit) = self.permitted(Action::EraseTenant, tenant);
        let operation = permit.action().as_str();
        let run = move |draft: &mut Draft| {
            let Some(header) = draft.state().header().cloned() else { return Ok(Found::Nothing) };
            match header.lifecycle {
                Lifecycle::Erased => return Ok(Found::Tombstone),
                Lifecycle::Erasing { .. } => return Ok(Found::Tenant),
                _ if !target::is_of(draft.state(), Incarnation::from_bytes(origin)) => {
                    return Ok(Found::Nothing);
                }
                Lifecycle::Active if !discarding && !target::is_unchanged(draft.state()) => {
                    return Err(Error::new(ErrorKind::WrongState, operation));
                }
                Lifecycle::Active => {
                    let lifecycle = Lifecycle::Deleting { until: draft.now() };
                    draft.set_header(TenantHeader { lifecycle, ..(*header).clone() });
                }
                Lifecycle::Deleting { .. } | Lifecycle::Arriving => {}
            }
            Ok(Found::Tenant)
        };
        match core.guarded.ledger(&permit).transact(operation, tenant, run).await?.0 {
            Found::Nothing => Ok(None),
            Found::Tombstone => {
                // The one that wrote it may not have got to what follows it.
                let tidied = core.guarded.store(&permit).tidy(tenant).await;
                tidied.map(|()| None).map_err(|error| Error::store(operation, error))
            }
            Found::Tenant => erasure::erase(&core, &permit, Grace::Skip).await.map(Some),
        }
    }
}

impl Prepared {
    /// Begins to take the tenant in, or goes on with that; `None` if all of it is there.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) where there is another tenant of that name; the store's.
    pub(crate) async fn receive(self) -> Result<Option<Receiving>> {
        let Self { core, permit, seen } = self;
        match Target::begin_for_host(core, permit, &seen).await? {
            Begun::Done => Ok(None),
            Begun::UnderWay(target) => Ok(Some(Receiving { target, seen })),
        }
    }
}

impl Receiving {
    /// Holds room for the files that are not there yet: these.
    pub(crate) async fn missing(&self) -> Result<Vec<File>> {
        let missing = self.target.agree(&self.seen).await?;
        missing.ok_or_else(|| Error::new(ErrorKind::Contended, target::ACTION.as_str()))
    }

    /// Writes a file through the store, and sees on the way that it is the one that was said.
    pub(crate) async fn put(&self, file: &File, body: ByteStream) -> Result<()> {
        let blob = self.blob(file)?;
        sending::put(&self.target, file, blob, body.boxed()).await
    }

    /// Says that files are there that were put into place past the store: each with the length with which it was found
    /// there. They have to be as long as they were said to be.
    pub(crate) async fn are_there(&self, files: Vec<(File, u64)>) -> Result<()> {
        let mut settled = Vec::with_capacity(files.len());
        for (file, length) in files {
            let blob = self.blob(&file)?.clone();
            if length != blob.bytes {
                return Err(damaged(target::ACTION, &file, CopyError::TargetFile));
            }
            settled.push((file, blob));
        }
        self.target.keep().await?;
        self.target.settle_all(settled).await
    }

    fn blob(&self, file: &File) -> Result<&Blob> {
        let blob = self.seen.files.get(file);
        blob.ok_or_else(|| damaged(target::ACTION, file, CopyError::SourceFile))
    }

    /// Puts everything else there, reads it back from the store, and lets the tenant be seen.
    pub(crate) async fn complete(&self) -> Result<()> {
        // A fold of the library's own may come between, which says the same.
        for _ in 0..self.target.attempts() {
            let done = self.target.replace(&self.seen).await?
                && self.target.verify(&self.seen).await?
                && self.target.finish(&self.seen).await?;
            if done {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Contended, target::ACTION.as_str()))
    }
}
