//! Where files go, and under which names.

use std::os::unix::fs::symlink;

use tenantry::migrate::ProblemKind;

use crate::tree::{Tree, left, os, placed, problems, records};

#[test]
fn a_file_goes_to_the_owner_of_its_record_and_to_each_if_they_are_several() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "filename": "a.mp4", "owner": "ana"}, {"id": "2", "filename": "a.mp4", "owner": "ana"},
            {"id": "3", "filename": "b.mp4", "owner": "ana"}, {"id": "4", "filename": "b.mp4", "owner": "ben"}]"#,
    );
    tree.write("videos/a.mp4", "aa").write("videos/b.mp4", "bbb");
    let plan = tree.plan();
    assert_eq!(
        placed(&plan),
        ["videos/a.mp4 -> videos/ana/a.mp4", "videos/b.mp4 -> videos/ben/b.mp4, videos/ana/b.mp4"]
    );
    let totals = &plan.totals;
    assert_eq!((totals.files, totals.file_bytes, totals.moved_bytes, totals.copied_bytes), (3, 8, 5, 3));
    assert!(problems(&plan, ProblemKind::NoRecord).is_empty(), "{plan}");
}

#[test]
fn who_shows_a_file_of_anothers_gets_a_copy_with_a_record() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#).write("videos/a.mp4", "a");
    tree.write(
        "live_streams.json",
        r#"[{"id": "s", "status": "live", "owner": "ana", "video_file": "a.mp4"}]"#,
    );
    let plan = tree.plan();
    assert_eq!(placed(&plan), ["videos/a.mp4 -> videos/ana/a.mp4, videos/admin/a.mp4"]);
    assert_eq!(records(&plan, "videos").len(), 2);
    assert!(problems(&plan, ProblemKind::Dangling).is_empty(), "{plan}");
}

#[test]
fn a_file_without_a_record_gets_one_and_what_is_no_media_stays() {
    let tree = Tree::new().owner("notes.txt", "ana");
    tree.write("videos/Rain sounds.MP4", "rain")
        .write("videos/readme.md", "-")
        .write("videos/notes.txt", "-");
    tree.write("thumbnails/a.png", "png").write("thumbnails/b.mp4", "-");
    let plan = tree.plan();
    assert_eq!(
        placed(&plan),
        [
            "thumbnails/a.png -> thumbnails/admin/a.png",
            "videos/Rain sounds.MP4 -> videos/admin/Rain sounds.MP4",
            "videos/notes.txt -> videos/ana/notes.txt",
        ]
    );
    assert_eq!(left(&plan), ["thumbnails/b.mp4", "videos/readme.md"]);
    let video = tree.values(&plan, "videos").remove(0).1;
    let told = (video["title"].as_str(), video["original_filename"].as_str(), video["bytes"].as_u64());
    assert_eq!(told, (Some("Rain sounds"), Some("Rain sounds.MP4"), Some(4)));
    assert_eq!(video["hash"].as_str().unwrap(), plan.files[1].digest.to_string());
    assert_eq!(video["date_added"], "2025-11-04 10:00:00");
    assert_eq!(problems(&plan, ProblemKind::NoRecord).len(), 3);
    assert!(plan.can_be_applied());
}

#[test]
fn a_record_without_a_file_is_carried_and_named() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "gone.mp4", "thumbnail": "gone.png"}]"#);
    let plan = tree.plan();
    assert_eq!(records(&plan, "videos").len(), 1);
    assert_eq!(problems(&plan, ProblemKind::NoFile).len(), 1);
    assert_eq!(problems(&plan, ProblemKind::Dangling).len(), 1);
    assert!(plan.can_be_applied());
}

#[test]
fn without_the_folder_in_which_files_should_be_nothing_is_done() {
    let tree = Tree::new();
    tree.write("video_database.json", r#"[{"id": "1", "filename": "gone.mp4"}]"#);
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::MissingFolder).len(), 1);
    assert!(!plan.can_be_applied());
}

#[test]
fn a_name_that_can_be_none_gets_another_and_what_names_it_follows() {
    let tree = Tree::new();
    let (decomposed, undecodable) = ("cafe\u{301}.mp4", b"r\xffin.mp4");
    tree.videos(
        r#"[{"id": "1", "filename": "cafe\u0301.mp4"}, {"id": "2", "filename": "r\udcffin.mp4", "original_filename": "rain"},
            {"id": "3", "filename": "con.mp4", "thumbnail": "thumbnails/thumbnails/a.png"}]"#,
    );
    tree.write(format!("videos/{decomposed}"), "1").write("thumbnails/a.png", "png");
    tree.write(std::path::Path::new("videos").join(os(undecodable)), "2").write("videos/con.mp4", "3");
    tree.write("live_streams.json", r#"[{"id": "s", "status": "live", "video_file": "cafe\u0301.mp4"}]"#);
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 3);
    assert!(problems(&plan, ProblemKind::Dangling).is_empty(), "{plan}");
    // That of the thumbnail.
    assert_eq!(problems(&plan, ProblemKind::NoRecord).len(), 1, "{plan}");
    let videos = tree.values(&plan, "videos");
    assert_eq!(videos[0].1["original_filename"], decomposed);
    assert_eq!(videos[1].1["original_filename"], "rain");
    assert_eq!(videos[1].1["legacy_filename"], "r\u{fffd}in.mp4");
    assert_eq!(videos[2].1["thumbnail"], "a.png");
    let (_, stream) = tree.only(&plan, "live_streams");
    assert_eq!(stream["video_file"], videos[0].1["filename"]);
    assert_eq!(stream["legacy_video_file"], decomposed);
    let names: Vec<_> = plan.files.iter().map(|file| file.from.to_string()).collect();
    assert!(names.contains(&r"videos/r\xffin.mp4".to_owned()), "{names:?}");
}

#[test]
fn names_that_differ_in_case_alone_are_told_apart_for_one_tenant_and_not_for_two() {
    let tree = Tree::new();
    tree.videos(
        r#"[{"id": "1", "filename": "Rain.mp4"}, {"id": "2", "filename": "rain.mp4"},
            {"id": "3", "filename": "RAIN.mp4", "owner": "ana"}]"#,
    );
    tree.write("videos/Rain.mp4", "1").write("videos/rain.mp4", "2").write("videos/RAIN.mp4", "3");
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1, "{plan}");
    let videos = tree.values(&plan, "videos");
    assert_eq!(videos[0].1["filename"], "Rain.mp4");
    assert_eq!(videos[1].1["original_filename"], "rain.mp4");
    assert_eq!(videos[2].1["filename"], "RAIN.mp4");
}

#[test]
fn a_name_that_differs_in_spelling_alone_means_the_only_such_file() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "Rain.MP4"}]"#).write("videos/rain.mp4", "1");
    let plan = tree.plan();
    let (_, video) = tree.only(&plan, "videos");
    assert_eq!(video["filename"], "rain.mp4");
    assert!(problems(&plan, ProblemKind::NoFile).is_empty());
}

#[test]
fn what_stays_in_a_tenant_s_folder_keeps_its_name() {
    let tree = Tree::new().owner("videos/Notes.txt", "ana");
    tree.write("videos/ana/notes.txt", "stays").write("videos/Notes.txt", "given");
    let plan = tree.plan();
    assert_eq!(left(&plan), ["videos/ana/notes.txt"]);
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1, "{plan}");
}

#[test]
fn no_file_gets_the_name_of_one_that_a_record_has_lost() {
    let tree = Tree::new().owner("videos/budi/x.mp4", "ana").owner("videos/y.mp4", "ana");
    tree.write("data/ana/video_database.json", r#"[{"id": "1", "title": "t", "filename": "X.mp4"}]"#);
    tree.write("videos/budi/x.mp4", "another").write("videos/y.mp4", "y");
    let plan = tree.plan();
    assert_eq!(problems(&plan, ProblemKind::NoFile).len(), 1, "{plan}");
    assert_eq!(problems(&plan, ProblemKind::NewName).len(), 1, "{plan}");
    let [lost, another, y] = &tree.values(&plan, "videos")[..] else { panic!("{plan}") };
    assert_eq!((lost.1["filename"].as_str(), y.1["filename"].as_str()), (Some("X.mp4"), Some("y.mp4")));
    assert_eq!(another.1["original_filename"], "x.mp4");
    assert_ne!(another.1["filename"], "x.mp4");
}

#[test]
fn what_looks_left_over_and_is_named_by_a_record_is_carried() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4.part"}, {"id": "2", "filename": ".b.mp4"}]"#);
    tree.write("videos/a.mp4.part", "a").write("videos/.b.mp4", "b").write("videos/c.mp4.part", "c");
    let plan = tree.plan();
    assert_eq!(plan.files.len(), 2, "{plan}");
    assert_eq!(left(&plan), ["videos/c.mp4.part"]);
    assert!(problems(&plan, ProblemKind::NoFile).is_empty());
}

#[test]
fn files_and_records_that_are_the_same_are_named_and_carried() {
    let tree = Tree::new();
    tree.videos(r#"[{"id": "1", "filename": "a.mp4", "title": "x"}, {"title": "\u0078", "id": "2", "filename": "a.mp4"}]"#);
    tree.write("videos/a.mp4", "same")
        .write("videos/b.mp4", "same")
        .write("videos/c.mp4", "")
        .write("videos/d.mp4", "");
    let plan = tree.plan();
    let told: Vec<_> =
        problems(&plan, ProblemKind::Duplicate).iter().map(|problem| problem.reason.clone()).collect();
    assert_eq!(
        told,
        ["it says the same as video_database.json, record 1", "admin has the same content in videos/a.mp4"]
    );
    assert_eq!((plan.files.len(), records(&plan, "videos").len()), (4, 5));
}

#[test]
fn links_and_pipes_are_neither_followed_nor_opened() {
    let tree = Tree::new();
    let elsewhere = Tree::new();
    elsewhere.write("secret.mp4", "secret");
    tree.videos(r#"[{"id": "1", "filename": "a.mp4"}]"#).folder("thumbnails");
    symlink(elsewhere.root().join("secret.mp4"), tree.root().join("videos/a.mp4")).unwrap();
    symlink(elsewhere.root(), tree.root().join("videos/ana")).unwrap();
    symlink(elsewhere.root().join("secret.mp4"), tree.root().join("live_streams.json")).unwrap();
    let pipe = tree.root().join("videos/pipe.mp4");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let plan = tree.plan();
    assert!(plan.files.is_empty());
    assert_eq!(left(&plan), ["live_streams.json", "videos/a.mp4", "videos/ana", "videos/pipe.mp4"]);
    assert_eq!(problems(&plan, ProblemKind::Unreadable).len(), 1);
    assert_eq!(problems(&plan, ProblemKind::NoFile).len(), 1);
}

#[test]
fn what_systems_and_attempts_leave_over_stays_and_is_named() {
    let tree = Tree::new();
    tree.write("videos/.gitkeep", "").write("videos/Thumbs.db", "-").write("thumbnails/.DS_Store", "-");
    tree.write("video_database.json.backup", "[")
        .write("live_streams.json.tmp", "[")
        .write("videos/a.mp4.part", "-");
    tree.write("schedule_config.json", "{}").write("ffmpeg_logs/1.log", "-").write("notes.json", "{}");
    tree.write("app.py", "-").write("data/stray.json", "[]").write("videos/done/.gitkeep", "");
    let plan = tree.plan();
    assert!(plan.files.is_empty() && plan.records.is_empty() && plan.sources.is_empty());
    assert_eq!(
        left(&plan),
        [
            "app.py",
            "data/stray.json",
            "ffmpeg_logs",
            "live_streams.json.tmp",
            "notes.json",
            "schedule_config.json",
            "thumbnails/.DS_Store",
            "video_database.json.backup",
            "videos/.gitkeep",
            "videos/Thumbs.db",
            "videos/a.mp4.part",
            "videos/done/.gitkeep",
        ]
    );
    assert_eq!(problems(&plan, ProblemKind::NothingFound).len(), 1);
}
