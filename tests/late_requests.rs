//! Requests that an object store gets long after whoever sent them went on: what was deleted or erased does not
//! come back by them (I7), and nobody waits where there are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use tenantry::environment::{Clock, ManualClock};
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{MemoryStore, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, RequestKind};
use tenantry::{Erasure, Expected, Grace, NewTenant, Session, Settings, Tenantry, Workspace};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nsynthetic";
/// A file of more is sent in parts.
const PART: usize = 100;

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()))
}

async fn open(store: impl TenantStore, clock: &Arc<ManualClock>) -> (Tenantry, Session) {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let tenantry = Tenantry::builder(store).settings(settings).clock(clock.clone()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    (tenantry, admin)
}

/// A store over objects that come late if the test says so.
struct Place {
    objects: Arc<InMemory>,
    faults: Faults,
    clock: Arc<ManualClock>,
    tenantry: Tenantry,
    admin: Session,
}

impl Place {
    async fn new() -> Self {
        let (objects, clock) = (Arc::new(InMemory::new()), clock());
        let (faulty, faults) = FaultyObjects::new(objects.clone());
        let mut settings = ObjectStoreSettings::default();
        settings.part_bytes = PART;
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = ObjectTenantStore::with(Arc::new(faulty), Path::ROOT, entropy, settings);
        let (tenantry, admin) = open(store, &clock).await;
        Self { objects, faults, clock, tenantry, admin }
    }

    async fn user(&self) -> Workspace {
        self.admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        self.tenantry.session(&id("ana")).await.unwrap().own()
    }

    /// The first put of one of ana's files is held up on its way, so that it is sent again.
    fn hold_up_a_put(&self, area: &str) {
        let (kind, key_contains) = (Some(RequestKind::Put), format!("{area}/ana"));
        self.faults.inject(Fault { kind, key_contains, spare: 0, affect: 1, effect: Effect::Delay });
    }

    /// How many files of ana's are stored, whether or not anybody knows of them.
    async fn stored(&self) -> usize {
        let found: Vec<_> = self.objects.list(None).try_collect().await.unwrap();
        let is_file = |key: &str| key.starts_with("videos/ana") || key.starts_with("thumbnails/ana");
        found.iter().filter(|object| is_file(object.location.as_ref())).count()
    }

    async fn erase(&self) -> Option<jiff::Timestamp> {
        match self.admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap() {
            Erasure::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// Erases ana's tenant, while what is late of her arrives as late as it can: the tombstone comes after it.
    async fn erase_with_late_requests(&self) {
        self.admin.tenants().delete(&id("ana")).await.unwrap();
        let until = self.erase().await.expect("it was erased before all late requests were over");
        assert_eq!(self.stored().await, 0);
        // As long as a request may live.
        self.clock.advance(Duration::from_secs(599));
        let late = self.faults.late();
        while self.faults.late() > 0 {
            self.faults.deliver(0, &*self.objects).await;
        }
        assert_eq!(self.stored().await, late, "what was late has come");
        assert_eq!(self.erase().await, Some(until));
        self.clock.advance(Duration::try_from(until.duration_since(self.clock.now())).unwrap());
        self.clock.advance(Duration::from_secs(1));
        assert_eq!(self.erase().await, None);
        assert_eq!(self.stored().await, 0);
        self.user().await;
        let report = self.admin.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

fn body(length: usize) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::iter([Ok(Bytes::from(vec![7; length]))])
}

/// Another store in which ana has a video, and its admin.
async fn elsewhere() -> (Tenantry, Session, Workspace) {
    let (tenantry, admin) = open(MemoryStore::new(), &clock()).await;
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    own.videos().upload("film.mp4", body(10)).await.unwrap();
    (tenantry, admin, own)
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_an_upload_that_was_sent_twice_can_bring_nothing_back() {
    let place = Place::new().await;
    let own = place.user().await;
    place.hold_up_a_put("videos");
    own.videos().upload("film.mp4", body(10)).await.unwrap();
    assert_eq!(place.faults.late(), 1);
    place.erase_with_late_requests().await;
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_a_thumbnail_that_was_sent_twice_can_bring_nothing_back() {
    let place = Place::new().await;
    let own = place.user().await;
    place.hold_up_a_put("thumbnails");
    own.thumbnails().upload_from("rain.png", PNG).await.unwrap();
    assert_eq!(place.faults.late(), 1);
    place.erase_with_late_requests().await;
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_an_upload_in_parts_can_bring_nothing_back() {
    let place = Place::new().await;
    place.user().await.videos().upload("film.mp4", body(3 * PART + 1)).await.unwrap();
    place.erase_with_late_requests().await;
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_an_imported_file_that_was_sent_twice_can_bring_nothing_back() {
    let (_elsewhere, _, own) = elsewhere().await;
    let archive: Vec<Bytes> = own.export().await.unwrap().into_body().try_collect().await.unwrap();
    let place = Place::new().await;
    place.user().await;
    place.hold_up_a_put("videos");
    let chunks = stream::iter(archive.into_iter().map(Ok));
    place.admin.tenants().import(&id("ana"), chunks).await.unwrap();
    assert_eq!(place.faults.late(), 1);
    place.erase_with_late_requests().await;
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_a_copied_file_that_was_sent_twice_can_bring_nothing_back() {
    let (_elsewhere, admin, _) = elsewhere().await;
    let place = Place::new().await;
    place.hold_up_a_put("videos");
    admin.tenants().copy(&id("ana"), &place.admin.tenants()).await.unwrap();
    assert_eq!(place.faults.late(), 1);
    place.erase_with_late_requests().await;
}

#[tokio::test]
async fn a_deleted_file_does_not_stay_when_a_request_that_was_sent_twice_makes_it_again() {
    let place = Place::new().await;
    let own = place.user().await;
    place.hold_up_a_put("videos");
    let video = own.videos().upload("film.mp4", body(10)).await.unwrap();
    own.videos().delete(video.id(), Expected::Any).await.unwrap();
    let operator = place.tenantry.operator("test");
    place.clock.advance(Duration::from_secs(599));
    operator.round().await.unwrap();
    assert_eq!(place.stored().await, 0);
    place.faults.deliver(0, &*place.objects).await;
    assert_eq!(place.stored().await, 1, "what was late has come");
    place.clock.advance(HOUR);
    operator.round().await.unwrap();
    assert_eq!(place.stored().await, 0);
    place.clock.advance(DAY);
    operator.round().await.unwrap();
    let report = place.admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_tenant_whose_last_upload_is_long_ago_is_erased_at_once() {
    let place = Place::new().await;
    place.user().await.videos().upload("film.mp4", body(10)).await.unwrap();
    place.clock.advance(2 * HOUR);
    place.admin.tenants().delete(&id("ana")).await.unwrap();
    assert_eq!(place.erase().await, None);
    assert_eq!(place.stored().await, 0);
}

#[tokio::test]
async fn where_no_request_outlives_its_call_a_tenant_is_erased_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let disk = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    for (tenantry, admin) in [open(MemoryStore::new(), &clock()).await, open(disk, &clock()).await] {
        tenantry.ensure(&id("ana"), "Ana").await.unwrap();
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        own.videos().upload("film.mp4", body(10)).await.unwrap();
        admin.tenants().delete(&id("ana")).await.unwrap();
        let erased = admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
        assert!(matches!(erased, Erasure::Done(_)), "{erased:?}");
    }
}
