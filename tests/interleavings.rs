//! What one operation must not make of another that runs beside it, before it, or in another process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
use futures::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::{AuditEvent, AuditSink};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::quota::Limits;
use tenantry::record::{Entity, RecordId};
use tenantry::store::StoreMethod;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::testkit::{CountingStore, HangingStore};
use tenantry::{Erasure, ErrorKind, Grace, ProfileChange, Session, Settings, Tenantry};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn note() -> Note {
    Note { text: "x".repeat(200) }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A process of its own on that folder, with the first admin at work.
async fn process(folder: &tempfile::TempDir) -> (Tenantry, Session) {
    let store = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_second(1_700_000_000).unwrap()));
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let tenantry = Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    tenantry.ensure(&id("ana"), "").await.unwrap();
    (tenantry, admin)
}

async fn upload(tenantry: &Tenantry, body: &'static [u8]) {
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    own.videos().upload("a.mp4", stream::iter([Ok(Bytes::from_static(body))])).await.unwrap();
}

async fn erase(admin: &Session) {
    admin.tenants().delete(&id("ana")).await.unwrap();
    let erased = admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    assert!(matches!(erased, Erasure::Done(_)));
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl AuditSink for Heard {
    fn record(&self, event: &AuditEvent<'_>) {
        self.0.lock().unwrap().push(event.action.to_string());
    }
}

#[tokio::test]
async fn a_decision_is_recorded_though_its_caller_went_away() {
    let (store, gates) = HangingStore::new(Arc::new(MemoryStore::new()));
    let heard = Heard::default();
    let tenantry = Tenantry::builder(store).audit(heard.clone()).open().await.unwrap();
    tenantry.ensure(&id("ana"), "").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    heard.0.lock().unwrap().clear();
    gates.close(&id("ana"));
    let inside = own.clone();
    let insert = tokio::spawn(async move { inside.collection::<Note>().insert(note()).await });
    gates.hanging(&id("ana"), 1).await;
    insert.abort();
    assert!(insert.await.unwrap_err().is_cancelled());
    gates.open(&id("ana"));
    tenantry.close(Duration::from_secs(60)).await.unwrap();
    assert_eq!(*heard.0.lock().unwrap(), ["records.insert"]);
}

#[tokio::test]
async fn a_short_ledger_is_folded_when_it_has_doubled() {
    let (store, counts) = CountingStore::new(Arc::new(MemoryStore::new()));
    let mut settings = Settings::default();
    settings.fold_minimum = 2_000;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.ensure(&id("ana"), "").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let mut at = Vec::new();
    for number in 1..=100 {
        own.collection::<Note>().insert(note()).await.unwrap();
        // A fold of so little is over once its task has had its turn.
        tokio::task::yield_now().await;
        at.resize(counts.of(StoreMethod::Fold, Some(&id("ana"))) as usize, number);
    }
    tenantry.close(Duration::from_secs(60)).await.unwrap();
    assert!(at.len() >= 4, "{at:?}");
    assert!(at.windows(2).all(|next| next[1] * 10 > next[0] * 17), "folded after {at:?} inserts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_never_pause_fold_no_more_often_than_the_ledger_grows() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    let (store, counts) = CountingStore::new(Arc::new(local));
    let mut settings = Settings::default();
    settings.fold_minimum = 20_000;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.ensure(&id("ana"), "").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    join_all((0..8).map(|_| {
        let own = own.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                own.collection::<Note>().insert(note()).await.unwrap();
            }
        })
    }))
    .await;
    tenantry.close(Duration::from_secs(60)).await.unwrap();
    // Each fold makes the next one come later; eight tasks make at least 200 commits.
    let (folds, commits) =
        (counts.of(StoreMethod::Fold, Some(&id("ana"))), counts.of(StoreMethod::Append, Some(&id("ana"))));
    assert!(folds >= 2 && folds * 10 < commits, "{folds} folds of {commits} commits");
}

#[tokio::test]
async fn a_profile_that_is_too_long_is_refused_to_its_caller_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (tenantry, admin) = process(&folder).await;
    let limits = (0..1000).fold(Limits::unlimited(), |limits, number| {
        limits.with_count(&CollectionName::parse(&format!("collection{number}")).unwrap(), 1)
    });
    let (own, ana) = (tenantry.session(&id("ana")).await.unwrap().own(), id("ana"));
    let (tenants, notes) = (admin.tenants(), own.collection::<Note>());
    let change = tenants.change(&ana, ProfileChange::new().limits(limits));
    let (changed, inserted) = tokio::join!(change, notes.insert(note()));
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::TooLarge);
    inserted.unwrap();
}

#[tokio::test]
async fn a_fresh_handle_finds_the_life_that_another_process_began() {
    let folder = tempfile::tempdir().unwrap();
    let (here, admin_here) = process(&folder).await;
    let (_there, admin_there) = process(&folder).await;
    let insert = async |name: &str| {
        let workspace = admin_there.workspace(&id("ana"));
        let record = RecordId::parse(name).unwrap();
        workspace.collection::<Note>().insert_as(&record, note()).await
    };
    insert("in the first life").await.unwrap();
    erase(&admin_here).await;
    here.ensure(&id("ana"), "").await.unwrap();
    insert("in the second life").await.unwrap();
}

#[tokio::test]
async fn the_list_of_all_videos_goes_on_in_a_tenant_that_was_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (tenantry, admin) = process(&folder).await;
    upload(&tenantry, b"old").await;
    let (page, next) = admin.tenants().videos(None, 1).await.unwrap();
    assert_eq!(page[0].1.value().bytes, Some(3));
    erase(&admin).await;
    tenantry.ensure(&id("ana"), "").await.unwrap();
    upload(&tenantry, b"newer").await;
    let (page, _) = admin.tenants().videos(next, 1).await.unwrap();
    assert_eq!(page[0].1.value().bytes, Some(5));
}

#[tokio::test]
async fn erasing_again_clears_what_an_interrupted_erasure_left() {
    let folder = tempfile::tempdir().unwrap();
    let (_tenantry, admin) = process(&folder).await;
    erase(&admin).await;
    let left = folder.path().join("data/ana/video_database.json");
    std::fs::write(&left, "[]").unwrap();
    let again = admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotFound);
    assert!(!left.exists());
}

#[tokio::test]
async fn an_upload_under_way_holds_no_more_once_its_tenant_is_being_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (tenantry, admin) = process(&folder).await;
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let asked_on = Arc::new(AtomicBool::new(false));
    let (inside, ana) = (asked_on.clone(), id("ana"));
    let body = stream::iter(0..3).then(move |chunk| {
        let (admin, asked_on, ana) = (admin.clone(), inside.clone(), ana.clone());
        async move {
            match chunk {
                1 => drop(admin.tenants().delete(&ana).await.unwrap()),
                2 => asked_on.store(true, Ordering::SeqCst),
                _ => {}
            }
            Ok(Bytes::from(vec![0; 5 << 20]))
        }
    });
    let refused = own.videos().upload("a.mp4", body).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Suspended);
    assert!(!asked_on.load(Ordering::SeqCst), "more was reserved while nothing may be written");
    assert_eq!(own.usage().await.unwrap().0.reserved_files, 0);
}
