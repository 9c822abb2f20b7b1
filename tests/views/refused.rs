//! What is not carried over, and that then nothing is.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenantry::ownership::{Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request};
use tenantry::paths::CollectionName;
use tenantry::quota::Limits;
use tenantry::record::{Entity, RecordError, SecretText};
use tenantry::{
    EditRefusal, Error, ErrorKind, ProfileChange, RefusedEdits, Tenantry, Video, ViewMode, Workspace,
};

use crate::support::{Note, Place, Rows, id, notes, pairs, record, set_aside};

/// One refused edit: row, id, field, reason.
type Told = (Option<usize>, String, Option<String>, EditRefusal);

fn told(row: impl Into<Option<usize>>, id: &str, field: Option<&str>, reason: EditRefusal) -> Told {
    (row.into(), id.to_owned(), field.map(str::to_owned), reason)
}

fn source(error: &Error) -> &RefusedEdits {
    std::error::Error::source(error).unwrap().downcast_ref().unwrap()
}

fn all(refused: &RefusedEdits) -> Vec<Told> {
    let one = |edit: &tenantry::RefusedEdit| {
        let id = edit.id.as_ref().map(ToString::to_string).unwrap_or_default();
        (edit.row, id, edit.field.clone(), edit.reason.clone())
    };
    refused.edits.iter().map(one).collect()
}

/// Edits the notes a, b and c, where the last is edited as it may be: what is refused.
async fn refused_notes(edit: impl FnOnce(&mut Rows)) -> Vec<Told> {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.set("c", "text", "as it may be");
            edit(rows);
        })
        .await;
    let error = ana.edited_views().adopt::<Note>(&edit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]), "all or nothing");
    assert!(place.path(edit.as_str()).exists(), "it is kept");
    all(source(&error))
}

#[tokio::test]
async fn an_owner_that_names_another_tenant_is_refused() {
    let refused = refused_notes(|rows| {
        rows.set("a", "owner", "ben");
        rows.add(json!({"id": "d", "owner": "nobody", "text": "new"}));
    });
    let foreign = |row, id| told(row, id, Some("owner"), EditRefusal::ForeignOwner);
    assert_eq!(refused.await, [foreign(1, "a"), foreign(4, "d")]);
}

#[tokio::test]
async fn what_the_library_keeps_of_a_record_is_not_to_be_edited() {
    let refused = refused_notes(|rows| {
        rows.set("a", "created_by", "ben");
        rows.set("a", "created_at", "2001-01-01 00:00:00");
        rows.add(json!({"id": "d", "created_at": "2001-01-01 00:00:00", "text": "new"}));
    });
    let field = |row, id, name| told(row, id, Some(name), EditRefusal::Field);
    let mut refused = refused.await;
    refused.sort_by_key(|told| format!("{told:?}"));
    let expected = [field(1, "a", "created_at"), field(1, "a", "created_by"), field(4, "d", "created_at")];
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn an_id_can_not_be_edited() {
    let refused = refused_notes(|rows| rows.set("a", "id", "z")).await;
    let field = |name| told(1, "z", Some(name), EditRefusal::Field);
    assert_eq!(refused, [field("created_by"), field("created_at"), field("updated_at")]);
}

#[tokio::test]
async fn a_row_that_is_no_record_of_the_type_is_refused() {
    let refused = refused_notes(|rows| {
        rows.set("a", "text", 5);
        rows.row("b").as_object_mut().unwrap().remove("text");
        rows.add(json!({"text": "no id"}));
        rows.add(json!([]));
        rows.add(json!({"id": "\u{0}", "text": "no id"}));
    });
    let why = |told: &Told| match &told.3 {
        EditRefusal::NotARecord(error) => error.to_string(),
        other => format!("{other:?}"),
    };
    let refused: Vec<_> = refused.await.iter().map(|told| (told.0.unwrap(), why(told))).collect();
    let expected = [
        (1, "the record does not fit its type in the field \"text\""),
        (2, "the field \"text\" is missing"),
        (4, "the record has no id"),
        (5, "a record is a JSON object"),
        (6, "not a record's id: the name contains a control character"),
    ];
    assert_eq!(refused, expected.map(|(row, text)| (row, text.to_owned())));
}

#[tokio::test]
async fn the_limits_of_records_hold() {
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let refused = refused_notes(|rows| {
        rows.set("a", "text", "x".repeat(40 << 10));
        rows.set("b", "deep", deep);
    });
    let refused = refused.await;
    assert!(matches!(&refused[0].3, EditRefusal::NotARecord(RecordError::FieldTooLarge { .. })));
    assert!(matches!(&refused[1].3, EditRefusal::NotARecord(RecordError::TooDeep { .. })));
}

#[tokio::test]
async fn an_id_that_stands_twice_is_refused() {
    let refused = refused_notes(|rows| {
        rows.add(json!({"id": "a", "text": "again"}));
        rows.add(json!({"id": "d", "text": "one"}));
        rows.add(json!({"id": "d", "text": "two"}));
    });
    let twice = |row, id| told(row, id, None, EditRefusal::DuplicateId);
    assert_eq!(refused.await, [twice(4, "a"), twice(6, "d")]);
}

/// One video of ana's, and its edited view.
async fn refused_videos(edit: impl FnOnce(&mut Rows)) -> Vec<Told> {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let video = ana.videos().upload_from("rain.mp4", &b"moving pictures"[..]).await.unwrap();
    ana.videos().upload_from("snow.mp4", &b"other pictures"[..]).await.unwrap();
    let mut rows = Rows(serde_json::from_str(&place.read("video_database.json")).unwrap());
    edit(&mut rows);
    place.write("video_database.json", json!(rows.0).to_string());
    let edit = set_aside(&ana).await;
    let error = ana.edited_views().adopt::<Video>(&edit).await.unwrap_err();
    let again = ana.videos().get(video.id()).await.unwrap();
    assert_eq!(again.revision(), video.revision());
    assert_eq!(ana.videos().open(video.id()).await.unwrap().bytes().await.unwrap(), b"moving pictures"[..]);
    let refused = all(source(&error)).into_iter();
    // The id is a random one.
    refused.map(|told| (told.0, String::new(), told.2, told.3)).collect()
}

#[tokio::test]
async fn what_the_library_knows_of_a_file_is_not_to_be_edited() {
    let fields = [
        ("filename", json!("8ae80d84-0000-4000-8000-000000000000.mp4")),
        ("original_filename", json!("other.mp4")),
        ("thumbnail", json!("other.jpg")),
        ("date_added", json!("2001-01-01 00:00:00")),
        ("source", json!("drive")),
        ("drive_file_id", json!("7")),
        ("bytes", json!(1)),
        ("hash", json!("00")),
        ("title", json!("two\nlines")),
        ("title", json!("")),
    ];
    for (field, value) in fields {
        let refused = refused_videos(|rows| rows.0[0][field] = value).await;
        assert_eq!(refused, [told(1, "", Some(field), EditRefusal::Field)], "{field}");
    }
}

#[tokio::test]
async fn a_video_is_neither_added_nor_removed_by_a_row() {
    let removed = refused_videos(|rows| drop(rows.0.remove(0))).await;
    assert_eq!(removed, [told(None, "", None, EditRefusal::StoredFile)]);
    let added = refused_videos(|rows| {
        let mut row = rows.0[0].clone();
        for field in ["created_by", "created_at", "updated_at"] {
            row.as_object_mut().unwrap().remove(field);
        }
        row["id"] = json!("made-up");
        rows.add(row);
    });
    assert_eq!(added.await, [told(3, "", None, EditRefusal::StoredFile)]);
}

/// A type of the host's that refers to a file without a rule of its own.
#[derive(Serialize, Deserialize)]
struct Clip {
    file: tenantry::paths::FileName,
}

impl Entity for Clip {
    fn collection() -> CollectionName {
        CollectionName::parse("clips").unwrap()
    }

    fn blobs(&self) -> Vec<(tenantry::paths::Area, tenantry::paths::FileName)> {
        vec![(tenantry::paths::Area::Videos, self.file.clone())]
    }
}

#[tokio::test]
async fn a_record_of_any_type_keeps_the_file_to_which_it_refers() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let one = ana.videos().upload_from("rain.mp4", &b"one"[..]).await.unwrap().value().filename.clone();
    let two = ana.videos().upload_from("snow.mp4", &b"two"[..]).await.unwrap().value().filename.clone();
    ana.collection::<Clip>().insert_as(&record("clip"), Clip { file: one.clone() }).await.unwrap();
    place.write("clips.json", place.read("clips.json").replace(one.as_str(), two.as_str()));
    let edit = set_aside(&ana).await;
    let error = ana.edited_views().adopt::<Clip>(&edit).await.unwrap_err();
    assert_eq!(all(source(&error)), [told(1, "clip", None, EditRefusal::StoredFile)]);
}

#[derive(Serialize, Deserialize)]
struct Camera {
    password: SecretText,
}

impl Entity for Camera {
    fn collection() -> CollectionName {
        CollectionName::parse("cameras").unwrap()
    }
}

#[tokio::test]
async fn what_stands_in_place_of_a_secret_does_not_become_one() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    let password = SecretText::new("live-123");
    ana.collection::<Camera>().insert_as(&record("door"), Camera { password }).await.unwrap();
    place.write("cameras.json", place.read("cameras.json").replace("live-123", "[secret]"));
    let edit = set_aside(&ana).await;
    let error = ana.edited_views().adopt::<Camera>(&edit).await.unwrap_err();
    let reason = EditRefusal::NotARecord(RecordError::RedactedSecret);
    assert_eq!(all(source(&error)), [told(1, "door", None, reason)]);
    let camera = ana.collection::<Camera>().get(&record("door")).await.unwrap();
    assert_eq!(camera.value().password.expose(), "live-123");
}

#[tokio::test]
async fn the_quota_holds() {
    let place = Place::new();
    let (tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let limits = Limits::unlimited().with_count(&Note::collection(), 3);
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().change(&id("ana"), ProfileChange::new().limits(limits)).await.unwrap();
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.set("a", "text", "edited");
            rows.add(json!({"id": "d", "text": "one too many"}));
        })
        .await;
    let error = ana.edited_views().adopt::<Note>(&edit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]));
    assert!(place.path(edit.as_str()).exists());
}

/// Lets nobody remove a record.
struct Keep;

impl OwnershipPolicy for Keep {
    fn decide(&self, request: &Request<'_>) -> Decision {
        match request.action() {
            Action::RemoveRecord => Decision::Deny(Reason::Other("records are kept".to_owned())),
            _ => DefaultPolicy.decide(request),
        }
    }
}

#[tokio::test]
async fn each_change_is_decided_as_the_action_that_it_is() {
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edit = place
        .edited_notes(&ana, |rows| {
            rows.set("b", "text", "edited");
            rows.remove("a");
        })
        .await;
    let tenantry = Tenantry::builder(place.store().await).policy(Keep).open().await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let error = own.edited_views().adopt::<Note>(&edit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(notes(&ana).await, pairs(&[("a", "aa"), ("b", "bb"), ("c", "cc")]));
}

#[tokio::test]
async fn an_edit_of_another_collection_or_of_no_array_is_refused() {
    struct Edit<'a>(&'a Place, &'a Workspace);
    impl Edit<'_> {
        async fn of(&self, view: &str) -> tenantry::EditName {
            // As it would be adopted, were it one of the notes.
            self.0.write(view, "[{\"id\": \"new\", \"text\": \"new\"}]");
            set_aside(self.1).await
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Mapping {}
    impl Entity for Mapping {
        fn collection() -> CollectionName {
            CollectionName::STREAM_MAPPING
        }
    }
    let place = Place::new();
    let (_tenantry, ana) = place.with_notes(ViewMode::AtClose).await;
    let edits = ana.edited_views();
    let schedules = Edit(&place, &ana).of("schedules.json").await;
    assert_eq!(edits.adopt::<Note>(&schedules).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    let mapping = Edit(&place, &ana).of("stream_mapping.json").await;
    assert_eq!(edits.adopt::<Mapping>(&mapping).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(notes(&ana).await.len(), 3);
}
