//! An object store that delays, duplicates and loses: [`FaultyObjects`].
//!
//! It stands in front of another object store. What happens to which request is data, held by a
//! controller, [`Faults`]: by kind of request, key and count, or step by step as a test decides.
//! Nothing is left to chance here; a test that wants chance draws it from a seed.
//!
//! Listings come in reverse order, as an object store promises none.

mod faults;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};

pub use self::faults::{Effect, Fault, Faults, Request, RequestKind, Status};
use self::faults::{Late, failure};

/// An object store in front of another, with [`Faults`].
#[derive(Debug, Clone)]
pub struct FaultyObjects {
    inner: Arc<dyn ObjectStore>,
    faults: Faults,
}

impl FaultyObjects {
    /// A store in front of `inner`, at first without faults.
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>) -> (Self, Faults) {
        let faults = Faults::default();
        (Self { inner, faults: faults.clone() }, faults)
    }

    /// Does `once`, or not, or twice, as decided. `late` is the same request, to be done later; what
    /// can't come late is not done instead.
    async fn carry<T, F>(
        &self,
        kind: RequestKind,
        key: &Path,
        once: impl Fn() -> F,
        late: impl FnOnce() -> Option<Late>,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let effect = self.faults.decide(kind, key).await;
        self.act(effect, key, once, late).await
    }

    async fn act<T, F>(
        &self,
        effect: Effect,
        key: &Path,
        once: impl Fn() -> F,
        late: impl FnOnce() -> Option<Late>,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        match effect {
            Effect::Proceed | Effect::Hold | Effect::CutShort(_) => once().await,
            Effect::FailBefore(status) => Err(failure(status, key)),
            Effect::FailAfter(status) => {
                // Whatever became of it, nobody learns it.
                drop(once().await);
                Err(failure(status, key))
            }
            Effect::Delay => {
                self.faults.keep_late(late());
                Err(failure(Status::Unavailable, key))
            }
            Effect::DuplicateLate => {
                self.faults.keep_late(late());
                once().await
            }
            Effect::Repeat => {
                drop(once().await);
                once().await
            }
        }
    }

    async fn delete_one(&self, key: Path) -> Result<Path> {
        let late = || Some(Late::Delete { key: key.clone() });
        self.carry(RequestKind::Delete, &key, || self.inner.delete(&key), late).await?;
        Ok(key)
    }
}

const fn never_late() -> Option<Late> {
    None
}

impl fmt::Display for FaultyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyObjects({})", self.inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for FaultyObjects {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let put = || self.inner.put_opts(key, payload.clone(), options.clone());
        let late =
            || Some(Late::Put { key: key.clone(), payload: payload.clone(), options: options.clone() });
        self.carry(RequestKind::Put, key, put, late).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let begin = || self.inner.put_multipart_opts(key, options.clone());
        let inner = self.carry(RequestKind::BeginParts, key, begin, never_late).await?;
        Ok(Box::new(FaultyUpload { inner, key: key.clone(), faults: self.faults.clone() }))
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        let effect = self.faults.decide(RequestKind::Get, key).await;
        let found = self.act(effect, key, || self.inner.get_opts(key, options.clone()), never_late).await?;
        match effect {
            Effect::CutShort(bytes) => Ok(cut_short(found, bytes, key)),
            _ => Ok(found),
        }
    }

    async fn get_ranges(&self, key: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<Bytes>> {
        self.carry(RequestKind::Get, key, || self.inner.get_ranges(key, ranges), never_late).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        keys.then(move |key| {
            let store = store.clone();
            async move { store.delete_one(key?).await }
        })
        .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let key = prefix.clone().unwrap_or_default();
            let list = || store.inner.list(prefix.as_ref()).try_collect::<Vec<_>>();
            store.carry(RequestKind::List, &key, list, never_late).await
        };
        reversed(listed)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix, offset) = (self.clone(), prefix.cloned(), offset.clone());
        let listed = async move {
            let key = prefix.clone().unwrap_or_default();
            let list = || store.inner.list_with_offset(prefix.as_ref(), &offset).try_collect::<Vec<_>>();
            store.carry(RequestKind::List, &key, list, never_late).await
        };
        reversed(listed)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let key = prefix.cloned().unwrap_or_default();
        let list = || self.inner.list_with_delimiter(prefix);
        let mut listed = self.carry(RequestKind::List, &key, list, never_late).await?;
        listed.objects.reverse();
        listed.common_prefixes.reverse();
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.carry(RequestKind::Copy, to, || self.inner.copy_opts(from, to, options.clone()), never_late)
            .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.carry(RequestKind::Copy, to, || self.inner.rename_opts(from, to, options.clone()), never_late)
            .await
    }
}

/// An answer of which only so many bytes come.
fn cut_short(found: GetResult, bytes: u64, key: &Path) -> GetResult {
    let (meta, range) = (found.meta.clone(), found.range.clone());
    let (attributes, extensions) = (found.attributes.clone(), found.extensions.clone());
    let broken = failure(Status::Unavailable, key);
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    let whole = found.into_stream().map_ok(move |mut chunk| {
        let part = chunk.split_to(left.min(chunk.len()));
        left -= part.len();
        part
    });
    let part = whole.try_filter(|chunk| std::future::ready(!chunk.is_empty()));
    let payload = GetResultPayload::Stream(part.chain(stream::iter([Err(broken)])).boxed());
    GetResult { payload, meta, range, attributes, extensions }
}

fn reversed(
    listed: impl Future<Output = Result<Vec<ObjectMeta>>> + Send + 'static,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let objects = listed.map(|listed| match listed {
        Ok(objects) => objects.into_iter().rev().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    stream::once(objects).map(stream::iter).flatten().boxed()
}

/// An upload in parts whose parts and completion can fail. None of them can come late.
#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    key: Path,
    faults: Faults,
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let part = self.inner.put_part(data);
        let (faults, key) = (self.faults.clone(), self.key.clone());
        async move {
            match faults.decide(RequestKind::Part, &key).await {
                Effect::FailBefore(status) => Err(failure(status, &key)),
                Effect::Delay => Err(failure(Status::Unavailable, &key)),
                Effect::FailAfter(status) => {
                    drop(part.await);
                    Err(failure(status, &key))
                }
                _ => part.await,
            }
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.faults.decide(RequestKind::CompleteParts, &self.key).await {
            Effect::FailBefore(status) => Err(failure(status, &self.key)),
            Effect::Delay => Err(failure(Status::Unavailable, &self.key)),
            Effect::FailAfter(status) => {
                drop(self.inner.complete().await);
                Err(failure(status, &self.key))
            }
            _ => self.inner.complete().await,
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.faults.decide(RequestKind::AbortParts, &self.key).await;
        self.inner.abort().await
    }
}
