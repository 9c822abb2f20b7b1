//! How the kinds are stored, read, shown and found.

use serde_json::json;
use tenantry::record::{Entity, LocalTime, Record, RecordError, RecordLimits, RecordText};
use tenantry::{Expected, PrivacyStatus, ProfileChange};

use crate::bulk_upload_queue::{QueuedUpload, UploadStatus};
use crate::looped_videos::{LoopStatus, LoopedVideo};
use crate::stream_timers::StreamTimer;
use crate::support::{Place, file, id, offset_time, stream, time, video};

const LOOPED: &str = r#"{"id":"l-1","original_video_id":"v-1","original_filename":"rain.mp4","original_title":"Rain \u2614","loop_duration_minutes":60,"status":"processing","progress":45,"output_filename":null,"created_at":"2025-11-04 10:00:00","completed_at":null,"own":[1.10]}"#;
const QUEUED: &str = r#"{"id":"q-1","video_id":"v-1","video_path":"/old/machine/videos/rain.mp4","title":"Rain","description":"","tags":"rain, white noise, sleep","scheduled_publish_time":"2025-11-13 06:45:00","token_file":"channel1.json","stream_id":"main","thumbnail_id":"","privacy_status":"private","status":"queued","created_at":"2025-11-04 10:00:00"}"#;
const TIMER: &str = r#"{"id":"t-1","stream_id":"s-1","stream_title":"Rain","pid":4711,"start_time":"2025-11-04T10:00:00.123456+07:00","stop_time":"2025-11-04T12:00:00+07:00","duration_minutes":"120","created_at":"2025-11-04T10:00:00.123456+07:00"}"#;

fn stored<E: Entity>(text: &str) -> Result<Record<E>, RecordError> {
    Record::read(&RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap())
}

/// A record's text after a change of its value at noon.
fn changed<E: Entity + Clone>(text: &str, change: impl FnOnce(&mut E)) -> String {
    let old = stored::<E>(text).unwrap();
    let mut new = old.value().clone();
    change(&mut new);
    let noon = LocalTime::parse("2025-11-04 12:00:00").unwrap();
    let text = old.update(&new, noon, &RecordLimits::default()).unwrap();
    String::from_utf8(text.as_bytes().to_vec()).unwrap()
}

/// The text with one part replaced, and `updated_at` behind `created_at`.
fn with(text: &str, (old, new): (&str, &str)) -> String {
    assert!(text.contains(old), "{old}");
    let created = text.find(r#""created_at":"#).unwrap();
    let end = created + text[created..].find([',', '}']).unwrap();
    let touched = format!(r#"{},"updated_at":"2025-11-04 12:00:00"{}"#, &text[..end], &text[end..]);
    touched.replace(old, new)
}

#[test]
fn a_change_of_a_documented_record_changes_one_field_and_nothing_else() {
    let failed = changed::<LoopedVideo>(LOOPED, |looped| looped.status = LoopStatus::Failed);
    assert_eq!(failed, with(LOOPED, (r#""processing""#, r#""failed""#)));
    let renamed = changed::<QueuedUpload>(QUEUED, |queued| queued.title = "Sun".to_owned());
    assert_eq!(renamed, with(QUEUED, (r#""title":"Rain""#, r#""title":"Sun""#)));
    let tagged = changed::<QueuedUpload>(QUEUED, |queued| queued.tags.retain(|tag| tag != "sleep"));
    assert_eq!(tagged, with(QUEUED, (r#""rain, white noise, sleep""#, r#"["rain","white noise"]"#)));
    let later = offset_time("2025-11-04T13:00:00+07:00");
    let later = changed::<StreamTimer>(TIMER, |timer| timer.stop_time = Some(later));
    assert_eq!(later, with(TIMER, ("T12:00:00+07:00", "T13:00:00+07:00")));
}

#[test]
fn every_documented_field_is_read_as_what_it_is() {
    let looped = stored::<LoopedVideo>(LOOPED).unwrap().into_value();
    let expected = LoopedVideo {
        original_video_id: Some(id("v-1")),
        original_filename: "rain.mp4".to_owned(),
        original_title: "Rain ☔".to_owned(),
        loop_duration_minutes: Some(60),
        status: LoopStatus::Processing,
        progress: Some(45),
        output_filename: None,
        completed_at: None,
    };
    assert_eq!(looped, expected);
    let queued = stored::<QueuedUpload>(QUEUED).unwrap().into_value();
    let expected = QueuedUpload {
        video_id: Some(id("v-1")),
        title: "Rain".to_owned(),
        description: String::new(),
        tags: ["rain", "white noise", "sleep"].map(str::to_owned).to_vec(),
        scheduled_publish_time: Some(time("2025-11-13 06:45:00")),
        token_file: Some(file("channel1.json")),
        stream_id: Some("main".to_owned()),
        thumbnail_id: None,
        privacy_status: Some(PrivacyStatus::Private),
        status: UploadStatus::Queued,
    };
    assert_eq!(queued, expected);
    let timer = stored::<StreamTimer>(TIMER).unwrap().into_value();
    let expected = StreamTimer {
        stream_id: Some(id("s-1")),
        stream_title: "Rain".to_owned(),
        pid: Some(4711),
        start_time: Some(offset_time("2025-11-04T10:00:00.123456+07:00")),
        stop_time: Some(offset_time("2025-11-04T12:00:00+07:00")),
        duration_minutes: Some(120),
    };
    assert_eq!(timer, expected);
}

#[test]
fn what_hands_leave_is_read_and_what_cannot_be_meant_is_refused() {
    for tags in [r#"["a","b c"]"#, r#""a,b c""#, r#"" a ,  b c , ""#, r#"["a"," b c",""]"#] {
        let queued = stored::<QueuedUpload>(&format!(r#"{{"id":1,"tags":{tags}}}"#)).unwrap();
        assert_eq!(queued.value().tags, ["a", "b c"], "{tags}");
    }
    let sparse =
        r#"{"id":"1","loop_duration_minutes":"60","progress":"","completed_at":"","output_filename":""}"#;
    let sparse = stored::<LoopedVideo>(sparse).unwrap().into_value();
    assert_eq!(sparse, LoopedVideo { loop_duration_minutes: Some(60), ..LoopedVideo::default() });
    assert_eq!(stored::<StreamTimer>(r#"{"id":"1"}"#).unwrap().value(), &StreamTimer::default());
    let refused = |error: Option<RecordError>, wrong: &str| {
        let field = match error {
            Some(RecordError::Unreadable { field }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field.as_deref(), Some(wrong));
    };
    refused(stored::<LoopedVideo>(r#"{"id":"1","status":"done"}"#).err(), "status");
    refused(stored::<LoopedVideo>(r#"{"id":"1","output_filename":"done/a.mp4"}"#).err(), "output_filename");
    refused(stored::<QueuedUpload>(r#"{"id":"1","token_file":"../a.json"}"#).err(), "token_file");
    refused(stored::<StreamTimer>(r#"{"id":"1","stop_time":"2025-11-04T12:00:00"}"#).err(), "stop_time");
}

#[test]
fn a_response_does_not_show_where_a_video_lay_on_another_machine() {
    let queued = stored::<QueuedUpload>(QUEUED).unwrap();
    let shown = serde_json::to_string(&queued).unwrap();
    assert!(!shown.contains("machine") && shown.contains("channel1.json"), "{shown}");
    assert!(queued.extra("video_path").unwrap().get().contains("/old/machine"));
}

#[tokio::test]
async fn each_kind_has_a_file_of_its_name_in_the_documented_form() {
    let place = Place::new().await;
    let own = &place.own;
    let (video, stream) = (video(own).await, stream(own).await);
    let looped = LoopedVideo { original_video_id: Some(video.id().clone()), ..LoopedVideo::default() };
    own.collection().insert_as(&id("l"), looped).await.unwrap();
    let queued = QueuedUpload {
        video_id: Some(video.id().clone()),
        title: "Rain".to_owned(),
        tags: vec!["rain".to_owned()],
        scheduled_publish_time: Some(time("2025-11-13T06:45")),
        ..QueuedUpload::default()
    };
    own.collection().insert_as(&id("q"), queued).await.unwrap();
    let timer = StreamTimer {
        stream_id: Some(stream.id().clone()),
        pid: Some(4711),
        stop_time: Some(offset_time("2025-11-05T23:00:00+07:00")),
        ..StreamTimer::default()
    };
    own.collection().insert_as(&id("t"), timer).await.unwrap();
    let documented = |id: &str, fields: serde_json::Value| {
        let mut record = json!({
            "id": id, "owner": "ana", "created_by": "ana",
            "created_at": "2025-11-04 10:00:00", "updated_at": "2025-11-04 10:00:00",
        });
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!([record])
    };
    let looped = json!({
        "original_video_id": video.id(), "original_filename": "", "original_title": "",
        "loop_duration_minutes": null, "status": "pending", "progress": null, "output_filename": null,
        "completed_at": null,
    });
    assert_eq!(place.view("looped_videos.json"), documented("l", looped));
    let queued = json!({
        "video_id": video.id(), "title": "Rain", "description": "", "tags": ["rain"],
        "scheduled_publish_time": "2025-11-13 06:45:00", "token_file": null, "stream_id": null,
        "thumbnail_id": null, "privacy_status": null, "status": "queued",
    });
    assert_eq!(place.view("bulk_upload_queue.json"), documented("q", queued));
    let timer = json!({
        "stream_id": stream.id(), "stream_title": "", "pid": 4711, "start_time": null,
        "stop_time": "2025-11-05T23:00:00+07:00", "duration_minutes": null,
    });
    assert_eq!(place.view("stream_timers.json"), documented("t", timer));
}

#[tokio::test]
async fn each_kind_is_found_by_its_indexes_as_they_are_now() {
    let place = Place::new().await;
    let own = &place.own;
    let queue = own.collection::<QueuedUpload>();
    for (name, at) in
        [("a", "2025-11-13 06:45:00"), ("b", "2025-11-13 23:59:59"), ("c", "2025-11-14 00:00:00")]
    {
        let queued = QueuedUpload { scheduled_publish_time: Some(time(at)), ..QueuedUpload::default() };
        queue.insert_as(&id(name), queued).await.unwrap();
    }
    let begin = |old: &QueuedUpload| Ok(QueuedUpload { status: UploadStatus::Uploading, ..old.clone() });
    queue.modify(&id("b"), Expected::Any, begin).await.unwrap();
    let ids = async |index: &str, key: &str| -> Vec<String> {
        let found = queue.find(index, key).await.unwrap();
        found.iter().map(|one| one.id().to_string()).collect()
    };
    assert_eq!(ids("day", "2025-11-13").await, ["a", "b"]);
    assert_eq!(ids("status", "queued").await, ["a", "c"]);
    assert_eq!(ids("status", "uploading").await, ["b"]);
    queue.remove(&id("a"), Expected::Any).await.unwrap();
    assert_eq!(ids("day", "2025-11-13").await, ["b"]);

    let stream = stream(own).await;
    let timer = StreamTimer {
        stream_id: Some(stream.id().clone()),
        // It is the 5th still in UTC.
        stop_time: Some(offset_time("2025-11-06T01:00:00+07:00")),
        ..StreamTimer::default()
    };
    own.collection().insert_as(&id("t"), timer.clone()).await.unwrap();
    let timers = own.collection::<StreamTimer>();
    assert_eq!(timers.find("day", "2025-11-06").await.unwrap()[0].id(), &id("t"));
    assert_eq!(timers.find("stream", stream.id().as_str()).await.unwrap()[0].id(), &id("t"));
    let second = timers.insert(timer).await.unwrap_err();
    assert_eq!(second.kind(), tenantry::ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_new_time_zone_rewrites_local_times_and_leaves_those_with_an_offset() {
    let place = Place::new().await;
    let own = &place.own;
    let looped = LoopedVideo { completed_at: Some(time("2025-11-05 01:30:00")), ..LoopedVideo::default() };
    own.collection().insert_as(&id("l"), looped).await.unwrap();
    let queued = QueuedUpload {
        scheduled_publish_time: Some(time("2025-11-13 06:45:00")),
        title: "2025-11-13 06:45:00".to_owned(),
        ..QueuedUpload::default()
    };
    own.collection().insert_as(&id("q"), queued.clone()).await.unwrap();
    let timer =
        StreamTimer { stop_time: Some(offset_time("2025-11-05T01:30:00+07:00")), ..StreamTimer::default() };
    own.collection().insert_as(&id("t"), timer.clone()).await.unwrap();

    own.change_profile(ProfileChange::new().time_zone("Europe/Berlin")).await.unwrap();

    let looped = own.collection::<LoopedVideo>().find("day", "2025-11-04").await.unwrap().remove(0);
    assert_eq!(looped.value().completed_at, Some(time("2025-11-04 19:30:00")));
    let expected = QueuedUpload { scheduled_publish_time: Some(time("2025-11-13 00:45:00")), ..queued };
    assert_eq!(own.collection::<QueuedUpload>().get(&id("q")).await.unwrap().into_value(), expected);
    let same = own.collection::<StreamTimer>().find("day", "2025-11-05").await.unwrap().remove(0);
    assert_eq!(same.value(), &timer);
    // Its envelope has the tenant's time, as every record's.
    assert_eq!(same.created_at(), Some(time("2025-11-04 04:00:00")));
    assert_eq!(place.view("stream_timers.json")[0]["stop_time"], "2025-11-05T01:30:00+07:00");
}

#[tokio::test]
async fn a_tag_with_a_comma_stays_one_and_white_space_around_it_goes() {
    let place = Place::new().await;
    let queue = place.own.collection::<QueuedUpload>();
    let tags = [" rain, or snow", ""].map(str::to_owned).to_vec();
    let kept = queue.insert(QueuedUpload { tags, ..QueuedUpload::default() }).await.unwrap();
    assert_eq!(kept.value().tags, ["rain, or snow"]);
    assert_eq!(queue.get(kept.id()).await.unwrap(), kept);
}
