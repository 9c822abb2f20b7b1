//! Closing with a deadline: no new work, none of the old work lost, and no waiting for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::Entity;
use tenantry::store::{MemoryStore, TenantStore};
use tenantry::testkit::{Gates, HangingStore};
use tenantry::{ErrorKind, Expected, ListOptions, Tenantry, Workspace};

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

fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

const DEADLINE: Duration = Duration::from_secs(30);

/// A workspace over a store whose calls can be made to hang, and a second one over the same
/// memory that sees what became durable.
struct World {
    tenantry: Tenantry,
    own: Workspace,
    gates: Gates,
    beside: Tenantry,
}

impl World {
    async fn new() -> Self {
        let memory = MemoryStore::new();
        let beside = Tenantry::builder(memory.reopen()).open().await.unwrap();
        let (store, gates) = HangingStore::new(Arc::new(memory));
        let tenantry = Tenantry::builder(store).open().await.unwrap();
        tenantry.bootstrap_admin(&ana(), "Ana").await.unwrap();
        let own = tenantry.session(&ana()).await.unwrap().own();
        Self { tenantry, own, gates, beside }
    }

    async fn texts(&self) -> Vec<String> {
        let own = self.beside.session(&ana()).await.unwrap().own();
        let page = own.collection::<Note>().list(&ListOptions::new().in_order()).await.unwrap();
        page.items.into_iter().map(|record| record.into_value().text).collect()
    }

    /// Begins to insert, and returns once that hangs in the store.
    async fn hanging_insert(&self, text: &str) -> tokio::task::JoinHandle<tenantry::Result<()>> {
        self.gates.close(&ana());
        let (own, text) = (self.own.clone(), note(text));
        let insert =
            tokio::spawn(async move { own.collection::<Note>().insert(text).await.map(|_record| ()) });
        self.gates.hanging(&ana(), 1).await;
        insert
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_close_is_refused_as_closed() {
    let world = World::new().await;
    let record = world.own.collection::<Note>().insert(note("one")).await.unwrap();
    world.tenantry.close(DEADLINE).await.unwrap();
    let notes = world.own.collection::<Note>();
    let kinds = [
        notes.insert(note("two")).await.unwrap_err().kind(),
        notes.get(record.id()).await.unwrap_err().kind(),
        notes.list(&ListOptions::new()).await.unwrap_err().kind(),
        notes.update(record.id(), Expected::Any, note("three")).await.unwrap_err().kind(),
        notes.remove(record.id(), Expected::Any).await.unwrap_err().kind(),
        world.own.transaction(|_| Ok(())).await.unwrap_err().kind(),
        world.own.snapshot().await.unwrap_err().kind(),
        world.own.usage().await.unwrap_err().kind(),
        world.tenantry.session(&ana()).await.unwrap_err().kind(),
        world.tenantry.ensure(&ana(), "Ana").await.unwrap_err().kind(),
        world.tenantry.bootstrap_admin(&ana(), "Ana").await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Closed; 11]);
    assert_eq!(world.texts().await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_held_over_close_can_still_be_read() {
    let world = World::new().await;
    let record = world.own.collection::<Note>().insert(note("one")).await.unwrap();
    let snapshot = world.own.snapshot().await.unwrap();
    world.tenantry.close(DEADLINE).await.unwrap();
    assert_eq!(snapshot.collection::<Note>().get(record.id()).unwrap().value(), &note("one"));
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_a_commit_under_way() {
    let world = World::new().await;
    let insert = world.hanging_insert("one").await;
    let closing = {
        let tenantry = world.tenantry.clone();
        tokio::spawn(async move { tenantry.close(DEADLINE).await })
    };
    tokio::task::yield_now().await;
    assert!(!closing.is_finished());
    world.gates.open(&ana());
    closing.await.unwrap().unwrap();
    // The answer was there when close returned.
    assert_eq!(world.texts().await, ["one"]);
    insert.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_a_read_under_way() {
    let world = World::new().await;
    world.gates.close(&ana());
    let own = world.own.clone();
    let read = tokio::spawn(async move { own.collection::<Note>().list(&ListOptions::new()).await });
    world.gates.hanging(&ana(), 1).await;
    let busy = world.tenantry.close(DEADLINE).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    world.gates.open(&ana());
    world.tenantry.close(DEADLINE).await.unwrap();
    assert!(read.await.unwrap().unwrap().items.is_empty());
}

/// An upload of which the first part was stored; the others come from `sender`.
async fn upload_under_way(
    world: &World,
) -> (tokio::sync::mpsc::Sender<Bytes>, tokio::task::JoinHandle<tenantry::Result<()>>) {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let body = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (Ok(part), receiver))
    });
    let upload = world.own.videos().upload("clip.mp4", body);
    let upload = tokio::spawn(async move { upload.await.map(|_record| ()) });
    sender.send(Bytes::from_static(b"first")).await.unwrap();
    // The channel has room again when the first was taken.
    drop(sender.reserve().await.unwrap());
    (sender, upload)
}

#[tokio::test(start_paused = true)]
async fn an_upload_under_way_comes_to_its_end_before_close_does() {
    let world = World::new().await;
    let (sender, upload) = upload_under_way(&world).await;
    let busy = world.tenantry.close(DEADLINE).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    // More than was reserved at first, so that it has to be renewed.
    sender.send(Bytes::from(vec![0; 20 << 20])).await.unwrap();
    drop(sender);
    world.tenantry.close(DEADLINE).await.unwrap();
    upload.await.unwrap().unwrap();
    let own = world.beside.session(&ana()).await.unwrap().own();
    assert_eq!(own.usage().await.unwrap().0.blob_bytes, (20 << 20) + 5);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_dropped_at_close_gives_its_quota_back_first() {
    let world = World::new().await;
    let (sender, upload) = upload_under_way(&world).await;
    let busy = world.tenantry.close(DEADLINE).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    upload.abort();
    world.tenantry.close(DEADLINE).await.unwrap();
    drop(sender);
    let own = world.beside.session(&ana()).await.unwrap().own();
    let usage = own.usage().await.unwrap().0;
    assert_eq!((usage.reserved_files, usage.reserved_bytes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn close_says_busy_when_a_commit_hangs_past_the_deadline_and_the_commit_goes_on() {
    let world = World::new().await;
    let insert = world.hanging_insert("one").await;
    let began = tokio::time::Instant::now();
    let busy = world.tenantry.close(DEADLINE).await.unwrap_err();
    assert_eq!((busy.kind(), busy.operation()), (ErrorKind::Busy, "close"));
    // The clock stands still but for what is waited for, so this is exact.
    assert_eq!(began.elapsed(), DEADLINE);
    let refused = world.own.collection::<Note>().insert(note("two")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed);
    world.gates.open(&ana());
    insert.await.unwrap().unwrap();
    world.tenantry.close(DEADLINE).await.unwrap();
    assert_eq!(world.texts().await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn one_tenant_that_hangs_does_not_keep_close_from_finishing_the_others() {
    let world = World::new().await;
    let ben = TenantId::parse("ben").unwrap();
    world.tenantry.ensure(&ben, "Ben").await.unwrap();
    let bens = world.tenantry.session(&ben).await.unwrap().own();
    let insert = world.hanging_insert("one").await;
    bens.collection::<Note>().insert(note("ben's")).await.unwrap();
    let busy = world.tenantry.close(DEADLINE).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    let beside = world.beside.session(&ben).await.unwrap().own();
    assert_eq!(beside.collection::<Note>().list(&ListOptions::new()).await.unwrap().items.len(), 1);
    world.gates.open(&ana());
    insert.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_second_close_changes_nothing() {
    let world = World::new().await;
    world.tenantry.close(DEADLINE).await.unwrap();
    world.tenantry.close(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn the_store_is_let_go_with_the_last_handle() {
    let store: Arc<dyn TenantStore> = Arc::new(MemoryStore::new());
    let watched = Arc::downgrade(&store);
    let (hanging, gates) = HangingStore::new(store);
    let tenantry = Tenantry::builder(hanging).open().await.unwrap();
    tenantry.bootstrap_admin(&ana(), "Ana").await.unwrap();
    let own = tenantry.session(&ana()).await.unwrap().own();
    own.collection::<Note>().insert(note("one")).await.unwrap();
    tenantry.close(DEADLINE).await.unwrap();
    drop((tenantry, gates));
    assert!(watched.upgrade().is_some(), "a workspace holds it");
    drop(own);
    // Tasks that are over may not have ended yet.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(watched.upgrade().is_none());
}
