//! An upload between its reservation and its settlement: what holds the quota, renews it while the
//! bytes come, and gives it back if they don't.

use std::io;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::StreamExt;
use jiff::Timestamp;

use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Ledger, Lifecycle};
use crate::ownership::{Permit, Principal, Resource};
use crate::paths::{BlobKey, FileName, Incarnation};
use crate::quota::{effective_limits, usage_of};
use crate::record::Record;
use crate::store::{ByteStream, Put};

use super::super::access::{Access, Author, Core, Judgements, missing};
use super::super::profile::Profile;
use super::super::{dooms, files, operations, records};
use super::upload::{Progress, ProgressFunction};
use super::{StoredFile, UploadedFile, written};

/// An upload whose reservation is durable.
pub(super) struct Reserved<E: StoredFile> {
    hold: Arc<Hold<E>>,
    life: Incarnation,
    principal: Principal,
    /// Whether the reservation is still to be given back when this is dropped.
    armed: AtomicBool,
}

/// What people say of a file that is uploaded.
#[derive(Clone)]
pub(super) struct Described {
    pub(super) title: String,
    pub(super) original_name: String,
    pub(super) drive_file_id: Option<String>,
}

/// The reservation, as the body's stream renews it.
struct Hold<E> {
    access: Access,
    permit: Permit,
    /// The ledgers during this upload.
    ledger: Ledger,
    name: FileName,
    deadline: Deadline,
    written: Mutex<Written>,
    kind: PhantomData<fn() -> E>,
}

#[derive(Default)]
struct Written {
    hasher: blake3::Hasher,
    bytes: u64,
    /// How many bytes are reserved.
    held: u64,
    /// Until when, in milliseconds since 1970.
    until: i64,
}

/// Holds at least `needed` bytes for a file: `wanted` if there is so much room.
fn hold<E: StoredFile>(
    draft: &mut Draft,
    core: &Core,
    name: &FileName,
    needed: u64,
    wanted: u64,
) -> (u64, Timestamp) {
    let held = files::reservation(draft.state(), E::AREA, name).map_or(0, |held| held.bytes);
    let usage = usage_of(draft.state());
    let room = effective_limits(&core.plans, draft.header())
        .blob_bytes
        .map_or(u64::MAX, |limit| limit.saturating_sub(usage.counted_bytes().saturating_sub(held)));
    // Less than is needed is never asked for: the quota's rule then refuses it, with the numbers.
    let bytes = wanted.min(room).min(E::longest(&core.settings).unwrap_or(u64::MAX)).max(needed).max(held);
    let until = written::until(core, draft.now());
    files::reserve(draft, E::AREA, name, bytes, until);
    (bytes, until)
}

impl<E: StoredFile> Reserved<E> {
    pub(super) async fn begin(access: Access, name: FileName, length: Option<u64>) -> Result<Self> {
        let core = Arc::clone(&access.core);
        let work = access.begin(E::UPLOAD)?;
        let needed = length.unwrap_or(0);
        let wanted = length.unwrap_or(core.settings.reservation_step);
        let inside = name.clone();
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            let held = hold::<E>(draft, author.core, &inside, needed, wanted);
            let life = draft.state().header().map(|header| header.incarnation);
            let life = life.ok_or_else(|| missing(E::UPLOAD.as_str(), &Resource::Tenant))?;
            Ok((held, life, author.principal.clone()))
        };
        let resource = Resource::Collection(E::collection());
        let (((held, until), life, principal), permit, _) =
            access.transact(E::UPLOAD, &resource, run).await?;
        let deadline = Deadline::new(until, Arc::clone(&core.clock));
        let written = Mutex::new(Written { held, until: until.as_millisecond(), ..Written::default() });
        let ledger = core.guarded.ledger_during(&permit, &work);
        let hold = Hold { access, permit, ledger, name, deadline, written, kind: PhantomData };
        let reserved = Self { hold: Arc::new(hold), life, principal, armed: true.into() };
        if let Err(full) = reserved.hold.check_free_space(needed).await {
            reserved.abandon().await;
            return Err(full);
        }
        Ok(reserved)
    }

    /// Writes the body under the reserved name.
    pub(super) async fn write(
        &self,
        body: ByteStream,
        mut progress: Option<ProgressFunction>,
        length: Option<u64>,
    ) -> Result<files::Blob> {
        let hold = Arc::clone(&self.hold);
        let key = hold.key();
        let core = &self.hold.access.core;
        let longest = E::longest(&core.settings);
        let body = body.then(move |chunk| {
            let hold = Arc::clone(&hold);
            let (bytes, renew) = hold.take(chunk.as_ref().ok());
            if let Some(progress) = &mut progress {
                progress(Progress { bytes, length });
            }
            async move {
                let chunk = chunk?;
                if longest.is_some_and(|longest| bytes > longest) {
                    return Err(io::Error::other(Error::new(ErrorKind::TooLarge, E::UPLOAD.as_str())));
                }
                if renew {
                    hold.renew(bytes).await.map_err(io::Error::other)?;
                }
                Ok(chunk)
            }
        });
        let put = Put {
            incarnation: self.life,
            body: body.boxed(),
            length_hint: length,
            deadline: self.hold.deadline.clone(),
        };
        let store = core.guarded.store(&self.hold.permit);
        let put = written::put(&**store, E::UPLOAD, &key, put, || {
            let written = self.hold.written();
            (written.bytes, written.hasher.finalize().to_hex().to_string())
        });
        put.await
    }

    /// Makes the record, and turns the reservation into usage, in one commit.
    pub(super) async fn settle(&self, blob: &files::Blob, described: Described) -> Result<Record<E>> {
        let hold = Arc::clone(&self.hold);
        let (operation, life, principal) = (E::UPLOAD.as_str(), self.life, self.principal.clone());
        let (blob, id) = (blob.clone(), operations::fresh_id(&self.hold.access.core, E::UPLOAD)?);
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
    fn key(&self) -> BlobKey {
        BlobKey::new(self.access.tenant().clone(), E::AREA, self.name.clone())
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        // Every section under this lock leaves it whole.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts and hashes a chunk: the bytes so far, and whether the reservation is to be renewed before
    /// the chunk is passed on: for more bytes, or because half of its time is over.
    fn take(&self, chunk: Option<&Bytes>) -> (u64, bool) {
        let core = &self.access.core;
        let mut written = self.written();
        if let Some(chunk) = chunk {
            written.hasher.update(chunk);
            written.bytes += chunk.len() as u64;
        }
        (written.bytes, written.bytes > written.held || written::is_late(core, written.until))
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
            Ok(hold::<E>(draft, &core, &name, needed, wanted))
        };
        let ((held, until), _) = self.ledger.transact(E::UPLOAD.as_str(), self.access.tenant(), run).await?;
        {
            let mut written = self.written();
            written.held = held;
            written.until = until.as_millisecond();
        }
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
