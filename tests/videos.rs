//! Uploading, reading and deleting videos, on the local disk and in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use tenantry::ownership::Role;
use tenantry::paths::{FileName, TenantId};
use tenantry::quota::Limits;
use tenantry::record::{Entity, LocalTime, Record, RecordLimits, RecordText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{
    ByteRange, ErrorKind, Expected, ListOptions, NewTenant, Settings, Tenantry, Thumbnail, Verification,
    Video, VideoSource, Workspace,
};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.reservation_step = 1000;
    settings.free_space_reserve = 0;
    settings
}

/// A tenantry with an admin and the users ana and ben, ana with that quota of bytes.
async fn populated(tenantry: &Tenantry, quota: u64) {
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    let limits = Limits::unlimited().with_blob_bytes(quota);
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
    admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
}

struct Place {
    tenantry: Tenantry,
    folder: Option<tempfile::TempDir>,
}

/// The same tenants on each store.
async fn places(quota: u64) -> Vec<Place> {
    let memory = Tenantry::builder(MemoryStore::new()).settings(settings()).open().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
    let local = Tenantry::builder(store).settings(settings()).open().await.unwrap();
    let places =
        vec![Place { tenantry: memory, folder: None }, Place { tenantry: local, folder: Some(folder) }];
    for place in &places {
        populated(&place.tenantry, quota).await;
    }
    places
}

async fn own(place: &Place, tenant: &str) -> Workspace {
    place.tenantry.session(&id(tenant)).await.unwrap().own()
}

fn body(bytes: &[u8]) -> impl futures::Stream<Item = io::Result<Bytes>> + Send + use<> {
    let chunks: Vec<_> = bytes.chunks(700).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn an_uploaded_video_reads_back_whole_and_in_ranges() {
    for place in places(1 << 30).await {
        let ana = own(&place, "ana").await;
        let bytes = pattern(10_000);
        let seen = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counter = Arc::clone(&seen);
        let video = ana
            .videos()
            .upload("My holiday.MP4", body(&bytes))
            .progress(move |progress| counter.store(progress.bytes, std::sync::atomic::Ordering::SeqCst))
            .await
            .unwrap();
        assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 10_000);
        assert_eq!(video.value().title, "My holiday");
        assert_eq!(video.value().bytes, Some(10_000));
        assert_eq!(video.value().hash.as_deref(), Some(blake3::hash(&bytes).to_hex().as_str()));
        let videos = ana.videos();
        assert_eq!(videos.open(video.id()).await.unwrap().bytes().await.unwrap(), bytes);
        let range = videos.open_range(&video.value().filename, ByteRange::Between(5, 9)).await.unwrap();
        assert_eq!((range.length(), range.range()), (10_000, 5..10));
        assert_eq!(range.bytes().await.unwrap(), &bytes[5..10]);
        let beyond = videos.open_range(video.id(), ByteRange::From(10_000)).await.unwrap_err();
        assert_eq!(beyond.kind(), ErrorKind::RangeNotSatisfiable);
        assert_eq!(videos.verify(video.id()).await.unwrap(), Verification::Intact);
        let usage = ana.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes, usage.files, usage.reserved_bytes), (10_000, 1, 0));
    }
}

#[tokio::test]
async fn what_is_known_of_a_file_is_that_of_its_bytes_whatever_its_record_says() {
    for place in places(10_000).await {
        let own = own(&place, "ana").await;
        let video = own.videos().upload("My rain.MKV", body(&pattern(5000))).await.unwrap();
        let change = |old: &Video| {
            let mut new = old.clone();
            (new.bytes, new.hash) = (None, Some("none".to_owned()));
            Ok(new)
        };
        own.collection::<Video>().modify(video.id(), Expected::Any, change).await.unwrap();
        let head = own.videos().head(&video.value().filename).await.unwrap();
        assert_eq!(head.length(), 5000);
        assert_eq!(Some(head.hash()), video.value().hash.as_deref());
        assert_eq!((head.media_type(), head.original_name()), ("video/x-matroska", "My rain.MKV"));
        assert_eq!((head.record().id(), head.record().value().bytes), (video.id(), None));
    }
}

#[tokio::test]
async fn a_video_is_served_as_what_its_extension_says_and_never_as_what_runs() {
    let mut settings = settings();
    settings.video_extensions.extend(["html".to_owned(), "webm".to_owned()]);
    let tenantry = Tenantry::builder(MemoryStore::new()).settings(settings).open().await.unwrap();
    populated(&tenantry, 10_000).await;
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let types = [
        ("mp4", "video/mp4"),
        ("avi", "video/x-msvideo"),
        ("MOV", "video/quicktime"),
        ("wmv", "video/x-ms-wmv"),
        ("flv", "video/x-flv"),
        ("mkv", "video/x-matroska"),
        ("html", "application/octet-stream"),
        ("webm", "application/octet-stream"),
    ];
    for (extension, media_type) in types {
        let video = own.videos().upload(&format!("rain.{extension}"), body(b"moving")).await.unwrap();
        assert_eq!(video.value().media_type(), media_type, "{extension}");
    }
}

#[tokio::test]
async fn a_foreign_video_looks_missing() {
    for place in places(1 << 30).await {
        let video = own(&place, "ana").await.videos().upload("a.mp4", body(b"x")).await.unwrap();
        let ben = place.tenantry.session(&id("ben")).await.unwrap();
        let foreign = ben.workspace(&id("ana"));
        let missing = ben.workspace(&id("nobody"));
        let a = foreign.videos().open(video.id()).await.unwrap_err();
        let b = missing.videos().open(video.id()).await.unwrap_err();
        assert_eq!((a.kind(), a.to_string()), (ErrorKind::NotFound, b.to_string()));
        let a = foreign.videos().delete(video.id(), Expected::Any).await.unwrap_err();
        assert_eq!(a.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_quota_is_filled_to_the_byte_and_not_beyond() {
    for place in places(2500).await {
        let ana = own(&place, "ana").await;
        let first = ana.videos().upload("a.mp4", body(&pattern(2000))).await.unwrap();
        ana.videos().upload("b.mp4", body(&pattern(500))).await.unwrap();
        let refused = ana.videos().upload("c.mp4", body(&pattern(1))).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::QuotaExceeded, "{refused:?}");
        let refused = ana.videos().upload("c.mp4", body(&pattern(1))).length(1).await.unwrap_err();
        assert_eq!(refused.quota().unwrap().limit(), 2500);
        ana.videos().delete(first.id(), Expected::Any).await.unwrap();
        let usage = ana.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes, usage.files, usage.reserved_files), (500, 1, 0));
        ana.videos().upload("c.mp4", body(&pattern(2000))).await.unwrap();
    }
}

#[tokio::test]
async fn an_upload_whose_body_fails_leaves_nothing() {
    for place in places(1 << 30).await {
        let ana = own(&place, "ana").await;
        let broken = stream::iter(vec![Ok(Bytes::from_static(b"abc")), Err(io::Error::other("cable cut"))]);
        let error = ana.videos().upload("a.mp4", broken).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BodyFailed);
        let usage = ana.usage().await.unwrap().0;
        assert_eq!((usage.reserved_bytes, usage.blob_bytes, usage.files), (0, 0, 0));
        assert!(ana.videos().list(&ListOptions::new()).await.unwrap().items.is_empty());
        if let Some(folder) = &place.folder {
            let left = std::fs::read_dir(folder.path().join("root/videos/ana")).unwrap().count();
            assert_eq!(left, 0);
        }
    }
}

#[tokio::test]
async fn a_deleted_video_is_gone_and_still_read_by_who_has_it_open() {
    for place in places(1 << 30).await {
        let ana = own(&place, "ana").await;
        let bytes = pattern(300_000);
        let video = ana.videos().upload("a.mp4", body(&bytes)).await.unwrap();
        let open = ana.videos().open(video.id()).await.unwrap();
        ana.videos().delete(video.id(), video.revision()).await.unwrap();
        assert_eq!(open.bytes().await.unwrap(), bytes);
        assert_eq!(ana.videos().open(video.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(ana.usage().await.unwrap().0.blob_bytes, 0);
        if let Some(folder) = &place.folder {
            let left = std::fs::read_dir(folder.path().join("root/videos/ana")).unwrap().count();
            assert_eq!(left, 0);
        }
    }
}

#[tokio::test]
async fn a_local_path_can_be_read_as_long_as_it_is_held() {
    for place in places(1 << 30).await {
        let ana = own(&place, "ana").await;
        let bytes = pattern(5000);
        let video = ana.videos().upload("a.mp4", body(&bytes)).await.unwrap();
        let held = ana.videos().local_path(video.id()).await.unwrap();
        ana.videos().delete(video.id(), Expected::Any).await.unwrap();
        assert_eq!(std::fs::read(held.path()).unwrap(), bytes);
        let path = held.path().to_owned();
        drop(held);
        if place.folder.is_none() {
            assert!(!path.exists());
        }
    }
}

#[tokio::test]
async fn an_admin_pages_through_the_videos_of_all_tenants() {
    for place in places(1 << 30).await {
        for tenant in ["ana", "ben"] {
            let workspace = own(&place, tenant).await;
            for at in 0..3 {
                workspace.videos().upload(&format!("{tenant}{at}.mp4"), body(b"x")).await.unwrap();
            }
        }
        let admin = place.tenantry.session(&id("root")).await.unwrap();
        let mut after = None;
        let mut titles = Vec::new();
        loop {
            let (page, next) = admin.tenants().videos(after, 2).await.unwrap();
            titles.extend(page.into_iter().map(|(_, video)| video.value().title.clone()));
            after = next.map(|cursor| cursor.to_string().parse().unwrap());
            if after.is_none() {
                break;
            }
        }
        assert_eq!(titles, ["ana0", "ana1", "ana2", "ben0", "ben1", "ben2"]);
        let ana = place.tenantry.session(&id("ana")).await.unwrap();
        assert_eq!(ana.tenants().videos(None, 2).await.unwrap_err().kind(), ErrorKind::Denied);
    }
}

fn stored<E: Entity>(text: &str) -> Record<E> {
    Record::read(&RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap()).unwrap()
}

#[test]
fn every_documented_form_of_a_video_and_a_thumbnail_is_read() {
    let full = stored::<Video>(
        r#"{"id":"1","title":"rain sounds 11","filename":"a.mp4","original_filename":"rain_sounds_11.mp4",
            "thumbnail":"c.jpg","date_added":"2025-11-04 10:00:00","source":"drive","drive_file_id":"1AbC"}"#,
    );
    let video = full.value();
    assert_eq!(
        (video.title.as_str(), video.original_filename.as_str()),
        ("rain sounds 11", "rain_sounds_11.mp4")
    );
    assert_eq!(video.thumbnail.as_ref().map(FileName::as_str), Some("c.jpg"));
    assert_eq!(video.date_added, Some(LocalTime::parse("2025-11-04T10:00").unwrap()));
    assert_eq!((video.source, video.drive_file_id.as_deref()), (VideoSource::Drive, Some("1AbC")));
    // Fields come and go between versions, and an empty one is none.
    for sparse in [
        r#"{"id":1,"filename":"a.mp4"}"#,
        r#"{"id":1,"filename":"a.mp4","title":null,"original_filename":"","thumbnail":null,"date_added":null,"source":null,"drive_file_id":null}"#,
        r#"{"id":1,"filename":"a.mp4","title":"","original_filename":null,"thumbnail":"","date_added":"","source":"","drive_file_id":""}"#,
    ] {
        let sparse = stored::<Video>(sparse).into_value();
        assert_eq!((sparse.title, sparse.original_filename), (String::new(), String::new()));
        assert_eq!((sparse.thumbnail, sparse.date_added, sparse.drive_file_id), (None, None, None));
        assert_eq!(sparse.source, VideoSource::Local);
        let image = r#"{"id":1,"filename":"a.jpg","title":"","original_filename":null,"date_added":""}"#;
        let image = stored::<Thumbnail>(image).into_value();
        assert_eq!((image.title.as_str(), image.date_added), ("", None));
    }
}
