//! How new what is read has to be: strictly the newest, or as new as the host says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use object_store::memory::InMemory;
use serde::{Deserialize, Serialize};
use tenantry::environment::{Clock, ManualClock};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, Record, RecordId};
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::{CountingStore, Counts};
use tenantry::{
    ErrorKind, Expected, Freshness, ListOptions, NewTenant, ProfileChange, Settings, Tenantry, Verification,
    Workspace,
};

const WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A node over the objects.
struct Node {
    tenantry: Tenantry,
    counts: Counts,
}

impl Node {
    async fn new(objects: &Arc<InMemory>, clock: &Arc<ManualClock>, freshness: Freshness) -> Self {
        let (store, counts) = CountingStore::new(Arc::new(ObjectTenantStore::new(Arc::clone(objects) as _)));
        let mut settings = Settings::default();
        settings.freshness = freshness;
        let builder = Tenantry::builder(store).settings(settings).clock(clock.clone());
        Self { tenantry: builder.open().await.unwrap(), counts }
    }

    async fn of(&self, who: &str, tenant: &str) -> Workspace {
        self.tenantry.session(&id(who)).await.unwrap().workspace(&id(tenant))
    }

    /// How many requests were made since this was called last.
    fn requests(&self) -> u64 {
        self.counts.take().values().sum()
    }
}

struct World {
    clock: Arc<ManualClock>,
    /// Where all is strict, and where reads may be late.
    strict: Node,
    late: Node,
}

async fn world() -> World {
    let objects = Arc::new(InMemory::new());
    let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
    let strict = Node::new(&objects, &clock, Freshness::Strict).await;
    let late = Node::new(&objects, &clock, Freshness::Within(WITHIN)).await;
    strict.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = strict.tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    World { clock, strict, late }
}

async fn texts(workspace: &Workspace) -> Vec<String> {
    let listed = workspace.collection::<Note>().list(&ListOptions::new().in_order()).await.unwrap().items;
    listed.iter().map(|note: &Record<Note>| note.value().text.clone()).collect()
}

#[tokio::test]
async fn a_read_asks_nothing_within_the_time_and_sees_all_after_it() {
    let world = world().await;
    let (here, there) = (world.strict.of("ana", "ana").await, world.late.of("ana", "ana").await);
    here.collection::<Note>().insert(note("one")).await.unwrap();
    world.clock.advance(WITHIN * 2);
    assert_eq!(texts(&there).await, ["one"]);
    world.late.requests();
    here.collection::<Note>().insert(note("two")).await.unwrap();
    world.clock.advance(WITHIN);
    assert_eq!(texts(&there).await, ["one"], "it may be that old");
    there.snapshot().await.unwrap();
    assert_eq!(world.late.requests(), 0);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(texts(&there).await, ["one", "two"]);
    assert_eq!(world.late.requests(), 1);
}

#[tokio::test]
async fn own_changes_are_seen_at_once_and_rest_on_the_newest() {
    let world = world().await;
    let (here, there) = (world.strict.of("ana", "ana").await, world.late.of("ana", "ana").await);
    assert!(texts(&there).await.is_empty());
    let first = here.collection::<Note>().insert(note("one")).await.unwrap();
    there.collection::<Note>().insert(note("two")).await.unwrap();
    assert_eq!(texts(&there).await, ["one", "two"], "what an own change rested on is seen with it");
    here.collection::<Note>().update(first.id(), first.revision(), note("changed")).await.unwrap();
    // What was read late is not overwritten: the change is for the revision that was read.
    let stale = there.collection::<Note>().update(first.id(), first.revision(), note("lost")).await;
    assert_eq!(stale.unwrap_err().kind(), ErrorKind::RevisionMismatch);
    let gone = there.collection::<Note>().remove(&RecordId::parse("none").unwrap(), Expected::Any).await;
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(texts(&there).await, ["changed", "two"], "a refusal, too, rests on the newest");
}

#[tokio::test]
async fn a_workspace_can_be_asked_for_otherwise() {
    let world = world().await;
    let (here, there) = (world.strict.of("ana", "ana").await, world.late.of("ana", "ana").await);
    assert!(texts(&there).await.is_empty());
    here.collection::<Note>().insert(note("one")).await.unwrap();
    let strictly = there.reading(Freshness::Strict);
    assert_eq!(texts(&strictly).await, ["one"]);
    let late = here.reading(Freshness::Within(WITHIN));
    world.strict.requests();
    assert_eq!(texts(&late).await, ["one"]);
    assert_eq!(world.strict.requests(), 1, "nobody had to know when it was asked");
    here.collection::<Note>().insert(note("two")).await.unwrap();
    world.strict.requests();
    assert_eq!(texts(&late).await, ["one", "two"]);
    assert_eq!(world.strict.requests(), 0);
}

/// A clock that can be set to any time.
struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn where_the_clock_is_set_back_the_store_is_asked() {
    let now: Timestamp = "2025-11-04T10:00:00Z".parse().unwrap();
    let clock = Arc::new(SetClock(Mutex::new(now)));
    let (store, counts) = CountingStore::new(Arc::new(ObjectTenantStore::new(Arc::new(InMemory::new()))));
    let mut settings = Settings::default();
    settings.freshness = Freshness::Within(WITHIN);
    let builder = Tenantry::builder(store).settings(settings).clock(clock.clone());
    let node = Node { tenantry: builder.open().await.unwrap(), counts };
    node.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let own = node.of("root", "root").await;
    own.usage().await.unwrap();
    node.requests();
    own.usage().await.unwrap();
    assert_eq!(node.requests(), 0);
    *clock.0.lock().unwrap() = now - Duration::from_secs(1);
    own.usage().await.unwrap();
    assert_eq!(node.requests(), 1);
}

#[tokio::test]
async fn a_file_that_another_node_deleted_meanwhile_is_missing_and_not_damaged() {
    let world = world().await;
    let (here, there) = (world.strict.of("ana", "ana").await, world.late.of("ana", "ana").await);
    let body = futures::stream::iter([Ok(Bytes::from_static(b"moving pictures"))]);
    let video = here.videos().upload("rain.mp4", body).await.unwrap();
    let seen = there.reading(Freshness::Strict).videos().verify(video.id()).await;
    assert_eq!(seen.unwrap(), Verification::Intact);
    here.videos().delete(video.id(), Expected::Any).await.unwrap();
    // Its bytes go once no late request can matter; meanwhile the other node knows nothing of it.
    let admin = world.strict.tenantry.session(&id("root")).await.unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(3600));
        let before = there.reading(Freshness::Within(Duration::from_secs(1_000_000)));
        assert_eq!(before.videos().list(&ListOptions::new()).await.unwrap().items.len(), 1);
        admin.tenants().sweep(&id("ana")).await.unwrap();
    }
    let late = there.reading(Freshness::Within(Duration::from_secs(1_000_000)));
    let opened = late.videos().open(video.id()).await;
    assert_eq!(opened.unwrap_err().kind(), ErrorKind::NotFound);
    let verified = late.videos().verify(video.id()).await;
    assert_eq!(verified.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn who_is_let_in_no_more_reads_no_longer_than_that() {
    let world = world().await;
    let admin = world.strict.tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ben"), NewTenant::new(Role::Admin)).await.unwrap();
    let there = world.late.of("ben", "ana").await;
    texts(&there).await;
    admin.tenants().change(&id("ben"), ProfileChange::new().role(Role::User)).await.unwrap();
    texts(&there).await;
    // Whatever changes something is decided by what is true now.
    let change = there.collection::<Note>().insert(note("mine")).await;
    assert_eq!(change.unwrap_err().kind(), ErrorKind::NotFound);
    world.clock.advance(WITHIN * 2);
    let read = there.collection::<Note>().list(&ListOptions::new()).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::NotFound);
}
