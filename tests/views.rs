//! The documented files beside a tenant's ledger: when they appear, what stands in them, and what
//! happens to one that somebody else edited.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/meanwhile.rs"]
mod meanwhile;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use meanwhile::Meanwhile;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tenantry::environment::{Clock, ManualClock};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, FileName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Commit, MemoryStore, StoreMethod, TenantStore, ViewKey, ViewName, ViewPlace};
use tenantry::{ErrorKind, Expected, NewTenant, Settings, Tenantry, ViewMode, Workspace};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stream {
    title: String,
    duration: Box<RawValue>,
}

impl Entity for Stream {
    fn collection() -> CollectionName {
        CollectionName::LIVE_STREAMS
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn record(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

const CLOSE: Duration = Duration::from_secs(60);

struct Place {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Place {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }

    async fn store(&self) -> LocalStore {
        LocalStore::open(self.folder.path().join("root"), LocalOptions::default()).await.unwrap()
    }

    async fn open(&self, mode: ViewMode) -> Tenantry {
        let mut settings = Settings::default();
        settings.views = mode;
        let clock: Arc<dyn Clock> = self.clock.clone();
        Tenantry::builder(self.store().await).settings(settings).clock(clock).open().await.unwrap()
    }

    /// An admin and the users ana and ben; the workspace of ana.
    async fn begin(&self, mode: ViewMode) -> (Tenantry, Workspace) {
        let tenantry = self.open(mode).await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        tenantry.ensure(&id("ana"), "Ana").await.unwrap();
        tenantry.ensure(&id("ben"), "Ben").await.unwrap();
        let ana = tenantry.session(&id("ana")).await.unwrap().own();
        (tenantry, ana)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("root/data/ana").join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The files beside the ledger, but for its own.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with("ledger"));
        names.sort();
        names
    }
}

/// What the view of the notes holds, as texts.
fn texts(view: &str) -> Vec<String> {
    let records: Vec<Note> = serde_json::from_str(view).unwrap();
    records.into_iter().map(|note| note.text).collect()
}

#[tokio::test]
async fn empty_databases_are_there_once_a_tenant_is_created() {
    let place = Place::new();
    place.begin(ViewMode::AtClose).await;
    let arrays = ["live_streams.json", "schedules.json", "thumbnail_database.json", "video_database.json"];
    for name in arrays {
        assert_eq!(place.read(name), "[]\n", "{name}");
    }
    assert_eq!(place.read("stream_mapping.json"), "{}\n");
    assert_eq!(
        place.names().len(),
        arrays.len() + 2,
        "with the mapping and the digests: {:?}",
        place.names()
    );
    for name in place.names() {
        let mode = std::fs::metadata(place.path(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_creation_repeated_after_a_crash_brings_the_databases_that_are_missing() {
    let place = Place::new();
    let (tenantry, _) = place.begin(ViewMode::AtClose).await;
    for name in ["schedules.json", ".views"] {
        std::fs::remove_file(place.path(name)).unwrap();
    }
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    assert_eq!(place.read("schedules.json"), "[]\n");
    assert_eq!(place.names().len(), 6, "{:?}", place.names());
}

#[tokio::test]
async fn a_view_shows_records_in_order_with_fields_and_numbers_as_they_were_written() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    for (name, duration) in [("s-2", "1.10"), ("s-1", "[]")] {
        let duration = RawValue::from_string(duration.to_owned()).unwrap();
        let stream = Stream { title: format!("Tönend \"{name}\""), duration };
        ana.collection::<Stream>().insert_as(&record(name), stream).await.unwrap();
    }
    let expected = r#"[
    {
        "id": "s-2",
        "owner": "ana",
        "created_by": "ana",
        "created_at": "2025-11-04 10:00:00",
        "updated_at": "2025-11-04 10:00:00",
        "title": "Tönend \"s-2\"",
        "duration": 1.10
    },
    {
        "id": "s-1",
        "owner": "ana",
        "created_by": "ana",
        "created_at": "2025-11-04 10:00:00",
        "updated_at": "2025-11-04 10:00:00",
        "title": "Tönend \"s-1\"",
        "duration": []
    }
]
"#;
    assert_eq!(place.read("live_streams.json"), expected);
}

#[tokio::test]
async fn with_every_commit_the_view_is_there_when_the_commit_is_answered() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let first = ana.collection::<Note>().insert(note("one")).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
    ana.collection::<Note>().update(first.id(), Expected::Any, note("two")).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["two"]);
    ana.collection::<Note>().remove(first.id(), Expected::Any).await.unwrap();
    assert_eq!(place.read("notes.json"), "[]\n");
}

#[tokio::test]
async fn many_commits_at_once_are_all_in_the_view_when_they_are_answered() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let insert = |at: usize| {
        let ana = ana.clone();
        async move { ana.collection::<Note>().insert(note(&at.to_string())).await.unwrap() }
    };
    futures::future::join_all((0..32).map(insert)).await;
    let mut shown: Vec<usize> =
        texts(&place.read("notes.json")).iter().map(|text| text.parse().unwrap()).collect();
    shown.sort_unstable();
    assert_eq!(shown, (0..32).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_to_be_written_at_close_is_written_then_and_not_before() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::AtClose).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    assert!(!place.path("notes.json").exists());
    tenantry.close(CLOSE).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn closing_does_not_leave_views_behind_the_ledger() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::Soon).await;
    for text in ["one", "two", "three"] {
        ana.collection::<Note>().insert(note(text)).await.unwrap();
    }
    tenantry.close(CLOSE).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one", "two", "three"]);
}

/// Time stands still in this test, and passes only while nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn soon_after_a_commit_its_view_is_written_without_being_asked_for() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::Soon).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    ana.collection::<Note>().insert(note("two")).await.unwrap();
    while !place.path("notes.json").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(texts(&place.read("notes.json")), ["one", "two"]);
}

#[tokio::test]
async fn a_view_that_somebody_edited_is_set_aside_and_reported() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
    std::fs::write(place.path("schedules.json"), "[1]").unwrap();
    let now = place.clock.now().as_second();
    let report = ana.write_views().await.unwrap();
    let [edited] = &report.edited[..] else { panic!("{report:?}") };
    assert_eq!(edited.view, "schedules.json");
    assert_eq!(edited.kept_as, format!("schedules.json.edited-{now}"));
    assert_eq!(report.written, ["schedules.json"]);
    assert_eq!(place.read(&edited.kept_as), "[1]");
    assert_eq!(place.read("schedules.json"), "[]\n");
    assert!(ana.write_views().await.unwrap().edited.is_empty());
    std::fs::write(place.path("schedules.json"), "[2]").unwrap();
    let again = ana.write_views().await.unwrap();
    assert_eq!(again.edited[0].kept_as, format!("schedules.json.edited-{}", now + 1));
    assert_eq!(place.read(&edited.kept_as), "[1]");
}

#[tokio::test]
async fn an_edit_is_neither_believed_nor_lost_when_a_commit_replaces_the_view() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    std::fs::write(place.path("notes.json"), "mine").unwrap();
    ana.collection::<Note>().insert(note("two")).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one", "two"]);
    let kept = format!("notes.json.edited-{}", place.clock.now().as_second());
    assert_eq!(place.read(&kept), "mine");
}

#[tokio::test]
async fn a_file_that_was_there_before_its_view_is_set_aside_too() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    std::fs::write(place.path("notes.json"), "older").unwrap();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let kept = format!("notes.json.edited-{}", place.clock.now().as_second());
    assert_eq!(place.read(&kept), "older");
}

#[tokio::test]
async fn what_a_crash_between_digests_and_view_leaves_counts_as_own() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let old = place.read("notes.json");
    ana.collection::<Note>().insert(note("two")).await.unwrap();
    // As if the digests had been replaced and the view not yet.
    std::fs::write(place.path("notes.json"), old).unwrap();
    let report = ana.write_views().await.unwrap();
    assert!(report.edited.is_empty(), "{report:?}");
    assert_eq!(report.written, ["notes.json"]);
    assert_eq!(texts(&place.read("notes.json")), ["one", "two"]);
}

#[tokio::test]
async fn after_reopening_the_first_commit_brings_all_views_up_to_the_ledger() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::AtClose).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    // Ended without closing.
    drop((tenantry, ana));
    let tenantry = place.open(ViewMode::EveryCommit).await;
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    assert!(!place.path("notes.json").exists());
    let stream = Stream { title: "s".into(), duration: RawValue::from_string("1".into()).unwrap() };
    ana.collection::<Stream>().insert(stream).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn two_processes_that_write_one_tenants_views_take_nothing_of_each_other_for_edited() {
    let place = Place::new();
    let (one, ana) = place.begin(ViewMode::Soon).await;
    let two = place.open(ViewMode::Soon).await;
    let other = two.session(&id("ana")).await.unwrap().own();
    let insert = |at: usize| {
        let workspace = if at < 6 { ana.clone() } else { other.clone() };
        async move {
            workspace.collection::<Note>().insert(note(&at.to_string())).await.unwrap();
            workspace.write_views().await.unwrap().edited
        }
    };
    let edited = futures::future::join_all((0..12).map(insert)).await.concat();
    one.close(CLOSE).await.unwrap();
    two.close(CLOSE).await.unwrap();
    assert_eq!(edited, []);
    assert_eq!(texts(&place.read("notes.json")).len(), 12);
    assert!(place.names().iter().all(|name| !name.contains("edited")), "{:?}", place.names());
}

#[tokio::test]
async fn a_record_that_names_another_owner_is_not_shown() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("mine")).await.unwrap();
    // Beneath the library: a record that a broken tool left with the wrong tenant.
    let store = place.store().await;
    let base = store.load(&id("ana")).await.unwrap().unwrap().version;
    let text = r#"[["notes","x",1000,[],{"id":"x","owner":"ben","text":"foreign"}]]"#;
    store.append(&id("ana"), Some(&base), Commit { header: None, text: Bytes::from(text) }).await.unwrap();
    ana.write_views().await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["mine"]);
}

#[tokio::test]
async fn an_erased_tenant_leaves_no_view() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    assert_eq!(place.names(), Vec::<String>::new());
    let error = tenantry.operator("test").write_views(&id("ana")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(place.names(), Vec::<String>::new());
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    assert_eq!(place.read("video_database.json"), "[]\n");
    assert!(!place.path("notes.json").exists());
}

#[tokio::test]
async fn only_who_may_change_a_workspace_writes_its_views() {
    let place = Place::new();
    let (tenantry, _) = place.begin(ViewMode::AtClose).await;
    let ben = tenantry.session(&id("ben")).await.unwrap();
    let foreign = ben.workspace(&id("ana")).write_views().await.unwrap_err();
    let missing = ben.workspace(&id("nobody")).write_views().await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::NotFound);
    assert_eq!(foreign.to_string(), missing.to_string());
}

#[tokio::test]
async fn in_memory_views_are_written_on_request_only() {
    let store = MemoryStore::new();
    let beside = store.reopen();
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let name = ViewName::File(FileName::parse("notes.json").unwrap());
    let view = ViewKey { place: ViewPlace::Data, name };
    assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None);
    let report = ana.write_views().await.unwrap();
    assert_eq!(report.written.len(), 6, "{report:?}");
    let text = beside.read_view(&id("ana"), &view).await.unwrap().unwrap();
    assert_eq!(texts(std::str::from_utf8(&text).unwrap()), ["one"]);
}

/// A second process on the same root.
async fn other(root: PathBuf, clock: Arc<ManualClock>, mode: ViewMode) -> Tenantry {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    let mut settings = Settings::default();
    settings.views = mode;
    Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap()
}

#[tokio::test]
async fn a_view_written_late_does_not_stay_behind_what_another_process_wrote() {
    let place = Place::new();
    place.begin(ViewMode::EveryCommit).await;
    let (store, meanwhile) = Meanwhile::before(place.store().await);
    let mut settings = Settings::default();
    settings.views = ViewMode::EveryCommit;
    let clock: Arc<dyn Clock> = place.clock.clone();
    let tenantry = Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let (root, clock) = (place.folder.path().join("root"), place.clock.clone());
    // Between the digests and the view; what it takes back makes the text the same as before.
    meanwhile.at(StoreMethod::PutView, 2, || async {
        let two = other(root, clock, ViewMode::EveryCommit).await;
        let ana = two.session(&id("ana")).await.unwrap().own();
        ana.collection::<Note>().remove(&record("n-2"), Expected::Any).await.unwrap();
    });
    ana.collection::<Note>().insert_as(&record("n-2"), note("two")).await.unwrap();
    assert!(meanwhile.is_over());
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn what_is_known_of_a_tenants_views_ends_with_its_life() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert_as(&record("n"), note("one")).await.unwrap();
    let two = place.open(ViewMode::AtClose).await;
    let admin = two.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    two.ensure(&id("ana"), "Ana").await.unwrap();
    let again = tenantry.session(&id("ana")).await.unwrap().own();
    again.collection::<Note>().insert_as(&record("n"), note("one")).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn a_view_that_is_written_while_its_tenant_is_erased_does_not_come_back() {
    let memory = MemoryStore::new();
    let (beside, eraser) = (memory.reopen(), memory.reopen());
    let (store, meanwhile) = Meanwhile::before(memory);
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    meanwhile.at(StoreMethod::PutView, 1, || async {
        let two = Tenantry::builder(eraser).open().await.unwrap();
        let admin = two.session(&id("root")).await.unwrap();
        admin.tenants().delete(&id("ana")).await.unwrap();
        admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    });
    assert_eq!(ana.write_views().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(meanwhile.is_over());
    for name in ["notes.json", "schedules.json"] {
        let view = ViewKey { place: ViewPlace::Data, name: ViewName::File(FileName::parse(name).unwrap()) };
        assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None, "{name}");
    }
    let digests = ViewKey { place: ViewPlace::Data, name: ViewName::Digests };
    assert_eq!(beside.read_view(&id("ana"), &digests).await.unwrap(), None);
}

#[tokio::test]
async fn what_another_process_wrote_and_is_about_to_say_so_is_not_taken_for_edited() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let before = place.read(".views");
    ana.collection::<Note>().insert(note("two")).await.unwrap();
    let after = place.read(".views");
    let (store, meanwhile) = Meanwhile::before(place.store().await);
    let mut settings = Settings::default();
    settings.views = ViewMode::AtClose;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("three")).await.unwrap();
    // As if a third process, late with its digests, had covered those of the view that lies there, and
    // its writer had not yet noticed.
    std::fs::write(place.path(".views"), before).unwrap();
    let digests = place.path(".views");
    // The digests, the live streams, the notes; and the digests again.
    meanwhile.at(StoreMethod::ReadView, 4, || async move { std::fs::write(digests, after).unwrap() });
    assert_eq!(ana.write_views().await.unwrap().edited, []);
    assert!(meanwhile.is_over());
    assert_eq!(texts(&place.read("notes.json")), ["one", "two", "three"]);
}
