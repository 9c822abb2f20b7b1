//! What is said to be true of a tree.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tempfile::tempdir;
use tenantry::testkit::legacy_trees::{
    DatabaseKind, Expectation, ExpectedFile, LegacyTree, NoPlace, Owners, Trap, trees,
};

use crate::reader::Tree;

fn of(trap: Trap) -> Expectation {
    LegacyTree::only(trap).expectation(&Owners::all_to("admin"))
}

fn text(path: &[u8]) -> String {
    String::from_utf8(path.to_vec()).unwrap()
}

/// The files of an expectation that are not the admin's alone.
fn others(expectation: &Expectation) -> Vec<(&ExpectedFile, Vec<&str>)> {
    let owners = |file: &ExpectedFile| file.owners == BTreeSet::from(["admin".to_owned()]);
    let others = expectation.files.iter().filter(|file| !owners(file));
    others.map(|file| (file, file.owners.iter().map(String::as_str).collect())).collect()
}

#[test]
fn without_traps_all_is_the_defaults_and_nothing_dangles() {
    let tree = LegacyTree::build(3, &BTreeSet::new(), 1);
    let expected = tree.expectation(&Owners::all_to("user123"));
    assert_eq!((expected.records.len(), expected.rows.len(), expected.files.len()), (9, 3, 7));
    assert!(expected.records.iter().chain(&expected.stream_keys).all(|record| record.owner == "user123"));
    assert!(expected.rows.iter().all(|row| row.owner == "user123"));
    assert!(expected.files.iter().all(|file| file.owners == BTreeSet::from(["user123".to_owned()])));
    assert_eq!(expected.no_place, [(b"users.json".to_vec(), NoPlace::Application)]);
    assert!(expected.dangling.is_empty() && expected.same_id.is_empty() && expected.same_name.is_empty());
    assert!(expected.unknown_users.is_empty());
}

#[test]
fn a_record_is_whose_it_says_and_its_file_with_it() {
    let expected = of(Trap::RecordWithOwner);
    let owned: Vec<_> = expected.records.iter().filter(|record| record.owner == "user123").collect();
    assert_eq!(
        owned.iter().map(|record| record.kind).collect::<Vec<_>>(),
        [DatabaseKind::Videos, DatabaseKind::LiveStreams]
    );
    let files = others(&expected);
    let [(file, owners)] = &files[..] else { panic!("{files:?}") };
    assert_eq!((file.area, &owners[..], file.records.len()), ("videos", &["user123"][..], 1));
    // The thumbnail is the admin's by its own record.
    assert_eq!(expected.dangling.len(), 1);
    assert!(expected.dangling[0].is_anothers && expected.dangling[0].field == "thumbnail");
}

#[test]
fn a_file_of_two_owners_is_of_both_and_one_of_two_records_of_one_is_that_ones() {
    let expected = of(Trap::FileOfTwoOwners);
    let files = others(&expected);
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].1.as_slice(), files[0].0.records.len()), (&["admin", "user123"][..], 2));
    let expected = of(Trap::FileNamedTwice);
    assert!(others(&expected).is_empty());
    assert!(expected.files.iter().any(|file| file.records.len() == 2));
}

#[test]
fn a_users_folder_says_whose_its_files_and_their_records_and_stream_keys_are() {
    let expected = of(Trap::UserFolders);
    let files: Vec<_> =
        others(&expected).iter().map(|(file, owners)| (file.area, owners.join(" "))).collect();
    let areas = ["thumbnails", "tokens", "videos"].map(|area| (area, "user123".to_owned()));
    assert_eq!(files.into_iter().collect::<BTreeSet<_>>(), areas.into_iter().collect());
    let records = expected.records.iter().filter(|record| record.owner == "user123");
    assert_eq!(records.count(), 2);
    let keys: Vec<_> = expected.stream_keys.iter().map(|keys| keys.owner.as_str()).collect();
    assert_eq!(keys, ["admin", "user123"]);
    assert!(expected.dangling.is_empty());
}

#[test]
fn a_users_database_says_whose_its_records_are_unless_they_say_another() {
    let expected = of(Trap::UserDatabases);
    let own = |path: &str| path.starts_with("data/user123/");
    assert!(expected.records.iter().all(|record| (record.owner == "user123") == own(&record.place.path)));
    let expected = of(Trap::ForeignOwnerInside);
    let inside: Vec<_> =
        expected.records.iter().filter(|record| record.place.path.starts_with("data/admin/")).collect();
    assert_eq!(inside.len(), 2);
    assert!(inside.iter().all(|record| record.owner == "user123"));
    let files = others(&expected);
    assert!(text(&files[0].0.path).starts_with("videos/admin/"));
    assert_eq!((files.len(), &files[0].1[..]), (1, &["user123"][..]));
    assert!(expected.dangling.is_empty());
}

#[test]
fn what_says_nothing_is_whose_it_is_assigned_by_id_or_file_name() {
    let tree = LegacyTree::build(2, &BTreeSet::from([Trap::FileWithoutRecord]), 0);
    let before = tree.expectation(&Owners::all_to("admin"));
    let (first, lone) = (&before.records[0], before.files.iter().rfind(|file| file.records.is_empty()));
    let file = text(&lone.unwrap().path).rsplit('/').next().unwrap().to_owned();
    let assigned = [first.id.clone().unwrap(), file, "channel1.json".to_owned()];
    let assigned: BTreeMap<_, _> = assigned.into_iter().map(|name| (name, "user123".to_owned())).collect();
    let after = tree.expectation(&Owners { default: "admin".to_owned(), assigned });
    assert_eq!(after.records.iter().filter(|record| record.owner == "user123").count(), 1);
    assert_eq!(after.records[0].owner, "user123");
    assert_eq!(after.stream_keys[0].owner, "user123");
    assert_eq!(others(&after).len(), 3);
}

#[test]
fn looped_videos_lie_in_no_users_folder() {
    let expected = of(Trap::LoopedVideos);
    assert!(others(&expected).is_empty() && expected.dangling.is_empty());
    let looped: Vec<_> =
        expected.files.iter().filter(|file| file.path.starts_with(b"videos/done/")).collect();
    assert_eq!((looped.len(), looped[0].area, looped[0].records.len()), (1, "videos", 1));
}

#[test]
fn what_dangles_is_told_once_for_each_trap_that_makes_it() {
    let dangling = |trap| {
        let told = of(trap).dangling;
        told.into_iter().map(|told| (told.field, told.is_anothers)).collect::<Vec<_>>()
    };
    let expected: [(Trap, &[(&str, bool)]); 9] = [
        (Trap::FileMissing, &[("filename", false)]),
        (Trap::FileNameLeadsOut, &[("filename", false)]),
        (Trap::ThumbnailMissing, &[("thumbnail", false)]),
        (Trap::StreamVideoMissing, &[("video_file", false)]),
        (Trap::VideoOfAnother, &[("thumbnail", true), ("video_file", true)]),
        (Trap::MappingWithoutToken, &[("channel-gone.json", false)]),
        (Trap::TimerWithoutStream, &[("stream_id", false)]),
        (Trap::WorkbookThumbnailPrefix, &[("thumbnailFile", false), ("thumbnailFile", false)]),
        // A link and a file that may not be read are nobody's.
        (Trap::LinkForFile, &[("filename", false)]),
    ];
    for (trap, fields) in expected {
        let fields: Vec<_> = fields.iter().map(|(field, is)| ((*field).to_owned(), *is)).collect();
        assert_eq!(dangling(trap), fields, "{trap:?}");
    }
}

#[test]
fn what_is_nobodys_is_told_with_the_reason() {
    let expected: [(Trap, &[u8], NoPlace); 13] = [
        (Trap::GitKeep, b"videos/.gitkeep", NoPlace::Leftover),
        (Trap::DsStore, b"videos/.DS_Store", NoPlace::Leftover),
        (Trap::ThumbsDb, b"thumbnails/Thumbs.db", NoPlace::Leftover),
        (Trap::BackupLeft, b"video_database.json.backup", NoPlace::Leftover),
        (Trap::TemporaryLeft, b"videos/upload-1.mp4.tmp", NoPlace::Leftover),
        (Trap::ClientSecret, b"tokens/client_secret.json", NoPlace::Application),
        (Trap::ScheduleConfig, b"schedule_config.json", NoPlace::Application),
        (Trap::LinkForFile, b"videos/linked.mp4", NoPlace::Link),
        (Trap::LinkForFile, b"media/film.mp4", NoPlace::Unknown),
        (Trap::LinkForFolder, b"videos/mounted", NoPlace::Link),
        (Trap::Unreadable, b"videos/unreadable.mp4", NoPlace::Unreadable),
        (Trap::NameNotUtf8, b"videos/rain\xff\xfe.mp4", NoPlace::NameNotUtf8),
        (Trap::GitKeep, b"users.json", NoPlace::Application),
    ];
    for (trap, path, reason) in expected {
        assert!(of(trap).no_place.contains(&(path.to_vec(), reason)), "{trap:?}");
    }
    assert!(of(Trap::FfmpegLogs).no_place.iter().any(|(path, _)| path.starts_with(b"ffmpeg_logs/")));
    let damaged = |trap| of(trap).no_place.iter().any(|(_, reason)| *reason == NoPlace::Damaged);
    assert!(damaged(Trap::DatabaseTruncated));
    assert!(!damaged(Trap::DatabaseEmpty) && !damaged(Trap::DatabaseIsObject));
}

/// With an odd seed it is the folder of all thumbnails that a link is in the place of.
#[test]
fn what_lies_behind_a_link_is_nobodys_and_dangles() {
    let tree = LegacyTree::build(1, &BTreeSet::from([Trap::LinkForFolder]), 1);
    let expected = tree.expectation(&Owners::all_to("admin"));
    assert!(expected.no_place.contains(&(b"thumbnails".to_vec(), NoPlace::Link)));
    assert!(expected.files.iter().all(|file| file.area != "thumbnails"));
    let fields: Vec<_> = expected.dangling.iter().map(|dangling| dangling.field.as_str()).collect();
    assert_eq!(fields, ["thumbnail", "filename", "thumbnailFile"]);
}

#[test]
fn what_would_meet_in_one_place_is_told() {
    assert_eq!(of(Trap::IdTwice).same_id.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    let twice = of(Trap::OldAndNew);
    let places: Vec<_> = twice.same_id.iter().flatten().map(|place| place.path.as_str()).collect();
    assert_eq!(places, ["video_database.json", "data/admin/video_database.json"]);
    for trap in [Trap::OldAndNew, Trap::SameNameInTwoPlaces, Trap::NamesDifferInCase] {
        assert_eq!(of(trap).same_name.iter().map(Vec::len).collect::<Vec<_>>(), [2], "{trap:?}");
    }
    // Each of two records means the file beside it.
    let files = twice.files.iter().filter(|file| twice.same_name[0].contains(&file.path));
    assert!(files.map(|file| file.records.len()).eq([1, 1]));
}

#[test]
fn users_that_the_application_does_not_know_are_told() {
    assert_eq!(of(Trap::OwnerUnknown).unknown_users, BTreeSet::from(["ghost".to_owned()]));
    assert!(of(Trap::UserNameNotPlain).unknown_users.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What is said of a tree is the whole of what is written, and its records are those of the databases.
    #[test]
    fn nothing_on_the_disk_is_left_out(tree in trees(0..=3)) {
        let expected = tree.expectation(&Owners::all_to("admin"));
        let folder = tempdir().unwrap();
        tree.write_to(folder.path()).unwrap();
        let read = Tree::read(folder.path());
        let here = |path: &[u8]| std::fs::read(folder.path().join(text(path)));
        let shown = |path: &[u8]| path.escape_ascii().to_string();
        let mut told: BTreeSet<String> = expected.no_place.iter().map(|(path, _)| shown(path)).collect();
        for file in &expected.files {
            prop_assert_eq!(&here(&file.path).unwrap(), &file.bytes);
            prop_assert!(!file.owners.is_empty());
            prop_assert!(told.insert(shown(&file.path)), "told twice");
        }
        told.extend(tree.databases.iter().map(|database| database.path()));
        told.insert("live_stream_data.xlsx".to_owned());
        let written = read.entries.iter().filter(|(_, found)| !found.is_dir());
        let written: BTreeSet<String> = written.map(|(path, _)| shown(path)).collect();
        let differ: Vec<_> = told.symmetric_difference(&written).collect();
        prop_assert!(differ.is_empty(), "{differ:?}");
        let positions: usize = read.databases.iter().map(|database| database.records().count()).sum();
        prop_assert_eq!(expected.records.len(), positions);
        prop_assert_eq!(expected.rows.len(), read.cells.len() - 1);
    }
}
