//! Files on their way: out of the source, into the target, and back out of it to be compared.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::File;
use super::refusal::{CopyError, damaged};
use super::source::{self, Seen, Source};
use super::target::{self, Target};
use crate::error::{Error, Result};
use crate::ownership::Action;
use crate::paths::BlobKey;
use crate::store::{ByteStream, Put, StoreError, StoreErrorKind, TenantStore};
use crate::workspace::files::Blob;
use crate::workspace::stored_files::{Progress, ProgressFunction, written};

/// How many files are on their way at a time.
const AT_ONCE: usize = 4;

/// How far a copy is, for whoever wants to be told.
pub(super) struct Passed {
    function: Mutex<Option<ProgressFunction>>,
    bytes: AtomicU64,
    length: AtomicU64,
}

impl Passed {
    pub(super) fn new(function: Option<ProgressFunction>) -> Self {
        Self { function: Mutex::new(function), bytes: AtomicU64::new(0), length: AtomicU64::new(0) }
    }

    /// A round begins, in which these bytes are there and these are to be.
    pub(super) fn begin(&self, there: u64, length: u64) {
        self.bytes.store(there, Ordering::SeqCst);
        self.length.store(length, Ordering::SeqCst);
    }

    fn add(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let length = Some(self.length.load(Ordering::SeqCst));
        let mut function = self.function.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = &mut *function {
            function(Progress { bytes, length });
        }
    }
}

/// A file that did not arrive, and why.
pub(super) struct Failed {
    pub(super) file: File,
    pub(super) error: Error,
}

/// Sends files until one fails.
pub(super) async fn send(
    source: &Source,
    target: &Arc<Target>,
    seen: &Seen,
    missing: Vec<File>,
    passed: &Arc<Passed>,
) -> std::result::Result<(), Failed> {
    let jobs = missing.into_iter().filter_map(|file| {
        let blob = seen.files.get(&file)?.clone();
        Some(async move {
            let sent = send_one(source, target, &file, &blob, passed).await;
            sent.map_err(|error| Failed { file, error })
        })
    });
    stream::iter(jobs).buffer_unordered(AT_ONCE).try_collect().await
}

async fn send_one(
    source: &Source,
    target: &Arc<Target>,
    file: &File,
    blob: &Blob,
    passed: &Arc<Passed>,
) -> Result<()> {
    target.keep().await?;
    let operation = source::ACTION.as_str();
    let body =
        source.store().get(&source.key(file), 0..blob.bytes).await.map_err(|error| match error.kind() {
            StoreErrorKind::NotFound | StoreErrorKind::OutOfRange => {
                damaged(source::ACTION, file, CopyError::SourceFile)
            }
            _ => Error::store(operation, error),
        })?;
    let (counted, bytes) = (Arc::clone(passed), Arc::new(AtomicU64::new(0)));
    let inside = Arc::clone(&bytes);
    let count = move |chunk: &Bytes| {
        inside.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        counted.add(chunk.len() as u64);
    };
    put(target, file, blob, body.inspect_ok(count).boxed()).await?;
    // Of what was there a store may have taken nothing.
    let rest = blob.bytes.saturating_sub(bytes.load(Ordering::SeqCst));
    if rest > 0 {
        passed.add(rest);
    }
    Ok(())
}

/// Writes a file into the target, and says that it is there, if it is the one that was said.
pub(super) async fn put(target: &Arc<Target>, file: &File, blob: &Blob, body: ByteStream) -> Result<()> {
    let body = kept(compared(body, source::ACTION, file, blob, CopyError::SourceFile), Arc::clone(target));
    let put =
        Put { incarnation: target.life(), body, length_hint: Some(blob.bytes), deadline: target.deadline() };
    let key = target.key(file);
    match target.store().put(&key, put).await {
        Ok(info) if info.length == blob.bytes => {}
        Ok(_) => return Err(damaged(target::ACTION, file, CopyError::TargetFile)),
        // Sent before, by this call or another one: of the same name it is the same, if it is whole.
        Err(error)
            if matches!(error.kind(), StoreErrorKind::AlreadyExists | StoreErrorKind::OutcomeUnknown) =>
        {
            found(target.store(), &key, file, blob, error).await?;
        }
        Err(error) => return Err(written::put_failed(target::ACTION, error)),
    }
    target.settle(file, blob).await
}

/// Sees that a file is there for which a put did not say that it wrote it.
async fn found(
    store: &dyn TenantStore,
    key: &BlobKey,
    file: &File,
    blob: &Blob,
    unclear: StoreError,
) -> Result<()> {
    match store.head(key).await {
        Ok(Some(_)) => read_back(store, key, file, blob).await,
        _ => Err(written::put_failed(target::ACTION, unclear)),
    }
}

/// Reads files of the target and compares them with what the ledger says of them.
pub(super) async fn read_all_back(target: &Target, files: Vec<(File, Blob)>) -> Result<()> {
    let jobs = files
        .into_iter()
        .map(|(file, blob)| async move { read_back(target.store(), &target.key(&file), &file, &blob).await });
    stream::iter(jobs).buffer_unordered(AT_ONCE).try_collect().await
}

async fn read_back(store: &dyn TenantStore, key: &BlobKey, file: &File, blob: &Blob) -> Result<()> {
    let altered = || damaged(target::ACTION, file, CopyError::TargetFile);
    let failed = |error| Error::store(target::ACTION.as_str(), error);
    let length = store.head(key).await.map_err(failed)?.map(|info| info.length);
    if length != Some(blob.bytes) {
        return Err(altered());
    }
    let body = store.get(key, 0..blob.bytes).await.map_err(failed)?;
    let mut body = compared(body, target::ACTION, file, blob, CopyError::TargetFile);
    while let Some(chunk) = body.next().await {
        chunk.map_err(|error| unreadable(target::ACTION, error))?;
    }
    Ok(())
}

/// The reason for which bytes ended: our own refusal, or the store's.
fn unreadable(action: Action, error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(refusal) => refusal,
        Err(error) => Error::new(crate::ErrorKind::Unavailable, action.as_str()).with_source(error),
    }
}

/// The bytes, failing at their end unless they are those of the blob.
fn compared(body: ByteStream, action: Action, file: &File, blob: &Blob, wrong: CopyError) -> ByteStream {
    let (file, blob) = (file.clone(), blob.clone());
    let state = (body, blake3::Hasher::new(), 0_u64, Some((file, blob, wrong)));
    let chunks = stream::try_unfold(state, move |(mut body, mut hasher, length, told)| async move {
        let Some((file, blob, wrong)) = told else { return Ok(None) };
        let Some(chunk) = body.next().await else {
            let is_it = length == blob.bytes && hasher.finalize().to_hex().as_str() == blob.hash;
            return match is_it {
                true => Ok(None),
                false => Err(std::io::Error::other(damaged(action, &file, wrong))),
            };
        };
        let chunk = chunk.map_err(|error| std::io::Error::other(unreadable(action, error)))?;
        hasher.update(&chunk);
        let length = length + chunk.len() as u64;
        Ok(Some((chunk, (body, hasher, length, Some((file, blob, wrong))))))
    });
    chunks.boxed()
}

/// The bytes, while the target's reservations are renewed.
fn kept(body: ByteStream, target: Arc<Target>) -> ByteStream {
    let kept = body.and_then(move |chunk| {
        let target = Arc::clone(&target);
        async move {
            target.keep().await.map_err(std::io::Error::other)?;
            Ok(chunk)
        }
    });
    kept.boxed()
}
