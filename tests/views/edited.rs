//! What becomes of a view that somebody else edited.

use tenantry::ViewMode;
use tenantry::environment::Clock;

use crate::support::{Note, Place, note, texts};

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
