//! What of an edited view is carried over, and how.

use serde_json::json;
use serde_json::value::RawValue;
use tenantry::environment::Clock;
use tenantry::store::{MemoryStore, SetAside, TenantStore, ViewPlace};
use tenantry::{ErrorKind, Tenantry, Video, ViewMode};

use crate::support::{Note, Place, Stream, get, id, note, notes, only_edit, pairs, record, set_aside, texts};

#[tokio::test]
async fn an_edited_field_is_taken_over_and_the_rest_stays_to_the_letter() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::AtClose).await;
    let duration = RawValue::from_string("1.10".to_owned()).unwrap();
    let stream = Stream { title: "öld".into(), duration };
    ana.collection::<Stream>().insert_as(&record("s"), stream).await.unwrap();
    ana.write_views().await.unwrap();
    place.pass_a_minute();
    let text = place.read("live_streams.json");
    place.write("live_streams.json", text.replace("öld", "new").replace("1.10", "1.10, \"extra\": 1e2"));
    let edit = set_aside(&ana).await;
    let adoption = ana.edited_views().adopt::<Stream>(&edit).await.unwrap();
    assert_eq!((adoption.inserted, adoption.updated, adoption.removed, adoption.left), (0, 1, 0, 0));
    let expected = concat!(
        r#"{"id":"s","owner":"ana","created_by":"ana","created_at":"2025-11-04 10:00:00","#,
        r#""updated_at":"2025-11-04 10:01:00","title":"new","duration":1.10,"extra":1e2}"#
    );
    let record = ana.collection::<Stream>().get(&record("s")).await.unwrap();
    assert_eq!(std::str::from_utf8(record.text().as_bytes()).unwrap(), expected);
    let shown: serde_json::Value = serde_json::from_str(&place.read("live_streams.json")).unwrap();
    assert_eq!(shown, json!([serde_json::from_str::<serde_json::Value>(expected).unwrap()]));
    assert_eq!(place.edits(), Vec::<String>::new());
    assert!(ana.edited_views().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_that_were_added_and_removed_are_records_added_and_removed() {
    let place = Place::new();
    let (tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.remove("a");
            rows.add(json!({"id": "d", "text": "new", "unknown": [1]}));
        })
        .await;
    let admin = tenantry.session(&id("root")).await.unwrap().workspace(&id("ana"));
    let adoption = admin.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!((adoption.inserted, adoption.updated, adoption.removed), (1, 0, 1));
    assert_eq!(notes(&ana).await, pairs(&[("b", "bb"), ("c", "cc"), ("d", "new")]));
    let added = get(&ana, "d").await;
    assert_eq!((added.owner(), added.created_by()), (Some("ana"), Some("root")));
    assert_eq!(added.created_at().unwrap().to_string(), "2025-11-04 10:01:00");
    assert_eq!(added.extra("unknown").unwrap().get(), "[1]");
    assert_eq!(texts(&place.read("notes.json")), ["bb", "cc", "new"]);
}

#[tokio::test]
async fn what_is_adopted_is_found_by_its_index() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "text", "found")).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    let found = async |key| ana.collection::<Note>().find("text", key).await.unwrap().len();
    assert_eq!((found("found").await, found("aa").await), (1, 0));
}

#[tokio::test]
async fn fields_that_the_type_does_not_know_are_taken_over_and_can_be_removed() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "unknown", "kept")).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(get(&ana, "a").await.extra("unknown").unwrap().get(), "\"kept\"");
    let remove = |row: &mut serde_json::Value| drop(row.as_object_mut().unwrap().remove("unknown"));
    let edit = place.edited_notes(&ana, |rows| remove(rows.row("a"))).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert!(get(&ana, "a").await.extra("unknown").is_none());
}

#[tokio::test]
async fn a_file_that_a_program_read_and_wrote_again_changes_nothing() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    ana.collection::<Note>().insert_as(&record("d"), note("Tönend \"\u{1f600}\"/")).await.unwrap();
    ana.write_views().await.unwrap();
    let before = get(&ana, "d").await;
    // As Python writes it.
    let text = place.read("notes.json").replace('ö', "\\u00f6").replace('\u{1f600}', "\\ud83d\\ude00");
    place.write("notes.json", text.replace("\"/", "\"\\/"));
    place.pass_a_minute();
    let edit = set_aside(&ana).await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(adoption, tenantry::Adoption::default());
    assert_eq!(get(&ana, "d").await.revision(), before.revision());
    assert_eq!(place.edits(), Vec::<String>::new());
}

#[tokio::test]
async fn rows_may_leave_out_what_the_library_keeps_and_stand_in_any_order() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let leave_out = |row: &mut serde_json::Value| {
        for field in ["owner", "created_by", "created_at"] {
            row.as_object_mut().unwrap().remove(field);
        }
    };
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.0.iter_mut().for_each(leave_out);
            rows.set("b", "text", "new");
            rows.0.reverse();
        })
        .await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!((adoption.inserted, adoption.updated, adoption.removed), (0, 1, 0));
    assert_eq!(get(&ana, "b").await.owner(), Some("ana"));
    assert_eq!(texts(&place.read("notes.json")), ["aa", "new", "cc"]);
}

#[tokio::test]
async fn a_preview_tells_what_adopting_does_and_changes_nothing() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.set("b", "text", "new");
            rows.remove("a");
            rows.add(json!({"id": "d", "text": "new"}));
        })
        .await;
    let before = (place.read("ledger"), place.names(), notes(&ana).await);
    let plan = ana.edited_views().preview::<Note>(&edit).await.unwrap();
    assert_eq!((plan.inserted, plan.updated), (vec![record("d")], vec![record("b")]));
    assert_eq!((plan.removed, plan.left), (vec![record("a")], vec![]));
    assert!(plan.refused.is_empty(), "{}", plan.refused);
    assert_eq!((place.read("ledger"), place.names(), notes(&ana).await), before);
    let listed = ana.edited_views().list().await.unwrap();
    assert_eq!((&listed[0].name, listed[0].view.as_str()), (&edit, "notes.json"));
    assert_eq!(listed[0].collection.as_ref().unwrap().as_str(), "notes");
    assert_eq!(listed[0].at, place.clock.now());
    assert_eq!(listed[0].bytes, std::fs::metadata(place.path(edit.as_str())).unwrap().len());
}

#[tokio::test]
async fn what_is_discarded_is_gone_and_changed_nothing() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "text", "new")).await;
    ana.edited_views().discard(&edit).await.unwrap();
    assert_eq!(place.edits(), Vec::<String>::new());
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]));
    for again in [
        ana.edited_views().discard(&edit).await.unwrap_err(),
        ana.edited_views().adopt::<Note>(&edit).await.unwrap_err(),
        ana.edited_views().preview::<Note>(&edit).await.unwrap_err(),
    ] {
        assert_eq!(again.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_videos_title_can_be_edited() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let video = ana.videos().upload_from("rain.mp4", &b"moving pictures"[..]).await.unwrap();
    let text = place.read("video_database.json");
    place.write("video_database.json", text.replace("\"title\": \"rain\"", "\"title\": \"snow\""));
    let edit = set_aside(&ana).await;
    let adoption = ana.edited_views().adopt::<Video>(&edit).await.unwrap();
    assert_eq!(adoption.updated, 1);
    let again = ana.videos().get(video.id()).await.unwrap();
    assert_eq!(again.value().title, "snow");
    let bytes = ana.videos().open(video.id()).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes, b"moving pictures"[..]);
}

#[tokio::test]
async fn several_edits_of_one_view_are_adopted_one_after_the_other() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let one = place.edited_notes(&ana, |rows| rows.set("a", "text", "one")).await;
    let two = place.edited_notes(&ana, |rows| rows.set("b", "text", "two")).await;
    ana.edited_views().adopt::<Note>(&two).await.unwrap();
    assert_eq!(only_edit(&ana).await, one);
    ana.edited_views().adopt::<Note>(&one).await.unwrap();
    assert_eq!(notes(&ana).await, pairs(&[("a", "one"), ("b", "two"), ("c", "cc")]));
}

#[tokio::test]
async fn in_memory_an_edit_is_adopted_as_on_the_disk() {
    let memory = MemoryStore::new();
    let beside = memory.reopen();
    let tenantry = Tenantry::builder(memory).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert_as(&record("a"), note("aa")).await.unwrap();
    ana.write_views().await.unwrap();
    let mut view = SetAside::of_name(ViewPlace::Data, "notes.json.edited-0", 0).unwrap().key();
    view.name = tenantry::store::ViewName::File("notes.json".parse().unwrap());
    let text = async || beside.read_view(&id("ana"), &view).await.unwrap().unwrap();
    let edited = String::from_utf8(text().await.to_vec()).unwrap().replace("aa", "edited");
    beside.put_view(&id("ana"), &view, edited.into()).await.unwrap();
    let edit = set_aside(&ana).await;
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(notes(&ana).await, pairs(&[("a", "edited")]));
    assert_eq!(texts(std::str::from_utf8(&text().await).unwrap()), ["edited"]);
    assert!(ana.edited_views().list().await.unwrap().is_empty());
    assert!(ana.write_views().await.unwrap().edited.is_empty());
}
