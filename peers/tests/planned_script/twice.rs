//! What is lost when it is run a second time.

use crate::place::Place;

#[test]
fn what_the_admin_did_since_the_first_run_is_overwritten() {
    let place = Place::new();
    place.run();
    let database = "data/admin/video_database.json";
    std::fs::write(place.at(database), r#"[{"id": "1", "title": "made since", "owner": "admin"}]"#).unwrap();
    place.run();
    assert!(place.record(database, "made since").is_none());
    assert!(place.record(database, "rain sounds 11").is_some());
}

#[test]
fn the_workbook_as_it_was_before_the_first_run_is_nowhere() {
    let place = Place::new();
    let narrow = std::fs::read(Place::repository().join("examples/legacy/narrow.xlsx")).unwrap();
    std::fs::write(place.at("live_stream_data.xlsx"), &narrow).unwrap();
    place.run();
    assert_eq!(place.read("live_stream_data.xlsx.backup"), narrow);
    place.run();
    assert_ne!(place.read("live_stream_data.xlsx.backup"), narrow);
    assert_ne!(place.read("live_stream_data.xlsx"), narrow);
}
