//! The databases whose types are the application's: looped videos, timers, the queue of uploads.

use tenantry::migrate::{Planner, ProblemKind};

use crate::tree::{Tree, left, placed, problems, records};

#[test]
fn looped_videos_are_videos_and_are_found_by_the_name_of_the_output() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "v", "filename": "a.mp4", "owner": "ana"}]"#).write("videos/a.mp4", "a");
    tree.write("videos/done/loop.mp4", "aaa")
        .write("videos/done/a.mp4", "aa")
        .write("videos/done/stray.mp4", "x");
    tree.write(
        "looped_videos.json",
        r#"[{"id": "l1", "original_video_id": "v", "output_filename": "loop.mp4", "status": "completed"},
            {"id": "l2", "original_video_id": "v", "output_filename": "a.mp4", "status": "completed"}]"#,
    );
    let plan = tree.plan();
    assert!(problems(&plan, ProblemKind::Dangling).is_empty(), "{plan}");
    let whose: Vec<_> =
        plan.files.iter().map(|file| (file.from.to_string(), file.to[0].tenant.to_string())).collect();
    let expected = [
        ("videos/a.mp4", "ana"),
        ("videos/done/a.mp4", "ana"),
        ("videos/done/loop.mp4", "ana"),
        ("videos/done/stray.mp4", "admin"),
    ];
    assert_eq!(whose, expected.map(|(path, tenant)| (path.to_owned(), tenant.to_owned())));
    assert_eq!(records(&plan, "videos").len(), 4);
    let loops = tree.values(&plan, "looped_videos");
    assert_eq!(loops[0].1["output_filename"], "loop.mp4");
    // The original has that name; the output got another, and is the one that the loop names.
    let output = loops[1].1["output_filename"].as_str().unwrap();
    assert_ne!(output, "a.mp4");
    assert_eq!(plan.files[1].to[0].name.as_str(), output);
    assert_eq!(loops[1].1["legacy_output_filename"], "a.mp4");
}

#[test]
fn the_absolute_path_of_a_queued_upload_becomes_a_reference() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "v", "filename": "a.mp4"}, {"id": "w", "filename": "b.mp4"}]"#);
    tree.write("videos/a.mp4", "a").write("videos/b.mp4", "b");
    tree.write(
        "bulk_upload_queue.json",
        r#"[{"id": "1", "video_path": "/home/x/videos/a.mp4", "tags": "a, b"},
            {"id": "2", "video_path": "C:\\app\\videos\\b.mp4", "video_id": "w"},
            {"id": "3", "video_path": "/home/x/videos/gone.mp4", "video_id": "gone"}]"#,
    );
    let plan = tree.plan();
    let queue = tree.values(&plan, "bulk_upload_queue");
    assert_eq!((&queue[0].1["video_id"], &queue[0].1["video_path"]), (&"v".into(), &"a.mp4".into()));
    assert_eq!(queue[0].1["legacy_video_path"], "/home/x/videos/a.mp4");
    assert_eq!((&queue[1].1["video_id"], &queue[1].1["video_path"]), (&"w".into(), &"b.mp4".into()));
    assert_eq!(queue[2].1["video_path"], "/home/x/videos/gone.mp4");
    assert_eq!(problems(&plan, ProblemKind::Dangling).len(), 2, "{plan}");
}

#[test]
fn a_second_timer_of_a_stream_can_t_be_placed() {
    let tree = Tree::new();
    tree.write("live_streams.json", r#"[{"id": "s", "status": "live"}]"#);
    tree.write("stream_timers.json", r#"[{"id": "1", "stream_id": "s"}, {"id": "2", "stream_id": "s"}]"#);
    let plan = tree.plan();
    assert_eq!(records(&plan, "stream_timers").len(), 1);
    assert_eq!(problems(&plan, ProblemKind::RefusedRecord).len(), 1);
}

#[test]
fn a_database_whose_kind_is_not_known_stays_and_is_named() {
    let tree = Tree::new();
    tree.write("looped_videos.json", "[{}]").write("videos/a.mp4", "a");
    let plan = Planner::new(tree.options.clone()).plan(tree.root()).unwrap();
    assert_eq!(left(&plan), ["looped_videos.json"]);
    assert_eq!(problems(&plan, ProblemKind::UnknownKind).len(), 1);
    assert_eq!(placed(&plan).len(), 1);
}
