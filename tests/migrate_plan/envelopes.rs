//! Records keep what they have; the envelope is added.

use tenantry::migrate::ProblemKind;

use crate::tree::{Tree, problems, records};

#[test]
fn a_record_keeps_every_field_order_and_the_text_of_numbers() {
    let tree = Tree::new();
    tree.videos(r#"[ {"id": "v1", "title": "caf\u00e9", "rate": 1.10, "filename": "a.mp4", "x": {"b": 1E2, "a": []}} ]"#);
    tree.write("videos/a.mp4", "a");
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    let expected = concat!(
        r#"{"id":"v1","owner":"admin","created_by":"admin","created_at":"2025-11-04 10:00:00","#,
        r#""updated_at":"2025-11-04 10:00:00","title":"caf\u00e9","rate":1.10,"filename":"a.mp4","#,
        r#""x":{"b":1E2,"a":[]}}"#
    );
    assert_eq!(tree.stored(&plan, "videos"), [("admin".to_owned(), expected.to_owned())]);
}

#[test]
fn what_is_there_of_the_envelope_stays_where_it_stands() {
    let tree = Tree::new();
    let streams = r#"[{"title": "t", "status": "scheduled", "id": 7, "created_at": "2024-01-02 03:04", "owner": null}]"#;
    tree.write("live_streams.json", streams);
    let expected = concat!(
        r#"{"title":"t","status":"scheduled","id":7,"created_at":"2024-01-02 03:04","#,
        r#""updated_at":"2024-01-02 03:04:00","owner":"admin","created_by":"admin"}"#
    );
    let plan = tree.plan();
    assert_eq!(tree.stored(&plan, "live_streams"), [("admin".to_owned(), expected.to_owned())]);
    assert_eq!(plan.records[0].id.as_str(), "7");
}

#[test]
fn a_record_was_made_when_it_was_added_and_else_when_its_database_was_written() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "filename": "a.mp4", "date_added": "2024-05-06 07:08:09"}, {"id": "2", "filename": "a.mp4"},
            {"id": "3", "filename": "a.mp4", "created_at": "2024-05-06T07:08:09.5+00:00"},
            {"id": "4", "filename": "a.mp4", "created_at": "yesterday"}]"#,
    );
    let plan = tree.plan();
    let created: Vec<_> = tree.values(&plan, "videos").into_iter().map(|(_, value)| value).collect();
    let of = |field: &str| created.iter().map(|value| value[field].clone()).collect::<Vec<_>>();
    let written =
        ["2024-05-06 07:08:09", "2025-11-04 10:00:00", "2024-05-06 14:08:09", "2025-11-04 10:00:00"];
    assert_eq!(of("created_at"), written);
    assert_eq!(of("updated_at"), written);
    assert_eq!(created[2]["legacy_created_at"], "2024-05-06T07:08:09.5+00:00");
    assert_eq!(created[3]["legacy_created_at"], "yesterday");
}

#[test]
fn ids_that_are_missing_no_ids_or_doubles_get_new_ones_each_time_the_same() {
    let tree = Tree::new();
    tree.write(
        "live_streams.json",
        r#"[{"id": "1", "status": "failed"}, {"status": "failed"}, {"status": "failed"},
            {"id": "a\nb", "status": "failed"}, {"id": "1", "status": "failed"}]"#,
    );
    tree.write(
        "stream_timers.json",
        r#"[{"id": "t1", "stream_id": "a\nb"}, {"id": "t2", "stream_id": "1"}]"#,
    );
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::NewId).len(), 4, "{plan}");
    let ids: Vec<_> = records(&plan, "live_streams").iter().map(|record| record.id.to_string()).collect();
    assert_eq!(ids[0], "1");
    let unlike: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unlike.len(), 5);
    let streams = tree.values(&plan, "live_streams");
    assert_eq!(streams[3].1["legacy_id"], "a\nb");
    // What named the third by the id that it had names it still; the first has kept its own.
    let timers = tree.values(&plan, "stream_timers");
    assert_eq!(timers[0].1["stream_id"], ids[3]);
    assert_eq!(timers[1].1["stream_id"], "1");
    assert!(problems(&plan, ProblemKind::Dangling).is_empty(), "{plan}");
}

#[test]
fn what_python_leaves_in_a_database_is_read_and_told() {
    let tree = Tree::new();
    let text = "\u{feff}[{\"id\": \"1\", \"title\": NaN, \"filename\": \"a.mp4\", \"x\": -Infinity, \"title\": \"\\ud83c rain\"}]";
    tree.videos(text).write("thumbnail_database.json", "{}").write("live_streams.json", "");
    let plan = tree.plan();
    let told: Vec<_> = problems(&plan, ProblemKind::ReadOtherwise);
    assert_eq!(told.len(), 6, "{plan}");
    let (_, video) = tree.only(&plan, "videos");
    assert_eq!(video["title"], "\u{fffd} rain");
    assert!(video["x"].is_null());
    assert!(plan.can_be_applied());
}

#[test]
fn a_time_as_python_writes_it_is_written_as_the_type_reads_it() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4", "date_added": "2025-11-04T10:00:00.123456"}]"#);
    tree.write(
        "live_streams.json",
        r#"[{"id": "1", "status": "live", "start_date": "2025-11-04T03:00:00Z"}]"#,
    );
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    let (_, video) = tree.only(&plan, "videos");
    assert_eq!(video["date_added"], "2025-11-04 10:00:00");
    assert_eq!(video["legacy_date_added"], "2025-11-04T10:00:00.123456");
    assert_eq!(tree.only(&plan, "live_streams").1["start_date"], "2025-11-04 10:00:00");
}

#[test]
fn an_author_is_told_by_the_name_of_the_tenant() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4", "owner": "Budi", "created_by": "Budi"}]"#);
    let (tenant, video) = tree.only(&tree.plan(), "videos");
    assert_eq!((tenant.as_str(), &video["created_by"]), ("=42udi", &"=42udi".into()));
    assert_eq!((&video["legacy_owner"], &video["owner"]), (&"Budi".into(), &"=42udi".into()));
}
