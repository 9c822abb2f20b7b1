//! Files that are not what they should be, and people who have no business with them.

use bytes::Bytes;
use serde_json::json;
use tenantry::store::{Commit, TenantStore};
use tenantry::{EditName, EditRefusal, ErrorKind, RefusedEdits, Settings, Tenantry, ViewMode};

use crate::support::{Note, Place, get, id, note, notes, pairs, record, set_aside};

#[tokio::test]
async fn a_file_that_is_no_array_of_json_is_refused_and_says_nothing_of_its_content() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let whole = place.read("notes.json");
    let texts: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"{}".to_vec(),
        b"null".to_vec(),
        b"hunter2".to_vec(),
        b"\"hunter2\"".to_vec(),
        b"[{\"id\": \"a\", \"n\": NaN}]".to_vec(),
        [&b"\xef\xbb\xbf"[..], whole.as_bytes()].concat(),
        [whole.as_bytes(), b"hunter2"].concat(),
        whole.as_bytes()[..whole.len() / 2].to_vec(),
        b"[{\"id\": \"a\", \"text\": \"\xff\"}]".to_vec(),
        vec![0; 64],
        "[".repeat(200_000).into_bytes(),
        "[{\"a\":".repeat(200_000).into_bytes(),
    ];
    for text in texts {
        place.pass_a_minute();
        place.write("notes.json", &text);
        let edit = set_aside(&ana).await;
        let error = ana.edited_views().adopt::<Note>(&edit).await.unwrap_err();
        let start = String::from_utf8_lossy(&text[..text.len().min(20)]).into_owned();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{start}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{start}");
        assert_eq!(std::fs::read(place.path(edit.as_str())).unwrap(), text, "it is kept");
    }
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]));
}

#[tokio::test]
async fn a_row_that_is_nested_without_end_is_refused_like_any_other() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    place.write("notes.json", format!("[{deep}, {{\"id\": \"a\", \"text\": {deep}}}]"));
    let edit = set_aside(&ana).await;
    let plan = ana.edited_views().preview::<Note>(&edit).await.unwrap();
    assert_eq!(plan.refused.edits[0].row, Some(1));
    assert_eq!(plan.refused.edits[1].row, Some(2));
    assert!(ana.edited_views().adopt::<Note>(&edit).await.is_err());
}

#[tokio::test]
async fn a_file_that_is_longer_than_allowed_is_not_read() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "text", "edited")).await;
    let bytes = ana.edited_views().list().await.unwrap()[0].bytes;
    for (limit, kind) in [(bytes - 1, Some(ErrorKind::TooLarge)), (bytes, None)] {
        let mut settings = Settings::default();
        settings.edited_view_bytes = limit;
        let builder = Tenantry::builder(place.store().await).settings(settings);
        let own = builder.open().await.unwrap().session(&id("ana")).await.unwrap().own();
        let adopted = own.edited_views().adopt::<Note>(&edit).await;
        assert_eq!(adopted.err().map(|error| error.kind()), kind);
    }
    // A hole of a terabyte takes no room on the disk, and would take all in memory.
    let file = std::fs::File::create(place.path("notes.json.edited-7")).unwrap();
    file.set_len(1 << 40).unwrap();
    let hole = EditName::parse("notes.json.edited-7").unwrap();
    let refused = ana.edited_views().adopt::<Note>(&hole).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    ana.edited_views().discard(&hole).await.unwrap();
}

#[tokio::test]
async fn a_report_has_an_end() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    place.write("notes.json", json!(vec![json!(1); 100_000]).to_string());
    let edit = set_aside(&ana).await;
    let refused = ana.edited_views().preview::<Note>(&edit).await.unwrap().refused;
    assert_eq!((refused.count, refused.edits.len()), (100_003, RefusedEdits::MOST));
    assert!(refused.to_string().len() < 20_000);
}

#[tokio::test]
async fn a_link_in_place_of_a_file_is_not_followed() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let foreign = place.path_of("ben", "notes.json.edited-5");
    std::fs::write(&foreign, "[{\"id\": \"stolen\", \"text\": \"ben's\"}]").unwrap();
    std::os::unix::fs::symlink(&foreign, place.path("notes.json.edited-5")).unwrap();
    std::fs::create_dir(place.path("notes.json.edited-6")).unwrap();
    assert!(ana.edited_views().list().await.unwrap().is_empty());
    for name in ["notes.json.edited-5", "notes.json.edited-6"] {
        let edit = EditName::parse(name).unwrap();
        let adopted = ana.edited_views().adopt::<Note>(&edit).await.unwrap_err();
        let discarded = ana.edited_views().discard(&edit).await.unwrap_err();
        assert_eq!((adopted.kind(), discarded.kind()), (ErrorKind::NotFound, ErrorKind::NotFound));
    }
    assert!(foreign.exists());
}

#[tokio::test]
async fn what_only_looks_like_an_edit_is_not_listed() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let names =
        ["notes.json.edited-007", "notes.json.edited-", "notes.json.edited-1.base", ".views.edited-1"];
    for name in names.into_iter().chain(["notes.json.edited-1 ", "a\u{202e}.json.edited-1"]) {
        place.write(name, "[]");
        assert!(EditName::parse(name).is_err(), "{name}");
    }
    assert!(ana.edited_views().list().await.unwrap().is_empty());
}

#[test]
fn a_name_that_is_none_of_an_edit_is_refused() {
    let long = format!("{}.json.edited-1", "x".repeat(300));
    let names = [
        "",
        "notes.json",
        ".edited-1",
        "../notes.json.edited-1",
        "a/../notes.json.edited-1",
        "..\\notes.json.edited-1",
        "%2e%2e%2fnotes.json.edited-1",
        "notes.json.edited-1/../ledger",
        "notes.json.edited-1\0",
        "notes.json.edited-+1",
        "notes.json.edited--0",
        "notes.json.edited-99999999999999999999",
        "notes.json.edited-1.edited-2",
        "nul.json.edited-1",
        "notes\u{200b}.json.edited-1",
        &long,
    ];
    for name in names.into_iter().filter(|name| !name.starts_with('%')) {
        assert_eq!(EditName::parse(name).unwrap_err().kind(), ErrorKind::InvalidName, "{name:?}");
    }
    assert_eq!(EditName::parse("notes.json.edited--5").unwrap().as_str(), "notes.json.edited--5");
}

#[tokio::test]
async fn another_tenants_id_is_as_good_as_any_and_reaches_nothing_of_his() {
    let place = Place::new();
    let (tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let ben = tenantry.session(&id("ben")).await.unwrap().own();
    ben.collection::<Note>().insert_as(&record("bens"), note("ben's")).await.unwrap();
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.add(json!({"id": "bens", "text": "ana's"}));
            rows.add(json!({"id": "nobodys", "text": "ana's"}));
        })
        .await;
    let adoption = ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(adoption.inserted, 2);
    assert_eq!(get(&ana, "bens").await.owner(), Some("ana"));
    assert_eq!(notes(&ben).await, pairs(&[("bens", "ben's")]));
    // With his name on it, it is refused, whether or not he has such a record.
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.set("bens", "owner", "ben");
            rows.set("nobodys", "owner", "ben");
        })
        .await;
    let refused = ana.edited_views().preview::<Note>(&edit).await.unwrap().refused;
    assert!(refused.edits.iter().all(|edit| edit.reason == EditRefusal::ForeignOwner), "{refused}");
    assert_eq!(refused.count, 2);
    assert!(!refused.to_string().contains("ben\""), "{refused}");
}

#[tokio::test]
async fn nobody_meets_the_edits_of_another() {
    let place = Place::new();
    let (tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.set("a", "text", "edited")).await;
    let ben = tenantry.session(&id("ben")).await.unwrap();
    // The same name in his own workspace leads to his own.
    assert_eq!(ben.own().edited_views().adopt::<Note>(&edit).await.unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(place.path_of("ben", edit.as_str()), "[{\"id\": \"a\", \"text\": \"ben's\"}]").unwrap();
    ben.own().edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(notes(&ben.own()).await, pairs(&[("a", "ben's")]));
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]));
    ana.edited_views().adopt::<Note>(&edit).await.unwrap();
    assert_eq!(notes(&ana).await, pairs(&[("a", "edited"), ("b", "bb"), ("c", "cc")]));
    assert_eq!(notes(&ben.own()).await, pairs(&[("a", "ben's")]));
}

#[tokio::test]
async fn two_who_adopt_one_edit_at_once_adopt_it_once() {
    let place = Place::new();
    let (tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place.edited_notes(&ana, |rows| rows.add(json!({"id": "d", "text": "new"}))).await;
    let admin = tenantry.session(&id("root")).await.unwrap().workspace(&id("ana"));
    let (edits, theirs) = (ana.edited_views(), admin.edited_views());
    let (one, other) = futures::join!(edits.adopt::<Note>(&edit), theirs.adopt::<Note>(&edit));
    let done: Vec<_> = [one, other].into_iter().filter_map(Result::ok).collect();
    assert!(!done.is_empty() && done.iter().all(|adoption| adoption.inserted == 1), "{done:?}");
    assert_eq!(notes(&ana).await.len(), 4);
    assert_eq!(place.edits(), Vec::<String>::new());
}

#[tokio::test]
async fn a_record_that_is_never_shown_is_not_replaced_by_a_row_of_its_id() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    // Beneath the library: a record that a broken tool left with the wrong tenant.
    let store = place.store().await;
    let base = store.load(&id("ana")).await.unwrap().unwrap().version;
    let text = r#"[["notes","x",1000,[],{"id":"x","owner":"ben","text":"foreign"}]]"#;
    let commit = Commit { header: None, text: Bytes::from(text) };
    store.append(&id("ana"), Some(&base), commit).await.unwrap();
    let edit = place.edited_notes(&ana, |rows| rows.add(json!({"id": "x", "text": "new"}))).await;
    let refused = ana.edited_views().preview::<Note>(&edit).await.unwrap().refused;
    assert_eq!((refused.count, &refused.edits[0].reason), (1, &EditRefusal::ForeignOwner));
    assert!(ana.edited_views().adopt::<Note>(&edit).await.is_err());
}
