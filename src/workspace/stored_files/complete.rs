//! Completing an upload by URL: what is there is read once, and becomes a file with a record.
//!
//! Where the object store keeps to the condition that was signed with the URL, what is there never changes,
//! and it stays where it is. Elsewhere the URL could still replace it, so it is copied to a name that no URL
//! knows. Until the one commit that makes the record, everything can be begun again, by any process.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt;

use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, State};
use crate::ownership::{Permit, Principal, Resource};
use crate::paths::{BlobKey, FileName, Incarnation};
use crate::record::{Record, RecordId};
use crate::store::{ByteStream, Put};

use super::super::access::{Access, Author, missing};
use super::super::files::{self, Blob, ByUrl, Reservation};
use super::super::records;
use super::download_url::{check_signs, later};
use super::reading::counted;
use super::{StoredFile, UploadedFile, written};

/// The bytes and the digest of what was read so far.
#[derive(Default)]
struct Read {
    hasher: blake3::Hasher,
    bytes: u64,
}

/// What became of an upload by URL so far.
pub(super) enum Standing<E> {
    /// It is to be completed.
    Open(Reservation, ByUrl),
    /// It was completed.
    Done(Record<E>),
}

fn refused(operation: &'static str, kind: ErrorKind, what: &str) -> Error {
    Error::new(kind, operation).about(what)
}

/// Completes an upload by URL; the record that it made, also if it was completed before.
pub(in crate::workspace) async fn complete<E: StoredFile>(
    access: &Access,
    upload: &FileName,
    digest: Option<&str>,
) -> Result<Record<E>> {
    let operation = E::COMPLETE_UPLOAD.as_str();
    let digest = digest.map(blake3::Hash::from_hex).transpose();
    let digest = digest.map_err(|_| refused(operation, ErrorKind::InvalidInput, "digest"))?;
    let digest = digest.map(|digest| digest.to_hex().to_string());
    let resource = Resource::File(E::AREA, upload.clone());
    let admitted = access.admit(E::COMPLETE_UPLOAD, &resource).await?;
    check_signs(&access.core, E::COMPLETE_UPLOAD)?;
    let principal = &admitted.principal;
    let (held, by_url) = match standing::<E>(access, principal, &admitted.state, upload)? {
        Standing::Open(held, by_url) => (held, by_url),
        Standing::Done(record) => return as_expected(&admitted.state, record, digest.as_deref()),
    };
    if held.until <= access.core.clock.now().as_millisecond() {
        return Err(Error::new(ErrorKind::Expired, operation));
    }
    let life = admitted.state.header().map(|header| header.incarnation);
    let life = life.ok_or_else(|| missing(operation, &Resource::Tenant))?;
    let completing = Completing { access, permit: &admitted.permit, life, upload };
    let done = match completing.read::<E>(&held, &by_url, digest.as_deref()).await {
        Ok((kept, blob)) => completing.settle::<E>(kept, blob, digest.clone()).await.map_err(Refused::Later),
        Err(refused) => Err(refused),
    };
    let refused = match done {
        Ok(record) => return Ok(record),
        Err(refused) => refused,
    };
    // Somebody else may have completed it meanwhile.
    let now = access.core.guarded.ledger(&admitted.permit).read(operation, access.tenant()).await;
    if let Ok(now) = now
        && let Ok(Standing::Done(record)) = standing::<E>(access, principal, &now, upload)
    {
        return as_expected(&now, record, digest.as_deref());
    }
    match refused {
        Refused::Later(error) => Err(error),
        // What is there can't become the file that it was to be.
        Refused::ForGood(error) => {
            completing.abandon::<E>().await;
            Err(error)
        }
    }
}

/// The record of an upload that was completed, if its bytes have the digest that is expected.
fn as_expected<E: StoredFile>(state: &State, record: Record<E>, digest: Option<&str>) -> Result<Record<E>> {
    let blob = files::blob(state, E::AREA, record.value().filename());
    if digest.is_none_or(|digest| blob.is_some_and(|blob| blob.hash == digest)) {
        return Ok(record);
    }
    Err(refused(E::COMPLETE_UPLOAD.as_str(), ErrorKind::InvalidInput, "digest"))
}

/// What an upload by URL came to, as who began it may know.
pub(super) fn standing<E: StoredFile>(
    access: &Access,
    principal: &Principal,
    state: &State,
    upload: &FileName,
) -> Result<Standing<E>> {
    let action = E::COMPLETE_UPLOAD;
    let not_there = || missing(action.as_str(), &Resource::File(E::AREA, upload.clone()));
    let own = principal.tenant().as_str();
    if let Some(held) = files::reservation(state, E::AREA, upload) {
        let by_url = held.by_url.clone().filter(|by_url| by_url.principal == own);
        return Ok(Standing::Open(held, by_url.ok_or_else(not_there)?));
    }
    let id = record_id(upload).ok_or_else(not_there)?;
    match records::get::<E>(state, access.tenant(), action, &id) {
        Ok(record) if record.created_by() == Some(own) => Ok(Standing::Done(record)),
        Ok(_) => Err(not_there()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(not_there()),
        Err(error) => Err(error),
    }
}

/// The id of the record that an upload makes: so whoever completes it again finds it.
fn record_id(upload: &FileName) -> Option<RecordId> {
    let (stem, _) = upload.as_str().rsplit_once('.')?;
    RecordId::parse(stem).ok()
}

/// Why an upload was not completed.
enum Refused {
    /// It can be tried again.
    Later(Error),
    /// It can't ever be.
    ForGood(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Later(error)
    }
}

/// An upload that is being completed.
struct Completing<'a> {
    access: &'a Access,
    permit: &'a Permit,
    life: Incarnation,
    upload: &'a FileName,
}

impl Completing<'_> {
    fn key<E: StoredFile>(&self, name: &FileName) -> BlobKey {
        BlobKey::new(self.access.tenant().clone(), E::AREA, name.clone())
    }

    /// Reads what was uploaded, and copies it if it could change; under which name it is kept, and what it is.
    async fn read<E: StoredFile>(
        &self,
        held: &Reservation,
        by_url: &ByUrl,
        digest: Option<&str>,
    ) -> Result<(FileName, Blob), Refused> {
        let operation = E::COMPLETE_UPLOAD.as_str();
        let for_good = |kind, what: &str| Err(Refused::ForGood(refused(operation, kind, what)));
        let store = self.access.core.guarded.store(self.permit);
        let key = self.key::<E>(self.upload);
        let found = store.head(&key).await.map_err(|error| Error::store(operation, error))?;
        let Some(found) = found else {
            return Err(refused(operation, ErrorKind::WrongState, "nothing was uploaded yet").into());
        };
        if found.length > held.bytes {
            return for_good(ErrorKind::TooLarge, "more bytes than were reserved");
        }
        if by_url.exact && found.length != held.bytes {
            return for_good(ErrorKind::InvalidInput, "length");
        }
        let body = store.get(&key, 0..found.length).await.map_err(|error| Error::store(operation, error))?;
        let body = counted(body, found.length);
        let extension = self.upload.extension().unwrap_or_default();
        let body = written::looked_at(E::IS_CONTENT, extension, body).await;
        let Some(body) = body.map_err(|error| unreadable(operation, error))? else {
            return for_good(ErrorKind::InvalidInput, "content");
        };
        let (kept, blob) = if by_url.creates_only {
            (self.upload.clone(), measure(operation, body).await?)
        } else {
            self.copy::<E>(body, found.length).await?
        };
        if digest.is_some_and(|digest| digest != blob.hash) {
            return for_good(ErrorKind::InvalidInput, "digest");
        }
        Ok((kept, blob))
    }

    /// Copies what was uploaded to a name that no URL knows.
    async fn copy<E: StoredFile>(&self, body: ByteStream, length: u64) -> Result<(FileName, Blob)> {
        let (core, action) = (&self.access.core, E::COMPLETE_UPLOAD);
        let operation = action.as_str();
        let extension = self.upload.extension().unwrap_or_default();
        let copy = FileName::parse(&format!("{}.{extension}", core.fresh_uuid()))
            .map_err(|error| Error::name(operation, error))?;
        let (upload, to, life) = (self.upload.clone(), copy.clone(), core.settings.reservation_life);
        let run = move |draft: &mut Draft| {
            let until = later(draft.now(), life);
            files::begin_copy(draft, operation, E::AREA, &upload, &to, until)
        };
        let ledger = core.guarded.ledger(self.permit);
        let (until, _) = ledger.transact(operation, self.access.tenant(), run).await?;
        let until = jiff::Timestamp::from_millisecond(until).unwrap_or(jiff::Timestamp::MAX);
        let read = Arc::<Mutex<Read>>::default();
        let passed = Arc::clone(&read);
        let put = Put {
            incarnation: self.life,
            body: body.inspect(move |chunk| note(&passed, chunk)).boxed(),
            length_hint: Some(length),
            deadline: Deadline::new(until, Arc::clone(&core.clock)),
        };
        let store = core.guarded.store(self.permit);
        let blob = written::put(&**store, action, &self.key::<E>(&copy), put, || told(&read)).await;
        match blob {
            Ok(blob) => Ok((copy, blob)),
            // The body is the store's own: nothing is wrong with the upload.
            Err(error) if error.kind() == ErrorKind::BodyFailed => {
                Err(Error::new(ErrorKind::Unavailable, operation).with_source(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the record, and turns the reservation into usage, in one commit.
    async fn settle<E: StoredFile>(
        &self,
        kept: FileName,
        blob: Blob,
        digest: Option<String>,
    ) -> Result<Record<E>> {
        let (action, upload, inside) = (E::COMPLETE_UPLOAD, self.upload.clone(), self.access.clone());
        let operation = action.as_str();
        let resource = Resource::File(E::AREA, upload.clone());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            if let Standing::Done(record) = standing::<E>(&inside, author.principal, draft.state(), &upload)?
            {
                return as_expected(draft.state(), record, digest.as_deref());
            }
            let by_url = files::settle_by_url(draft, operation, E::AREA, (&upload, &kept), &blob)?;
            let id = record_id(&upload).ok_or_else(|| Error::new(ErrorKind::Expired, operation))?;
            let value = E::uploaded(UploadedFile {
                title: by_url.title,
                filename: kept.clone(),
                original_filename: by_url.original_name,
                date_added: author.profile.local_time(draft.now()),
                drive_file_id: None,
                bytes: blob.bytes,
                hash: blob.hash.clone(),
            });
            records::insert(draft, author, action, &id, &value)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }

    /// Dooms what was uploaded.
    async fn abandon<E: StoredFile>(&self) {
        let (upload, operation) = (self.upload.clone(), E::COMPLETE_UPLOAD.as_str());
        let run = move |draft: &mut Draft| Ok(files::abandon(draft, E::AREA, &upload));
        let ledger = self.access.core.guarded.ledger(self.permit);
        if let Err(error) = ledger.transact(operation, self.access.tenant(), run).await {
            // It expires by itself.
            let tenant = self.access.tenant().as_str();
            tracing::warn!(target: "tenantry::upload", tenant, %error, "reservation not given back");
        }
    }
}

fn note(read: &Mutex<Read>, chunk: &io::Result<Bytes>) {
    if let Ok(chunk) = chunk {
        let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
        read.hasher.update(chunk);
        read.bytes += chunk.len() as u64;
    }
}

fn told(read: &Mutex<Read>) -> (u64, String) {
    let read = read.lock().unwrap_or_else(PoisonError::into_inner);
    (read.bytes, read.hasher.finalize().to_hex().to_string())
}

fn unreadable(operation: &'static str, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, operation).with_source(error)
}

/// Reads a body to its end.
async fn measure(operation: &'static str, mut body: ByteStream) -> Result<Blob> {
    let read = Mutex::<Read>::default();
    while let Some(chunk) = body.next().await {
        note(&read, &chunk);
        chunk.map_err(|error| unreadable(operation, error))?;
    }
    let (bytes, hash) = told(&read);
    Ok(Blob::new(bytes, hash))
}
