//! Uploading: reserve, write, settle.
//!
//! A reservation holds quota for the bytes and names the fresh blob before the blob can be
//! published; the record is made in the commit that turns the reservation into usage. If the upload
//! fails or is dropped in between, the reservation becomes a doom, and nothing was ever visible.

use std::future::{Future, IntoFuture};
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::error::{Error, ErrorKind, Result};
use crate::paths::FileName;
use crate::record::Record;
use crate::store::ByteStream;

use super::super::access::{Access, Core};
use super::reserved::Described;
use super::reserving::Reserving;
use super::written::looked_at;
use super::{MAX_ORIGINAL_NAME, StoredFile, checked_title, title_of};
use crate::workspace::{Video, wording};

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that were read from the body so far.
    pub bytes: u64,
    /// How many there will be, if the host said so.
    pub length: Option<u64>,
}

pub(in crate::workspace) type ProgressFunction = Box<dyn FnMut(Progress) + Send>;

/// An upload to be awaited.
///
/// It takes constant memory. The file gets a fresh UUID as its name and, unless said otherwise, its
/// record the title from the original name. The decision whether it is allowed is made when it begins.
///
/// # Cancellation
/// Dropping it aborts the upload and gives its quota back, unless its last commit was already taken:
/// then the file may appear all the same, whole.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for an extension that is not allowed, an original name of
/// more than 1024 bytes, a refused title, or, where it is looked at, a content that is not what the
/// extension says; [`TooLarge`](ErrorKind::TooLarge) for more bytes than a file of that kind may have;
/// [`QuotaExceeded`](ErrorKind::QuotaExceeded) as soon as the bytes exceed the quota;
/// [`StorageFull`](ErrorKind::StorageFull) at the free-space reserve;
/// [`BodyFailed`](ErrorKind::BodyFailed) with the body's error as source;
/// [`Expired`](ErrorKind::Expired) if the reservation was gone when it was to be settled;
/// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), after which the file may appear.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload<E> {
    access: Access,
    original_name: String,
    body: ByteStream,
    title: Option<String>,
    drive_file_id: Option<String>,
    length: Option<u64>,
    progress: Option<ProgressFunction>,
    kind: PhantomData<fn() -> E>,
}

impl<E> std::fmt::Debug for Upload<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<E: StoredFile> Upload<E> {
    pub(in crate::workspace) fn new(access: Access, original_name: &str, body: ByteStream) -> Self {
        let original_name = original_name.to_owned();
        let (title, drive_file_id, length, progress) = (None, None, None, None);
        Self { access, original_name, body, title, drive_file_id, length, progress, kind: PhantomData }
    }

    /// Sets the title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Says how many bytes there will be, so that a quota that is too small is found at once. It need
    /// not be exact.
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Calls a function after each part of the body.
    pub fn progress(mut self, function: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(function));
        self
    }

    async fn run(self) -> Result<Record<E>> {
        let Self { access, original_name, body, title, drive_file_id, length, progress, .. } = self;
        let (title, extension) =
            checked::<E>(&access.core, E::UPLOAD.as_str(), &original_name, title, length)?;
        if drive_file_id.as_ref().is_some_and(|id| !wording::is_title(id)) {
            return Err(Error::new(ErrorKind::InvalidInput, E::UPLOAD.as_str()).about("drive_file_id"));
        }
        let name = FileName::parse(&format!("{}.{extension}", access.core.fresh_uuid()))
            .map_err(|error| Error::name(E::UPLOAD.as_str(), error))?;
        let reserving = Reserving::<E>::begin(access, name, length).await?;
        let refused = |kind| Error::new(kind, E::UPLOAD.as_str());
        let written = match looked_at(E::IS_CONTENT, &extension, body).await {
            Ok(Some(body)) => reserving.write(body, progress, length).await,
            Ok(None) => Err(refused(ErrorKind::InvalidInput).about("content")),
            Err(error) => Err(refused(ErrorKind::BodyFailed).with_source(error)),
        };
        // What keeps it from being reserved is said before what else went wrong.
        let reserved = reserving.reserved().await?;
        let settled = match written {
            Ok(blob) => reserved.settle(&blob, Described { title, original_name, drive_file_id }).await,
            Err(error) => Err(error),
        };
        match settled {
            Ok(record) => {
                reserved.finished();
                Ok(record)
            }
            // Whether the commit landed is not known: if it did, there is no reservation to abandon.
            Err(error) => {
                reserved.abandon().await;
                Err(error)
            }
        }
    }
}

impl Upload<Video> {
    /// Says that it comes from a drive, and which file it is there, by an id that is a line
    /// like a title.
    pub fn from_drive(mut self, file_id: impl Into<String>) -> Self {
        self.drive_file_id = Some(file_id.into());
        self
    }
}

impl<E: StoredFile> IntoFuture for Upload<E> {
    type Output = Result<Record<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A reader's bytes as a stream of chunks.
pub(in crate::workspace) fn chunks(
    reader: impl AsyncRead + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    const CHUNK: usize = 256 << 10;
    futures::stream::try_unfold(Box::pin(reader), |mut reader| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        while chunk.len() < CHUNK {
            if reader.read_buf(&mut chunk).await? == 0 {
                break;
            }
        }
        Ok(Some((chunk.freeze(), reader)).filter(|(chunk, _)| !chunk.is_empty()))
    })
}

/// The title and the extension, if the names and the length are acceptable.
pub(super) fn checked<E: StoredFile>(
    core: &Core,
    operation: &'static str,
    original_name: &str,
    title: Option<String>,
    length: Option<u64>,
) -> Result<(String, String)> {
    let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidInput, operation).about(what));
    if original_name.len() > MAX_ORIGINAL_NAME {
        return refuse("original name");
    }
    let extension = original_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let Some(extension) = extension.filter(|found| E::is_extension(found, &core.settings)) else {
        return refuse("file extension");
    };
    if E::longest(&core.settings).is_some_and(|longest| length.is_some_and(|length| length > longest)) {
        return Err(Error::new(ErrorKind::TooLarge, operation));
    }
    let title = match title {
        Some(title) => checked_title(operation, &title)?,
        None => title_of(original_name),
    };
    Ok((title, extension))
}
