//! What is left when it ends in the middle. It says so, ends well as far as any other program can tell, and has
//! no way back and none forward.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::place::{NOT_TEXT, Place, text};

/// The file of a video of the admin's.
fn file(place: &Place) -> String {
    text(&place.record("video_database.json", "rain sounds 11").unwrap(), "filename").to_owned()
}

/// A database that ends in the middle is read only after everything else was moved.
fn with_damaged(damage: impl FnOnce(&str) -> String) {
    let place = Place::new();
    let file = file(&place);
    let (streams, admins) = ("live_streams.json", "data/admin/live_streams.json");
    let (damaged, earlier) = (damage(&place.text(streams)), place.text(admins));
    std::fs::write(place.at(streams), &damaged).unwrap();
    let book = place.read("live_stream_data.xlsx");
    for _ in 0..2 {
        assert!(place.run().contains("Migration failed: "));
        assert!(!place.has(&format!("videos/{file}")) && place.has(&format!("videos/admin/{file}")));
        assert!(place.record("data/admin/video_database.json", "rain sounds 11").is_some());
        assert_eq!((place.text(streams), place.text(admins)), (damaged.clone(), earlier.clone()));
        assert_eq!(place.read("live_stream_data.xlsx"), book);
        assert!(!place.has("live_stream_data.xlsx.backup"));
    }
}

#[test]
fn a_truncated_database_is_met_after_the_files_have_moved() {
    with_damaged(|text| text[..text.len() / 2].to_owned());
}

#[test]
fn so_is_an_empty_one() {
    with_damaged(|_| String::new());
}

#[test]
fn a_name_that_is_no_text_ends_it_among_the_files() {
    let place = Place::with_all();
    let database = place.text("data/admin/video_database.json");
    assert!(place.run().contains("Migration failed: "));
    assert!(place.at("videos/admin").join(OsStr::from_bytes(NOT_TEXT)).exists());
    assert!(place.has("tokens/channel1.json") && place.has("thumbnails/.gitkeep"));
    assert_eq!(place.text("data/admin/video_database.json"), database);
}
