//! What is left behind by a process or a machine that died, and by damage.

use tenantry::store::{Outcome, StoreErrorKind, TenantStore};

use crate::support::{Place, ana, append, commit, commits, create, fold_at};

const LEDGER: &str = "data/ana/ledger";
const WORD: &str = "data/ana/ledger.word";

/// Where the ledger's lines end.
fn end_of(ledger: &[u8]) -> usize {
    ledger.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

#[tokio::test]
async fn a_line_whose_writer_died_before_the_word_is_settled_by_the_next() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    let before = place.read(WORD);
    append(&one, &first, "second").await;
    place.write(WORD, &before);
    // A store that has the file open believes the word: for it the second commit never was.
    let third = place.open().await;
    assert_eq!(commits(&third).await, ["first", "second"], "who opens the file recovers the line");
    let stale = two.append(&ana(), Some(&first), commit("other")).await.unwrap();
    assert!(matches!(stale, Outcome::Conflict), "{stale:?}");
    assert_eq!(commits(&two).await, ["first", "second"]);
}

#[tokio::test]
async fn a_writer_finds_the_line_of_a_dead_one_beyond_the_word() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    assert_eq!(commits(&two).await, ["first"]);
    let before = place.read(WORD);
    append(&one, &first, "second").await;
    place.write(WORD, &before);
    let outcome = two.append(&ana(), Some(&first), commit("other")).await.unwrap();
    assert!(matches!(outcome, Outcome::Conflict), "{outcome:?}");
    assert_eq!(commits(&one).await, ["first", "second"]);
}

#[tokio::test]
async fn a_lost_or_torn_word_loses_nothing() {
    for damage in [None, Some(&b""[..]), Some(&b"00000000000000000001 0000"[..])] {
        let place = Place::new();
        let first = create(&place.open().await, &ana()).await;
        append(&place.open().await, &first, "second").await;
        match damage {
            None => std::fs::remove_file(place.path(WORD)).unwrap(),
            Some(bytes) => place.write(WORD, bytes),
        }
        let store = place.open().await;
        assert_eq!(commits(&store).await, ["first", "second"]);
        assert_eq!(commits(&place.open().await).await, ["first", "second"]);
    }
}

#[tokio::test]
async fn a_torn_line_beyond_the_word_is_no_commit() {
    let place = Place::new();
    let first = create(&place.open().await, &ana()).await;
    let before = (place.read(WORD), end_of(&place.read(LEDGER)));
    append(&place.open().await, &first, "second").await;
    let mut ledger = place.read(LEDGER);
    ledger[before.1 + 110..].fill(0);
    ledger[before.1 + 101] ^= 1;
    place.write(LEDGER, &ledger);
    place.write(WORD, &before.0);
    let store = place.open().await;
    assert_eq!(commits(&store).await, ["first"]);
    append(&store, &first, "again").await;
    assert_eq!(commits(&place.open().await).await, ["first", "again"]);
}

#[tokio::test]
async fn a_fold_that_died_after_its_rename_is_finished_by_the_next() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let first = create(&one, &ana()).await;
    assert_eq!(commits(&two).await, ["first"]);
    let before = place.read(WORD);
    fold_at(&one, &first, "state\n").await;
    place.write(WORD, &before);
    // The word speaks of the old file, which this store still has open: only the inode tells.
    let second = append(&two, &first, "second").await;
    let loaded = place.open().await.load(&ana()).await.unwrap().unwrap();
    assert_eq!((loaded.version.number, &loaded.snapshot[..]), (second.number, &b"state\n"[..]));
    assert_eq!(loaded.commits, ["second"]);
}

#[tokio::test]
async fn damage_below_the_word_is_said_with_its_position() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let at = end_of(&place.read(LEDGER));
    append(&store, &first, "second").await;
    let mut ledger = place.read(LEDGER);
    ledger[at + 101] ^= 1;
    place.write(LEDGER, &ledger);
    let error = place.open().await.load(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains(&format!("data/ana/ledger: at byte {at}:")), "{error}");
    assert_eq!(place.read(LEDGER), ledger, "nothing is changed");
}

#[tokio::test]
async fn a_damaged_line_before_a_whole_one_is_corruption_though_the_word_is_lost() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let at = end_of(&place.read(LEDGER));
    let second = append(&store, &first, "second").await;
    append(&store, &second, "third").await;
    let mut ledger = place.read(LEDGER);
    ledger[at + 101] ^= 1;
    place.write(LEDGER, &ledger);
    std::fs::remove_file(place.path(WORD)).unwrap();
    let error = place.open().await.load(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.detail().contains(&at.to_string()), "{error}");
    assert_eq!(place.read(LEDGER), ledger, "nothing is changed");
}

#[tokio::test]
async fn a_damaged_snapshot_and_a_missing_ledger_are_corruption() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    fold_at(&store, &first, "state\n").await;
    let mut ledger = place.read(LEDGER);
    let at = ledger.windows(6).position(|window| window == b"state\n").unwrap();
    ledger[at] ^= 1;
    place.write(LEDGER, &ledger);
    let error = place.open().await.load(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.detail().contains(&format!("byte {at}")), "{error}");
    std::fs::remove_file(place.path(LEDGER)).unwrap();
    let error = place.open().await.load(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.detail().contains("missing where one was"), "{error}");
}

#[tokio::test]
async fn a_ledger_of_a_newer_format_is_left_alone() {
    let place = Place::new();
    create(&place.open().await, &ana()).await;
    let mut ledger = place.read(LEDGER);
    let at = "tenantry-ledger ".len();
    ledger[at] = b'2';
    place.write(LEDGER, &ledger);
    let error = place.open().await.header(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerFormat);
    assert_eq!(place.read(LEDGER), ledger);
}
