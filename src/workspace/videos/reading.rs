//! Reading a video's bytes: whole, a range of them, or all of them against their checksum.

use std::ops::Range;

use futures::StreamExt;

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::{Action, Permit};
use crate::paths::BlobKey;
use crate::record::Record;
use crate::store::{ByteStream, StoreErrorKind};

use super::super::access::{Access, missing};
use super::super::files;
use super::{AREA, Video, VideoRef, Videos, find};

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

/// A video's bytes on their way, and what they are part of.
///
/// It reads on though the video be deleted meanwhile: on the local disk to its end, on object stores
/// for the [reading grace](crate::Settings::reading_grace).
pub struct VideoStream {
    record: Record<Video>,
    length: u64,
    range: Range<u64>,
    body: ByteStream,
}

impl std::fmt::Debug for VideoStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VideoStream").field("length", &self.length).field("range", &self.range).finish()
    }
}

impl VideoStream {
    /// The video's record.
    #[must_use]
    pub const fn record(&self) -> &Record<Video> {
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

    /// The bytes.
    #[must_use]
    pub fn into_body(self) -> ByteStream {
        self.body
    }

    /// Collects the bytes; for files that are known to be small.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the store failed on the way.
    pub async fn bytes(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.body.next().await {
            bytes.extend_from_slice(&chunk.map_err(|error| broken(Action::OpenVideo, error))?);
        }
        Ok(bytes)
    }
}

/// What a comparison of a video's bytes with their checksum found.
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

fn broken(action: Action, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, action.as_str()).with_source(error)
}

/// A video whose bytes are there, as the ledger says.
pub(super) struct Found {
    pub(super) permit: Permit,
    pub(super) record: Record<Video>,
    pub(super) blob: files::Blob,
    pub(super) key: BlobKey,
}

/// Finds a video and what the ledger says of its bytes.
pub(super) async fn locate(access: &Access, action: Action, video: &VideoRef) -> Result<Found> {
    let admitted = access.admit(action, &video.resource()).await?;
    let record = find(&admitted.state, access, action, video)?;
    let name = &record.value().filename;
    let blob = files::blob(&admitted.state, AREA, name)
        .ok_or_else(|| Error::new(ErrorKind::Corrupt, action.as_str()).about(video.resource().to_string()))?;
    let key = BlobKey::new(access.tenant().clone(), AREA, name.clone());
    Ok(Found { permit: admitted.permit, record, blob, key })
}

/// What a blob that is missing means: the video was deleted meanwhile, or the store has lost it.
pub(super) async fn explain_missing(
    access: &Access,
    action: Action,
    video: &VideoRef,
    error: crate::store::StoreError,
) -> Error {
    if error.kind() != StoreErrorKind::NotFound {
        return Error::store(action.as_str(), error);
    }
    match access.admit(action, &video.resource()).await {
        Ok(admitted) => match find(&admitted.state, access, action, video) {
            Ok(_) => Error::new(ErrorKind::Corrupt, action.as_str())
                .about(video.resource().to_string())
                .with_source(error),
            Err(_) => missing(action.as_str(), &video.resource()),
        },
        Err(error) => error,
    }
}

impl Videos<'_> {
    /// Opens a video's bytes, whole.
    ///
    /// # Errors
    /// See [`Videos`]; [`Corrupt`](ErrorKind::Corrupt) if the store has lost them.
    pub async fn open(&self, video: impl Into<VideoRef>) -> Result<VideoStream> {
        self.open_range(video, ByteRange::All).await
    }

    /// Opens a range of a video's bytes.
    ///
    /// # Errors
    /// See [`Videos`]; [`RangeNotSatisfiable`](ErrorKind::RangeNotSatisfiable);
    /// [`Corrupt`](ErrorKind::Corrupt) if the store has lost them.
    pub async fn open_range(&self, video: impl Into<VideoRef>, range: ByteRange) -> Result<VideoStream> {
        let (action, video) = (Action::OpenVideo, video.into());
        let found = locate(self.access, action, &video).await?;
        let length = found.blob.bytes;
        let range = range.within(length).ok_or_else(|| {
            Error::new(ErrorKind::RangeNotSatisfiable, action.as_str()).about(format!("{length} bytes"))
        })?;
        let store = self.access.core.guarded.store(&found.permit);
        match store.get(&found.key, range.clone()).await {
            Ok(body) => Ok(VideoStream { record: found.record, length, range, body }),
            Err(error) => Err(explain_missing(self.access, action, &video, error).await),
        }
    }

    /// Compares a video's bytes with the checksum that was computed when they were uploaded.
    ///
    /// # Errors
    /// See [`Videos`]. That the bytes are damaged or missing is an answer, not an error.
    pub async fn verify(&self, video: impl Into<VideoRef>) -> Result<Verification> {
        let (action, video) = (Action::VerifyVideo, video.into());
        let found = locate(self.access, action, &video).await?;
        let store = self.access.core.guarded.store(&found.permit);
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
            let admitted = self.access.admit(action, &video.resource()).await?;
            return find(&admitted.state, self.access, action, &video).map(|_| Verification::Missing);
        };
        let mut hasher = blake3::Hasher::new();
        while let Some(chunk) = body.next().await {
            hasher.update(&chunk.map_err(|error| broken(action, error))?);
        }
        let intact = hasher.finalize().to_hex().as_str() == found.blob.hash;
        Ok(if intact { Verification::Intact } else { Verification::Damaged })
    }
}
