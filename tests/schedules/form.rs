//! How schedules are stored, found and changed.

use serde_json::json;
use tenantry::paths::FileName;
use tenantry::record::{LocalTime, Record, RecordId, RecordLimits, RecordText};
use tenantry::{ErrorKind, Expected, ListOptions, PrivacyStatus, Schedule, ScheduleStatus};

use crate::named::add_token;
use crate::planned::{Place, time};

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

fn stored(text: &str) -> Record<Schedule> {
    Record::read(&RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap()).unwrap()
}

fn ids(found: Vec<Record<Schedule>>) -> Vec<RecordId> {
    found.iter().map(|one| one.id().clone()).collect()
}

#[tokio::test]
async fn a_schedule_is_stored_under_the_workbooks_columns() {
    let place = Place::new().await;
    let mut schedule = Schedule::new("Rain", time("2025-11-05T10:00"));
    schedule.description = "of\nmany lines".to_owned();
    schedule.privacy_status = Some(PrivacyStatus::Unlisted);
    schedule.auto_start = true;
    schedule.stream_name_existing = Some("Main".to_owned());
    let added = place.own.schedules().add(schedule.clone()).await.unwrap();
    assert_eq!(added.value(), &schedule);
    assert_eq!(place.own.schedules().get(added.id()).await.unwrap(), added);
    let stored: serde_json::Value = serde_json::from_slice(added.text().as_bytes()).unwrap();
    let documented = json!({
        "id": added.id(), "owner": "ana", "created_by": "ana",
        "created_at": "2025-11-04 10:00:00", "updated_at": "2025-11-04 10:00:00",
        "title": "Rain", "description": "of\nmany lines", "scheduledStartTime": "2025-11-05T10:00",
        "privacyStatus": "unlisted", "autoStart": true, "autoStop": false, "madeForKids": false,
        "useExistingStream": false, "repeat_daily": false, "success": false, "streamNameExisting": "Main",
    });
    assert_eq!(stored, documented);
}

#[test]
fn every_documented_spelling_is_read() {
    let record = stored(
        r#"{"id":"1","title":"Rain","description":null,"scheduledStartTime":"2025-10-27 00:14:00",
            "privacyStatus":"Public","autoStart":1,"autoStop":"TRUE","madeForKids":0,"useExistingStream":"",
            "repeat_daily":"FALSE","success":null,"tokenFile":"channel1.json","streamNameExisting":"",
            "streamIdExisting":4711,"streamId":null,"broadcastLink":"","thumbnailFile":"","videoFile":"a.mp4"}"#,
    );
    let schedule = record.value();
    assert_eq!(schedule.scheduled_start_time, Some(time("2025-10-27T00:14")));
    assert_eq!(schedule.privacy_status, Some(PrivacyStatus::Public));
    let flags =
        [schedule.auto_start, schedule.auto_stop, schedule.made_for_kids, schedule.use_existing_stream];
    assert_eq!(flags, [true, true, false, false]);
    assert!(!schedule.repeat_daily && !schedule.success && schedule.description.is_empty());
    assert_eq!(schedule.status(), ScheduleStatus::Pending);
    assert_eq!((&schedule.token_file, &schedule.thumbnail_file), (&Some(file("channel1.json")), &None));
    assert_eq!(schedule.stream_id_existing.as_deref(), Some("4711"));
    assert_eq!((&schedule.stream_name_existing, &schedule.broadcast_link), (&None, &None));
    for absent in [r#"{"id":"1"}"#, r#"{"id":"1","title":null}"#] {
        assert_eq!(stored(absent).value().status(), ScheduleStatus::Pending);
    }
}

#[test]
fn an_update_leaves_every_other_field_as_it_was_written() {
    let old = stored(
        r#"{"id":"1","scheduledStartTime":"2025-10-27 00:14:00","autoStart":1,"own":[1.10],"title":"Rain"}"#,
    );
    let mut new = old.value().clone();
    new.title = "Sun".to_owned();
    let at = LocalTime::parse("2025-11-04 12:00:00").unwrap();
    let text = old.update(&new, at, &RecordLimits::default()).unwrap();
    let expected = r#"{"id":"1","updated_at":"2025-11-04 12:00:00","scheduledStartTime":"2025-10-27 00:14:00","autoStart":1,"own":[1.10],"title":"Sun""#;
    let text = std::str::from_utf8(text.as_bytes()).unwrap();
    assert_eq!(text, format!("{expected}}}"));
}

#[tokio::test]
async fn schedules_are_found_by_status_day_and_token() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    add_token(&place.own, "channel.json").await;
    add_token(&place.own, "other.json").await;
    let mut added = Vec::new();
    for start in ["2025-11-05T00:00", "2025-11-06T10:00", "2025-11-05T23:59"] {
        let mut schedule = Schedule::new("Rain", time(start));
        schedule.token_file = Some(file(if start.contains("-06") { "other.json" } else { "channel.json" }));
        added.push(schedules.add(schedule).await.unwrap().id().clone());
    }
    let by_token = schedules.find_by_token(&file("Channel.JSON")).await.unwrap();
    assert_eq!(ids(by_token), [added[0].clone(), added[2].clone()]);
    schedules.mark_succeeded(&added[1], "stream", "https://example.org/1").await.unwrap();
    schedules.mark_failed(&added[2], None).await.unwrap();
    for (at, status) in
        [(0, ScheduleStatus::Pending), (1, ScheduleStatus::Succeeded), (2, ScheduleStatus::Failed)]
    {
        assert_eq!(ids(schedules.find_by_status(status).await.unwrap()), [added[at].clone()]);
    }
    let day = time("2025-11-05T00:00").civil().date();
    assert_eq!(ids(schedules.find_by_date(day).await.unwrap()), [added[0].clone(), added[2].clone()]);
    assert_eq!(ids(schedules.list(&ListOptions::new().in_order()).await.unwrap().items), added);
}

#[tokio::test]
async fn an_update_is_of_one_schedule_whatever_became_of_others() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let mut added = Vec::new();
    for title in ["one", "two", "three"] {
        added.push(schedules.add(Schedule::new(title, time("2025-11-05T10:00"))).await.unwrap());
    }
    schedules.delete(added[0].id(), added[0].revision()).await.unwrap();
    let change = |schedule: &mut Schedule| schedule.made_for_kids = true;
    let updated = schedules.update(added[1].id(), added[1].revision(), change).await.unwrap();
    assert_eq!((updated.value().title.as_str(), updated.value().made_for_kids), ("two", true));
    assert_eq!(schedules.get(added[2].id()).await.unwrap(), added[2]);
    let stale = schedules.update(added[1].id(), added[1].revision(), change).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::RevisionMismatch);
    let gone = schedules.update(added[0].id(), Expected::Any, change).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

type Change = fn(&mut Schedule);

#[tokio::test]
async fn what_came_of_a_schedule_is_not_planned() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let added = schedules.add(Schedule::new("Rain", time("2025-11-05T10:00"))).await.unwrap();
    let refused: [(&str, Change); 9] = [
        ("title", |schedule| schedule.title.clear()),
        ("title", |schedule| schedule.title = " ".to_owned()),
        ("success", |schedule| schedule.success = true),
        ("failure", |schedule| schedule.failure = Some("no".to_owned())),
        ("runNow", |schedule| schedule.run_now = true),
        ("streamId", |schedule| schedule.stream_id = Some("stream".to_owned())),
        ("broadcastLink", |schedule| schedule.broadcast_link = Some("https://example.org".to_owned())),
        ("repeat_of", |schedule| schedule.repeat_of = Some(RecordId::parse("1").unwrap())),
        ("scheduledStartTime", |schedule| {
            (schedule.scheduled_start_time, schedule.repeat_daily) = (None, true);
        }),
    ];
    for (field, change) in refused {
        let error = schedules.update(added.id(), Expected::Any, change).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
        let mut schedule = Schedule::new("Rain", time("2025-11-05T10:00"));
        change(&mut schedule);
        let error = schedules.add(schedule).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
    }
    assert_eq!(schedules.get(added.id()).await.unwrap(), added);
}
