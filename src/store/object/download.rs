//! Reading a blob's bytes, also where the connection breaks on the way.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{Error as ObjectError, GetOptions, ObjectStore};

use crate::store::ByteStream;
use crate::store::object_error::from_object;

/// How often a download that brings nothing is begun again before it fails.
const ATTEMPTS: u32 = 4;

/// A download, and what it takes to go on with it.
pub(super) struct Download {
    objects: Arc<dyn ObjectStore>,
    patience: Option<Duration>,
    location: Path,
    /// What is still to come.
    left: Range<u64>,
    /// Which object it is that was begun: no other is gone on with.
    e_tag: Option<String>,
    body: BoxStream<'static, object_store::Result<Bytes>>,
    /// How often it was begun since something came.
    attempts: u32,
}

/// Begins a request, or gives up waiting for one that may begin.
async fn begin(
    objects: &dyn ObjectStore,
    patience: Option<Duration>,
    location: &Path,
    options: GetOptions,
) -> object_store::Result<object_store::GetResult> {
    let request = objects.get_opts(location, options);
    match patience {
        None => request.await,
        Some(patience) => tokio::time::timeout(patience, request).await.unwrap_or_else(|late| {
            Err(ObjectError::Generic { store: "download", source: io::Error::from(late).into() })
        }),
    }
}

impl Download {
    /// Begins a download of a range that is not empty; also how long the object is.
    pub(super) async fn begin(
        objects: &Arc<dyn ObjectStore>,
        patience: Option<Duration>,
        location: Path,
        range: Range<u64>,
    ) -> object_store::Result<(Self, u64)> {
        let options = GetOptions::new().with_range(Some(range.clone()));
        let found = begin(&**objects, patience, &location, options).await?;
        let (length, e_tag) = (found.meta.size, found.meta.e_tag.clone());
        let (objects, body) = (Arc::clone(objects), found.into_stream());
        Ok((Self { objects, patience, location, left: range, e_tag, body, attempts: 0 }, length))
    }

    /// Its bytes.
    pub(super) fn into_stream(self) -> ByteStream {
        let chunks = stream::try_unfold(self, |mut this| async move {
            let failed = |error| io::Error::other(from_object("get", "the blob", error));
            let chunk = this.next().await.map_err(failed)?;
            Ok(chunk.map(|chunk| (chunk, this)))
        });
        chunks.boxed()
    }

    async fn next(&mut self) -> object_store::Result<Option<Bytes>> {
        while !self.left.is_empty() {
            match self.body.next().await {
                Some(Ok(chunk)) if chunk.len() as u64 <= self.left.end - self.left.start => {
                    self.left.start += chunk.len() as u64;
                    self.attempts = 0;
                    return Ok(Some(chunk));
                }
                Some(Err(error)) => self.again(error).await?,
                // It ended too early, or brings more than was asked for.
                Some(Ok(_)) | None => {
                    let source = io::Error::from(io::ErrorKind::UnexpectedEof).into();
                    self.again(ObjectError::Generic { store: "download", source }).await?;
                }
            }
        }
        Ok(None)
    }

    /// Begins again where it broke off, if it is the same object still.
    async fn again(&mut self, error: ObjectError) -> object_store::Result<()> {
        self.attempts += 1;
        if self.attempts >= ATTEMPTS || self.e_tag.is_none() {
            return Err(error);
        }
        let options = GetOptions::new().with_range(Some(self.left.clone())).with_if_match(self.e_tag.clone());
        match begin(&*self.objects, self.patience, &self.location, options).await {
            Ok(found) => self.body = found.into_stream(),
            Err(ObjectError::NotFound { .. } | ObjectError::Precondition { .. }) => return Err(error),
            Err(again) => self.body = stream::iter([Err(again)]).boxed(),
        }
        Ok(())
    }
}
