//! Stores of each kind, which can be opened again as by another process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::memory::InMemory;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::CollectionName;
use tenantry::quota::Plans;
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{MemoryStore, StoreMethod, TenantStore};
use tenantry::testkit::faulty_objects::{Faults, FaultyObjects};
use tenantry::testkit::{CountingStore, Counts, Gates, HangingStore};
use tenantry::{
    Builder, CopyError, ErrorKind, Expected, NewTenant, Session, Settings, TenantCopy, Tenantry, Workspace,
};

pub(crate) use crate::furnished::{Looped, PNG, id, name, record};

/// A kind that no store is told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unheard {
    pub(crate) text: String,
    pub(crate) number: u64,
}

impl Entity for Unheard {
    fn collection() -> CollectionName {
        CollectionName::parse("unheard").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("number", self.number.to_string())]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Local,
    Objects,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Local, Self::Objects];
    /// Every way from one to another, and to one of the same kind.
    pub(crate) fn ways() -> impl Iterator<Item = (Self, Self)> {
        Self::ALL.into_iter().flat_map(|from| Self::ALL.map(|to| (from, to)))
    }
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()))
}

/// A store with an admin.
pub(crate) struct Place {
    store: Arc<dyn TenantStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tenantry: Tenantry,
    pub(crate) counts: Counts,
    pub(crate) gates: Gates,
    folder: Option<tempfile::TempDir>,
    pub(crate) objects: Option<(FaultyObjects, Faults)>,
}

/// What both tests and a test's other process open a store with.
pub(crate) fn configured(builder: Builder, clock: &Arc<ManualClock>) -> Builder {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let plans = Plans::new().with_plan("large", tenantry::quota::Limits::unlimited().with_files(1000));
    builder.settings(settings).plans(plans).clock(clock.clone()).kind::<Looped>()
}

pub(crate) async fn local(root: &Path) -> LocalStore {
    LocalStore::open(root, LocalOptions::default()).await.unwrap()
}

impl Place {
    pub(crate) async fn new(kind: Kind, clock: &Arc<ManualClock>) -> Self {
        Self::with(kind, clock, |builder| builder).await
    }

    pub(crate) async fn with(
        kind: Kind,
        clock: &Arc<ManualClock>,
        change: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let (mut folder, mut objects) = (None, None);
        let store: Arc<dyn TenantStore> = match kind {
            Kind::Memory => Arc::new(MemoryStore::new()),
            Kind::Local => {
                let made = folder.insert(tempfile::tempdir().unwrap());
                Arc::new(local(made.path()).await)
            }
            Kind::Objects => {
                let (faulty, faults) = FaultyObjects::new(Arc::new(InMemory::new()));
                objects = Some((faulty.clone(), faults));
                Arc::new(ObjectTenantStore::new(Arc::new(faulty)))
            }
        };
        let (counting, counts) = CountingStore::new(Arc::clone(&store));
        let (hanging, gates) = HangingStore::new(Arc::new(counting));
        let tenantry = change(configured(Tenantry::builder(hanging), clock)).open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let clock = clock.clone();
        Self { store, clock, tenantry, counts, gates, folder, objects }
    }

    /// The same as another process sees it: what is on a medium, not what is in memory.
    pub(crate) async fn elsewhere(&self) -> Tenantry {
        let (store, _) = CountingStore::new(Arc::clone(&self.store));
        configured(Tenantry::builder(store), &self.clock).open().await.unwrap()
    }

    pub(crate) async fn admin(&self) -> Session {
        admin(&self.tenantry).await
    }

    /// The admin in Ana's workspace.
    pub(crate) async fn ana(&self) -> Workspace {
        self.admin().await.workspace(&id("ana"))
    }

    /// A new user, who works in it.
    pub(crate) async fn user(&self, tenant: &str) -> Workspace {
        self.admin().await.tenants().create(&id(tenant), NewTenant::new(Role::User)).await.unwrap();
        self.tenantry.session(&id(tenant)).await.unwrap().own()
    }

    /// A user who has something of everything.
    pub(crate) async fn furnished(&self) -> Workspace {
        let own = self.user("ana").await;
        furnish(&own).await;
        own
    }

    /// How often the store was asked to write one of Ana's files.
    pub(crate) fn puts(&self) -> u64 {
        self.counts.of(StoreMethod::Put, Some(&id("ana")))
    }

    /// Where the root is, on a disk.
    pub(crate) fn root(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Ana's files in the folders of blobs.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let folders = ["videos/ana", "thumbnails/ana"].map(|folder| self.root().join(folder));
        let found = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let mut files: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Lets time pass and everything be done that is due then.
    pub(crate) async fn clear(&self) {
        for _ in 0..4 {
            self.clock.advance(std::time::Duration::from_secs(3 * 3600));
            let report = self.tenantry.operator("test").round().await.unwrap();
            assert!(report.failed.is_empty(), "{:?}", report.failed);
        }
    }
}

pub(crate) async fn admin(tenantry: &Tenantry) -> Session {
    tenantry.session(&id("root")).await.unwrap()
}

/// Ana from one place to another.
pub(crate) async fn copy(from: &Place, to: &Place) -> TenantCopy {
    copy_between(&from.tenantry, &to.tenantry).await
}

pub(crate) async fn copy_between(from: &Tenantry, to: &Tenantry) -> TenantCopy {
    admin(from).await.tenants().copy(&id("ana"), &admin(to).await.tenants())
}

/// What a copy was refused for.
pub(crate) fn refusal(error: &tenantry::Error) -> Option<&CopyError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Sees that Ana can't be seen, as if there never were such a tenant.
pub(crate) async fn ensure_unseen(place: &Place) {
    let elsewhere = place.elsewhere().await;
    let missing = elsewhere.session(&id("ana")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let admin = admin(&elsewhere).await;
    let refused = admin.workspace(&id("ana")).profile().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let (tenants, _) = admin.tenants().list(None, 10).await.unwrap();
    assert!(tenants.iter().all(|entry| entry.tenant != id("ana")));
}

/// Something of everything, changed and removed so that nothing stands where it was made.
pub(crate) async fn furnish(own: &Workspace) {
    crate::furnished::furnish(own).await;
    let notes = own.collection::<Unheard>();
    for number in 0..5 {
        notes.insert(Unheard { text: format!("🌧 {number}"), number: number % 2 }).await.unwrap();
    }
    let first = notes.list(&tenantry::ListOptions::new().in_order()).await.unwrap().items;
    let changed = Unheard { text: "changed".to_owned(), number: 7 };
    notes.update(first[0].id(), first[0].revision(), changed).await.unwrap();
    notes.remove(first[2].id(), Expected::Any).await.unwrap();
    let gone = own.videos().upload_from("gone.mp4", &b"not for long"[..]).await.unwrap();
    own.videos().delete(gone.id(), Expected::Any).await.unwrap();
    own.transaction_once("asked once", |_| Ok("answered once".to_owned())).await.unwrap();
}

/// A few more videos, and what they hold.
pub(crate) async fn upload(own: &Workspace, count: usize, bytes: usize) -> Vec<RecordId> {
    let mut videos = Vec::new();
    for at in 0..count {
        let body = vec![u8::try_from(at % 251).unwrap(); bytes];
        let uploaded = own.videos().upload_from(&format!("{at}.mp4"), std::io::Cursor::new(body)).await;
        videos.push(uploaded.unwrap().id().clone());
    }
    videos
}
