//! Blobs: written once, whole, and read in ranges.

use std::ops::Range;

use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::ObjectTenantStore;
use super::download::Download;
use super::parts::PartsUpload;
use crate::environment::Deadline;
use crate::paths::BlobKey;
use crate::store::object_error::{because_of, from_object};
use crate::store::{BlobInfo, ByteStream, Put, StoreError, StoreErrorKind};

/// Common object stores take 10,000 parts; the rest is left as room for a hint that was too low.
const PARTS_AIMED_AT: u64 = 9_000;
/// How often a put that was not answered is sent again.
const PUT_ATTEMPTS: usize = 3;

impl ObjectTenantStore {
    pub(super) async fn put_blob(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        let location = self.keys.blob(key);
        let part_bytes = part_bytes(self.settings.part_bytes, put.length_hint);
        let mut body = Parts { body: put.body, rest: Bytes::new(), part_bytes };
        let first = body.next().await?;
        let publication = Publication { deadline: &put.deadline, location: &location };
        if first.full {
            self.put_parts(first.payload, body, publication).await
        } else {
            self.put_whole(first.payload, publication).await
        }
    }

    /// A blob that fits into one part: one conditional put.
    async fn put_whole(
        &self,
        payload: PutPayload,
        publication: Publication<'_>,
    ) -> Result<BlobInfo, StoreError> {
        let length = payload.content_length() as u64;
        let mut sent = None;
        for _ in 0..PUT_ATTEMPTS {
            let turn = match self.turns.next_before(publication.deadline).await {
                Ok(turn) => turn,
                Err(error) => return Err(sent.map_or(error, unclear)),
            };
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let answer = self.uploads.put_opts(publication.location, payload.clone(), options).await;
            drop(turn);
            let Err(error) = answer else { return Ok(BlobInfo { length }) };
            // Whoever asked takes "exists" on a fresh name for success, so it has to be seen: the
            // same answer may mean that another request is under way, and may yet fail.
            let said_to_exist =
                matches!(error, ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. });
            if said_to_exist && self.objects.head(publication.location).await.is_ok() {
                return Err(taken());
            }
            sent = Some(error);
        }
        Err(sent.map_or_else(taken, unclear))
    }

    /// A longer blob: parts, then a completion, which has no condition everywhere.
    async fn put_parts(
        &self,
        first: PutPayload,
        mut body: Parts,
        publication: Publication<'_>,
    ) -> Result<BlobInfo, StoreError> {
        let (at_once, Publication { location, deadline }) = (self.settings.parts_at_once, &publication);
        let mut upload = PartsUpload::begin(&self.uploads, location, at_once, &self.turns, deadline).await?;
        let length = self.send_parts(&mut upload, first, &mut body, &publication).await?;
        let turn = self.turns.next_before(publication.deadline).await?;
        let completed = upload.complete().await;
        drop(turn);
        match completed {
            Ok(()) => Ok(BlobInfo { length }),
            Err(error) => match self.objects.head(publication.location).await {
                Ok(found) if found.size == length => Ok(BlobInfo { length }),
                _ => Err(unclear(error)),
            },
        }
    }

    /// Sends all parts; whoever comes back without an error may complete the upload.
    async fn send_parts(
        &self,
        upload: &mut PartsUpload,
        first: PutPayload,
        body: &mut Parts,
        publication: &Publication<'_>,
    ) -> Result<u64, StoreError> {
        let mut length = first.content_length() as u64;
        upload.send(first).await?;
        loop {
            let part = body.next().await?;
            if part.payload.content_length() > 0 {
                length += part.payload.content_length() as u64;
                upload.send(part.payload).await?;
            }
            if !part.full {
                break;
            }
        }
        upload.sent().await?;
        match self.objects.head(publication.location).await {
            Ok(_) => return Err(taken()),
            Err(ObjectError::NotFound { .. }) => {}
            Err(error) => return Err(from_object("put", "the blob", error)),
        }
        Ok(length)
    }

    pub(super) async fn get_blob(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let outside =
            || StoreError::new(StoreErrorKind::OutOfRange, "get", "the range is not within the blob");
        let location = self.keys.blob(key);
        if range.start >= range.end {
            let length = self.length(&location).await?.ok_or_else(absent)?;
            let within = range.start == range.end && range.end <= length;
            return if within { Ok(stream::empty().boxed()) } else { Err(outside()) };
        }
        match Download::begin(&self.downloads, self.patience, location.clone(), range.clone()).await {
            Ok((_, length)) if length < range.end => Err(outside()),
            Ok((download, _)) => Ok(download.into_stream()),
            Err(ObjectError::NotFound { .. }) => Err(absent()),
            // No kind of its own says that a range begins beyond the end.
            Err(error) => {
                if self.length(&location).await?.ok_or_else(absent)? < range.end {
                    Err(outside())
                } else {
                    Err(from_object("get", "the blob", error))
                }
            }
        }
    }

    pub(super) async fn head_blob(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        let length = self.length(&self.keys.blob(key)).await?;
        Ok(length.map(|length| BlobInfo { length }))
    }

    /// Deletes a blob. What a delete rests on grows old while it waits for its turn, so it is given up, there
    /// too, after the longest life of a request.
    pub(super) async fn delete_blob(&self, key: &BlobKey) -> Result<(), StoreError> {
        let location = self.keys.blob(key);
        let delete = self.delete_object("delete", "the blob", &location);
        match self.longest_request.filter(|longest| !longest.is_zero()) {
            None => delete.await,
            Some(longest) => tokio::time::timeout(longest, delete).await.unwrap_or_else(|late| {
                let detail = "the blob was not deleted in time";
                Err(StoreError::new(StoreErrorKind::Unavailable, "delete", detail).with_source(late))
            }),
        }
    }

    async fn length(&self, location: &Path) -> Result<Option<u64>, StoreError> {
        match self.objects.head(location).await {
            Ok(found) => Ok(Some(found.size)),
            Err(ObjectError::NotFound { .. }) => Ok(None),
            Err(error) => Err(from_object("head", "the blob", error)),
        }
    }
}

fn absent() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "get", "the blob is not there")
}

/// What must hold when a blob is published.
struct Publication<'a> {
    deadline: &'a Deadline,
    location: &'a Path,
}

/// A body, cut into parts of equal size; holds one part.
struct Parts {
    body: ByteStream,
    rest: Bytes,
    part_bytes: usize,
}

/// One part; the last one is not full, and may be empty.
struct Part {
    payload: PutPayload,
    full: bool,
}

impl Parts {
    async fn next(&mut self) -> Result<Part, StoreError> {
        let mut chunks = Vec::new();
        let mut length = 0;
        loop {
            let wanted = self.part_bytes - length;
            let chunk = self.rest.split_to(wanted.min(self.rest.len()));
            length += chunk.len();
            if !chunk.is_empty() {
                chunks.push(chunk);
            }
            if length == self.part_bytes {
                return Ok(Part { payload: chunks.into_iter().collect(), full: true });
            }
            match self.body.next().await {
                Some(Ok(more)) => self.rest = more,
                Some(Err(error)) => {
                    let failed =
                        StoreError::new(StoreErrorKind::Body, "put", "the stream to be stored failed");
                    return Err(failed.with_source(error));
                }
                None => return Ok(Part { payload: chunks.into_iter().collect(), full: false }),
            }
        }
    }
}

/// The size of the parts for a blob of about that length.
fn part_bytes(least: usize, length_hint: Option<u64>) -> usize {
    let needed = length_hint.unwrap_or(0).div_ceil(PARTS_AIMED_AT);
    least.max(usize::try_from(needed).unwrap_or(usize::MAX)).max(1)
}

fn taken() -> StoreError {
    StoreError::new(StoreErrorKind::AlreadyExists, "put", "the blob is there already")
}

fn unclear(error: ObjectError) -> StoreError {
    let detail = "the blob may be there: the object store did not answer";
    because_of(StoreError::new(StoreErrorKind::OutcomeUnknown, "put", detail), &error)
}
