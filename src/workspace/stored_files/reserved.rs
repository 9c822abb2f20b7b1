//! An upload between its reservation and its settlement: what holds the quota, renews it while the
//! bytes come, and gives it back if they don't.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Ledger, Lifecycle, Meanwhile};
use crate::ownership::{Permit, Principal, Resource};
use crate::paths::{FileName, Incarnation};
use crate::quota::{effective_limits, usage_of};
use crate::record::Record;
use crate::store::TenantStore;

use super::super::access::{Access, Author, Core, Judgements, missing};
use super::super::profile::Profile;
use super::super::{dooms, files, records};
use super::{StoredFile, UploadedFile, written};

/// An upload whose reservation is durable.
pub(super) struct Reserved<E: StoredFile> {
    hold: Arc<Hold<E>>,
    allowed: Allowed,
    principal: Principal,
    /// Whether the reservation is still to be given back when this is dropped.
    armed: AtomicBool,
}

/// What an upload may write to: the store, and the tenant's life in which it was allowed.
#[derive(Clone)]
pub(super) struct Allowed {
    pub(super) store: Arc<dyn TenantStore>,
    pub(super) life: Incarnation,
}

/// What is to be reserved.
pub(super) struct Wanted {
    pub(super) name: FileName,
    /// How many bytes, if the host said so.
    pub(super) length: Option<u64>,
    /// Until when, and by when the file has to be published.
    pub(super) until: Timestamp,
    pub(super) deadline: Deadline,
}

/// What people say of a file that is uploaded.
#[derive(Clone)]
pub(super) struct Described {
    pub(super) title: String,
    pub(super) original_name: String,
    pub(super) drive_file_id: Option<String>,
}

/// The reservation, as it is renewed.
struct Hold<E> {
    access: Access,
    permit: Permit,
    /// The ledgers during this upload.
    ledger: Ledger,
    name: FileName,
    deadline: Deadline,
    held: Mutex<Held>,
    kind: PhantomData<fn() -> E>,
}

#[derive(Clone, Copy)]
struct Held {
    bytes: u64,
    /// Until when, in milliseconds since 1970.
    until: i64,
}

/// Holds at least `needed` bytes for a file until then: `wanted` if there is so much room. How many.
fn hold<E: StoredFile>(
    draft: &mut Draft,
    core: &Core,
    name: &FileName,
    (needed, wanted): (u64, u64),
    until: Timestamp,
) -> u64 {
    let held = files::reservation(draft.state(), E::AREA, name).map_or(0, |held| held.bytes);
    let usage = usage_of(draft.state());
    let room = effective_limits(&core.plans, draft.header())
        .blob_bytes
        .map_or(u64::MAX, |limit| limit.saturating_sub(usage.counted_bytes().saturating_sub(held)));
    // Less than is needed is never asked for: the quota's rule then refuses it, with the numbers.
    let bytes = wanted.min(room).min(E::longest(&core.settings).unwrap_or(u64::MAX)).max(needed).max(held);
    files::reserve(draft, E::AREA, name, bytes, until);
    bytes
}

impl<E: StoredFile> Reserved<E> {
    /// Reserves. `tell` is told to what may be written as soon as that is decided, before the reservation is durable.
    pub(super) async fn begin(
        access: Access,
        wanted: Wanted,
        tell: oneshot::Sender<Allowed>,
    ) -> Result<Self> {
        let core = Arc::clone(&access.core);
        let work = access.begin(E::UPLOAD)?;
        let Wanted { name, length, until, deadline } = wanted;
        let needed = length.unwrap_or(0);
        let bytes = (needed, length.unwrap_or(core.settings.reservation_step));
        let (inside, mut tell) = (name.clone(), Some(tell));
        let run = move |draft: &mut Draft, author: &Author<'_>, permit: &Permit| {
            let held = hold::<E>(draft, author.core, &inside, bytes, until);
            let life = draft.state().header().map(|header| header.incarnation);
            let life = life.ok_or_else(|| missing(E::UPLOAD.as_str(), &Resource::Tenant))?;
            let allowed = Allowed { store: Arc::clone(author.core.guarded.store(permit)), life };
            // Whoever went away waits for nothing.
            let _ = tell.take().map(|tell| tell.send(allowed.clone()));
            Ok((held, allowed, author.principal.clone()))
        };
        let resource = Resource::Collection(E::collection());
        let ((bytes, allowed, principal), permit, _) =
            access.transact_permitted(Meanwhile::GoesOn, E::UPLOAD, &resource, run).await?;
        let held = Mutex::new(Held { bytes, until: until.as_millisecond() });
        let ledger = core.guarded.ledger_during(&permit, &work);
        let hold = Hold { access, permit, ledger, name, deadline, held, kind: PhantomData };
        let reserved = Self { hold: Arc::new(hold), allowed, principal, armed: true.into() };
        if let Err(full) = reserved.hold.check_free_space(needed).await {
            reserved.abandon().await;
            return Err(full);
        }
        Ok(reserved)
    }

    /// To what it may write.
    pub(super) fn allowed(&self) -> Allowed {
        self.allowed.clone()
    }

    /// Sees that so many bytes are held: the reservation is renewed if they are not, or if half of its time is over.
    pub(super) async fn cover(&self, bytes: u64) -> Result<()> {
        let Held { bytes: held, until } = *self.hold.held();
        if bytes > held || written::is_late(&self.hold.access.core, until) {
            self.hold.renew(bytes).await?;
        }
        Ok(())
    }

    /// Makes the record, and turns the reservation into usage, in one commit.
    pub(super) async fn settle(&self, blob: &files::Blob, described: Described) -> Result<Record<E>> {
        let hold = Arc::clone(&self.hold);
        let (operation, life, principal) = (E::UPLOAD.as_str(), self.allowed.life, self.principal.clone());
        let (blob, id) = (blob.clone(), self.hold.access.core.fresh_id());
        let run = move |draft: &mut Draft| {
            let header = draft.state().header().cloned();
            let header = header.filter(|header| header.incarnation == life);
            let header = header.ok_or_else(|| Error::new(ErrorKind::Gone, operation))?;
            if header.lifecycle != Lifecycle::Active {
                return Err(Error::new(ErrorKind::Suspended, operation));
            }
            files::settle(draft, &hold.access.core, operation, E::AREA, &hold.name, &blob)?;
            let profile = Profile::read(operation, &header)?;
            let Described { title, original_name, drive_file_id } = described.clone();
            let value = E::uploaded(UploadedFile {
                title,
                filename: hold.name.clone(),
                original_filename: original_name,
                date_added: profile.local_time(draft.now()),
                drive_file_id,
                bytes: blob.bytes,
                hash: blob.hash.clone(),
            });
            let (core, tenant) = (&*hold.access.core, hold.access.tenant());
            // Nothing is decided here: that was done when the upload began.
            let (principal, profile, judged) = (&principal, &profile, &Judgements::default());
            let author = Author { core, tenant, principal, profile, judged };
            records::insert(draft, &author, E::UPLOAD, &id, &value)
        };
        Ok(self.hold.ledger.transact(operation, self.hold.access.tenant(), run).await?.0)
    }

    pub(super) fn finished(&self) {
        self.armed.store(false, Ordering::SeqCst);
    }

    /// Gives the reservation back.
    pub(super) async fn abandon(&self) {
        self.finished();
        self.hold.abandon().await;
    }
}

impl<E: StoredFile> Drop for Reserved<E> {
    /// A dropped upload gives its quota back; if that can't be done now, the reservation expires.
    fn drop(&mut self) {
        if self.armed.load(Ordering::SeqCst) {
            let hold = Arc::clone(&self.hold);
            self.hold.access.core.runtime.spawn(async move { hold.abandon().await });
        }
    }
}

impl<E: StoredFile> Hold<E> {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Every section under this lock leaves it whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds at least `needed` bytes from now on, and longer.
    async fn renew(&self, needed: u64) -> Result<()> {
        self.check_free_space(0).await?;
        let core = Arc::clone(&self.access.core);
        let name = self.name.clone();
        let run = move |draft: &mut Draft| {
            let header = draft.state().header();
            if header.is_some_and(|header| matches!(header.lifecycle, Lifecycle::Deleting { .. })) {
                return Err(Error::new(ErrorKind::Suspended, E::UPLOAD.as_str()));
            }
            if files::reservation(draft.state(), E::AREA, &name).is_none() {
                return Err(Error::new(ErrorKind::Expired, E::UPLOAD.as_str()));
            }
            let wanted = needed.saturating_add(core.settings.reservation_step);
            let until = written::until(&core, draft.now());
            Ok((hold::<E>(draft, &core, &name, (needed, wanted), until), until))
        };
        let ((bytes, until), _) = self.ledger.transact(E::UPLOAD.as_str(), self.access.tenant(), run).await?;
        *self.held() = Held { bytes, until: until.as_millisecond() };
        self.deadline.extend(until);
        Ok(())
    }

    async fn check_free_space(&self, needed: u64) -> Result<()> {
        written::check_free_space(&self.access.core, &self.permit, E::UPLOAD, needed).await
    }

    async fn abandon(&self) {
        let name = self.name.clone();
        let run = move |draft: &mut Draft| Ok(files::abandon(draft, E::AREA, &name));
        match self.ledger.transact(E::UPLOAD.as_str(), self.access.tenant(), run).await {
            Ok((true, _)) => {
                let released = [(E::AREA, self.name.clone())];
                dooms::clear(&self.access.core, &self.ledger, &self.permit, &released).await;
            }
            Ok((false, _)) => {}
            // It expires by itself.
            Err(error) => {
                let tenant = self.access.tenant().as_str();
                tracing::warn!(target: "tenantry::upload", tenant, %error, "reservation not given back");
            }
        }
    }
}
