//! Writing a file under a name that was reserved for it: what an upload and an import have in common.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::super::access::Core;
use super::super::files;
use super::HEAD;
use crate::error::{Error, ErrorKind, Result};
use crate::ownership::{Action, Permit};
use crate::paths::BlobKey;
use crate::store::{ByteStream, Put, StoreError, StoreErrorKind, TenantStore};

/// What a task of the library's own came to; its panic is its caller's.
pub(in crate::workspace) fn joined<T>(
    action: Action,
    done: std::result::Result<T, tokio::task::JoinError>,
) -> Result<T> {
    done.map_err(|ended| match ended.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Error::new(ErrorKind::Closed, action.as_str()),
    })
}

/// How long a reservation is to hold from now on.
pub(in crate::workspace) fn until(core: &Core, now: Timestamp) -> Timestamp {
    let life = SignedDuration::try_from(core.settings.reservation_life).unwrap_or(SignedDuration::MAX);
    now.checked_add(life).unwrap_or(Timestamp::MAX)
}

/// Whether half of the time of a reservation is over that holds until then, in milliseconds since 1970.
pub(in crate::workspace) fn is_late(core: &Core, until: i64) -> bool {
    let left = i128::from(until - core.clock.now().as_millisecond());
    let half = core.settings.reservation_life.as_millis() / 2;
    left < i128::try_from(half).unwrap_or(i128::MAX)
}

/// Refuses what would eat into the medium's reserve.
pub(in crate::workspace) async fn check_free_space(
    core: &Core,
    permit: &Permit,
    action: Action,
    needed: u64,
) -> Result<()> {
    let free = core.guarded.store(permit).free_space().await;
    let free = free.map_err(|error| Error::store(action.as_str(), error))?;
    match free {
        Some(free) if free < core.settings.free_space_reserve.saturating_add(needed) => {
            Err(Error::new(ErrorKind::StorageFull, action.as_str()))
        }
        _ => Ok(()),
    }
}

/// The body, once its first bytes were looked at; `None` if they are not what the extension says.
pub(in crate::workspace) async fn looked_at(
    is_content: Option<fn(&str, &[u8]) -> bool>,
    extension: &str,
    mut body: ByteStream,
) -> io::Result<Option<ByteStream>> {
    let Some(is_content) = is_content else { return Ok(Some(body)) };
    let (mut head, mut taken) = (Vec::new(), Vec::new());
    while head.len() < HEAD {
        let Some(chunk) = body.next().await else { break };
        let chunk = chunk?;
        head.extend_from_slice(&chunk[..chunk.len().min(HEAD - head.len())]);
        taken.push(Ok(chunk));
    }
    Ok(is_content(extension, &head).then(|| futures::stream::iter(taken).chain(body).boxed()))
}

/// Writes a body under a fresh name. `written` says how many of its bytes were passed on, and their
/// digest.
pub(in crate::workspace) async fn put(
    store: &dyn TenantStore,
    action: Action,
    key: &BlobKey,
    put: Put,
    written: impl FnOnce() -> (u64, String),
) -> Result<files::Blob> {
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    let end = futures::stream::poll_fn(move |_| {
        end.store(true, Ordering::SeqCst);
        Poll::Ready(None)
    });
    let put = Put { body: put.body.chain(end).boxed(), ..put };
    let result = store.put(key, put).await;
    let (bytes, hash) = written();
    match result {
        Ok(info) if info.length == bytes && ended.load(Ordering::SeqCst) => Ok(files::Blob::new(bytes, hash)),
        // What was not taken to its end, or cut off on the way, is not what was to be stored.
        Ok(_) => Err(Error::new(ErrorKind::Unavailable, action.as_str())),
        // The own fresh name is taken, or the answer was lost: it is there if it is there whole.
        Err(error)
            if matches!(error.kind(), StoreErrorKind::AlreadyExists | StoreErrorKind::OutcomeUnknown) =>
        {
            match store.head(key).await {
                Ok(Some(found)) if found.length == bytes => Ok(files::Blob::new(bytes, hash)),
                // Without its settlement nothing of it is ever seen, whether it is there or not.
                _ => Err(Error::new(ErrorKind::Unavailable, action.as_str()).with_source(error)),
            }
        }
        Err(error) => Err(put_failed(action, error)),
    }
}

/// Why a put failed: if its body did, the body's own reason.
pub(in crate::workspace) fn put_failed(action: Action, error: StoreError) -> Error {
    if error.kind() != StoreErrorKind::Body {
        return Error::store(action.as_str(), error);
    }
    match error.into_source() {
        Some(source) => match source.downcast::<io::Error>() {
            Ok(source) => body_error(action, *source),
            Err(source) => Error::new(ErrorKind::BodyFailed, action.as_str()).with_source(source),
        },
        None => Error::new(ErrorKind::BodyFailed, action.as_str()),
    }
}

/// The true reason for which a body failed: our own refusal, or the host's stream.
pub(in crate::workspace) fn body_error(action: Action, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(refusal) => refusal,
        Err(error) => Error::new(ErrorKind::BodyFailed, action.as_str()).with_source(error),
    }
}
