//! Uploading: reserve, write, settle.
//!
//! A reservation holds quota for the bytes and names the fresh blob before the blob can be
//! published; the record is made in the commit that turns the reservation into usage. If the upload
//! fails or is dropped in between, the reservation becomes a doom, and nothing was ever visible.

use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::error::{Error, ErrorKind, Result};
use crate::paths::FileName;
use crate::record::Record;
use crate::store::ByteStream;

use super::super::access::{Access, Core};
use super::Video;
use super::reserved::{ACTION, Reserved};

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that were read from the body so far.
    pub bytes: u64,
    /// How many there will be, if the host said so.
    pub length: Option<u64>,
}

pub(super) type ProgressFunction = Box<dyn FnMut(Progress) + Send>;

/// An upload to be awaited.
///
/// It takes constant memory. The video gets a fresh UUID as its name and, unless said otherwise, its
/// title from the original name. The decision whether it is allowed is made when it begins.
///
/// # Cancellation
/// Dropping it aborts the upload and gives its quota back, unless its last commit was already taken:
/// then the video may appear all the same, whole.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for an extension that is not allowed, an original name of
/// more than [`Video::MAX_ORIGINAL_NAME`] bytes, or a refused title;
/// [`QuotaExceeded`](ErrorKind::QuotaExceeded) as soon as the bytes exceed the quota;
/// [`StorageFull`](ErrorKind::StorageFull) at the free-space reserve;
/// [`BodyFailed`](ErrorKind::BodyFailed) with the body's error as source;
/// [`Expired`](ErrorKind::Expired) if the reservation was gone when it was to be settled;
/// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), after which the video may appear.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload {
    access: Access,
    original_name: String,
    body: ByteStream,
    title: Option<String>,
    length: Option<u64>,
    progress: Option<ProgressFunction>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Upload {
    pub(super) fn new(access: Access, original_name: &str, body: ByteStream) -> Self {
        let original_name = original_name.to_owned();
        Self { access, original_name, body, title: None, length: None, progress: None }
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

    async fn run(self) -> Result<Record<Video>> {
        let Self { access, original_name, body, title, length, progress } = self;
        let (title, extension) = checked(&access.core, &original_name, title)?;
        let name = FileName::parse(&format!("{}.{extension}", access.core.fresh_uuid()))
            .map_err(|error| Error::name(ACTION.as_str(), error))?;
        // A task of its own, so that a reservation that lands after the upload was dropped is given
        // back like any other.
        let core = Arc::clone(&access.core);
        let begin = core.runtime.spawn(Reserved::begin(access, name, length));
        let reserved = match begin.await {
            Ok(reserved) => reserved?,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(Error::new(ErrorKind::Closed, ACTION.as_str())),
            },
        };
        let written = reserved.write(body, progress, length).await;
        let settled = match written {
            Ok(blob) => reserved.settle(&blob, title, original_name).await,
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

impl IntoFuture for Upload {
    type Output = Result<Record<Video>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A reader's bytes as a stream of chunks.
pub(super) fn chunks(
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

/// The title and the extension, if the names are acceptable.
fn checked(core: &Core, original_name: &str, title: Option<String>) -> Result<(String, String)> {
    let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidInput, ACTION.as_str()).about(what));
    if original_name.len() > Video::MAX_ORIGINAL_NAME {
        return refuse("original name");
    }
    let extension = original_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let Some(extension) = extension.filter(|found| core.settings.video_extensions.contains(found)) else {
        return refuse("file extension");
    };
    let title = match title {
        Some(title) => Video::checked_title(ACTION.as_str(), &title)?,
        None => Video::title_of(original_name),
    };
    Ok((title, extension))
}
