//! A ledger that is opened without its snapshot being read: each part is checked when it is read, and only then.

use std::io::IoSliceMut;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::{ReadWriteFlags, preadv2};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Fold, FoldKind, Opened, OpenedSnapshot, SnapshotParts, StoreErrorKind, TenantStore};

use crate::support::{Place, ana, append, committed, create, fold_at, header};

const LEDGER: &str = "data/ana/ledger";
const WORD: &str = "data/ana/ledger.word";

fn snapshot() -> Bytes {
    let lines: Vec<String> = (0..2000).map(|number| format!("line {number} {:050}\n", number * 7)).collect();
    lines.concat().into()
}

fn index() -> Bytes {
    (0..50_000_u32).map(|number| u8::try_from(number * 31 % 251).unwrap()).collect::<Vec<_>>().into()
}

/// A ledger that was folded with an index, and a commit since.
async fn folded(place: &Place) {
    folded_to(place, snapshot()).await;
}

async fn folded_to(place: &Place, snapshot: Bytes) {
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let fold = Fold { kind: FoldKind::Same, header: header("{\"v\":1}"), snapshot, index: index() };
    let folded = committed(store.fold(&ana(), &first, fold).await.unwrap());
    append(&store, &folded, "since").await;
}

async fn open(store: &LocalStore) -> Opened {
    store.open(&ana()).await.unwrap().unwrap()
}

fn parts(opened: Opened) -> Arc<dyn SnapshotParts> {
    match opened.snapshot {
        OpenedSnapshot::Parts(parts) => parts,
        OpenedSnapshot::Whole(_) => panic!("it was read whole"),
    }
}

/// How many parts there are.
fn count(parts: &dyn SnapshotParts) -> usize {
    (parts.text_length() + parts.index_length()).div_ceil(parts.part_length())
}

/// What they say together, part by part.
fn all(parts: &dyn SnapshotParts) -> Vec<u8> {
    (0..count(parts)).flat_map(|part| parts.read(part..part + 1).unwrap()).collect()
}

#[tokio::test]
async fn what_is_opened_says_part_by_part_what_was_folded() {
    let place = Place::new();
    folded(&place).await;
    let opened = open(&place.open().await).await;
    assert_eq!((opened.version.number, &opened.commits[..]), (2, &[Bytes::from_static(b"since")][..]));
    let parts = parts(opened);
    assert!(count(&*parts) > 3);
    assert_eq!(all(&*parts), [snapshot(), index()].concat());
    assert_eq!(parts.read(1..3).unwrap(), all(&*parts)[parts.part_length()..3 * parts.part_length()]);
    assert_eq!(parts.read_all().unwrap(), (snapshot(), index()));
    assert_eq!(place.open().await.load(&ana()).await.unwrap().unwrap().snapshot, snapshot());
}

#[tokio::test]
async fn much_says_what_was_folded_however_many_parts_of_it_are_read_at_once() {
    let place = Place::new();
    let line = |number: u32| format!("line {number} {:050}\n", u64::from(number) * 7);
    let lines = Bytes::from((0..90_000).map(line).collect::<String>());
    folded_to(&place, lines.clone()).await;
    let parts = parts(open(&place.open().await).await);
    let (whole, count) = ([&*lines, &*index()].concat(), count(&*parts));
    for at_once in [1, 17, 64, count] {
        let ranges = (0..count).step_by(at_once).map(|first| first..count.min(first + at_once));
        let read: Vec<u8> = ranges.flat_map(|range| parts.read(range).unwrap()).collect();
        assert!(read == whole, "{at_once} of {count} parts at once");
    }
    assert!(parts.read_all().unwrap() == (lines, index()));
}

#[tokio::test]
async fn a_damaged_byte_is_told_by_the_part_in_which_it_is_and_by_no_other() {
    let place = Place::new();
    folded(&place).await;
    let ledger = place.read(LEDGER);
    let start = ledger.windows(8).position(|bytes| bytes == b"line 0 0").unwrap();
    let length = snapshot().len() + index().len();
    let whole = [snapshot(), index()].concat();
    for at in (start..start + length).step_by(1999).chain([start + length - 1]) {
        let mut damaged = ledger.clone();
        damaged[at] ^= 4;
        place.write(LEDGER, &damaged);
        let parts = parts(open(&place.open().await).await);
        for part in 0..count(&*parts) {
            let place_of = part * parts.part_length();
            let range = place_of..length.min(place_of + parts.part_length());
            match parts.read(part..part + 1) {
                Ok(bytes) => assert_eq!(bytes, whole[range]),
                Err(error) => {
                    assert!(range.contains(&(at - start)), "{error}");
                    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
                    let said = format!("data/ana/ledger: at byte {}:", start + place_of);
                    assert!(error.to_string().contains(&said), "{error}");
                }
            }
        }
        let damaged = (at - start) / parts.part_length();
        assert!(parts.read(damaged..damaged + 1).is_err());
        assert!(parts.read(0..count(&*parts)).is_err(), "none that is damaged is handed out");
        assert_eq!(parts.read_all().unwrap_err().kind(), StoreErrorKind::Corrupt);
        let error = place.open().await.load(&ana()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn a_damaged_byte_around_the_snapshot_is_told_at_opening() {
    let place = Place::new();
    folded(&place).await;
    let ledger = place.read(LEDGER);
    let start = ledger.windows(8).position(|bytes| bytes == b"line 0 0").unwrap();
    let behind = start + snapshot().len() + index().len();
    let end = ledger.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for at in (0..start).chain(behind..end) {
        let mut damaged = ledger.clone();
        // Another bit for each, and none by which one digit becomes another spelling of the same.
        damaged[at] ^= 1 << (at % 8);
        place.write(LEDGER, &damaged);
        let store = place.open().await;
        let error = store.open(&ana()).await.unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::Corrupt | StoreErrorKind::NewerFormat),
            "{at}: {error}"
        );
        assert_eq!(place.read(LEDGER), damaged, "nothing is changed");
    }
}

#[tokio::test]
async fn a_file_that_ends_within_the_snapshot_is_damaged() {
    let place = Place::new();
    folded(&place).await;
    let ledger = place.read(LEDGER);
    place.write(LEDGER, &ledger[..50_000]);
    let store = place.open().await;
    assert_eq!(store.open(&ana()).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    assert_eq!(store.load(&ana()).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn what_was_opened_can_be_read_after_another_store_folds() {
    let place = Place::new();
    folded(&place).await;
    let (one, two) = (place.open().await, place.open().await);
    let parts = parts(open(&one).await);
    let version = two.load(&ana()).await.unwrap().unwrap().version;
    fold_at(&two, &version, "another\n").await;
    two.tidy(&ana()).await.unwrap();
    assert_eq!(all(&*parts), [snapshot(), index()].concat());
    assert!(matches!(open(&one).await.snapshot, OpenedSnapshot::Whole(lines) if lines == "another\n"));
}

#[tokio::test]
async fn a_recovery_carries_the_index_along() {
    let place = Place::new();
    folded(&place).await;
    let before = place.read(LEDGER);
    std::fs::remove_file(place.path(WORD)).unwrap();
    let opened = open(&place.open().await).await;
    assert_ne!(place.read(LEDGER), before, "it was recovered");
    assert_eq!(opened.commits, ["since"]);
    assert_eq!(all(&*parts(opened)), [snapshot(), index()].concat());
}

#[tokio::test]
async fn no_more_files_stay_open_for_it_than_the_handles_allow() {
    let place = Place::new();
    folded(&place).await;
    let mut options = LocalOptions::default();
    options.handles = 8;
    let store = place.open_with(options).await;
    let first = parts(open(&store).await);
    assert!(matches!(open(&store).await.snapshot, OpenedSnapshot::Whole(lines) if lines == snapshot()));
    drop(first);
    parts(open(&store).await);
}

/// A runtime that has one thread for what blocks.
fn with_one_thread<T>(task: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().max_blocking_threads(1).build().unwrap().block_on(task)
}

/// What opening answers while that thread is held.
async fn open_on_the_spot(store: &LocalStore) -> Option<Opened> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let held = tokio::task::spawn_blocking(move || released.recv());
    let answer = store.open(&ana()).now_or_never();
    drop(release);
    held.await.unwrap().unwrap_err();
    answer.map(|opened| opened.unwrap().unwrap())
}

/// Whether the system says of the ledger what of it is in memory: not every file system can.
fn can_tell(place: &Place) -> bool {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let opened = openat2(CWD, place.path(LEDGER), flags, Mode::empty(), ResolveFlags::CACHED);
    let mut byte = [0];
    let read = |file| preadv2(file, &mut [IoSliceMut::new(&mut byte)], 0, ReadWriteFlags::NOWAIT);
    opened.and_then(read).is_ok_and(|count| count == 1)
}

#[test]
fn what_the_system_has_in_memory_is_opened_without_a_thread() {
    let place = Place::new();
    with_one_thread(async {
        folded(&place).await;
        let (one, two) = (place.open().await, place.open().await);
        let Some(opened) = open_on_the_spot(&one).await else { return assert!(!can_tell(&place)) };
        assert_eq!(opened.commits, ["since"]);
        assert_eq!(all(&*parts(opened)), [snapshot(), index()].concat());
        let version = open_on_the_spot(&two).await.unwrap().version;
        append(&two, &version, "more").await;
        assert!(open_on_the_spot(&one).await.is_none(), "what is new is read by a thread");
        assert_eq!(open(&one).await.commits, ["since", "more"]);
        assert_eq!(open_on_the_spot(&one).await.unwrap().commits, ["since", "more"]);
    });
}

#[test]
fn a_short_ledger_is_opened_whole_without_a_thread() {
    let place = Place::new();
    with_one_thread(async {
        let store = place.open().await;
        let version = create(&store, &ana()).await;
        fold_at(&store, &version, "one\ntwo\n").await;
        let Some(opened) = open_on_the_spot(&place.open().await).await else {
            return assert!(!can_tell(&place));
        };
        assert!(matches!(opened.snapshot, OpenedSnapshot::Whole(lines) if lines == "one\ntwo\n"));
    });
}

#[test]
fn long_commits_are_read_by_a_thread() {
    let place = Place::new();
    with_one_thread(async {
        folded(&place).await;
        let store = place.open().await;
        let version = open(&store).await.version;
        append(&store, &version, vec![b'x'; 100_000]).await;
        for store in [store, place.open().await] {
            assert!(open_on_the_spot(&store).await.is_none());
            assert_eq!(open(&store).await.commits.len(), 2);
        }
    });
}
