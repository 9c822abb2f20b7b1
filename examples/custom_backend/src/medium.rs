//! A medium for the conformance suite: a database on a disk in memory, which can crash.
//!
//! What is to be shown of a backend is what it does on a medium that goes wrong. redb takes its file as a
//! [`StorageBackend`], so one that remembers what was there at the last sync is all that it takes.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use redb::StorageBackend;
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::Medium;

use crate::RedbStore;

/// What a program wrote, and what of it a crash leaves.
#[derive(Debug, Default)]
struct Contents {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync.
    changes: Vec<Change>,
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
        change.apply(&mut contents.live)?;
        contents.changes.push(change);
        Ok(())
    }

    /// The file as it is after a crash.
    fn crashed(&self) -> Self {
        let left = self.contents().durable.clone();
        Self(Arc::new(Mutex::new(Contents { live: left.clone(), durable: left, changes: Vec::new() })))
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
        let contents = self.contents();
        let found = contents.live.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.change(Change::Length(place(length)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut contents = self.contents();
        let changes = std::mem::take(&mut contents.changes);
        changes.iter().try_for_each(|change| change.apply(&mut contents.durable))
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
        let store = RedbStore::opened(|| redb::Database::builder().create_with_backend(file)).await?;
        Ok(Arc::new(opened.insert(store).clone()))
    }

    async fn crash(&self) -> io::Result<bool> {
        *self.opened.lock().await = None;
        let mut file = self.file();
        *file = file.crashed();
        Ok(true)
    }
}
