//! A medium for the conformance suite: a database on a disk in memory, which can crash and fail.
//!
//! What is to be shown of a backend is what it does on a medium that goes wrong. redb takes its file as a
//! [`StorageBackend`], so all that it takes is one that remembers what was there at the last sync, and that
//! fails where it is told to.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use redb::StorageBackend;
use tenantry::paths::{BlobKey, TenantId};
use tenantry::store::{BlobInfo, Commit, Fold, Outcome, Put, StoreError, TenantStore, Version};
use tenantry::testkit::conformance::{Loss, Medium};
use tenantry::testkit::{Layered, StoreLayer};

use crate::RedbStore;

/// What a program wrote, and what of it a crash leaves.
#[derive(Debug, Default)]
struct Contents {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync.
    changes: Vec<Change>,
    /// What is lost just now, and whether something was.
    loss: Option<Loss>,
    lost: bool,
}

/// What is asked of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    Read,
    Write,
    Sync,
}

impl Contents {
    /// Whether the next request arrives, and how it is answered.
    ///
    /// A commit writes, and ends with a sync: so the request that is lost is a write, and the answer that is
    /// lost is a sync's.
    fn fate(&mut self, request: Request) -> (bool, io::Result<()>) {
        let Some(loss) = self.loss else { return (true, Ok(())) };
        let (arrives, answered) = match (loss, request) {
            (Loss::FirstRequest | Loss::FirstAnswer, _) if self.lost => (true, true),
            (Loss::FirstRequest | Loss::Requests, Request::Write | Request::Sync) => (false, false),
            (Loss::FirstAnswer | Loss::Answers, Request::Sync) => (true, false),
            (Loss::AllAnswers, Request::Read | Request::Sync) => (true, false),
            _ => (true, true),
        };
        self.lost |= !answered;
        (arrives, if answered { Ok(()) } else { Err(io::Error::other("an injected fault")) })
    }
}

#[derive(Debug)]
enum Change {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Length(length) => file.resize(*length, 0),
            Self::Bytes(at, bytes) => {
                let place = file.get_mut(*at..*at + bytes.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
                place.copy_from_slice(bytes);
            }
        }
        Ok(())
    }
}

/// A file in memory; a clone is the same file.
#[derive(Debug, Clone, Default)]
struct File(Arc<Mutex<Contents>>);

impl File {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut contents = self.contents();
        let (arrives, answer) = contents.fate(Request::Write);
        if arrives {
            change.apply(&mut contents.live)?;
            contents.changes.push(change);
        }
        answer
    }

    fn lose(&self, loss: Option<Loss>) {
        let mut contents = self.contents();
        (contents.loss, contents.lost) = (loss, false);
    }

    /// The file as it is after a crash.
    fn crashed(&self) -> Self {
        let left = self.contents().durable.clone();
        Self(Arc::new(Mutex::new(Contents { live: left.clone(), durable: left, ..Contents::default() })))
    }
}

fn place(at: u64) -> io::Result<usize> {
    usize::try_from(at).map_err(io::Error::other)
}

impl StorageBackend for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.contents().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = place(offset)?;
        let mut contents = self.contents();
        contents.fate(Request::Read).1?;
        let found = contents.live.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.change(Change::Length(place(length)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut contents = self.contents();
        let (arrives, answer) = contents.fate(Request::Sync);
        if arrives {
            let changes = std::mem::take(&mut contents.changes);
            changes.iter().try_for_each(|change| change.apply(&mut contents.durable))?;
        }
        answer
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Bytes(place(offset)?, data.to_vec()))
    }
}

/// One database on such a disk. redb is opened by one process at a time, so the stores over it are clones.
#[derive(Default)]
pub struct CrashingDisk {
    file: Mutex<File>,
    opened: tokio::sync::Mutex<Option<RedbStore>>,
}

impl CrashingDisk {
    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Medium for CrashingDisk {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let mut opened = self.opened.lock().await;
        if let Some(store) = &*opened {
            return Ok(Arc::new(store.clone()));
        }
        let file = self.file().clone();
        let open = move || redb::Database::builder().create_with_backend(file.clone());
        Ok(Arc::new(opened.insert(RedbStore::opened(open).await?).clone()))
    }

    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let (store, file) = (self.open().await?, self.file().clone());
        Ok(Some(Arc::new(Layered::new(Losing { store, file, loss }))))
    }

    async fn crash(&self) -> io::Result<bool> {
        *self.opened.lock().await = None;
        let mut file = self.file();
        *file = file.crashed();
        Ok(true)
    }
}

/// The store, whose file loses something while it is asked to change anything. All stores have one file.
struct Losing {
    store: Arc<dyn TenantStore>,
    file: File,
    loss: Loss,
}

/// Ends the loss when a call has ended.
struct Healing<'a>(&'a File);

impl Drop for Healing<'_> {
    fn drop(&mut self) {
        self.0.lose(None);
    }
}

impl Losing {
    fn during(&self) -> Healing<'_> {
        self.file.lose(Some(self.loss));
        Healing(&self.file)
    }
}

#[async_trait]
impl StoreLayer for Losing {
    fn inner(&self) -> &dyn TenantStore {
        &*self.store
    }

    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        let _during = self.during();
        self.store.put(key, put).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        let _during = self.during();
        self.store.delete(key).await
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        let _during = self.during();
        self.store.append(tenant, base, commit).await
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        let _during = self.during();
        self.store.fold(tenant, base, fold).await
    }
}
