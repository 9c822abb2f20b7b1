//! Bodies that are kept, to be sent again, and bodies that end too early.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::answers::unavailable;
use crate::paths::BlobKey;
use crate::store::{BlobInfo, ByteStream, Put, StoreError, StoreErrorKind, TenantStore};

/// A body that can be sent again.
#[derive(Clone)]
pub(super) struct Body(Vec<Bytes>);

impl Body {
    /// Takes a body in, whole; one that fails is given back as it was.
    pub(super) async fn of(mut body: ByteStream) -> Result<Self, ByteStream> {
        let mut chunks = Vec::new();
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => chunks.push(chunk),
                Err(error) => {
                    let again = stream::iter(chunks.into_iter().map(Ok).chain([Err(error)]));
                    return Err(again.chain(body).boxed());
                }
            }
        }
        Ok(Self(chunks))
    }

    pub(super) fn length(&self) -> u64 {
        self.0.iter().map(|chunk| chunk.len() as u64).sum()
    }

    pub(super) fn stream(&self) -> ByteStream {
        stream::iter(self.0.clone().into_iter().map(Ok)).boxed()
    }
}

/// What is left of a body that is to be cut.
enum Left<N, E> {
    /// So many bytes; if there are more, that is noted, and this is the end.
    Bytes(ByteStream, u64, N, E),
    /// The end.
    End(E),
    Nothing,
}

/// The first so many bytes of a body. If there are more, `noted` is called, and what `end` gives comes last.
fn cut(
    body: ByteStream,
    bytes: u64,
    noted: impl FnOnce() + Send + 'static,
    end: impl FnOnce() -> Option<io::Error> + Send + 'static,
) -> ByteStream {
    stream::unfold(Left::Bytes(body, bytes, noted, end), |left| async move {
        match left {
            Left::Bytes(mut body, left, noted, end) => match body.next().await? {
                Ok(chunk) if chunk.len() as u64 <= left => {
                    let left = left - chunk.len() as u64;
                    Some((Ok(chunk), Left::Bytes(body, left, noted, end)))
                }
                Ok(chunk) => {
                    noted();
                    // It is less than the chunk's length, so it fits.
                    let part = chunk.slice(..usize::try_from(left).unwrap_or(0));
                    Some((Ok(part), Left::End(end)))
                }
                Err(error) => Some((Err(error), Left::Bytes(body, left, noted, end))),
            },
            Left::End(end) => end().map(|error| (Err(error), Left::Nothing)),
            Left::Nothing => None,
        }
    })
    .boxed()
}

/// A body that ends as if it were whole.
pub(super) fn cut_silently(
    body: ByteStream,
    bytes: u64,
    noted: impl FnOnce() + Send + 'static,
) -> ByteStream {
    cut(body, bytes, noted, || None)
}

/// A body that breaks.
pub(super) fn cut_short(body: ByteStream, bytes: u64, noted: impl FnOnce() + Send + 'static) -> ByteStream {
    cut(body, bytes, noted, || Some(io::Error::other(unavailable())))
}

/// A put whose connection breaks after so many bytes: not its body's fault, and nothing is published.
pub(super) async fn put_cut_short(
    inner: &dyn TenantStore,
    key: &BlobKey,
    put: Put,
    bytes: u64,
    noted: impl FnOnce() + Send + 'static,
) -> Result<BlobInfo, StoreError> {
    let was_cut = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&was_cut);
    let note = move || {
        inside.store(true, Ordering::SeqCst);
        noted();
    };
    let body = cut_short(put.body, bytes, note);
    match inner.put(key, Put { body, ..put }).await {
        Err(error) if error.kind() == StoreErrorKind::Body && was_cut.load(Ordering::SeqCst) => {
            Err(unavailable())
        }
        answer => answer,
    }
}
