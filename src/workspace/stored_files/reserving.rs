//! An upload whose reservation is on its way: what of the body is written beside that commit, and what waits for it.
//!
//! Where a store's calls block, a file's own sync and the commit's take about as long, so they are under way together. What
//! is written by then is seen by nobody: the body that the store is given does not end, and brings no more than
//! [`BESIDE`], before the reservation is durable; and if that comes to nothing, it fails.

use std::future::{Future, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::{BoxFuture, Either, Shared, select};
use futures::{FutureExt, StreamExt, TryFutureExt, stream};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::blocking;
use crate::environment::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::paths::{BlobKey, FileName};
use crate::store::{ByteStream, Put};

use super::super::access::Access;
use super::super::files;
use super::reserved::{Allowed, Reserved, Wanted};
use super::upload::{Progress, ProgressFunction};
use super::{StoredFile, written};

/// How many bytes of a body may be written before the reservation is durable: less than a part of an upload in parts,
/// which could outlast a killed process.
const BESIDE: u64 = 1 << 20;

/// The reservation, once it is durable.
type Begun<E> = Shared<BoxFuture<'static, Result<Arc<Reserved<E>>>>>;

/// What goes on to its end though nobody waits for it any more: so that a reservation that lands after the upload was
/// dropped is given back like any other.
struct ToItsEnd<T: Send + 'static> {
    rest: Option<BoxFuture<'static, T>>,
    runtime: Handle,
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // One that panics has come to its end.
        let Some(mut rest) = self.rest.take() else { return Poll::Pending };
        let polled = rest.as_mut().poll(context);
        if polled.is_pending() {
            self.rest = Some(rest);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            self.runtime.spawn(async move { drop(rest.await) });
        }
    }
}

/// An upload that was allowed.
pub(super) struct Reserving<E: StoredFile> {
    begun: Begun<E>,
    allowed: Allowed,
    key: BlobKey,
    deadline: Deadline,
    longest: Option<u64>,
    /// How many bytes may be written before the reservation is durable.
    beside: u64,
    /// Whether it was decided on the thread of whoever waits, since nobody else commits: then that writes the file, too.
    lends: bool,
}

/// What came of a body so far.
#[derive(Default)]
struct Counted {
    hasher: blake3::Hasher,
    bytes: u64,
}

fn held(counted: &Mutex<Counted>) -> MutexGuard<'_, Counted> {
    // Every section under this lock leaves it whole.
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts and hashes a chunk; the bytes so far.
fn count(counted: &Mutex<Counted>, chunk: Option<&Bytes>) -> u64 {
    let mut counted = held(counted);
    if let Some(chunk) = chunk {
        counted.hasher.update(chunk);
        counted.bytes += chunk.len() as u64;
    }
    counted.bytes
}

/// Waits until so many bytes are durably held.
async fn covered<E: StoredFile>(begun: Begun<E>, bytes: u64) -> io::Result<()> {
    let reserved = begun.await.map_err(io::Error::other)?;
    reserved.cover(bytes).await.map_err(io::Error::other)
}

impl<E: StoredFile> Reserving<E> {
    /// Begins to reserve, and waits until that is decided, or done where nothing is written beside it.
    pub(super) async fn begin(access: Access, name: FileName, length: Option<u64>) -> Result<Self> {
        let core = Arc::clone(&access.core);
        let key = BlobKey::new(access.tenant().clone(), E::AREA, name.clone());
        let until = written::until(&core, core.clock.now());
        let deadline = Deadline::new(until, Arc::clone(&core.clock));
        let (tell, told) = oneshot::channel();
        let wanted = Wanted { name, length, until, deadline: deadline.clone() };
        let rest = Reserved::<E>::begin(access, wanted, tell).map_ok(Arc::new).boxed();
        let begun = ToItsEnd { rest: Some(rest), runtime: core.runtime.clone() }.boxed().shared();
        let beside = if core.guarded.capabilities().blocks { BESIDE } else { 0 };
        let told = pin!(async { if beside > 0 { told.await.ok() } else { None } });
        let mut deciding = select(begun.clone(), told);
        // Who had not to wait for it is not to be woken for it either: it is asked again where it is needed.
        let (lends, decided) = match (&mut deciding).now_or_never() {
            Some(decided) => (true, decided),
            None => (false, deciding.await),
        };
        let allowed = match decided {
            Either::Left((begun, _)) => begun?.allowed(),
            Either::Right((Some(allowed), _)) => allowed,
            Either::Right((None, begun)) => begun.await?.allowed(),
        };
        Ok(Self { begun, allowed, key, deadline, longest: E::longest(&core.settings), beside, lends })
    }

    /// The reservation.
    pub(super) async fn reserved(&self) -> Result<Arc<Reserved<E>>> {
        self.begun.clone().await
    }

    /// Writes the body under the reserved name.
    pub(super) async fn write(
        &self,
        body: ByteStream,
        mut progress: Option<ProgressFunction>,
        length: Option<u64>,
    ) -> Result<files::Blob> {
        let counted = Arc::<Mutex<Counted>>::default();
        let (counting, begun) = (Arc::clone(&counted), self.begun.clone());
        let (longest, beside) = (self.longest, self.beside);
        let body = body.then(move |chunk| {
            let bytes = count(&counting, chunk.as_ref().ok());
            if let Some(progress) = &mut progress {
                progress(Progress { bytes, length });
            }
            let begun = (bytes > beside).then(|| begun.clone());
            async move {
                let chunk = chunk?;
                if longest.is_some_and(|longest| bytes > longest) {
                    return Err(io::Error::other(Error::new(ErrorKind::TooLarge, E::UPLOAD.as_str())));
                }
                if let Some(begun) = begun {
                    covered(begun, bytes).await?;
                }
                Ok(chunk)
            }
        });
        let (counting, begun) = (Arc::clone(&counted), self.begun.clone());
        let end = stream::once(async move {
            let bytes = held(&counting).bytes;
            covered(begun, bytes).await
        });
        let end = end.filter_map(|covered| ready(covered.err().map(Err)));
        let put = Put {
            incarnation: self.allowed.life,
            body: body.chain(end).boxed(),
            length_hint: length,
            deadline: self.deadline.clone(),
        };
        let put = written::put(&*self.allowed.store, E::UPLOAD, &self.key, put, || {
            let counted = held(&counted);
            (counted.bytes, counted.hasher.finalize().to_hex().to_string())
        });
        if self.lends { blocking::lending(put).await } else { put.await }
    }
}
