//! Blobs, in chunks: each is written by a transaction of its own, and the last one gives the blob its name.

use std::ops::Bound::{Excluded, Included, Unbounded};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, WriteTransaction};
use tenantry::environment::Deadline;
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Found, Incarnation, Page, Put, Removed, StoreError, StoreErrorKind,
};

use crate::database::{BLOBS, CHUNKS, COUNTERS, Shared, Transaction, Tried, Trouble, UPLOADS};
use crate::ledger::{check_life, page};

/// How long each chunk of a blob is, but the last.
const CHUNK: usize = 1024 * 1024;

fn place(key: &BlobKey) -> (&str, &'static str, &str) {
    (key.tenant().as_str(), key.area().as_str(), key.name().as_str())
}

fn refuse<T>(kind: StoreErrorKind, detail: &'static str) -> Tried<T> {
    Err(Trouble::Refused(kind, detail))
}

pub(crate) async fn put(shared: &Arc<Shared>, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
    let Put { incarnation, mut body, deadline, .. } = put;
    let mut upload = Upload::begin(shared, key, incarnation).await?;
    let mut pending = BytesMut::new();
    while let Some(piece) = body.next().await {
        let failed = |error| {
            StoreError::new(StoreErrorKind::Body, "put", "the stream to be stored failed").with_source(error)
        };
        pending.extend_from_slice(&piece.map_err(failed)?);
        while pending.len() > CHUNK {
            upload.write(pending.split_to(CHUNK).freeze()).await?;
        }
    }
    upload.publish(pending.freeze(), deadline).await
}

/// A blob on its way. Given up, it leaves nothing.
struct Upload {
    shared: Arc<Shared>,
    key: BlobKey,
    incarnation: Incarnation,
    id: u64,
    chunks: u64,
    length: u64,
}

impl Upload {
    async fn begin(
        shared: &Arc<Shared>,
        key: &BlobKey,
        incarnation: Incarnation,
    ) -> Result<Self, StoreError> {
        let owned = key.clone();
        let begin = move |writing: &WriteTransaction| {
            check_life(writing, owned.tenant(), incarnation)?;
            let mut counters = writing.open_table(COUNTERS)?;
            let id = counters.get("uploads")?.map_or(0, |count| count.value()) + 1;
            counters.insert("uploads", id)?;
            writing.open_table(UPLOADS)?.insert(id, owned.tenant().as_str())?;
            Ok(Transaction::Commit(id))
        };
        let id = shared.write_ahead("put", begin).await?;
        Ok(Self { shared: Arc::clone(shared), key: key.clone(), incarnation, id, chunks: 0, length: 0 })
    }

    async fn write(&mut self, content: Bytes) -> Result<(), StoreError> {
        let (id, number) = (self.id, self.chunks);
        self.chunks += 1;
        self.length += content.len() as u64;
        let write = move |writing: &WriteTransaction| {
            if writing.open_table(UPLOADS)?.get(id)?.is_none() {
                return refuse(StoreErrorKind::NotFound, "the tenant's blobs were removed");
            }
            writing.open_table(CHUNKS)?.insert((id, number), &content[..])?;
            Ok(Transaction::Commit(()))
        };
        self.shared.write_ahead("put", write).await
    }

    /// Writes the last chunk and gives the blob its name, if it still may have it.
    async fn publish(self, last: Bytes, deadline: Deadline) -> Result<BlobInfo, StoreError> {
        let (id, number, length) = (self.id, self.chunks, self.length + last.len() as u64);
        let (key, incarnation) = (self.key.clone(), self.incarnation);
        let publish = move |writing: &WriteTransaction| {
            if deadline.has_passed() {
                return refuse(StoreErrorKind::DeadlinePassed, "the right to publish has ended");
            }
            check_life(writing, key.tenant(), incarnation)?;
            if writing.open_table(UPLOADS)?.remove(id)?.is_none() {
                return refuse(StoreErrorKind::NotFound, "the tenant's blobs were removed");
            }
            if writing.open_table(BLOBS)?.get(place(&key))?.is_some() {
                return refuse(StoreErrorKind::AlreadyExists, "the blob is there already");
            }
            writing.open_table(CHUNKS)?.insert((id, number), &last[..])?;
            writing.open_table(BLOBS)?.insert(place(&key), (id, length))?;
            Ok(Transaction::Commit(BlobInfo { length }))
        };
        self.shared.write("put", publish).await
    }
}

impl Drop for Upload {
    /// Clears what was written, unless it was published. Where no runtime is left, the next opening does.
    fn drop(&mut self) {
        let (shared, id) = (Arc::clone(&self.shared), self.id);
        let clear = move |writing: &WriteTransaction| {
            if writing.open_table(UPLOADS)?.remove(id)?.is_none() {
                return Ok(Transaction::Abort(()));
            }
            clear_chunks(writing, id)?;
            Ok(Transaction::Commit(()))
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.write_ahead("put", clear).await });
        }
    }
}

fn clear_chunks(writing: &WriteTransaction, upload: u64) -> Tried<()> {
    writing.open_table(CHUNKS)?.retain_in((upload, 0)..=(upload, u64::MAX), |_, _| false)?;
    Ok(())
}

/// Clears what uploads of earlier left.
pub(crate) fn clear_uploads(writing: &WriteTransaction) -> Tried<Transaction<()>> {
    let mut uploads = writing.open_table(UPLOADS)?;
    while let Some((id, _)) = uploads.pop_first()? {
        clear_chunks(writing, id.value())?;
    }
    Ok(Transaction::Commit(()))
}

pub(crate) fn head(reading: &ReadTransaction, key: &BlobKey) -> Tried<Option<BlobInfo>> {
    let found = reading.open_table(BLOBS)?.get(place(key))?;
    Ok(found.map(|found| BlobInfo { length: found.value().1 }))
}

pub(crate) async fn get(
    shared: &Arc<Shared>,
    key: BlobKey,
    range: Range<u64>,
) -> Result<ByteStream, StoreError> {
    let wanted = range.clone();
    let open = move |reading: &ReadTransaction| {
        let found = reading.open_table(BLOBS)?.get(place(&key))?.map(|found| found.value());
        let Some((upload, length)) = found else {
            return refuse(StoreErrorKind::NotFound, "the blob is not there");
        };
        if wanted.start > wanted.end || wanted.end > length {
            return refuse(StoreErrorKind::OutOfRange, "the range is not within the blob");
        }
        Ok((upload, Arc::new(reading.open_table(CHUNKS)?)))
    };
    let (upload, chunks) = shared.read("get", open).await?;
    // The table is one of the moment at which it was opened: what is deleted later can still be read.
    let state = (chunks, range);
    Ok(stream::try_unfold(state, move |(chunks, rest)| async move {
        if rest.is_empty() {
            return Ok(None);
        }
        let (table, wanted) = (Arc::clone(&chunks), rest.clone());
        let reading = tokio::task::spawn_blocking(move || read_piece(&table, upload, &wanted));
        let piece = reading.await.map_err(std::io::Error::other)??;
        let next = rest.start + piece.len() as u64..rest.end;
        Ok(Some((piece, (chunks, next))))
    })
    .boxed())
}

/// What one chunk has of a range that is not empty.
fn read_piece(
    chunks: &ReadOnlyTable<(u64, u64), &'static [u8]>,
    upload: u64,
    range: &Range<u64>,
) -> std::io::Result<Bytes> {
    let damaged = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "a part of the blob is missing");
    let number = range.start / CHUNK as u64;
    let within = |at: u64| usize::try_from(at - number * CHUNK as u64).unwrap_or(usize::MAX).min(CHUNK);
    let found = chunks.get((upload, number)).map_err(std::io::Error::other)?.ok_or_else(damaged)?;
    let piece = found.value().get(within(range.start)..within(range.end)).ok_or_else(damaged)?;
    Ok(Bytes::copy_from_slice(piece))
}

pub(crate) fn delete(writing: &WriteTransaction, key: &BlobKey) -> Tried<Transaction<()>> {
    let removed = writing.open_table(BLOBS)?.remove(place(key))?.map(|found| found.value().0);
    let Some(upload) = removed else { return Ok(Transaction::Abort(())) };
    clear_chunks(writing, upload)?;
    Ok(Transaction::Commit(()))
}

pub(crate) fn list(
    reading: &ReadTransaction,
    tenant: &TenantId,
    area: Area,
    after: Option<&str>,
    limit: usize,
) -> Tried<Page<Found>> {
    let (id, area) = (tenant.as_str(), area.as_str());
    let start = after.map_or(Included((id, area, "")), |after| Excluded((id, area, after)));
    let mut items = Vec::new();
    for found in reading.open_table(BLOBS)?.range((start, Unbounded))?.take(limit + 1) {
        let (key, value) = found?;
        let (of, within, name) = key.value();
        if (of, within) != (id, area) {
            break;
        }
        items.push(Found {
            name: name.to_owned(),
            file: FileName::parse(name).ok(),
            length: value.value().1,
        });
    }
    Ok(page(items, limit, |found| &found.name))
}

/// Takes away all blobs of a tenant and all uploads that could still become some.
pub(crate) fn remove_all(writing: &WriteTransaction, tenant: &TenantId) -> Tried<Transaction<Removed>> {
    let (id, mut removed, mut gone) = (tenant.as_str(), Removed::default(), Vec::new());
    for area in Area::ALL {
        let mut blobs = writing.open_table(BLOBS)?;
        let (first, after) = ((id, area.as_str(), ""), (id, area.as_str(), "\u{10ffff}\u{10ffff}"));
        for found in blobs.extract_from_if(first..after, |_, _| true)? {
            let (upload, length) = found?.1.value();
            gone.push(upload);
            removed.files += 1;
            removed.bytes += length;
        }
    }
    let mut uploads = writing.open_table(UPLOADS)?;
    for found in uploads.extract_if(|_, of| of == id)? {
        gone.push(found?.0.value());
    }
    for upload in gone {
        clear_chunks(writing, upload)?;
    }
    Ok(Transaction::Commit(removed))
}
