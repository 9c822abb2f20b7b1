//! Thumbnails: uploaded, looked at, given to videos, gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io;

use bytes::Bytes;
use futures::stream;
use tenantry::ownership::Role;
use tenantry::paths::{FileName, TenantId};
use tenantry::quota::Limits;
use tenantry::record::{OnReferenced, Record, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{
    ByteRange, ErrorKind, Expected, FileRef, ListOptions, NewTenant, Settings, Tenantry, Thumbnail,
    Verification, Video, VideoSource, Workspace,
};

/// How images of each format begin, by the extensions that they may have.
const FORMATS: &[(&[&str], &[u8], &str)] = &[
    (&["jpg", "jpeg", "JPG"], b"\xff\xd8\xff\xe0\0\x10JFIF\0synthetic", "image/jpeg"),
    (&["png"], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDRsynthetic", "image/png"),
    (&["gif"], b"GIF89asynthetic", "image/gif"),
    (&["webp"], b"RIFF\x24\0\0\0WEBPVP8 synthetic", "image/webp"),
];
const PNG: &[u8] = FORMATS[1].1;

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

struct Place {
    tenantry: Tenantry,
    _folder: Option<tempfile::TempDir>,
}

/// The users ana and ben on each store, with a quota of bytes.
async fn places(quota: u64) -> Vec<Place> {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    settings.thumbnail_bytes = 1000;
    let memory = Tenantry::builder(MemoryStore::new()).settings(settings.clone()).open().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
    let local = Tenantry::builder(store).settings(settings).open().await.unwrap();
    let places =
        vec![Place { tenantry: memory, _folder: None }, Place { tenantry: local, _folder: Some(folder) }];
    for place in &places {
        place.tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = place.tenantry.session(&id("root")).await.unwrap();
        for name in ["ana", "ben"] {
            let limits = Limits::unlimited().with_blob_bytes(quota);
            admin.tenants().create(&id(name), NewTenant::new(Role::User).limits(limits)).await.unwrap();
        }
    }
    places
}

impl Place {
    async fn own(&self, tenant: &str) -> Workspace {
        self.tenantry.session(&id(tenant)).await.unwrap().own()
    }
}

async fn thumbnail(own: &Workspace) -> Record<Thumbnail> {
    own.thumbnails().upload_from("rain.png", PNG).await.unwrap()
}

async fn video(own: &Workspace) -> Record<Video> {
    own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap()
}

/// The bytes in pieces of one byte.
fn in_pieces(bytes: &'static [u8]) -> impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::iter(bytes.chunks(1).map(|piece| Ok(Bytes::from_static(piece))))
}

#[tokio::test]
async fn an_image_of_each_format_is_kept_byte_for_byte_and_served_as_what_it_is() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        for (extensions, content, media_type) in FORMATS {
            for extension in *extensions {
                let name = format!("My rain.{extension}");
                let kept = own.thumbnails().upload(&name, in_pieces(content)).await.unwrap();
                assert_eq!(kept.value().title, "My rain");
                assert_eq!(kept.value().original_filename, name);
                assert_eq!(kept.value().bytes, Some(content.len() as u64));
                assert_eq!(kept.value().media_type(), *media_type);
                let file = kept.value().filename.clone();
                let head = own.thumbnails().head(&file).await.unwrap();
                assert_eq!((head.length(), head.media_type()), (content.len() as u64, *media_type));
                assert_eq!((Some(head.hash()), head.original_name()), (kept.value().hash.as_deref(), &*name));
                let opened = own.thumbnails().open(&file).await.unwrap();
                assert_eq!(opened.bytes().await.unwrap(), *content);
                let last = own.thumbnails().open_range(kept.id(), ByteRange::Last(9)).await.unwrap();
                assert_eq!(last.bytes().await.unwrap(), b"synthetic"[..]);
                assert_eq!(own.thumbnails().verify(&file).await.unwrap(), Verification::Intact);
                let path = own.thumbnails().local_path(&file).await.unwrap();
                assert_eq!(std::fs::read(path.path()).unwrap(), *content);
            }
        }
        let listed = own.thumbnails().list(&ListOptions::new()).await.unwrap().items;
        assert_eq!(listed.len(), 6);
    }
}

#[tokio::test]
async fn what_is_no_image_or_another_than_its_name_says_is_refused_and_costs_nothing() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let (jpeg, gif) = (FORMATS[0].1, FORMATS[2].1);
        let wrong: &[(&str, &'static [u8])] = &[
            ("page.png", b"<html><script>alert(1)</script>"),
            ("rain.png", jpeg),
            ("rain.jpg", PNG),
            ("rain.webp", b"RIFF\x24\0\0\0WAVEfmt synthetic"),
            ("rain.gif", b""),
            ("rain.svg", b"<svg/>"),
            ("rain.gif.html", gif),
            ("rain", gif),
        ];
        for (name, content) in wrong {
            let error = own.thumbnails().upload(name, in_pieces(content)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
        }
        let usage = own.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes + usage.reserved_bytes, usage.files), (0, 0));
        assert!(own.thumbnails().list(&ListOptions::new()).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn an_image_that_is_too_long_is_refused_whether_it_says_so_or_not() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let long = |bytes: usize| [PNG, &vec![0; bytes - PNG.len()]].concat();
        own.thumbnails().upload_from("a.png", &*long(1000).leak()).await.unwrap();
        let longer: &'static [u8] = long(1001).leak();
        for upload in [
            own.thumbnails().upload_from("a.png", longer),
            own.thumbnails().upload_from("a.png", longer).length(1001),
        ] {
            assert_eq!(upload.await.unwrap_err().kind(), ErrorKind::TooLarge);
        }
        let usage = own.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes + usage.reserved_bytes, usage.files), (1000, 1));
    }
}

#[tokio::test]
async fn thumbnails_count_against_the_same_quota_as_videos() {
    for place in places(20).await {
        let own = place.own("ana").await;
        let kept = video(&own).await;
        let refused = own.thumbnails().upload_from("rain.png", PNG).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
        own.videos().delete(kept.id(), Expected::Any).await.unwrap();
        own.thumbnails().upload_from("rain.gif", FORMATS[2].1).await.unwrap();
        place.own("ben").await.thumbnails().upload_from("rain.gif", FORMATS[2].1).await.unwrap();
    }
}

#[tokio::test]
async fn a_body_that_fails_leaves_no_thumbnail() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        for good in [0, 1, 3] {
            let start = stream::iter((0..good).map(|_| Ok(Bytes::from_static(PNG))));
            let broken = stream::iter([Err(io::Error::other("the line went dead"))]);
            let body = futures::StreamExt::chain(start, broken);
            let error = own.thumbnails().upload("rain.png", body).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BodyFailed);
        }
        assert_eq!(own.usage().await.unwrap().0.files, 0);
    }
}

#[tokio::test]
async fn a_videos_thumbnail_is_set_and_cleared() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let (video, image) = (video(&own).await, thumbnail(&own).await);
        let by_id = Some(FileRef::from(image.id()));
        let set = own.videos().set_thumbnail(video.id(), video.revision(), by_id).await.unwrap();
        assert_eq!(set.value().thumbnail.as_ref(), Some(&image.value().filename));
        let stale = own.videos().set_thumbnail(video.id(), video.revision(), None).await.unwrap_err();
        assert_eq!(stale.kind(), ErrorKind::RevisionMismatch);
        let cleared = own.videos().set_thumbnail(video.id(), set.revision(), None).await.unwrap();
        assert_eq!(cleared.value().thumbnail, None);
        let by_name = Some(FileRef::from(&image.value().filename));
        let file = &video.value().filename;
        let again = own.videos().set_thumbnail(file, Expected::Any, by_name).await.unwrap();
        assert_eq!(again.value().thumbnail.as_ref(), Some(&image.value().filename));
        own.thumbnails().get(image.id()).await.unwrap();
    }
}

#[tokio::test]
async fn a_video_is_given_no_thumbnail_that_the_tenant_has_not() {
    for place in places(10_000).await {
        let (own, ben) = (place.own("ana").await, place.own("ben").await);
        let (video, foreign) = (video(&own).await, thumbnail(&ben).await);
        let unknown = RecordId::parse("unknown").unwrap();
        let none = FileName::parse("none.png").unwrap();
        let foreign_name = &foreign.value().filename;
        for meant in [FileRef::from(foreign.id()), foreign_name.into(), (&unknown).into(), (&none).into()] {
            let error = own.videos().set_thumbnail(video.id(), Expected::Any, Some(meant)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("thumbnail"), "{error}");
        }
        assert_eq!(own.videos().get(video.id()).await.unwrap().value().thumbnail, None);
    }
}

#[tokio::test]
async fn a_thumbnail_that_is_deleted_is_no_videos_any_more() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let (first, second, image) = (video(&own).await, video(&own).await, thumbnail(&own).await);
        for video in [&first, &second] {
            let meant = Some(FileRef::from(image.id()));
            own.videos().set_thumbnail(video.id(), Expected::Any, meant).await.unwrap();
        }
        own.thumbnails().delete(image.id(), image.revision()).await.unwrap();
        for video in [&first, &second] {
            assert_eq!(own.videos().get(video.id()).await.unwrap().value().thumbnail, None);
        }
        let gone = own.thumbnails().open(&image.value().filename).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        assert_eq!(own.usage().await.unwrap().0.files, 2);
    }
}

#[tokio::test]
async fn a_thumbnail_outlives_a_video_that_had_it() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let (video, image) = (video(&own).await, thumbnail(&own).await);
        let meant = Some(FileRef::from(image.id()));
        own.videos().set_thumbnail(video.id(), Expected::Any, meant).await.unwrap();
        own.videos().delete_with(video.id(), Expected::Any, OnReferenced::Cascade).await.unwrap();
        let kept = own.thumbnails().open(image.id()).await.unwrap();
        assert_eq!(kept.bytes().await.unwrap(), PNG);
    }
}

#[tokio::test]
async fn a_foreign_thumbnail_is_none() {
    for place in places(10_000).await {
        let (own, ben) = (place.own("ana").await, place.own("ben").await);
        let image = thumbnail(&own).await;
        let foreign = place.tenantry.session(&id("ben")).await.unwrap().workspace(&id("ana"));
        for workspace in [&ben, &foreign] {
            let thumbnails = workspace.thumbnails();
            for meant in [FileRef::from(image.id()), FileRef::from(&image.value().filename)] {
                let refusals = [
                    thumbnails.get(meant.clone()).await.map(drop),
                    thumbnails.open(meant.clone()).await.map(drop),
                    thumbnails.delete(meant.clone(), Expected::Any).await.map(drop),
                ];
                for refusal in refusals {
                    assert_eq!(refusal.unwrap_err().kind(), ErrorKind::NotFound);
                }
            }
        }
        assert_eq!(own.thumbnails().verify(image.id()).await.unwrap(), Verification::Intact);
    }
}

#[tokio::test]
async fn a_video_from_a_drive_says_which_file_it_was_there() {
    for place in places(10_000).await {
        let own = place.own("ana").await;
        let upload = own.videos().upload_from("rain.mp4", &b"moving"[..]).from_drive("1AbC_d-9");
        let video = upload.await.unwrap();
        assert_eq!(video.value().source, VideoSource::Drive);
        assert_eq!(video.value().drive_file_id.as_deref(), Some("1AbC_d-9"));
        let refused = own.videos().upload_from("rain.mp4", &b"moving"[..]).from_drive("two\nlines").await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
