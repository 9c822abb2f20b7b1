//! Reading a file's bytes: whole, a range of them, or all of them against their checksum.

use std::io;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Freshness;
use crate::ownership::{Action, Permit};
use crate::paths::BlobKey;
use crate::record::Record;
use crate::store::{ByteStream, StoreErrorKind};

use super::super::access::{Access, missing};
use super::super::files;
use super::{FileRef, StoredFile, find};

/// For how many bytes memory is taken at a time when bytes are collected.
const COLLECTED: usize = 64 << 20;

/// Which bytes are wanted; as HTTP's `Range` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ByteRange {
    /// All of them.
    #[default]
    All,
    /// From this one to the end: `bytes=first-`.
    From(u64),
    /// From the first to the last, both included: `bytes=first-last`. What lies beyond the end is left
    /// out.
    Between(u64, u64),
    /// The last so many: `bytes=-count`.
    Last(u64),
}

impl ByteRange {
    /// The bytes of a file of `length` bytes that are meant; `None` if there are none such.
    #[must_use]
    pub fn within(self, length: u64) -> Option<Range<u64>> {
        match self {
            Self::All => Some(0..length),
            Self::From(first) if first < length => Some(first..length),
            Self::Between(first, last) if first < length && first <= last => {
                Some(first..last.saturating_add(1).min(length))
            }
            Self::Last(count) if count > 0 && length > 0 => Some(length.saturating_sub(count)..length),
            _ => None,
        }
    }
}

/// A file's bytes on their way, and what they are part of.
///
/// It reads on though the file be deleted meanwhile: on the local disk to its end, on object stores
/// for the [reading grace](crate::Settings::reading_grace).
pub struct FileStream<E> {
    record: Record<E>,
    action: Action,
    length: u64,
    range: Range<u64>,
    body: ByteStream,
}

impl<E> std::fmt::Debug for FileStream<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileStream").field("length", &self.length).field("range", &self.range).finish()
    }
}

impl<E> FileStream<E> {
    /// The file's record.
    #[must_use]
    pub const fn record(&self) -> &Record<E> {
        &self.record
    }

    /// The length of the whole file in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Which of its bytes these are.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The bytes. They end with an error if they are not as many as the [range](Self::range) says.
    #[must_use]
    pub fn into_body(self) -> ByteStream {
        self.body
    }

    /// Collects the bytes; for files that are known to be small.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the store failed on the way.
    pub async fn bytes(mut self) -> Result<Bytes> {
        let length = usize::try_from(self.range.end - self.range.start)
            .map_err(|error| broken(self.action, io::Error::other(error)))?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.body.next().await {
            let chunk = chunk.map_err(|error| broken(self.action, error))?;
            if chunk.len() == length {
                return Ok(chunk);
            }
            // The length is the ledger's word: it must not ask for all memory at once.
            bytes.reserve((length - bytes.len()).min(COLLECTED));
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

/// What a comparison of a file's bytes with their checksum found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// They are what was uploaded.
    Intact,
    /// They are not.
    Damaged,
    /// They are not there.
    Missing,
}

fn broken(action: Action, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, action.as_str()).with_source(error)
}

/// A file whose bytes are there, as the ledger says.
pub(super) struct Found<E> {
    pub(super) permit: Permit,
    pub(super) record: Record<E>,
    pub(super) blob: files::Blob,
    pub(super) key: BlobKey,
}

/// Finds a file and what the ledger says of its bytes.
pub(super) async fn locate<E: StoredFile>(
    access: &Access,
    action: Action,
    file: &FileRef,
) -> Result<Found<E>> {
    let admitted = access.admit(action, &file.resource::<E>()).await?;
    let record: Record<E> = find(&admitted.state, access, action, file)?;
    let name = record.value().filename();
    let blob = files::blob(&admitted.state, E::AREA, name).ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, action.as_str()).about(file.resource::<E>().to_string())
    })?;
    let key = BlobKey::new(access.tenant().clone(), E::AREA, name.clone());
    Ok(Found { permit: admitted.permit, record, blob, key })
}

/// What a blob that is missing means: the file was deleted meanwhile, or the store has lost it.
pub(super) async fn explain_missing<E: StoredFile>(
    access: &Access,
    action: Action,
    file: &FileRef,
    error: crate::store::StoreError,
) -> Error {
    if error.kind() != StoreErrorKind::NotFound {
        return Error::store(action.as_str(), error);
    }
    // What was read of it before may be old.
    match access.reading(Freshness::Strict).admit(action, &file.resource::<E>()).await {
        Ok(admitted) => match find::<E>(&admitted.state, access, action, file) {
            Ok(_) => Error::new(ErrorKind::Corrupt, action.as_str())
                .about(file.resource::<E>().to_string())
                .with_source(error),
            Err(_) => missing(action.as_str(), &file.resource::<E>()),
        },
        Err(error) => error,
    }
}

/// Opens a range of a file's bytes.
pub(in crate::workspace) async fn open<E: StoredFile>(
    access: &Access,
    file: FileRef,
    range: ByteRange,
) -> Result<FileStream<E>> {
    let action = E::OPEN;
    let found = locate::<E>(access, action, &file).await?;
    let length = found.blob.bytes;
    let range = range.within(length).ok_or_else(|| {
        Error::new(ErrorKind::RangeNotSatisfiable, action.as_str()).about(format!("{length} bytes"))
    })?;
    let store = access.core.guarded.store(&found.permit);
    match store.get(&found.key, range.clone()).await {
        Ok(body) => {
            let body = counted(body, range.end - range.start);
            Ok(FileStream { record: found.record, action, length, range, body })
        }
        Err(error) => Err(explain_missing::<E>(access, action, &file, error).await),
    }
}

/// The bytes, failing unless they are as many as were asked for: what was cut off must not look whole.
pub(super) fn counted(body: ByteStream, wanted: u64) -> ByteStream {
    let chunks = stream::try_unfold((body, wanted), |(mut body, left)| async move {
        let Some(chunk) = body.next().await else {
            return if left == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        };
        let chunk = chunk?;
        let left = left.checked_sub(chunk.len() as u64).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some((chunk, (body, left))))
    });
    chunks.boxed()
}

/// Compares a file's bytes with the checksum that was computed when they were uploaded.
pub(in crate::workspace) async fn verify<E: StoredFile>(
    access: &Access,
    action: Action,
    file: FileRef,
) -> Result<Verification> {
    let found = locate::<E>(access, action, &file).await?;
    let store = access.core.guarded.store(&found.permit);
    let info = store.head(&found.key).await.map_err(|error| Error::store(action.as_str(), error))?;
    let body = match info {
        None => None,
        Some(info) if info.length != found.blob.bytes => return Ok(Verification::Damaged),
        Some(info) => match store.get(&found.key, 0..info.length).await {
            Ok(body) => Some(body),
            Err(error) if error.kind() == StoreErrorKind::NotFound => None,
            Err(error) => return Err(Error::store(action.as_str(), error)),
        },
    };
    let Some(mut body) = body else {
        // Deleted meanwhile is not lost.
        let admitted = access.reading(Freshness::Strict).admit(action, &file.resource::<E>()).await?;
        return find::<E>(&admitted.state, access, action, &file).map(|_| Verification::Missing);
    };
    let mut hasher = blake3::Hasher::new();
    while let Some(chunk) = body.next().await {
        hasher.update(&chunk.map_err(|error| broken(action, error))?);
    }
    let intact = hasher.finalize().to_hex().as_str() == found.blob.hash;
    Ok(if intact { Verification::Intact } else { Verification::Damaged })
}
