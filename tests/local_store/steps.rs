//! Steps of the protocol that only matter where several processes meet: each history is true with
//! the step and false without it.

use std::sync::Arc;

use bytes::Bytes;
use tenantry::store::local::{LocalOptions, LocalStore, Step};
use tenantry::store::{Fold, FoldKind, Loaded, Outcome, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{Cut, LoseAll, OperationKind, Process, Scope, SimulatedDisk};

use crate::support::{ana, append, commit, committed, create};

async fn open(process: &Process, omit: Option<Step>, seed: u64) -> LocalStore {
    let mut options = LocalOptions::default();
    options.omit = omit.into_iter().collect();
    let entropy = Arc::new(SeededEntropy::new(seed));
    LocalStore::on(process.root().unwrap(), options, entropy).await.unwrap()
}

/// Everything the ledger says, one line each.
async fn texts(store: &LocalStore) -> Vec<String> {
    let loaded = store.load(&ana()).await.unwrap().unwrap();
    let snapshot = String::from_utf8(loaded.snapshot.to_vec()).unwrap();
    let commits = loaded.commits.iter().map(|text| String::from_utf8_lossy(text).into_owned());
    snapshot.lines().map(str::to_owned).chain(commits).collect()
}

async fn fold(store: &LocalStore) -> Outcome {
    let loaded = store.load(&ana()).await.unwrap().unwrap();
    fold_of(store, loaded).await
}

/// Folds what was loaded.
async fn fold_of(store: &LocalStore, loaded: Loaded) -> Outcome {
    let mut snapshot = loaded.snapshot.to_vec();
    for text in &loaded.commits {
        snapshot.extend_from_slice(text);
        snapshot.push(b'\n');
    }
    let fold = Fold {
        kind: FoldKind::Same,
        header: loaded.header,
        snapshot: Bytes::from(snapshot),
        index: Bytes::new(),
    };
    store.fold(&ana(), &loaded.version, fold).await.unwrap()
}

/// A process dies after so many changes of an append; what another then shows must survive the
/// machine's crash. `None` once the append comes to its end.
async fn what_is_shown_survives(changes: u64, omit: Option<Step>) -> Option<bool> {
    let disk = SimulatedDisk::new();
    let (first, second) = (disk.process(), disk.process());
    let one = open(&first, omit, 1).await;
    let base = create(&one, &ana()).await;
    disk.stop_after(Scope::Process(first.id()), changes, Cut::Before);
    let ended = one
        .append(&ana(), Some(&base), commit("second"))
        .await
        .is_ok_and(|outcome| matches!(outcome, Outcome::Committed(_)));
    let shown = texts(&open(&second, omit, 2).await).await;
    let after = disk.crash(&mut LoseAll);
    let left = texts(&open(&after.process(), None, 3).await).await;
    if ended { None } else { Some(shown.iter().all(|text| left.contains(text))) }
}

#[tokio::test]
async fn nothing_beyond_the_word_is_shown() {
    for (omit, expected) in [(None, true), (Some(Step::BelieveOnlyWord), false)] {
        let (mut holds, mut changes) = (true, 0);
        while let Some(survived) = what_is_shown_survives(changes, omit).await {
            holds &= survived;
            changes += 1;
        }
        assert!(changes > 2, "the append had only {changes} changes");
        assert_eq!(holds, expected, "without {omit:?}");
    }
}

/// A fold is held after so many calls while another process commits, folds and commits again.
/// Answers whether the fold was held, and whether all commits are there.
async fn an_overtaken_fold(calls: u64, omit: Option<Step>) -> (bool, bool) {
    let disk = SimulatedDisk::new();
    let (slow, fast) = (disk.process(), disk.process());
    let store = open(&fast, omit, 1).await;
    let base = create(&store, &ana()).await;
    let slower = open(&slow, omit, 2).await;
    texts(&slower).await;
    let gate = disk.pause(slow.id(), calls);
    let (its_disk, its_id) = (disk.clone(), slow.id());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(fold(&slower));
        its_disk.finished(its_id);
    });
    let held = gate.reached();
    let second = append(&store, &base, "second").await;
    fold(&store).await;
    append(&store, &second, "third").await;
    gate.resume();
    thread.join().unwrap();
    let found = texts(&open(&disk.process(), None, 3).await).await;
    (held, found == ["first", "second", "third"])
}

/// A fold of a state after which much has come already is held after so many calls while another process commits more.
/// Answers whether it was held, and whether all is there, once and in order, and survives the machine's crash.
async fn a_fold_amid_commits(calls: u64) -> (bool, bool) {
    let disk = SimulatedDisk::new();
    let (slow, fast) = (disk.process(), disk.process());
    let store = open(&fast, None, 1).await;
    let base = create(&store, &ana()).await;
    let slower = open(&slow, None, 2).await;
    let loaded = slower.load(&ana()).await.unwrap().unwrap();
    let long = "x".repeat(72_000);
    let second = append(&store, &base, long.clone()).await;
    let gate = disk.pause(slow.id(), calls);
    let (its_disk, its_id) = (disk.clone(), slow.id());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        committed(runtime.block_on(fold_of(&slower, loaded)));
        its_disk.finished(its_id);
    });
    let held = gate.reached();
    let third = append(&store, &second, "third").await;
    append(&store, &third, "fourth").await;
    gate.resume();
    thread.join().unwrap();
    let mut complete = true;
    for disk in [&disk, &disk.crash(&mut LoseAll)] {
        let found = texts(&open(&disk.process(), None, 3).await).await;
        complete &= found == ["first", &long, "third", "fourth"];
    }
    (held, complete)
}

#[tokio::test]
async fn what_is_committed_while_a_fold_carries_over_what_was_before_is_there_once_and_in_order() {
    let mut calls = 0;
    loop {
        let (held, complete) = a_fold_amid_commits(calls).await;
        assert!(complete, "a fold that is held after {calls} calls");
        if !held {
            break;
        }
        calls += 1;
    }
    assert!(calls > 15, "the fold had only {calls} calls");
}

/// A fold is held after so many calls. Answers how many files were open then, if it was held, and at its end.
async fn files_open_during_a_fold(calls: u64) -> (Option<usize>, usize) {
    let disk = SimulatedDisk::new();
    let process = disk.process();
    let store = open(&process, None, 1).await;
    create(&store, &ana()).await;
    let gate = disk.pause(process.id(), calls);
    let (its_disk, its_id) = (disk.clone(), process.id());
    let _ = disk.take_operations();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(fold(&store));
        its_disk.finished(its_id);
        store
    });
    let open = gate.reached().then(|| process.open_handles());
    gate.resume();
    let _store = thread.join().unwrap();
    let last = disk.take_operations().pop().map(|operation| operation.kind);
    assert_eq!(last, Some(OperationKind::Unlock));
    (open, process.open_handles())
}

#[tokio::test]
async fn the_file_that_a_fold_replaced_is_closed_when_the_lock_was_given_back() {
    let (mut before_the_last_call, mut calls) = (None, 0);
    while let (Some(open), end) = files_open_during_a_fold(calls).await {
        before_the_last_call = Some((open, end));
        calls += 1;
    }
    let (open, end) = before_the_last_call.unwrap();
    // It, and the word with which it was opened.
    assert_eq!(open, end + 2);
}

#[tokio::test]
async fn a_fold_that_was_overtaken_gives_way() {
    for (omit, expected) in [(None, true), (Some(Step::FoldRecheck), false)] {
        let (mut holds, mut calls) = (true, 0);
        loop {
            let (held, complete) = an_overtaken_fold(calls, omit).await;
            holds &= complete;
            if !held {
                break;
            }
            calls += 1;
        }
        assert!(calls > 10, "the fold had only {calls} calls");
        assert_eq!(holds, expected, "without {omit:?}");
    }
}
