//! Who makes a commit: a caller that is alone its own, on its own thread; where several are about, one commit
//! is made for all.
//!
//! What is guarded against: a commit lost or made twice because whoever made it went away in the middle; a
//! thread blocked that can't be spared; callers in one task of whom each waits for the disk alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::Entity;
use tenantry::store::StoreMethod;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::{CountingStore, Counts};
use tenantry::{ErrorKind, ListOptions, Settings, Tenantry, ViewMode, Workspace};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    number: usize,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

/// Ana's workspace on the disk, and how often its store was called.
async fn workspace(folder: &tempfile::TempDir) -> (Workspace, Counts) {
    let store = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
    let (store, counts) = CountingStore::new(Arc::new(store));
    let mut settings = Settings::default();
    // What writes views holds the tenant's lock now and then, and a commit that has to wait is made elsewhere.
    settings.views = ViewMode::AtClose;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.ensure(&ana(), "Ana").await.unwrap();
    (tenantry.session(&ana()).await.unwrap().own(), counts)
}

async fn insert(own: &Workspace, number: usize) {
    own.collection().insert(Note { number }).await.unwrap();
}

async fn held(own: &Workspace) -> Vec<usize> {
    let page = own.collection::<Note>().list(&ListOptions::new().limit(ListOptions::MAX)).await.unwrap();
    let mut held: Vec<usize> = page.items.iter().map(|note| note.value().number).collect();
    held.sort_unstable();
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_in_one_task_share_commits_although_there_was_one_alone_before() {
    const ALONE: usize = 20;
    const ROUNDS: usize = 8;
    const TOGETHER: usize = 32;
    let folder = tempfile::tempdir().unwrap();
    let (own, counts) = workspace(&folder).await;
    let all = tokio::spawn({
        let own = own.clone();
        async move {
            for number in 0..ALONE {
                insert(&own, number).await;
            }
            let before = counts.of(StoreMethod::Append, Some(&ana()));
            for round in 0..ROUNDS {
                let first = ALONE + round * TOGETHER;
                join_all((first..first + TOGETHER).map(|number| insert(&own, number))).await;
            }
            counts.of(StoreMethod::Append, Some(&ana())) - before
        }
    });
    let commits = usize::try_from(all.await.unwrap()).unwrap();
    assert!(commits <= ROUNDS * TOGETHER / 4, "{commits} commits");
    assert_eq!(held(&own).await, (0..ALONE + ROUNDS * TOGETHER).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_goes_on_whose_caller_goes_away_while_it_waits_for_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let (own, _) = workspace(&folder).await;
    let lock = std::fs::File::open(folder.path().join(".tenantry/locks/ana")).unwrap();
    let caller = tokio::spawn({
        let own = own.clone();
        async move {
            // From a few in a row on it is taken to be alone, so the next one is its own committer.
            for number in 0..5 {
                insert(&own, number).await;
            }
            lock.lock().unwrap();
            let mut taken = Box::pin(insert(&own, 5));
            assert!(futures::poll!(taken.as_mut()).is_pending(), "the lock is held by somebody else");
            drop(taken);
            lock.unlock().unwrap();
        }
    });
    caller.await.unwrap();
    insert(&own, 6).await;
    assert_eq!(held(&own).await, (0..7).collect::<Vec<_>>());
}

#[test]
fn callers_within_a_local_set_are_served_on_a_runtime_of_several_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let held = tokio::task::LocalSet::new().block_on(&runtime, async {
        let (own, _) = workspace(&folder).await;
        for number in 0..10 {
            insert(&own, number).await;
        }
        let other = own.clone();
        let inside = tokio::task::spawn_local(async move {
            for number in 10..20 {
                insert(&other, number).await;
            }
        });
        inside.await.unwrap();
        held(&own).await
    });
    assert_eq!(held, (0..20).collect::<Vec<_>>());
}

/// Panics when it is dropped.
struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        panic!("a trap");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_panics_when_a_transaction_is_dropped_keeps_no_other_caller_from_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (own, _) = workspace(&folder).await;
    let others = tokio::spawn({
        let own = own.clone();
        async move {
            // Alone as well as together with others.
            for round in 0..6 {
                let trap = Trap;
                let run = move |_: &mut tenantry::Transaction<'_>| {
                    let _held = &trap;
                    Ok(())
                };
                let other = async {
                    if round % 2 == 0 {
                        insert(&own, round).await;
                    }
                };
                let (trapped, ()) = tokio::join!(own.transaction(run), other);
                assert_eq!(trapped.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
            }
        }
    });
    others.await.unwrap();
    insert(&own, 6).await;
    assert_eq!(held(&own).await, [0, 2, 4, 6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_that_runs_again_on_a_newer_state_inserts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let ((own, counts), (other, _)) = (workspace(&folder).await, workspace(&folder).await);
    insert(&own, 0).await;
    insert(&other, 1).await;
    let before = counts.of(StoreMethod::Append, Some(&ana()));
    let inserted = own.collection().insert(Note { number: 2 }).await.unwrap();
    assert_eq!(counts.of(StoreMethod::Append, Some(&ana())) - before, 2, "it came to a state that was old");
    assert_eq!(own.collection().get(inserted.id()).await.unwrap(), inserted);
    assert_eq!(held(&other).await, [0, 1, 2]);
}
