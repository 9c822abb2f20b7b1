//! A tenant that is opened again, of whose records only those are read that are looked at: what is found is what was
//! there, and what is damaged is said to be, by whoever looks at it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ErrorKind, Expected, ListOptions, NewTenant, Settings, Snapshot, Tenantry, Workspace};

/// How many records there are: many times as much text as is read to find one.
const RECORDS: usize = 3000;
/// How many groups they are in.
const GROUPS: usize = 40;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
    group: usize,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("group", self.group.to_string())]
    }
}

fn note(number: usize) -> Note {
    Note { text: format!("text of {number:05}, {}", "x".repeat(100)), group: number % GROUPS }
}

fn note_id(number: usize) -> RecordId {
    RecordId::parse(&format!("note-{number:05}")).unwrap()
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

struct Place(tempfile::TempDir);

impl Place {
    /// A root with a tenant whose records stand in a snapshot, but for the last few.
    async fn filled() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let tenantry = place.open().await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        for tenant in ["ana", "ben"] {
            admin.tenants().create(&id(tenant), NewTenant::new(Role::User)).await.unwrap();
        }
        insert(&own(&tenantry, "ana").await, 0..RECORDS - 10).await;
        close(tenantry).await;
        let tenantry = place.open().await;
        insert(&own(&tenantry, "ana").await, RECORDS - 10..RECORDS).await;
        close(tenantry).await;
        place
    }

    /// Another tenantry on it, of whose tenants nothing is in memory.
    async fn open(&self) -> Tenantry {
        let store = LocalStore::open(self.0.path(), LocalOptions::default()).await.unwrap();
        let mut settings = Settings::default();
        settings.views = tenantry::ViewMode::AtClose;
        Tenantry::builder(store).settings(settings).open().await.unwrap()
    }

    fn ledger(&self) -> PathBuf {
        self.0.path().join("data/ana/ledger")
    }

    /// Changes a byte of the text of that record where it stands in the snapshot.
    fn damage(&self, number: usize) {
        let mut ledger = std::fs::read(self.ledger()).unwrap();
        let text = note(number).text;
        let mut found = ledger.windows(text.len()).enumerate().filter(|(_, bytes)| *bytes == text.as_bytes());
        let at = found.next().expect("the record's text").0;
        assert!(found.next().is_none(), "it stands there once");
        drop(found);
        ledger[at] ^= 1;
        write_in_place(&self.ledger(), &ledger);
    }
}

fn write_in_place(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    std::fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, 0).unwrap();
}

async fn own(tenantry: &Tenantry, who: &str) -> Workspace {
    tenantry.session(&id(who)).await.unwrap().own()
}

async fn close(tenantry: Tenantry) {
    tenantry.close(Duration::from_secs(60)).await.unwrap();
}

async fn insert(workspace: &Workspace, numbers: std::ops::Range<usize>) {
    for first in numbers.clone().step_by(250) {
        let some = first..numbers.end.min(first + 250);
        let insert = move |transaction: &mut tenantry::Transaction<'_>| {
            let mut notes = transaction.collection::<Note>();
            for number in some.clone() {
                notes.insert_as(&note_id(number), &note(number))?;
            }
            Ok(())
        };
        workspace.transaction(insert).await.unwrap();
    }
}

/// The number of every record in a snapshot, in its order, which says what it said.
fn numbers(snapshot: &Snapshot) -> Vec<usize> {
    let notes = snapshot.collection::<Note>();
    let (mut numbers, mut options) = (Vec::new(), ListOptions::new().in_order().limit(ListOptions::MAX));
    loop {
        let page = notes.list(&options).unwrap();
        for record in page.items {
            let number = record.id().as_str().trim_start_matches("note-").parse().unwrap();
            assert_eq!(record.value(), &note(number));
            numbers.push(number);
        }
        match page.next {
            Some(next) => options = options.after(next),
            None => return numbers,
        }
    }
}

#[tokio::test]
async fn a_tenant_that_is_opened_again_has_what_it_had_whichever_way_it_is_looked_at() {
    let place = Place::filled().await;
    for number in [0, 1, RECORDS / 2, RECORDS - 11, RECORDS - 10, RECORDS - 1] {
        let workspace = own(&place.open().await, "ana").await;
        let found = workspace.collection::<Note>().get(&note_id(number)).await.unwrap();
        assert_eq!(found.value(), &note(number));
    }
    let workspace = own(&place.open().await, "ana").await;
    let missing = workspace.collection::<Note>().get(&note_id(RECORDS)).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let newest = own(&place.open().await, "ana").await;
    let page = newest.collection::<Note>().list(&ListOptions::new().limit(50)).await.unwrap();
    let newest: Vec<_> = page.items.iter().map(|record| record.id().clone()).collect();
    assert_eq!(newest, (RECORDS - 50..RECORDS).rev().map(note_id).collect::<Vec<_>>());
    let workspace = own(&place.open().await, "ana").await;
    let group = workspace.collection::<Note>().find("group", "7").await.unwrap();
    let expected = (0..RECORDS).filter(|number| number % GROUPS == 7).map(note_id);
    assert_eq!(
        group.iter().map(|record| record.id().clone()).collect::<Vec<_>>(),
        expected.collect::<Vec<_>>()
    );
    let snapshot = own(&place.open().await, "ana").await.snapshot().await.unwrap();
    assert_eq!(snapshot.usage().unwrap().counts["notes"], RECORDS as u64);
    assert_eq!(numbers(&snapshot), (0..RECORDS).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_a_damaged_ledger_what_is_whole_can_be_read_and_what_is_not_is_refused() {
    let place = Place::filled().await;
    place.damage(100);
    let damaged = std::fs::read(place.ledger()).unwrap();
    let workspace = own(&place.open().await, "ana").await;
    let notes = workspace.collection::<Note>();
    for number in [2000, RECORDS - 11, RECORDS - 1] {
        assert_eq!(notes.get(&note_id(number)).await.unwrap().value(), &note(number));
    }
    assert_eq!(notes.list(&ListOptions::new().limit(50)).await.unwrap().items.len(), 50);
    assert_eq!(notes.get(&note_id(100)).await.unwrap_err().kind(), ErrorKind::Corrupt);
    let oldest = notes.list(&ListOptions::new().in_order().limit(150)).await;
    assert_eq!(oldest.unwrap_err().kind(), ErrorKind::Corrupt);
    let group = (100 % GROUPS).to_string();
    assert_eq!(notes.find("group", &group).await.unwrap_err().kind(), ErrorKind::Corrupt);
    let snapshot = workspace.snapshot().await.unwrap();
    assert_eq!(snapshot.collection::<Note>().get(&note_id(2000)).unwrap().value(), &note(2000));
    assert_eq!(snapshot.collection::<Note>().get(&note_id(100)).unwrap_err().kind(), ErrorKind::Corrupt);
    // What changes something rests on all of it, and so does what counts.
    let inserted = notes.insert_as(&note_id(RECORDS), note(RECORDS)).await;
    assert_eq!(inserted.unwrap_err().kind(), ErrorKind::Corrupt);
    let changed = notes.update(&note_id(2000), Expected::Any, note(2001)).await;
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(snapshot.usage().unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(std::fs::read(place.ledger()).unwrap() == damaged, "it is left as it is");
    let others = own(&place.open().await, "ben").await;
    insert(&others, 0..1).await;
    assert_eq!(others.collection::<Note>().get(&note_id(0)).await.unwrap().value(), &note(0));
}

#[tokio::test]
async fn a_snapshot_is_what_it_was_though_others_fold_what_it_was_opened_from() {
    let place = Place::filled().await;
    let snapshot = own(&place.open().await, "ana").await.snapshot().await.unwrap();
    let tenantry = place.open().await;
    let others = own(&tenantry, "ana").await;
    let notes = others.collection::<Note>();
    notes.remove(&note_id(5), Expected::Any).await.unwrap();
    notes.update(&note_id(6), Expected::Any, note(7)).await.unwrap();
    let before = std::fs::read(place.ledger()).unwrap();
    insert(&others, RECORDS..3 * RECORDS).await;
    close(tenantry).await;
    assert_ne!(std::fs::read(place.ledger()).unwrap()[..200], before[..200], "it was folded");
    assert_eq!(snapshot.collection::<Note>().get(&note_id(6)).unwrap().value(), &note(6));
    assert_eq!(numbers(&snapshot), (0..RECORDS).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_others_commit_is_seen_over_a_state_of_which_not_all_was_read() {
    let place = Place::filled().await;
    let reader = own(&place.open().await, "ana").await;
    let seen = reader.collection::<Note>();
    seen.get(&note_id(40)).await.unwrap();
    let others = own(&place.open().await, "ana").await;
    let notes = others.collection::<Note>();
    notes.remove(&note_id(40), Expected::Any).await.unwrap();
    notes.update(&note_id(41), Expected::Any, note(42)).await.unwrap();
    notes.insert_as(&note_id(RECORDS), note(RECORDS)).await.unwrap();
    assert_eq!(seen.get(&note_id(40)).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(seen.get(&note_id(41)).await.unwrap().value(), &note(42));
    assert_eq!(seen.get(&note_id(RECORDS)).await.unwrap().value(), &note(RECORDS));
    // 40 is gone from the first group, 41 has come from the second to the third, at its place.
    let expected = |group: usize| {
        (0..=RECORDS).filter(move |number| match number {
            40 => false,
            41 => group == 2,
            number => number % GROUPS == group,
        })
    };
    for group in 0..4 {
        let found = seen.find("group", &group.to_string()).await.unwrap();
        let found: Vec<_> = found.iter().map(|record| record.id().clone()).collect();
        assert_eq!(found, expected(group).map(note_id).collect::<Vec<_>>());
    }
    assert_eq!(reader.usage().await.unwrap().0.counts["notes"], RECORDS as u64);
}
