//! Commits, reads and folds by several stores on one root.

use bytes::Bytes;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, NetworkFileSystems, Processes};
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, Outcome, Refreshed, StoreErrorKind, TenantStore,
};

use crate::support::{LIFE, Place, ana, append, bury, commit, commits, committed, create, fold_at, header};

#[tokio::test]
async fn what_one_store_commits_another_sees_at_its_next_read() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    assert_eq!(commits(&two).await, ["first"]);
    let seen = two.load(&ana()).await.unwrap().unwrap().version;
    let second = append(&one, &first, "second").await;
    let Refreshed::Commits { version, header: None, commits } = two.refresh(&ana(), &seen).await.unwrap()
    else {
        panic!("the second commit is not seen");
    };
    assert_eq!((version.number, commits), (2, vec![Bytes::from_static(b"second")]));
    append(&two, &version, "third").await;
    assert!(matches!(one.refresh(&ana(), &second).await.unwrap(), Refreshed::Commits { .. }));
}

#[tokio::test]
async fn that_nothing_is_new_is_known_at_once_also_when_the_ledger_went_to_another_file_or_was_closed() {
    let place = Place::new();
    let mut options = LocalOptions::default();
    options.handles = 1;
    let (one, two) = (place.open_with(options).await, place.open().await);
    let version = create(&one, &ana()).await;
    assert!(one.is_newest(&ana(), &version));
    committed(fold_at(&two, &version, "first\n").await);
    // Where it stands now is seen by who looks, once.
    assert!(matches!(one.refresh(&ana(), &version).await.unwrap(), Refreshed::Unchanged));
    assert!(one.is_newest(&ana(), &version));
    create(&one, &TenantId::parse("ben").unwrap()).await;
    assert!(matches!(one.refresh(&ana(), &version).await.unwrap(), Refreshed::Unchanged));
    assert!(one.is_newest(&ana(), &version));
    append(&two, &version, "second").await;
    assert!(matches!(one.refresh(&ana(), &version).await.unwrap(), Refreshed::Commits { .. }));
}

#[tokio::test]
async fn where_another_machine_may_have_to_be_asked_nothing_is_known_at_once_and_a_refresh_tells_it() {
    let place = Place::new();
    let mut options = LocalOptions::default();
    options.network = NetworkFileSystems::Allowed;
    let store = place.open_with(options).await;
    let version = create(&store, &ana()).await;
    assert!(!store.is_newest(&ana(), &version));
    assert!(matches!(store.refresh(&ana(), &version).await.unwrap(), Refreshed::Unchanged));
}

#[tokio::test]
async fn a_tenant_that_is_read_stays_open_while_others_that_are_not_are_closed() {
    let place = Place::new();
    let mut options = LocalOptions::default();
    // For three tenants.
    options.handles = 24;
    let store = place.open_with(options).await;
    let version = create(&store, &ana()).await;
    for number in 0..8 {
        assert!(store.is_newest(&ana(), &version), "closed after {number}");
        create(&store, &TenantId::parse(&format!("other{number}")).unwrap()).await;
    }
}

#[tokio::test]
async fn a_commit_on_an_old_base_is_a_conflict() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    append(&two, &first, "second").await;
    let late = one.append(&ana(), Some(&first), commit("late")).await.unwrap();
    assert!(matches!(late, Outcome::Conflict), "{late:?}");
    let anew = Commit { header: Some(header("{}")), text: Bytes::new() };
    assert!(matches!(two.append(&ana(), None, anew).await.unwrap(), Outcome::Conflict));
    assert_eq!(commits(&one).await, ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of_two_stores_at_once_are_all_kept_once() {
    let place = Place::new();
    create(&place.open().await, &ana()).await;
    let mut tasks = Vec::new();
    for writer in 0..2 {
        let store = place.open().await;
        tasks.push(tokio::spawn(async move {
            for round in 0..20 {
                loop {
                    let base = store.load(&ana()).await.unwrap().unwrap().version;
                    let text = commit(format!("{writer}-{round}"));
                    if let Outcome::Committed(_) = store.append(&ana(), Some(&base), text).await.unwrap() {
                        break;
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut found = commits(&place.open().await).await;
    assert_eq!(found.remove(0), "first");
    for writer in ["0", "1"] {
        let own: Vec<_> = found.iter().filter(|text| text.starts_with(writer)).cloned().collect();
        let expected: Vec<_> = (0..20).map(|round| format!("{writer}-{round}")).collect();
        assert_eq!(own, expected);
    }
    assert_eq!(found.len(), 40);
}

#[tokio::test]
async fn a_fold_leaves_room_for_a_tenant_whose_commits_go_on_and_none_for_one_at_rest() {
    let place = Place::new();
    let store = place.open().await;
    let length = || place.read("data/ana/ledger").len();
    let mut version = create(&store, &ana()).await;
    committed(fold_at(&store, &version, "first\n").await);
    assert_eq!(length(), 4096);
    let base = append(&store, &version, "second").await;
    version = append(&store, &base, "third").await;
    let long = format!("first\n{}\n", "x".repeat(100_000));
    committed(fold_at(&store, &base, &long).await);
    let room = length();
    assert!((200_000..210_000).contains(&room), "{room}");
    for _ in 0..80 {
        version = append(&store, &version, "x".repeat(1000)).await;
    }
    assert_eq!(length(), room, "it has grown in spite of that");
    assert_eq!(commits(&place.open().await).await.len(), 81);
}

#[tokio::test]
async fn a_snapshot_of_two_megabytes_is_read_as_it_was_written_with_room_behind_it() {
    let place = Place::new();
    let store = place.open().await;
    let version = create(&store, &ana()).await;
    let base = append(&store, &version, "second").await;
    append(&store, &base, "third").await;
    let long: String = (0..300_000).map(|line| format!("{line}\n")).collect();
    committed(fold_at(&store, &base, &long).await);
    let loaded = place.open().await.load(&ana()).await.unwrap().unwrap();
    assert!(loaded.snapshot == long);
    assert_eq!(loaded.commits, ["third"]);
    assert!((3_970_000..4_000_000).contains(&place.read("data/ana/ledger").len()));
}

#[tokio::test]
async fn a_commit_longer_than_the_space_grows_the_file() {
    let place = Place::new();
    let store = place.open().await;
    let mut base = create(&store, &ana()).await;
    let long = "x".repeat(100_000);
    for _ in 0..3 {
        base = append(&store, &base, long.clone()).await;
    }
    assert_eq!(commits(&place.open().await).await[3], long);
}

#[tokio::test]
async fn a_fold_carries_over_what_was_committed_beside_it() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    let second = append(&two, &first, "second").await;
    let folded = committed(fold_at(&one, &first, "state\n").await);
    assert_eq!(folded.number, 1, "who folds knows what it folded");
    assert!(matches!(two.refresh(&ana(), &second).await.unwrap(), Refreshed::Unchanged));
    let loaded = two.load(&ana()).await.unwrap().unwrap();
    assert_eq!((loaded.snapshot_number, &loaded.snapshot[..]), (1, &b"state\n"[..]));
    assert_eq!(loaded.commits, ["second"]);
    append(&two, &second, "third").await;
    let Refreshed::Commits { commits, .. } = one.refresh(&ana(), &first).await.unwrap() else {
        panic!("the commits since are all there");
    };
    assert_eq!(commits, ["second", "third"]);
    let same = fold_at(&one, &folded, "state\n").await;
    assert!(matches!(same, Outcome::Conflict), "{same:?}");
    committed(fold_at(&one, &second, "later\n").await);
    let old = two.refresh(&ana(), &first).await.unwrap();
    assert!(matches!(old, Refreshed::StartOver), "{old:?}");
}

#[tokio::test]
async fn a_replacing_fold_conflicts_with_anything_newer() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let second = append(&store, &first, "second").await;
    let snapshot = Bytes::from_static(b"new\n");
    let fold = Fold { kind: FoldKind::Replace, header: header("{}"), snapshot, index: Bytes::new() };
    let late = store.fold(&ana(), &first, fold.clone()).await.unwrap();
    assert!(matches!(late, Outcome::Conflict), "{late:?}");
    assert_eq!(committed(store.fold(&ana(), &second, fold).await.unwrap()).number, 3);
    assert!(commits(&store).await.is_empty());
}

#[tokio::test]
async fn a_header_is_that_of_the_last_commit_that_changed_it() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    assert!(two.header(&ana()).await.unwrap().is_none());
    let first = create(&one, &ana()).await;
    assert_eq!(two.header(&ana()).await.unwrap(), Some(header("{\"v\":1}")));
    let change = Commit { header: Some(header("{\"v\":2}")), text: Bytes::from_static(b"change") };
    let changed = committed(one.append(&ana(), Some(&first), change).await.unwrap());
    append(&one, &changed, "more").await;
    assert_eq!(two.header(&ana()).await.unwrap(), Some(header("{\"v\":2}")));
    assert_eq!(place.open().await.header(&ana()).await.unwrap(), Some(header("{\"v\":2}")));
    let Refreshed::Commits { header: found, commits, .. } = two.refresh(&ana(), &first).await.unwrap() else {
        panic!("there are commits");
    };
    assert_eq!((found, commits.len()), (Some(header("{\"v\":2}")), 2));
}

#[tokio::test]
async fn only_a_tombstone_is_followed_by_another_life() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    let other = Header { incarnation: Incarnation::from_bytes([8; 16]), ..header("{}") };
    let rebirth = Commit { header: Some(other.clone()), text: Bytes::from_static(b"born") };
    let early = one.append(&ana(), Some(&first), rebirth.clone()).await.unwrap_err();
    assert_eq!(early.kind(), StoreErrorKind::Unsupported);
    let grave = bury(&one, &first).await;
    assert!(two.header(&ana()).await.unwrap().unwrap().tombstone);
    let born = committed(two.append(&ana(), Some(&grave), rebirth).await.unwrap());
    assert_eq!((born.number, born.incarnation), (3, other.incarnation));
    assert!(matches!(one.refresh(&ana(), &grave).await.unwrap(), Refreshed::StartOver));
    assert_eq!(commits(&one).await, ["born"]);
    assert_ne!(LIFE, other.incarnation);
}

#[tokio::test]
async fn texts_that_are_not_one_line_are_refused() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let error = store.append(&ana(), Some(&first), commit("a\nb")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    append(&store, &first, "second").await;
}

#[tokio::test]
async fn more_tenants_than_handles_are_served_in_turn() {
    let place = Place::new();
    let mut options = LocalOptions::default();
    options.handles = 8;
    let store = place.open_with(options).await;
    let before = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let ids: Vec<_> = (0..40).map(|n| TenantId::parse(&format!("t{n}")).unwrap()).collect();
    let mut versions = Vec::new();
    for id in &ids {
        versions.push(create(&store, id).await);
    }
    for (id, version) in ids.iter().zip(&versions) {
        committed(store.append(id, Some(version), commit("second")).await.unwrap());
    }
    // Other tests of this process open files too: far fewer than 40 tenants would.
    let after = std::fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(after < before + 100, "{before} files were open, then {after}");
}

#[tokio::test]
async fn a_process_alone_on_its_root_keeps_others_out() {
    let place = Place::new();
    let mut alone = LocalOptions::default();
    alone.processes = Processes::Only;
    let one = place.open_with(alone.clone()).await;
    let first = create(&one, &ana()).await;
    append(&one, &first, "second").await;
    for options in [LocalOptions::default(), alone.clone()] {
        let refused = tenantry::store::local::LocalStore::open(place.path(""), options).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Locked);
    }
    drop(one);
    let shared = place.open().await;
    let refused = tenantry::store::local::LocalStore::open(place.path(""), alone).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Locked);
    assert_eq!(commits(&shared).await.len(), 2);
}
