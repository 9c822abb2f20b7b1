//! 64 tasks on one tenant: in four processes on one root, and in one process over one memory.

use std::path::Path;

use tenantry::store::{MemoryStore, TenantStore};

use super::audit::{Audit, InUse};
use super::child::{self, Process};
use super::history::examine;
use super::workload::{self, BY_REVISION, Counter, Event, TASKS, id, own, prepare};

const PROCESSES: u64 = 4;

/// A tenant's usage after everything was removed.
async fn all_is_given_back(store: &impl TenantStore) {
    let audit = Audit::of(store).await;
    assert_eq!(audit.in_use(), InUse::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_over_one_memory_lose_nothing_and_exceed_no_limit() {
    let memory = MemoryStore::new();
    let one = workload::open(memory.reopen()).await;
    let other = workload::open(memory.reopen()).await;
    prepare(&one).await;
    let (mut events, more) =
        tokio::join!(workload::run(&one, 0..TASKS / 2), workload::run(&other, TASKS / 2..TASKS));
    events.extend(more);
    examine(&events, &Audit::of(&memory).await);
    workload::clear(&one).await;
    all_is_given_back(&memory).await;
    assert_eq!(own(&other).await.usage().await.unwrap().0, tenantry::quota::Usage::default());
}

/// Not a test of its own: what one of the processes does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_part_of_a_process() {
    let Some((root, part)) = child::told() else { return };
    let tenantry = workload::open(workload::local(&root).await).await;
    child::say("ready");
    assert_eq!(child::hear().trim(), "go");
    let share = TASKS / PROCESSES;
    for event in workload::run(&tenantry, part * share..(part + 1) * share).await {
        child::say(&serde_json::to_string(&event).unwrap());
    }
}

fn start(root: &Path, part: u64) -> Process {
    let mut process = Process::start("one_tenant::the_part_of_a_process", root, part);
    assert_eq!(process.next_line().as_deref(), Some("ready"));
    process
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_in_four_processes_lose_nothing_and_exceed_no_limit() {
    let folder = tempfile::tempdir().unwrap();
    let tenantry = workload::open(workload::local(folder.path()).await).await;
    prepare(&tenantry).await;
    let mut processes: Vec<_> = (0..PROCESSES).map(|part| start(folder.path(), part)).collect();
    for process in &mut processes {
        process.tell("go");
    }
    let mut events: Vec<Event> = Vec::new();
    for mut process in processes {
        while let Some(line) = process.next_line() {
            events.push(serde_json::from_str(&line).unwrap());
        }
        assert!(process.finish());
    }
    let store = workload::local(folder.path()).await;
    examine(&events, &Audit::of(&store).await);
    workload::clear(&tenantry).await;
    all_is_given_back(&store).await;
    let videos = folder.path().join("videos/ana");
    assert_eq!(std::fs::read_dir(videos).unwrap().count(), 0);
}

/// Not a test of its own: counts up whenever it is told to.
#[tokio::test]
async fn the_part_of_a_process_that_counts() {
    let Some((root, _)) = child::told() else { return };
    let tenantry = workload::open(workload::local(&root).await).await;
    let own = own(&tenantry).await;
    while child::hear().trim() == "count" {
        let counters = own.collection::<Counter>();
        let old = counters.get(&id(BY_REVISION)).await.unwrap();
        let new = Counter { value: old.value().value + 1 };
        let new = counters.update(&id(BY_REVISION), old.revision(), new).await.unwrap();
        child::say(&new.value().value.to_string());
    }
}

#[tokio::test]
async fn two_processes_see_each_others_commits_at_the_next_read() {
    let folder = tempfile::tempdir().unwrap();
    let tenantry = workload::open(workload::local(folder.path()).await).await;
    prepare(&tenantry).await;
    let own = own(&tenantry).await;
    let counters = own.collection::<Counter>();
    let mut other = Process::start("one_tenant::the_part_of_a_process_that_counts", folder.path(), 0);
    let mut seen = counters.get(&id(BY_REVISION)).await.unwrap();
    for _ in 0..50 {
        let before = seen.value().value;
        // The other one reads what was committed here, and here is read what it committed.
        other.tell("count");
        assert_eq!(other.next_line(), Some((before + 1).to_string()));
        let there = counters.get(&id(BY_REVISION)).await.unwrap();
        assert_eq!(there.value().value, before + 1);
        let snapshot = own.snapshot().await.unwrap();
        assert_eq!(snapshot.collection::<Counter>().get(&id(BY_REVISION)).unwrap().value().value, before + 1);
        let mine = Counter { value: before + 2 };
        seen = counters.update(&id(BY_REVISION), there.revision(), mine).await.unwrap();
    }
    other.tell("enough");
    assert!(other.finish());
}
