//! Edits of a file that is older than the ledger: what was not edited is left, and no later commit is lost.

use serde_json::json;
use tenantry::{EditRefusal, ErrorKind, Expected, RefusedEdits, ViewMode, Workspace};

use crate::support::{Note, Place, note, notes, only_edit, pairs, record};

async fn update(workspace: &Workspace, id: &str, text: &str) {
    workspace.collection::<Note>().update(&record(id), Expected::Any, note(text)).await.unwrap();
}

/// What is refused, as id and reason; and nothing has changed.
async fn refused(ana: &Workspace) -> Vec<(String, EditRefusal)> {
    let before = notes(ana).await;
    let edit = only_edit(ana).await;
    let error = ana.edited_views().adopt::<Note>(&edit).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    let refused = source.downcast_ref::<RefusedEdits>().unwrap();
    assert_eq!(ana.edited_views().preview::<Note>(&edit).await.unwrap().refused, *refused);
    let conflicts = refused.edits.iter().all(|edit| edit.reason == EditRefusal::ChangedSince);
    let kind = if conflicts { ErrorKind::RevisionMismatch } else { ErrorKind::InvalidInput };
    assert_eq!(error.kind(), kind);
    assert_eq!(notes(ana).await, before);
    assert_eq!(only_edit(ana).await, edit, "it is kept");
    let told = refused.edits.iter().map(|edit| (edit.id.as_ref().unwrap().to_string(), edit.reason.clone()));
    told.collect()
}

#[tokio::test]
async fn what_is_newer_than_the_file_and_was_not_edited_is_left() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    place.edit_notes(|rows| rows.set("a", "text", "edited"));
    // The first of them finds the edit.
    update(&ana, "b", "newer").await;
    ana.collection::<Note>().insert_as(&record("d"), note("new")).await.unwrap();
    ana.collection::<Note>().remove(&record("c"), Expected::Any).await.unwrap();
    let edit = only_edit(&ana).await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!((adoption.inserted, adoption.updated, adoption.removed, adoption.left), (0, 1, 0, 3));
    assert_eq!(notes(&ana).await, pairs(&[("a", "edited"), ("b", "newer"), ("d", "new")]));
}

#[tokio::test]
async fn an_edit_of_a_record_that_changed_since_is_refused_even_within_a_second() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    update(&ana, "a", "first").await;
    place.edit_notes(|rows| rows.set("a", "text", "edited"));
    // Time stands still.
    update(&ana, "a", "second").await;
    assert_eq!(refused(&ana).await, [("a".to_owned(), EditRefusal::ChangedSince)]);
}

#[tokio::test]
async fn an_edit_of_a_record_that_was_removed_since_is_refused() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    place.edit_notes(|rows| rows.set("a", "text", "edited"));
    ana.collection::<Note>().remove(&record("a"), Expected::Any).await.unwrap();
    assert_eq!(refused(&ana).await, [("a".to_owned(), EditRefusal::ChangedSince)]);
}

#[tokio::test]
async fn a_removal_of_a_record_that_changed_since_is_refused() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    place.edit_notes(|rows| rows.remove("a"));
    update(&ana, "a", "newer").await;
    assert_eq!(refused(&ana).await, [("a".to_owned(), EditRefusal::ChangedSince)]);
}

/// The editor had the file open while the application went on, and then saved over a newer view.
#[tokio::test]
async fn who_saves_over_a_newer_view_what_he_read_long_ago_takes_nothing_back() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    let opened = place.read("notes.json");
    update(&ana, "b", "newer").await;
    ana.collection::<Note>().insert_as(&record("d"), note("new")).await.unwrap();
    place.write("notes.json", opened.replace("aa", "edited"));
    crate::support::set_aside(&ana).await;
    let expected = [("b", EditRefusal::ChangedSince), ("d", EditRefusal::MayBeNewer)];
    assert_eq!(refused(&ana).await, expected.map(|(id, reason)| (id.to_owned(), reason)));
}

#[tokio::test]
async fn a_record_that_was_removed_does_not_come_back_with_an_older_file() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    let opened = place.read("notes.json");
    ana.collection::<Note>().remove(&record("b"), Expected::Any).await.unwrap();
    place.write("notes.json", opened.replace("aa", "edited"));
    crate::support::set_aside(&ana).await;
    let refused = refused(&ana).await;
    assert!(refused.iter().all(|(id, reason)| (id.as_str(), reason) == ("b", &EditRefusal::Field)));
    assert_eq!(refused.len(), 3, "created_by, created_at and updated_at: {refused:?}");
}

#[tokio::test]
async fn the_last_row_is_not_removed_by_leaving_it_out() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    place.edited_notes(&ana, |rows| rows.remove("c")).await;
    assert_eq!(refused(&ana).await, [("c".to_owned(), EditRefusal::MayBeNewer)]);
    // By the application it is, and then nothing is in the way.
    ana.collection::<Note>().remove(&record("c"), Expected::Any).await.unwrap();
    let edit = only_edit(&ana).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb")]));
}

/// A record made anew has a later place, though its row is that of the former.
#[tokio::test]
async fn a_row_of_a_former_record_does_not_show_what_the_file_was_read_after() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    let opened = place.read("notes.json");
    ana.collection::<Note>().remove(&record("a"), Expected::Any).await.unwrap();
    ana.collection::<Note>().insert_as(&record("d"), note("new")).await.unwrap();
    ana.collection::<Note>().insert_as(&record("a"), note("aa")).await.unwrap();
    // As if edited from what was read before all that: the row of `a` says what the newer one does, but
    // for its times, which an editor has taken out.
    let mut rows: Vec<serde_json::Value> = serde_json::from_str(&opened).unwrap();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("created_at");
    }
    place.write("notes.json", json!(rows).to_string());
    crate::support::set_aside(&ana).await;
    assert_eq!(refused(&ana).await, [("d".to_owned(), EditRefusal::MayBeNewer)]);
}

#[tokio::test]
async fn where_nothing_is_known_of_what_the_view_showed_no_record_is_changed_or_removed() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    std::fs::remove_file(place.path(".views")).unwrap();
    place
        .edited_notes(&ana, |rows| {
            rows.set("a", "text", "edited");
            rows.remove("b");
        })
        .await;
    assert_eq!(refused(&ana).await, [("a".to_owned(), EditRefusal::ChangedSince)]);
    let edit = only_edit(&ana).await;
    assert_eq!(ana.edited_views().preview::<Note>(&edit).await.unwrap().left, [record("b")]);
}

#[tokio::test]
async fn an_edit_that_waited_is_compared_with_what_the_view_showed_when_it_was_set_aside() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::EveryCommit).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "text", "edited")).await;
    update(&ana, "b", "newer").await;
    place.pass_a_minute();
    update(&ana, "b", "newest").await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!((adoption.updated, adoption.left), (1, 1));
    assert_eq!(notes(&ana).await, pairs(&[("a", "edited"), ("b", "newest"), ("c", "cc")]));
}
