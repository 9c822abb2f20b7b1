//! What is lost or misplaced by a run that says it went well.

use std::collections::BTreeSet;

use calamine::{Data, Reader, Xlsx};
use serde_json::Value;

use crate::place::{Place, text};

const VIDEOS: &str = "data/admin/video_database.json";

/// Whether something is so of what there was before a run and of what there is after it.
pub(crate) type IsSo = fn(&Place, &Place) -> bool;

/// The video of the user's, in the admin's database; none before the run.
fn of_user(after: &Place) -> Value {
    after.record(VIDEOS, "of user123").unwrap_or_default()
}

/// What it does.
pub(crate) const DEEDS: &[(&str, IsSo)] = &[
    ("a record that says another owner is left in the admin's database", |_, after| {
        let video = of_user(after);
        let own = after.record("data/user123/video_database.json", "of user123");
        video["owner"] == "user123" && own.is_none()
    }),
    ("that record's file goes into the admin's folder, away from its owner", |_, after| {
        let file = of_user(after);
        let file = text(&file, "filename");
        after.has(&format!("videos/admin/{file}")) && !after.has(&format!("videos/user123/{file}"))
    }),
    ("a record that had an owner gets no created_by and no updated_at", |_, after| {
        let video = of_user(after);
        video.is_object() && video.get("created_by").is_none() && video.get("updated_at").is_none()
    }),
    ("a record of an owner that is no user is in the admin's database with that owner", |_, after| {
        after.record(VIDEOS, "of a ghost").is_some_and(|video| video["owner"] == "ghost")
    }),
    ("a record whose file lies in a user's folder becomes the admin's, who does not have it", |_, after| {
        let video = after.record(VIDEOS, "moved already").unwrap_or_default();
        let file = text(&video, "filename");
        let (of_admin, of_user) = (format!("videos/admin/{file}"), format!("videos/user123/{file}"));
        video["owner"] == "admin" && !after.has(&of_admin) && after.has(&of_user)
    }),
    ("the stream keys of a user's token become the admin's", |_, after| {
        let mapping: Value = serde_json::from_str(&after.text("data/admin/stream_mapping.json")).unwrap();
        mapping.get("channel-user.json").is_some() && after.has("tokens/user123/channel-user.json")
    }),
    (
        "the admin's own databases of an earlier attempt are overwritten, newer records by older",
        |before, after| {
            let newer = "what it is called since";
            before.record(VIDEOS, newer).is_some() && after.record(VIDEOS, newer).is_none()
        },
    ),
    ("a record that was only there is in no database any more, and its file is nobody's", |before, after| {
        let foreign = before.record(VIDEOS, "foreign inside").unwrap();
        let databases = ["video_database.json", VIDEOS, "data/user123/video_database.json"];
        let is_gone = databases.iter().all(|path| after.record(path, "foreign inside").is_none());
        is_gone && after.has(&format!("videos/admin/{}", text(&foreign, "filename")))
    }),
    ("of two different files of one name the one in the new place is overwritten", |before, after| {
        let same = before.record("video_database.json", "same name").unwrap();
        let [old, new] =
            ["videos", "videos/admin"].map(|folder| format!("{folder}/{}", text(&same, "filename")));
        let lost = before.read(&new);
        after.read(&new) == before.read(&old) && !after.videos().contains(&lost)
    }),
    ("the demo user's records are overwritten by none", |before, after| {
        let demo = "data/demo/video_database.json";
        before.records(demo).len() == 1 && after.records(demo).is_empty()
    }),
    ("`.gitkeep` is moved away, so that the folder is not kept", |_, after| {
        ["videos", "thumbnails", "tokens"].iter().all(|folder| {
            !after.has(&format!("{folder}/.gitkeep")) && after.has(&format!("{folder}/admin/.gitkeep"))
        })
    }),
    ("what other programs left becomes the admin's", |_, after| {
        after.has("videos/admin/.DS_Store") && after.has("thumbnails/admin/Thumbs.db")
    }),
    ("the application's own client secret becomes a token of the admin's", |_, after| {
        !after.has("tokens/client_secret.json") && after.has("tokens/admin/client_secret.json")
    }),
    ("a link is moved and leads nowhere", |before, after| {
        let (old, new) = (before.at("videos/linked.mp4"), after.at("videos/admin/linked.mp4"));
        old.exists() && new.is_symlink() && !new.exists()
    }),
    ("the backup of an earlier attempt is overwritten", |before, after| {
        let backup = "video_database.json.backup";
        before.text(backup) == "[]" && after.read(backup) == before.read("video_database.json")
    }),
    ("numbers are written otherwise than they were", |before, after| {
        let has = |place: &Place, path, number| place.text(path).contains(number);
        let [was, is] = [(before, "video_database.json"), (after, VIDEOS)];
        let numbers = [(": 1.10", ": 1.1"), ("1E3", "1000.0")];
        numbers
            .iter()
            .all(|(old, new)| has(was.0, was.1, old) && !has(is.0, is.1, old) && has(is.0, is.1, new))
    }),
];

/// What it leaves undone.
pub(crate) const OMISSIONS: &[(&str, IsSo)] = &[
    ("`videos/done` is left where from then on each folder is a user's", |_, after| {
        let users: Value = serde_json::from_str(&after.text("users.json")).unwrap();
        let folders = std::fs::read_dir(after.at("videos")).unwrap();
        let folders: BTreeSet<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
        folders.contains("done".as_ref() as &std::ffi::OsStr) && users.get("done").is_none()
    }),
    ("looped videos, timers and the queue stay behind, without an owner", |before, after| {
        let left = ["looped_videos.json", "stream_timers.json", "bulk_upload_queue.json"];
        let stays = |path: &&str| after.has(path) && before.read(path) == after.read(path);
        left.iter().all(|path| stays(path) && !after.has(&format!("data/admin/{path}")))
    }),
    ("rows of the workbook that say no owner stay nobody's", |_, after| {
        let mut book: Xlsx<_> = calamine::open_workbook(after.at("live_stream_data.xlsx")).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let header: Vec<_> = sheet.rows().next().unwrap().to_vec();
        let owner = header.iter().position(|cell| *cell == Data::String("owner".to_owned())).unwrap();
        sheet.rows().skip(1).filter(|row| row[owner] == Data::Empty).count() == 10
    }),
];

#[test]
fn it_says_that_it_went_well_and_each_of_these_is_lost_or_misplaced() {
    let (before, after) = (Place::new(), Place::new());
    assert!(after.run().ends_with("Migration completed successfully!\n"));
    let not_so = |losses: &[(&'static str, IsSo)]| {
        let not_so = losses.iter().filter(|(_, is_so)| !is_so(&before, &after));
        not_so.map(|(sentence, _)| *sentence).collect::<Vec<_>>()
    };
    assert_eq!(not_so(DEEDS), [""; 0]);
    assert_eq!(not_so(OMISSIONS), [""; 0]);
}

/// Else a check could be one that is true of anything.
#[test]
fn none_of_what_it_does_is_so_where_it_was_not_run() {
    let (one, other) = (Place::new(), Place::new());
    for (sentence, is_so) in DEEDS {
        assert!(!is_so(&one, &other), "{sentence}");
    }
}

/// What it says at the end of a run that failed is to restore from the backups.
#[test]
fn restoring_from_the_backups_restores_neither_files_nor_databases_of_users() {
    let (before, after) = (Place::new(), Place::new());
    after.run();
    for entry in std::fs::read_dir(after.at("")).unwrap() {
        let backup = entry.unwrap().path();
        if backup.extension().is_some_and(|extension| extension == "backup") {
            std::fs::copy(&backup, backup.with_extension("")).unwrap();
        }
    }
    for database in ["video_database.json", "live_streams.json", "live_stream_data.xlsx"] {
        assert_eq!(after.read(database), before.read(database));
    }
    let file = before.record("video_database.json", "rain sounds 11").unwrap();
    assert!(!after.has(&format!("videos/{}", text(&file, "filename"))));
    assert_ne!(after.text(VIDEOS), before.text(VIDEOS));
    assert!(after.videos().len() < before.videos().len());
}

/// Neither what it says nor what it leaves tells of a record whose it became.
#[test]
fn it_can_not_say_what_it_did_to_which_record() {
    let place = Place::new();
    let said = place.run();
    let records = place.records(VIDEOS);
    let ids = records.iter().filter_map(|record| record["id"].as_str());
    assert!(ids.filter(|id| said.contains(id)).count() == 0 && !said.contains("user123"));
}

/// On a workbook that has no owners yet.
#[test]
fn of_a_workbook_that_it_rewrites_the_second_sheet_is_lost() {
    let place = Place::new();
    let book = place.at("live_stream_data.xlsx");
    std::fs::copy(Place::repository().join("examples/legacy/narrow.xlsx"), &book).unwrap();
    let sheets = || {
        let book: Xlsx<_> = calamine::open_workbook(&book).unwrap();
        book.sheet_names()
    };
    assert_eq!(sheets(), ["Sheet1", "Notes"]);
    place.run();
    assert_eq!(sheets(), ["Sheet1"]);
}
