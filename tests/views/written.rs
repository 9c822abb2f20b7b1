//! When views appear, and what stands in them.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use tenantry::ownership::Role;
use tenantry::paths::FileName;
use tenantry::store::{Commit, MemoryStore, TenantStore, ViewKey, ViewName, ViewPlace};
use tenantry::{ErrorKind, Expected, NewTenant, Tenantry, ViewMode};

use crate::support::{CLOSE, Note, Place, Stream, id, note, record, texts};

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
