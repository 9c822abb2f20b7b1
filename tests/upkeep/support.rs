//! Tenants on each store, with a second way to the store beneath the library.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tenantry::environment::{Clock, Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, CollectionName, FileName, TenantId};
use tenantry::record::{Entity, Record};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::store::{Commit, Put, TenantStore};
use tenantry::{Settings, Tenantry, Video, Workspace};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

pub(crate) fn file(text: &str) -> FileName {
    FileName::parse(text).unwrap()
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// One store with the admin root and the users ana and ben.
pub(crate) struct Place {
    pub(crate) tenantry: Tenantry,
    /// The store as another process sees it.
    pub(crate) beside: Arc<dyn TenantStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: Option<tempfile::TempDir>,
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()))
}

pub(crate) async fn open(store: impl TenantStore, clock: &Arc<ManualClock>) -> Tenantry {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let clock: Arc<dyn Clock> = clock.clone();
    let tenantry = Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    tenantry.ensure(&id("ben"), "Ben").await.unwrap();
    tenantry
}

pub(crate) async fn memory() -> Place {
    let (store, clock) = (MemoryStore::new(), clock());
    let beside = Arc::new(store.reopen());
    Place { tenantry: open(store, &clock).await, beside, clock, folder: None }
}

pub(crate) async fn local() -> Place {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let root = folder.path().join("root");
    let tenantry = open(LocalStore::open(&root, LocalOptions::default()).await.unwrap(), &clock).await;
    let beside = Arc::new(LocalStore::open(&root, LocalOptions::default()).await.unwrap());
    Place { tenantry, beside, clock, folder: Some(folder) }
}

pub(crate) async fn both() -> [Place; 2] {
    [memory().await, local().await]
}

impl Place {
    pub(crate) async fn ana(&self) -> Workspace {
        self.tenantry.session(&id("ana")).await.unwrap().own()
    }

    pub(crate) async fn upload(&self) -> Record<Video> {
        let body = stream::iter([Ok(Bytes::from_static(b"0123456789"))]);
        self.ana().await.videos().upload("clip.mp4", body).await.unwrap()
    }

    /// Makes a commit for ana that no operation of the library would make.
    pub(crate) async fn forge(&self, commit: &str) {
        let base = self.beside.load(&id("ana")).await.unwrap().unwrap().version;
        let commit = Commit { header: None, text: Bytes::copy_from_slice(commit.as_bytes()) };
        self.beside.append(&id("ana"), Some(&base), commit).await.unwrap();
    }

    /// Puts a file of ana's into the store, of which the ledger knows nothing.
    pub(crate) async fn put(&self, name: &FileName, bytes: &'static [u8]) {
        let life = self.beside.load(&id("ana")).await.unwrap().unwrap().version.incarnation;
        let clock: Arc<dyn Clock> = self.clock.clone();
        let deadline = Deadline::new(jiff::Timestamp::MAX, clock);
        let body = stream::iter([Ok(Bytes::from_static(bytes))]).boxed();
        let put = Put { incarnation: life, body, length_hint: None, deadline };
        self.beside.put(&Self::key(name), put).await.unwrap();
    }

    pub(crate) fn key(name: &FileName) -> BlobKey {
        BlobKey::new(id("ana"), Area::Videos, name.clone())
    }

    pub(crate) async fn has(&self, name: &FileName) -> bool {
        self.beside.head(&Self::key(name)).await.unwrap().is_some()
    }

    pub(crate) fn milliseconds(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}
