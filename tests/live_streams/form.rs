//! How live streams are stored, shown, found and changed.

use serde_json::json;
use tenantry::paths::FileName;
use tenantry::record::{LocalTime, Record, RecordLimits, RecordText, SecretText};
use tenantry::{ErrorKind, ListOptions, LiveStream, LiveStreamStatus, RtmpServer};

use crate::planned::{Place, time};

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

fn stored(text: &str) -> Record<LiveStream> {
    Record::read(&RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap()).unwrap()
}

fn text(record: &Record<LiveStream>) -> &str {
    std::str::from_utf8(record.text().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_stream_is_stored_in_the_documented_form_and_shown_without_its_key() {
    let place = Place::new().await;
    let mut stream = LiveStream::new("Rain", time("2025-11-05T10:00"));
    stream.rtmp_server = Some(RtmpServer::Custom);
    stream.custom_rtmp = Some("rtmp://live.example.org/app".to_owned());
    stream.stream_key = Some(SecretText::new("abcd-efgh"));
    stream.duration = Some(120);
    let added = place.own.live_streams().add(stream.clone()).await.unwrap();
    assert_eq!(added.value(), &stream);
    assert_eq!(place.own.live_streams().get(added.id()).await.unwrap(), added);

    let stored: serde_json::Value = serde_json::from_str(text(&added)).unwrap();
    let documented = json!({
        "id": added.id(), "owner": "ana", "created_by": "ana",
        "created_at": "2025-11-04 10:00:00", "updated_at": "2025-11-04 10:00:00",
        "title": "Rain", "start_date": "2025-11-05T10:00", "rtmp_server": "custom",
        "custom_rtmp": "rtmp://live.example.org/app", "stream_key": "abcd-efgh", "duration": "120",
        "repeat_daily": false, "status": "scheduled", "process_pid": null,
    });
    assert_eq!(stored, documented);
    let shown = serde_json::to_string(&added).unwrap();
    assert!(!shown.contains("abcd") && !shown.contains("stream_key"), "{shown}");
    assert!(!format!("{:?}", added.value()).contains("abcd"));
}

#[test]
fn every_documented_spelling_is_read() {
    for (duration, minutes) in [(r#""120""#, Some(120)), ("120", Some(120)), (r#""""#, None), ("null", None)]
    {
        let record = stored(&format!(
            r#"{{"id":"1","title":"Rain","start_date":"2025-11-04 10:00:00","video_file":"","rtmp_server":"twitch",
                "stream_key":"","duration":{duration},"repeat_daily":"TRUE","status":"live","process_pid":"4711"}}"#
        ));
        let stream = record.value();
        assert_eq!(stream.duration, minutes, "{duration}");
        assert_eq!(stream.start_date, Some(time("2025-11-04T10:00")));
        assert_eq!((&stream.video_file, &stream.stream_key), (&None, &None));
        assert_eq!(stream.rtmp_server, Some(RtmpServer::Other("twitch".to_owned())));
        assert!(stream.repeat_daily);
        assert_eq!((stream.status, stream.process_pid), (LiveStreamStatus::Live, Some(4711)));
    }
    // Older records have little more than this.
    assert_eq!(stored(r#"{"id":"1","status":"scheduled"}"#).value().start_date, None);
}

#[test]
fn an_update_leaves_every_other_field_as_it_was_written() {
    let old = stored(
        r#"{"start_date":"2025-11-04 10:00:00","id":"1","duration":120,"repeat_daily":1,"own":[1.10],"status":"scheduled","title":"Rain","stream_key":"","process_pid":"4711"}"#,
    );
    let mut new = old.value().clone();
    new.title = "Sun".to_owned();
    let at = LocalTime::parse("2025-11-04 12:00:00").unwrap();
    let text = old.update(&new, at, &RecordLimits::default()).unwrap();
    assert_eq!(
        std::str::from_utf8(text.as_bytes()).unwrap(),
        r#"{"start_date":"2025-11-04 10:00:00","id":"1","updated_at":"2025-11-04 12:00:00","duration":120,"repeat_daily":1,"own":[1.10],"status":"scheduled","title":"Sun","stream_key":"","process_pid":"4711"}"#
    );
}

#[tokio::test]
async fn streams_are_found_by_status_day_and_video() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let upload = |name: &'static str| place.own.videos().upload_from(name, &b"moving"[..]);
    let [rain, sun] = [upload("rain.mp4").await.unwrap(), upload("sun.mp4").await.unwrap()];
    let mut added = Vec::new();
    for (video, start) in
        [(&rain, "2025-11-05T10:00"), (&rain, "2025-11-06T00:00"), (&sun, "2025-11-05T23:59")]
    {
        let mut stream = LiveStream::new("A stream", time(start));
        stream.video_file = Some(video.value().filename.clone());
        added.push(streams.add(stream).await.unwrap().id().clone());
    }
    streams.start_now(&added[0]).await.unwrap();
    let ids = |found: Vec<Record<LiveStream>>| found.iter().map(|one| one.id().clone()).collect::<Vec<_>>();
    let day = time("2025-11-05T00:00").civil().date();
    assert_eq!(ids(streams.find_by_status(LiveStreamStatus::Live).await.unwrap()), added[..1]);
    assert_eq!(ids(streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap()), added[1..]);
    assert_eq!(ids(streams.find_by_date(day).await.unwrap()), [added[0].clone(), added[2].clone()]);
    let shouted = file(&rain.value().filename.as_str().to_uppercase());
    assert_eq!(ids(streams.find_by_video(&shouted).await.unwrap()), added[..2]);
    let listed = streams.list(&ListOptions::new().in_order()).await.unwrap();
    assert_eq!(ids(listed.items), added);
}

type Change = fn(&mut LiveStream);

#[tokio::test]
async fn an_edit_needs_the_revision_and_leaves_the_status_alone() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let added = streams.add(LiveStream::new("Rain", time("2025-11-05T10:00"))).await.unwrap();
    let title = |stream: &mut LiveStream| stream.title = "Sun".to_owned();
    let edited = streams.edit(added.id(), added.revision(), title).await.unwrap();
    assert_eq!(edited.value().title, "Sun");
    let stale = streams.edit(added.id(), added.revision(), title).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::RevisionMismatch);

    let refused: [(&str, Change); 6] = [
        ("status", |stream| stream.status = LiveStreamStatus::Live),
        ("process_pid", |stream| stream.process_pid = Some(1)),
        ("title", |stream| stream.title = String::new()),
        ("title", |stream| stream.title = " \u{3000}".to_owned()),
        ("title", |stream| stream.title = "two\nlines".to_owned()),
        ("start_date", |stream| (stream.start_date, stream.repeat_daily) = (None, true)),
    ];
    for (field, change) in refused {
        let error = streams.edit(added.id(), edited.revision(), change).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
        let mut stream = LiveStream::new("Rain", time("2025-11-05T10:00"));
        change(&mut stream);
        let error = streams.add(stream).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
    }
    assert_eq!(streams.get(added.id()).await.unwrap(), edited);
}

#[tokio::test]
async fn a_deleted_stream_is_gone_and_the_index_forgets_it() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let added = streams.add(LiveStream::new("Rain", time("2025-11-05T10:00"))).await.unwrap();
    let edited =
        streams.edit(added.id(), added.revision(), |stream| stream.duration = Some(5)).await.unwrap();
    let stale = streams.delete(added.id(), added.revision()).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::RevisionMismatch);
    assert_eq!(streams.delete(added.id(), edited.revision()).await.unwrap(), edited);
    assert_eq!(streams.get(added.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap().is_empty());
}
