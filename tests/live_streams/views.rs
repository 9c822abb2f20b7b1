//! The documented file of live streams: what it shows, and what people may change in it.
#![cfg(target_os = "linux")]

use std::path::PathBuf;

use tenantry::paths::TenantId;
use tenantry::record::SecretText;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ErrorKind, LiveStream, Settings, Tenantry, ViewMode, Workspace};

use crate::planned::{id, time};

async fn open(folder: &tempfile::TempDir) -> (Tenantry, Workspace, PathBuf) {
    let root = folder.path().join("root");
    let mut settings = Settings::default();
    settings.views = ViewMode::AtClose;
    settings.free_space_reserve = 0;
    let store = LocalStore::open(&root, LocalOptions::default()).await.unwrap();
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.ensure(&TenantId::parse("ana").unwrap(), "Ana").await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    (tenantry, own, root.join("data/ana/live_streams.json"))
}

async fn added(own: &Workspace) -> tenantry::record::Record<LiveStream> {
    let mut stream = LiveStream::new("Rain", time("2100-01-01T10:00"));
    stream.stream_key = Some(SecretText::new("abcd-efgh"));
    stream.repeat_daily = true;
    let added = own.live_streams().add(stream).await.unwrap();
    own.write_views().await.unwrap();
    added
}

/// Edits the file, and adopts what was edited.
async fn edit(own: &Workspace, view: &PathBuf, from: &str, to: &str) -> tenantry::Result<()> {
    let text = std::fs::read_to_string(view).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(view, text.replace(from, to)).unwrap();
    own.write_views().await.unwrap();
    let edits = own.edited_views().list().await.unwrap();
    let done = own.edited_views().adopt::<LiveStream>(&edits[0].name).await;
    if done.is_err() {
        own.edited_views().discard(&edits[0].name).await.unwrap();
    }
    done.map(drop)
}

#[tokio::test]
async fn the_file_shows_the_record_as_other_programs_know_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (_tenantry, own, view) = open(&folder).await;
    let record = added(&own).await;
    let shown: serde_json::Value = serde_json::from_slice(&std::fs::read(&view).unwrap()).unwrap();
    let stored: serde_json::Value = serde_json::from_slice(record.text().as_bytes()).unwrap();
    // The key too: who sends the stream reads it here. The file is for the application's user alone.
    assert_eq!(shown, serde_json::json!([stored]));
    assert_eq!(shown[0]["stream_key"], "abcd-efgh");
    assert_eq!(std::fs::metadata(&view).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_is_planned_can_be_edited_in_the_file_and_comes_back_each_day() {
    let folder = tempfile::tempdir().unwrap();
    let (_tenantry, own, view) = open(&folder).await;
    let record = added(&own).await;
    edit(&own, &view, r#""title": "Rain""#, r#""title": "Sun", "bitrate": 2500"#).await.unwrap();
    assert_eq!(own.live_streams().get(record.id()).await.unwrap().value().title, "Sun");
    let next = own.live_streams().fail(record.id()).await.unwrap().next.unwrap();
    assert_eq!(next.value().title, "Sun");
    assert_eq!(next.extra("bitrate").unwrap().get(), "2500");
}

#[tokio::test]
async fn what_came_of_a_stream_is_not_for_the_file_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let (_tenantry, own, view) = open(&folder).await;
    let record = added(&own).await;
    for (from, to) in [
        (r#""status": "scheduled""#, r#""status": "live""#),
        (r#""status": "scheduled""#, r#""status": "on the air""#),
        (r#""process_pid": null"#, r#""process_pid": 4711"#),
        (r#""title": "Rain""#, r#""title": """#),
        (r#""title": "Rain""#, r#""title": "Rain", "video_file": "none.mp4""#),
        ("abcd-efgh", "[secret]"),
    ] {
        let refused = edit(&own, &view, from, to).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{to}");
        assert_eq!(own.live_streams().get(record.id()).await.unwrap(), record, "{to}");
    }
}
