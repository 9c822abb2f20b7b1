//! Traps of live streams, stream keys, and of what else the application planned.

use super::super::database::DatabaseKind;
use super::super::entry::Entry;
use super::super::json::{Fields, Value, fields};
use super::super::maker::Maker;
use super::super::plain::{TOKEN, USER};
use super::super::{LegacyTree, Trap};
use super::{raw, remove, set};

pub(super) fn plant(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    match trap {
        Trap::RecordWithOwner => {
            let (file, title) = video(tree, maker, Some(USER));
            push(tree, maker.stream_record(&file, &title), |stream| set(stream, "owner", USER));
        }
        Trap::OwnerUnknown => {
            let (file, title) = video(tree, maker, Some("ghost"));
            push(tree, maker.stream_record(&file, &title), |stream| set(stream, "owner", "ghost"));
        }
        Trap::IndentOfTwo => stream(tree, maker, |_| {}),
        Trap::DurationForms => {
            for form in [Value::from("120"), raw("120"), "".into(), Value::null()] {
                stream(tree, maker, |stream| set(stream, "duration", form));
            }
        }
        Trap::AllStatuses => {
            for status in ["live", "completed", "failed"] {
                stream(tree, maker, |stream| set(stream, "status", status));
            }
        }
        Trap::ProcessOfAnotherLife => stream(tree, maker, |stream| set(stream, "process_pid", raw("4711"))),
        Trap::VideoTitleAbsent => stream(tree, maker, |stream| remove(stream, "video_title")),
        Trap::CustomServer => stream(tree, maker, |stream| {
            set(stream, "rtmp_server", "custom");
            set(stream, "custom_rtmp", "rtmp://stream.example.com/app");
        }),
        Trap::StreamVideoMissing => {
            let gone = format!("{}.mp4", maker.id());
            push(tree, maker.stream_record(&gone, "what was deleted"), |_| {});
        }
        Trap::VideoOfAnother => {
            let (file, title) = video(tree, maker, Some(USER));
            push(tree, maker.stream_record(&file, &title), |_| {});
        }
        Trap::MappingOlderForm => {
            let token = "channel-older.json";
            tree.entries.push(Entry::file(format!("tokens/{token}"), maker.token()));
            let keys = fields([("Main", maker.id().into()), ("Second", maker.id().into())]);
            tree.map(None, token, Value::Object(keys));
        }
        Trap::MappingWithoutToken => {
            let keys = vec![maker.stream_key()];
            tree.map(None, "channel-gone.json", Value::Object(keys));
        }
        Trap::TokenDamaged => {
            let mut token = maker.token();
            token.truncate(token.len() / 2);
            tree.entries.push(Entry::file("tokens/channel-cut.json", token));
        }
        _ => others(tree, maker, trap),
    }
}

/// What there are databases for only in some versions.
fn others(tree: &mut LegacyTree, maker: &mut Maker, trap: Trap) {
    match trap {
        Trap::StreamTimers => {
            let (file, title) = video(tree, maker, None);
            let stream = maker.stream_record(&file, &title);
            let id = text(&stream, "id");
            tree.push(None, DatabaseKind::LiveStreams, stream);
            timer(tree, maker, &id);
        }
        Trap::TimerWithoutStream => {
            let id = maker.id();
            timer(tree, maker, &id);
        }
        Trap::LoopedVideos => looped_videos(tree, maker),
        Trap::UploadQueue => {
            let tags = ["rain", "sleep", "night"].map(Value::from).to_vec();
            queued(tree, maker, "queued", "/home/host/jadwalstream/videos/", Value::Array(tags));
        }
        Trap::QueueTagsAsText => {
            queued(tree, maker, "failed", "C:\\jadwalstream\\videos\\", "rain, sleep,  night".into());
        }
        Trap::ScheduleConfig => {
            let text = "{\"schedule_times\": [\"00:35\", \"18:00\"]}";
            tree.entries.push(Entry::file("schedule_config.json", text));
        }
        _ => {}
    }
}

/// A video with a file and a thumbnail, of that owner if any; file name and title.
fn video(tree: &mut LegacyTree, maker: &mut Maker, owner: Option<&str>) -> (String, String) {
    let thumbnail = tree.add_thumbnail(maker);
    tree.add_video(maker, &thumbnail, |video| {
        if let Some(owner) = owner {
            set(video, "owner", owner);
        }
    })
}

/// A live stream with a video of its own, and whatever is changed in its record.
fn stream(tree: &mut LegacyTree, maker: &mut Maker, change: impl FnOnce(&mut Fields)) {
    let (file, title) = video(tree, maker, None);
    push(tree, maker.stream_record(&file, &title), change);
}

fn push(tree: &mut LegacyTree, mut stream: Fields, change: impl FnOnce(&mut Fields)) {
    change(&mut stream);
    tree.push(None, DatabaseKind::LiveStreams, stream);
}

fn text(record: &Fields, name: &str) -> String {
    let value = record.iter().find(|(field, _)| field == name).and_then(|(_, value)| value.as_text());
    value.unwrap_or_default().to_owned()
}

fn timer(tree: &mut LegacyTree, maker: &mut Maker, stream: &str) {
    let day = maker.day();
    let record = fields([
        ("stream_id", stream.into()),
        ("stream_title", maker.title().into()),
        ("pid", raw("4711")),
        ("start_time", format!("{day}T10:00:00+07:00").into()),
        ("stop_time", format!("{day}T12:00:00.250000+07:00").into()),
        ("duration_minutes", raw("120")),
        ("created_at", format!("{day}T10:00:00+07:00").into()),
    ]);
    tree.push(None, DatabaseKind::StreamTimers, record);
}

/// One of each status; the completed one has a file.
fn looped_videos(tree: &mut LegacyTree, maker: &mut Maker) {
    for (status, progress) in [("pending", 0), ("processing", 40), ("completed", 100), ("failed", 10)] {
        let thumbnail = tree.add_thumbnail(maker);
        let mut original = String::new();
        let (file, title) = tree.add_video(maker, &thumbnail, |video| original = text(video, "id"));
        let is_completed = status == "completed";
        let output = format!("{}_looped.mp4", maker.id());
        let created = maker.time();
        let record = fields([
            ("id", maker.id().into()),
            ("original_video_id", original.into()),
            ("original_filename", file.into()),
            ("original_title", title.into()),
            ("loop_duration_minutes", raw("480")),
            ("status", status.into()),
            ("progress", Value::from(progress)),
            ("output_filename", if is_completed { output.as_str().into() } else { Value::null() }),
            ("created_at", created.as_str().into()),
            ("completed_at", if is_completed { created.into() } else { Value::null() }),
        ]);
        if is_completed {
            tree.entries.push(Entry::file(format!("videos/done/{output}"), maker.video()));
        }
        tree.push(None, DatabaseKind::LoopedVideos, record);
    }
}

fn queued(tree: &mut LegacyTree, maker: &mut Maker, status: &str, folder: &str, tags: Value) {
    let thumbnail = tree.add_thumbnail(maker);
    let mut video = String::new();
    let (file, title) = tree.add_video(maker, &thumbnail, |record| video = text(record, "id"));
    let record = fields([
        ("id", maker.id().into()),
        ("video_id", video.into()),
        ("video_path", format!("{folder}{file}").into()),
        ("title", title.into()),
        ("description", "".into()),
        ("tags", tags),
        ("scheduled_publish_time", maker.time().into()),
        ("token_file", TOKEN.into()),
        ("stream_id", Value::null()),
        ("thumbnail_id", Value::null()),
        ("privacy_status", "private".into()),
        ("status", status.into()),
        ("created_at", maker.time().into()),
    ]);
    tree.push(None, DatabaseKind::BulkUploadQueue, record);
}
