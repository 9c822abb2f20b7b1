//! Blobs in a folder, written by someone who joins paths and thinks of nothing else.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Found, Incarnation, Page, Put, StoreError, StoreErrorKind, TenantStore,
};
use tenantry::testkit::conformance::Link;
use tenantry::testkit::{Layered, StoreLayer};

/// The folder of a medium.
#[derive(Clone)]
pub(crate) struct Folder {
    root: Arc<tempfile::TempDir>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { root: Arc::new(tempfile::tempdir().unwrap()) }
    }

    fn area(&self, tenant: &TenantId, area: Area) -> PathBuf {
        self.root.path().join(area.as_str()).join(tenant.as_str())
    }

    fn blob(&self, key: &BlobKey) -> PathBuf {
        self.area(key.tenant(), key.area()).join(key.name().as_str())
    }

    pub(crate) fn plant(&self, link: &Link) -> io::Result<bool> {
        let (at, to) = match link {
            Link::Blob { at, to } => (self.blob(at), self.blob(to)),
            Link::Area { at, to, area } => (self.area(at, *area), self.area(to, *area)),
            _ => return Ok(false),
        };
        // Without a blob there is nothing that could be linked to.
        if !to.exists() {
            return Ok(false);
        }
        std::fs::create_dir_all(at.parent().unwrap())?;
        std::os::unix::fs::symlink(to, at)?;
        Ok(true)
    }
}

/// Follows links. What else is asked of blobs it does right.
pub(crate) struct FollowsLinks {
    right: Arc<dyn TenantStore>,
    folder: Folder,
}

impl FollowsLinks {
    pub(crate) fn over(right: Arc<dyn TenantStore>, folder: &Folder) -> Arc<dyn TenantStore> {
        Arc::new(Layered::new(Self { right, folder: folder.clone() }))
    }

    async fn check_life(&self, key: &BlobKey, life: Incarnation) -> Result<(), StoreError> {
        let header = self.right.header(key.tenant()).await?;
        let living = header.is_some_and(|header| header.incarnation == life && !header.tombstone);
        if living { Ok(()) } else { Err(error(StoreErrorKind::NotFound)) }
    }
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "folder", "no more is known")
}

fn failed(io: io::Error) -> StoreError {
    let kind = match io.kind() {
        io::ErrorKind::NotFound => StoreErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => StoreErrorKind::AlreadyExists,
        _ => StoreErrorKind::Unavailable,
    };
    error(kind).with_source(io)
}

#[async_trait]
impl StoreLayer for FollowsLinks {
    fn inner(&self) -> &dyn TenantStore {
        &*self.right
    }

    async fn put(&self, key: &BlobKey, mut put: Put) -> Result<BlobInfo, StoreError> {
        self.check_life(key, put.incarnation).await?;
        let mut content = Vec::new();
        while let Some(piece) = put.body.next().await {
            content.extend(piece.map_err(|io| error(StoreErrorKind::Body).with_source(io))?);
        }
        self.check_life(key, put.incarnation).await?;
        if put.deadline.has_passed() {
            return Err(error(StoreErrorKind::DeadlinePassed));
        }
        std::fs::create_dir_all(self.folder.area(key.tenant(), key.area())).map_err(failed)?;
        let aside = tempfile::NamedTempFile::new_in(self.folder.root.path()).map_err(failed)?;
        std::fs::write(aside.path(), &content).map_err(failed)?;
        std::fs::hard_link(aside.path(), self.folder.blob(key)).map_err(failed)?;
        Ok(BlobInfo { length: content.len() as u64 })
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let content = Bytes::from(std::fs::read(self.folder.blob(key)).map_err(failed)?);
        if range.start > range.end || range.end > content.len() as u64 {
            return Err(error(StoreErrorKind::OutOfRange));
        }
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        Ok(stream::iter([Ok(content.slice(range))])
            .try_filter(|piece| std::future::ready(!piece.is_empty()))
            .boxed())
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        match std::fs::metadata(self.folder.blob(key)) {
            Ok(found) => Ok(Some(BlobInfo { length: found.len() })),
            Err(io) if io.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(io) => Err(failed(io)),
        }
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        match std::fs::remove_file(self.folder.blob(key)) {
            Err(io) if io.kind() != io::ErrorKind::NotFound => Err(failed(io)),
            _ => Ok(()),
        }
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let mut items = Vec::new();
        let entries = std::fs::read_dir(self.folder.area(tenant, area)).into_iter().flatten();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().into_string().unwrap();
            if after.is_none_or(|after| name.as_str() > after) {
                let length = std::fs::metadata(entry.path()).map_err(failed)?.len();
                items.push(Found { file: FileName::parse(&name).ok(), name, length });
            }
        }
        items.sort_by(|a, b| a.name.cmp(&b.name));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|found| found.name.clone()) } else { None };
        Ok(Page { items, next })
    }
}
