//! Calls of the disk that fail: whichever it is, the answer is true, before and after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Commit, Fold, FoldKind, Outcome, StoreError, StoreErrorKind, TenantStore, Version};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{
    Chooser, Fault, KeepAll, LoseAll, Matching, OperationKind, Seeded, SimulatedDisk,
};

use crate::support::{ana, append, clock, commit, commits, committed, create, header, key, put_of};

const CHANGES: &[OperationKind] = &[
    OperationKind::Metadata,
    OperationKind::Read,
    OperationKind::Lock,
    OperationKind::Unlock,
    OperationKind::CreateFile,
    OperationKind::Link,
    OperationKind::Rename,
    OperationKind::SyncDirectory,
    OperationKind::Write,
    OperationKind::SetLength,
    OperationKind::SyncFile,
];

async fn open(disk: &SimulatedDisk) -> Result<LocalStore, StoreError> {
    let root = disk.process().root().unwrap();
    LocalStore::on(root, LocalOptions::default(), Arc::new(SeededEntropy::new(disk.changes()))).await
}

/// What a history was told.
#[derive(Default)]
struct Told {
    committed: BTreeSet<String>,
    failed: BTreeSet<String>,
    /// The blob's put was answered with success.
    stored: bool,
}

impl Told {
    async fn add(&mut self, store: &LocalStore, text: &str) -> Option<Version> {
        let base = store.load(&ana()).await.ok()??.version;
        match store.append(&ana(), Some(&base), commit(text.to_owned())).await {
            Ok(Outcome::Committed(version)) => {
                self.committed.insert(text.to_owned());
                Some(version)
            }
            Ok(Outcome::Unknown(_)) => None,
            Ok(Outcome::Conflict) | Err(_) => {
                self.failed.insert(text.to_owned());
                None
            }
        }
    }

    /// Commits, a growth, a fold that makes room and carries commits over before it takes the lock, a blob: all that changes
    /// something.
    async fn live(&mut self, store: &LocalStore) {
        let long = "x".repeat(6_000);
        for text in ["one", &long, "two"] {
            self.add(store, text).await;
        }
        if let Ok(Some(loaded)) = store.load(&ana()).await {
            let snapshot: Vec<u8> = loaded.snapshot.iter().copied().chain(lines(&loaded.commits)).collect();
            let fold = Fold {
                kind: FoldKind::Same,
                header: loaded.header,
                snapshot: snapshot.into(),
                index: Bytes::new(),
            };
            self.add(store, &"beside".repeat(12_000)).await;
            self.add(store, "beside that").await;
            let _ = store.fold(&ana(), &loaded.version, fold).await;
        }
        self.add(store, "three").await;
        let body = vec![Ok(Bytes::from_static(b"video"))];
        self.stored = store.put(&key("a.mp4"), put_of(body, &clock())).await.is_ok();
        self.add(store, "four").await;
    }

    async fn ensure_true(&self, disk: &SimulatedDisk, context: &str) {
        let store = open(disk).await.unwrap();
        let loaded = store.load(&ana()).await.unwrap().unwrap();
        let all: Vec<u8> = loaded.snapshot.iter().copied().chain(lines(&loaded.commits)).collect();
        let all = String::from_utf8(all).unwrap();
        let found: BTreeSet<String> = all.lines().map(str::to_owned).collect();
        assert_eq!(found.len(), all.lines().count(), "{context}: something is there twice");
        let short = |texts: &BTreeSet<String>| {
            texts.iter().map(|text| text.chars().take(8).collect()).collect::<Vec<String>>()
        };
        let lost: BTreeSet<_> = self.committed.difference(&found).cloned().collect();
        assert!(lost.is_empty(), "{context}: lost {:?}", short(&lost));
        let invented: BTreeSet<_> = self.failed.intersection(&found).cloned().collect();
        assert!(invented.is_empty(), "{context}: happened after all: {:?}", short(&invented));
        let head = store.head(&key("a.mp4")).await.unwrap();
        assert!(head.is_none_or(|head| head.length == 5), "{context}: half a blob");
        assert!(head.is_some() || !self.stored, "{context}: the blob is lost");
    }
}

fn lines(commits: &[Bytes]) -> Vec<u8> {
    commits.iter().flat_map(|text| text.iter().copied().chain(*b"\n")).collect()
}

/// One history with one fault; whether the fault's place was reached.
async fn history(kind: OperationKind, fault: Fault, nth: u64) -> bool {
    let disk = SimulatedDisk::new();
    let store = open(&disk).await.unwrap();
    create(&store, &ana()).await;
    let mut told = Told::default();
    disk.inject(Matching::every(kind).nth(nth), fault);
    told.live(&store).await;
    let reached = disk.matched() > nth;
    disk.heal();
    told.add(&store, "healed").await;
    let context = format!("{fault:?} at {kind:?} {nth}");
    let choosers: [&mut dyn Chooser; 4] =
        [&mut KeepAll, &mut LoseAll, &mut Seeded::new(nth), &mut Seeded::new(nth + 1000)];
    for chooser in choosers {
        told.ensure_true(&disk.crash(chooser), &context).await;
    }
    told.ensure_true(&disk, &context).await;
    reached
}

#[tokio::test]
async fn whichever_call_fails_the_answer_is_true() {
    let mut reached = 0;
    for kind in CHANGES {
        use OperationKind::{Metadata, Read, SyncFile, Write};
        // For want of space only what writes can fail, and a read that fails late says no more.
        let faults = match kind {
            Metadata | Read => 1,
            Write | SyncFile => 4,
            _ => 2,
        };
        for fault in &[Fault::InputOutput, Fault::Late, Fault::Full, Fault::Short][..faults] {
            let mut nth = 0;
            while history(*kind, *fault, nth).await {
                nth += 1;
                reached += 1;
            }
        }
    }
    assert!(reached > 150, "only {reached} calls were made to fail");
}

#[tokio::test]
async fn a_full_disk_takes_commits_as_long_as_there_is_room_in_the_ledger() {
    let disk = SimulatedDisk::new();
    let store = open(&disk).await.unwrap();
    let mut base = create(&store, &ana()).await;
    disk.inject(Matching::every(OperationKind::CreateFile), Fault::Full);
    disk.set_capacity(0);
    let mut taken = 1;
    let error = loop {
        match store.append(&ana(), Some(&base), commit("on a full disk")).await {
            Ok(outcome) => base = committed(outcome),
            Err(error) => break error,
        }
        taken += 1;
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(taken > 5, "a new ledger has room for some commits, not for {taken}");
    disk.heal();
    disk.set_capacity(1 << 40);
    append(&store, &base, "on a disk with room").await;
    assert_eq!(commits(&open(&disk).await.unwrap()).await.len(), taken + 1);
}

#[tokio::test]
async fn a_fold_for_whose_room_a_disk_is_too_full_is_made_without() {
    let disk = SimulatedDisk::new();
    let store = open(&disk).await.unwrap();
    let first = create(&store, &ana()).await;
    append(&store, &first, "second").await;
    let length = |tree: &BTreeMap<String, Option<Vec<u8>>>| {
        tree.values().flatten().map(|bytes| bytes.len() as u64).sum::<u64>()
    };
    disk.set_capacity(length(&disk.tree()) + (200 << 10));
    let snapshot = format!("first {}\n", "x".repeat(100 << 10));
    let fold = Fold {
        kind: FoldKind::Same,
        header: header("{\"v\":1}"),
        snapshot: snapshot.into(),
        index: Bytes::new(),
    };
    committed(store.fold(&ana(), &first, fold).await.unwrap());
    assert_eq!(commits(&store).await, ["second"]);
    assert!(disk.tree()["data/ana/ledger"].as_ref().unwrap().len() <= 108 << 10);
}

#[tokio::test]
async fn a_failed_sync_is_settled_by_a_new_file() {
    let disk = SimulatedDisk::new();
    let store = open(&disk).await.unwrap();
    let first = create(&store, &ana()).await;
    disk.inject(Matching::every(OperationKind::SyncFile).ending("ledger").nth(1), Fault::InputOutput);
    // The first sync is that of the growth, the second the commit's own.
    let second = append(&store, &first, "x".repeat(5000)).await;
    assert!(disk.matched() > 1, "the commit's sync did not fail");
    disk.heal();
    let after = disk.crash(&mut LoseAll);
    let loaded = open(&after).await.unwrap().load(&ana()).await.unwrap().unwrap();
    assert_eq!(loaded.version.number, second.number);
}

#[tokio::test]
async fn where_files_have_no_unnamed_form_a_hidden_one_serves() {
    let disk = SimulatedDisk::new();
    disk.set_unnamed_files(false);
    let store = open(&disk).await.unwrap();
    create(&store, &ana()).await;
    let failing = vec![Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("gone"))];
    store.put(&key("a.mp4"), put_of(failing, &clock())).await.unwrap_err();
    let whole = || vec![Ok(Bytes::from_static(b"video"))];
    store.put(&key("a.mp4"), put_of(whole(), &clock())).await.unwrap();
    let again = store.put(&key("a.mp4"), put_of(whole(), &clock())).await.unwrap_err();
    assert_eq!(again.kind(), StoreErrorKind::AlreadyExists);
    let tree = disk.crash(&mut LoseAll).tree();
    let names: Vec<_> = tree.keys().filter(|path| path.starts_with("videos/ana/")).collect();
    assert_eq!(names, ["videos/ana/a.mp4"]);
}

#[tokio::test]
async fn a_root_that_could_not_be_made_durable_is_made_again() {
    let disk = SimulatedDisk::new();
    disk.inject(Matching::every(OperationKind::SyncDirectory).nth(0), Fault::InputOutput);
    open(&disk).await.unwrap_err();
    disk.heal();
    let store = open(&disk).await.unwrap();
    let first = Commit { header: Some(header("{}")), text: Bytes::from_static(b"first") };
    committed(store.append(&ana(), None, first).await.unwrap());
    assert_eq!(commits(&open(&disk.crash(&mut LoseAll)).await.unwrap()).await, ["first"]);
}

#[tokio::test]
async fn a_lock_whose_call_failed_keeps_nobody_out() {
    for (kind, fault) in [(OperationKind::Lock, Fault::Late), (OperationKind::Unlock, Fault::InputOutput)] {
        let disk = SimulatedDisk::new();
        let one = open(&disk).await.unwrap();
        let first = create(&one, &ana()).await;
        let mut options = LocalOptions::default();
        options.patience = std::time::Duration::ZERO;
        let entropy = Arc::new(SeededEntropy::new(5));
        let two = LocalStore::on(disk.process().root().unwrap(), options, entropy).await.unwrap();
        disk.inject(Matching::every(kind).ending("ana").nth(0), fault);
        let _ = one.append(&ana(), Some(&first), commit("one")).await;
        assert!(disk.matched() > 0, "{kind:?} was not reached");
        disk.heal();
        let base = two.load(&ana()).await.unwrap().unwrap().version;
        append(&two, &base, "two").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tenants_at_once_stay_within_the_limit_of_open_files() {
    let disk = SimulatedDisk::always_durable();
    disk.set_open_limit(256);
    let process = disk.process();
    let entropy = Arc::new(SeededEntropy::new(1));
    let mut options = LocalOptions::default();
    options.handles = 128;
    let store = Arc::new(LocalStore::on(process.root().unwrap(), options, entropy).await.unwrap());
    let mut tasks = Vec::new();
    for number in 0..600 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let tenant = TenantId::parse(&format!("t{number}")).unwrap();
            let mut base = create(&store, &tenant).await;
            for _ in 0..3 {
                base = committed(store.append(&tenant, Some(&base), commit("more")).await.unwrap());
            }
            let header = store.header(&tenant).await.unwrap().unwrap();
            let fold = Fold {
                kind: FoldKind::Same,
                header,
                snapshot: Bytes::from_static(b"state\n"),
                index: Bytes::new(),
            };
            committed(store.fold(&tenant, &base, fold).await.unwrap());
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let most = process.most_open_handles();
    assert!(most > 50 && most <= 256, "{most} files were open at once");
}
