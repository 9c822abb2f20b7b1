//! What is damaged stops in the plan, told with its place and a proposed answer.

use tenantry::migrate::{MigrateError, PlanOptions, Planner, ProblemKind};

use crate::tree::{Tree, left, problems, records};

#[test]
fn a_truncated_database_is_in_the_way_and_a_whole_copy_beside_it_is_named() {
    let tree = Tree::new();
    tree.videos("[{\"id\": \"1\",\n \"filename\": \"a.m").write("thumbnail_database.json", "[{\"id\": 1}");
    tree.write("video_database.json.tmp", "[{")
        .write("video_database.json.backup", r#"[{"id": "1"}, {"id": "2"}]"#);
    let plan = tree.plan();
    assert!(!plan.can_be_applied());
    let damaged = problems(&plan, ProblemKind::Damaged);
    let [image, video] = *damaged else { panic!("{plan}") };
    assert!(video.reason.contains("line 2, column 18"), "{}", video.reason);
    assert!(video.proposal.contains("video_database.json.backup") && video.proposal.contains("2 records"));
    assert!(image.reason.contains("line 1, column 11") && image.proposal.contains("restore"), "{image:?}");
    let files = ["thumbnail_database.json", "video_database.json"];
    assert!(files.iter().all(|file| left(&plan).contains(&(*file).to_owned())), "{plan}");
}

#[test]
fn what_is_no_list_no_text_or_no_workbook_is_in_the_way() {
    for (file, content) in [
        ("video_database.json", b"{\"id\": \"1\"}".as_slice()),
        ("live_streams.json", b"\"[]\""),
        ("thumbnail_database.json", b"[\"\xff\"]"),
        ("stream_mapping.json", b"[1]"),
        ("live_stream_data.xlsx", b"no workbook"),
        ("users.json", b"{\"ana\": "),
        ("users.json", b"[1]"),
    ] {
        let tree = Tree::new();
        tree.write(file, content);
        let plan = tree.plan();
        assert_eq!(problems(&plan, ProblemKind::Damaged).len(), 1, "{plan}");
        assert!(!plan.can_be_applied(), "{file}");
        assert_eq!(left(&plan), [file]);
    }
}

#[test]
fn a_record_that_its_type_refuses_is_in_the_way_unless_it_is_to_be_left() {
    let json = r#"[{"id": "1", "filename": "a.mp4"}, "no record", {"id": "2", "title": "no file"},
        {"id": "3", "filename": "a.mp4", "bytes": "many"}]"#;
    let tree = Tree::new();
    tree.videos(json).write("videos/a.mp4", "a");
    let plan = tree.plan();
    let refused = problems(&plan, ProblemKind::RefusedRecord);
    let reasons: Vec<_> = refused.iter().map(|problem| problem.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "a record is a JSON object",
            "the field \"filename\" is missing",
            "the record does not fit its type in the field \"bytes\"",
        ]
    );
    assert!(!plan.can_be_applied());

    let tree = Tree::new().leaving();
    tree.videos(json).write("videos/a.mp4", "a");
    let plan = tree.plan();
    assert!(plan.can_be_applied());
    assert_eq!(records(&plan, "videos").len(), 1);
    assert_eq!(left(&plan).len(), 3);
}

#[test]
fn the_file_of_a_record_that_is_left_is_not_left_without_one() {
    let tree = Tree::new().leaving();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4", "bytes": "many", "owner": "ana"}]"#)
        .write("videos/a.mp4", "a");
    let plan = tree.plan();
    let (tenant, video) = tree.only(&plan, "videos");
    assert_eq!((tenant.as_str(), &video["filename"]), ("ana", &"a.mp4".into()));
    assert_eq!(plan.files.len(), 1);
}

#[test]
fn a_file_or_link_in_place_of_a_folder_is_in_the_way() {
    let tree = Tree::new();
    tree.write("videos", "no folder").folder("live_streams.json");
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::Unreadable).len(), 1, "{plan}");
    assert_eq!(left(&plan), ["live_streams.json", "videos"]);
}

#[test]
fn options_and_roots_that_can_be_none_are_errors_without_the_root_s_path() {
    let tree = Tree::new();
    let missing = tree.root().join("missing");
    let error = tree.planner().plan(&missing).unwrap_err();
    assert!(matches!(error, MigrateError::Root(std::io::ErrorKind::NotFound)));
    let mut options = PlanOptions::default();
    options.default_owner = "x".repeat(65);
    let error = Planner::new(options).plan(tree.root()).unwrap_err();
    assert!(matches!(error, MigrateError::Owner { option: "default_owner", .. }), "{error}");
    let mut options = PlanOptions::default();
    options.time_zone = "Java/Jakarta".to_owned();
    assert!(matches!(Planner::new(options).plan(tree.root()), Err(MigrateError::TimeZone)));
    let texts = format!("{error} {error:?}");
    assert!(!texts.contains(&tree.root().display().to_string()));
}

#[test]
fn a_database_that_is_too_long_is_not_read() {
    let mut tree = Tree::new();
    tree.options.database_bytes = 10;
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#);
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::Damaged).len(), 1);
    assert!(plan.records.is_empty());
}
