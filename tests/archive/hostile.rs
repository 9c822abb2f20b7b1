//! What is not an archive of the tenant, as export makes them, is refused, and nothing of it is there.

use std::error::Error as _;

use proptest::prelude::*;
use serde_json::json;
use tar::EntryType;
use tenantry::ownership::Role;
use tenantry::quota::Limits;
use tenantry::{ArchiveError, Error, ErrorKind, NewTenant};

use crate::forged::{Entry, Forged};
use crate::world::{Place, ensure_empty, exported, furnish, id, in_chunks};

async fn archive() -> Vec<u8> {
    let place = Place::memory().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    exported(&own).await
}

fn why(error: &Error) -> ArchiveError {
    error
        .source()
        .and_then(|source| source.downcast_ref::<ArchiveError>())
        .unwrap_or_else(|| panic!("{error:?}"))
        .clone()
}

/// Imports it into an empty tenant on each store, which stays empty; why it was refused.
async fn refused(archive: &[u8]) -> ArchiveError {
    let mut reasons = Vec::new();
    for place in Place::both().await {
        place.user("ana").await;
        let error = place.import("ana", archive.to_vec()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Configuration), "{error:?}");
        ensure_empty(&place, "ana").await;
        reasons.push(why(&error));
    }
    assert_eq!(reasons[0], reasons[1]);
    reasons.remove(0)
}

async fn forged(forge: impl FnOnce(&mut Forged)) -> ArchiveError {
    let mut forged = Forged::of(&archive().await);
    forge(&mut forged);
    refused(&forged.build()).await
}

#[tokio::test]
async fn an_archive_that_was_taken_apart_and_put_together_is_taken() {
    let forged = Forged::of(&archive().await).build();
    for place in Place::both().await {
        place.user("ana").await;
        place.import("ana", forged.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_archive_is_refused() {
    let zipped = b"\x1f\x8b\x08\0\0\0\0\0".repeat(200);
    let other = {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o600);
        header.set_cksum();
        builder.append_data(&mut header, "manifest.json", &b"{}"[..]).unwrap();
        builder.into_inner().unwrap()
    };
    for bytes in [zipped, vec![0; 4096], b"hello".to_vec(), Vec::new(), other] {
        assert!(matches!(refused(&bytes).await, ArchiveError::NotAnArchive | ArchiveError::Truncated));
    }
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    for name in ["../../ben/videos/x.mp4", "/etc/passwd", "..", "a/b.mp4", "x\0.mp4", "con.mp4", ""] {
        let reason = forged(|archive| archive.told("files", "area", "videos")["name"] = json!(name)).await;
        assert!(matches!(reason, ArchiveError::Manifest { .. }), "{name}: {reason}");
    }
    for collection in ["../notes", "@blobs", "Notes", "video_database", ""] {
        let reason = forged(|archive| {
            archive.told("records", "collection", "videos")["collection"] = json!(collection)
        });
        let reason = reason.await;
        assert!(matches!(reason, ArchiveError::Manifest { .. }), "{collection}: {reason}");
    }
    for area in ["tokens", "data", "../videos", ".tenantry"] {
        let reason = forged(|archive| archive.told("files", "area", "videos")["area"] = json!(area)).await;
        assert!(matches!(reason, ArchiveError::Manifest { .. }), "{area}: {reason}");
    }
}

#[tokio::test]
async fn links_and_folders_and_devices_are_refused_wherever_they_come() {
    let kinds = [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::GNULongLink,
    ];
    for kind in kinds {
        for place in ["videos/", "records/videos", "thumbnails/"] {
            let reason = forged(|archive| archive.entry(place).kind = kind).await;
            assert!(matches!(reason, ArchiveError::Unexpected { .. }), "{kind:?} at {place}: {reason}");
        }
    }
}

#[tokio::test]
async fn entries_that_are_missing_doubled_exchanged_or_added_are_refused() {
    let count = Forged::of(&archive().await).entries.len();
    for at in 0..count {
        let missing = forged(|archive| drop(archive.entries.remove(at))).await;
        assert!(matches!(missing, ArchiveError::Unexpected { .. } | ArchiveError::Truncated), "{missing}");
        let doubled = forged(|archive| archive.entries.insert(at, archive.entries[at].clone())).await;
        assert!(matches!(doubled, ArchiveError::Unexpected { .. } | ArchiveError::TooMuch), "{doubled}");
        let exchanged = forged(|archive| archive.entries.swap(at, (at + 1) % count)).await;
        assert!(matches!(exchanged, ArchiveError::Unexpected { .. }), "{exchanged}");
    }
    let added = forged(|archive| archive.entries.push(Entry::file("videos/more.mp4", "more"))).await;
    assert_eq!(added, ArchiveError::TooMuch);
    let told = forged(|archive| {
        let told = archive.told("files", "area", "videos").clone();
        archive.manifest["files"].as_array_mut().unwrap().push(told);
    });
    assert!(matches!(told.await, ArchiveError::Manifest { .. }));
}

#[tokio::test]
async fn a_content_that_is_longer_shorter_or_other_than_told_is_refused() {
    let longer = forged(|archive| archive.entry("videos/").content.push(b'!')).await;
    assert!(matches!(longer, ArchiveError::Unexpected { .. }));
    let shorter = forged(|archive| archive.entry("thumbnails/").content.truncate(3)).await;
    assert!(matches!(shorter, ArchiveError::Unexpected { .. }));
    let other = forged(|archive| *archive.entry("thumbnails/").content.last_mut().unwrap() ^= 1).await;
    assert!(matches!(other, ArchiveError::Checksum { .. }));
    let record = forged(|archive| archive.entry("records/tokens").content[9] ^= 1).await;
    assert!(matches!(record, ArchiveError::Checksum { .. }));
}

#[tokio::test]
async fn other_tenants_ids_are_refused() {
    let of_another = forged(|archive| archive.manifest["tenant"] = json!("ben")).await;
    assert_eq!(of_another, ArchiveError::OtherTenant);
    let owner = forged(|archive| {
        let lines = archive.lines("schedules");
        let lines: Vec<_> =
            lines.iter().map(|line| line.replace(r#""owner":"ana""#, r#""owner":"ben""#)).collect();
        archive.records("schedules", &lines);
    });
    assert!(matches!(owner.await, ArchiveError::Record { line: 1, .. }));
}

/// What somebody makes of a collection's lines.
type Change = fn(Vec<String>) -> Vec<String>;

#[tokio::test]
async fn records_that_can_not_be_are_refused() {
    let broken: [(&str, Change); 9] = [
        ("videos", |lines| vec![lines[0].clone(), lines[0].clone()]),
        ("videos", |_| vec!["not JSON".to_owned()]),
        ("videos", |_| vec!["[]".to_owned()]),
        ("videos", |_| vec![r#"{"title":"without an id"}"#.to_owned()]),
        ("videos", |_| vec![format!(r#"{{"id":"1","title":{}1{}}}"#, "[".repeat(500), "]".repeat(500))]),
        ("videos", |_| vec![format!(r#"{{"id":"1","title":"{}"}}"#, "x".repeat(100_000))]),
        ("tokens", |lines| vec![lines[0].clone(), lines[0].replacen(r#""id":""#, r#""id":"other"#, 1)]),
        ("tokens", |lines| vec![lines[0].replace("channel1.json", "client_secret.json")]),
        ("live_streams", |lines| vec![lines[0].replace("completed", "unheard of")]),
    ];
    for (at, (collection, forge)) in broken.into_iter().enumerate() {
        let reason = forged(|archive| {
            let lines = archive.lines(collection);
            archive.records(collection, &forge(lines));
        });
        let reason = reason.await;
        assert!(matches!(reason, ArchiveError::Record { .. }), "{at}: {reason}");
        assert!(!reason.to_string().contains("xxxxxxxx"), "{reason}");
    }
    for count in [0, 1, 7] {
        let counted =
            forged(|archive| archive.told("records", "collection", "videos")["records"] = json!(count));
        assert!(matches!(counted.await, ArchiveError::Manifest { .. }), "{count}");
    }
    let unknown = forged(|archive| {
        archive.told("records", "collection", "looped_videos")["collection"] = json!("unheard_of");
    });
    assert!(matches!(unknown.await, ArchiveError::UnknownKind { .. }));
}

#[tokio::test]
async fn files_that_could_not_be_uploaded_or_that_nothing_names_are_refused() {
    let page = forged(|archive| archive.content("thumbnails", b"<html><script>alert(1)</script>")).await;
    assert!(matches!(page, ArchiveError::File { .. }), "{page}");
    let long = forged(|archive| archive.content("thumbnails", &vec![b'x'; 11 << 20])).await;
    assert!(matches!(long, ArchiveError::File { .. }), "{long}");
    let program = forged(|archive| archive.told("files", "area", "videos")["name"] = json!("x.html")).await;
    assert!(matches!(program, ArchiveError::File { .. }), "{program}");
    let unreferenced = forged(|archive| {
        let lines = archive.lines("videos");
        archive.records("videos", &lines[..1]);
    });
    assert!(matches!(unreferenced.await, ArchiveError::Unreferenced { .. }));
    let without = forged(|archive| {
        let name = archive.told("files", "area", "thumbnails")["name"].clone();
        archive.manifest["files"].as_array_mut().unwrap().retain(|file| file["name"] != name);
        archive.entries.retain(|entry| !entry.name.starts_with("thumbnails/"));
    });
    assert!(matches!(without.await, ArchiveError::Record { .. }));
}

#[tokio::test]
async fn a_manifest_that_can_not_be_is_refused() {
    let version = forged(|archive| archive.manifest["version"] = json!(2)).await;
    assert_eq!(version, ArchiveError::Version { version: 2 });
    for field in ["profile", "tenant", "files", "records", "exported_at"] {
        let reason = forged(|archive| archive.manifest[field] = json!("?")).await;
        assert!(
            matches!(reason, ArchiveError::Manifest { .. } | ArchiveError::OtherTenant),
            "{field}: {reason}"
        );
    }
    let zone = forged(|archive| archive.manifest["profile"]["time_zone"] = json!("Mars/Olympus")).await;
    assert!(matches!(zone, ArchiveError::Manifest { .. }));
}

#[tokio::test]
async fn what_would_be_more_than_there_is_room_for_is_refused_before_it_comes() {
    let archive = archive().await;
    for place in Place::both().await {
        let limits = Limits::unlimited().with_blob_bytes(1 << 30);
        place.create("ana", NewTenant::new(Role::User).limits(limits)).await;
        for (bytes, kind) in [(1_u64 << 40, ErrorKind::QuotaExceeded), (u64::MAX, ErrorKind::InvalidInput)] {
            let mut bomb = Forged::of(&archive);
            bomb.told("files", "area", "videos")["bytes"] = json!(bytes);
            let error = place.import("ana", bomb.build()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error:?}");
            ensure_empty(&place, "ana").await;
        }
        // Many records take much, however short they are.
        for (what, many) in [("bytes", 1_u64 << 40), ("records", 1 << 20), ("records", u64::MAX)] {
            let mut bomb = Forged::of(&archive);
            bomb.told("records", "collection", "videos")[what] = json!(many);
            let error = place.import("ana", bomb.build()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{many} {what}");
            ensure_empty(&place, "ana").await;
        }
    }
}

#[tokio::test]
async fn a_limit_holds_to_the_byte_and_the_record() {
    let archive = archive().await;
    let bytes = 15 + crate::world::PNG.len() as u64;
    let limits = [
        (Limits::unlimited().with_blob_bytes(bytes), true),
        (Limits::unlimited().with_blob_bytes(bytes - 1), false),
        (Limits::unlimited().with_active_streams(1), true),
        (Limits::unlimited().with_active_streams(0), false),
    ];
    for place in Place::both().await {
        for (at, (limits, fits)) in limits.iter().enumerate() {
            let name = format!("ana{at}");
            place.create(&name, NewTenant::new(Role::User).limits(limits.clone())).await;
            let (sender, mut reports) = futures::channel::mpsc::unbounded();
            let admin = place.admin().await;
            let import = admin.tenants().import(&id(&name), in_chunks(archive.clone(), 512));
            let import = import.of(&id("ana")).progress(move |now| drop(sender.unbounded_send(now.bytes)));
            let done = import.await;
            assert_eq!(done.as_ref().err().map(Error::kind), (!fits).then_some(ErrorKind::QuotaExceeded));
            if !fits {
                let mut last = 0;
                while let Ok(bytes) = reports.try_recv() {
                    last = bytes;
                }
                // Three files of a block or two, and the end.
                let records = archive.len() as u64 - (512 + 1024 + 1024) - 1024;
                assert!(last <= records, "{last} of {} bytes were read", archive.len());
                let (usage, _) = place.workspace(&name).await.usage().await.unwrap();
                assert_eq!(usage.reserved_files + usage.files + usage.record_bytes, 0);
            }
        }
    }
}

#[tokio::test]
async fn a_checksum_that_is_spelled_otherwise_is_refused() {
    let archive = archive().await;
    let place = Place::memory().await;
    place.user("ana").await;
    // Of the first header, the sum of all bytes but itself.
    for at in 148..156 {
        for by in 1..=255 {
            let mut changed = archive.clone();
            changed[at] ^= by;
            let error = place.import("ana", changed).await.unwrap_err();
            assert!(matches!(why(&error), ArchiveError::NotAnArchive), "{at} {by}: {error:?}");
        }
    }
    ensure_empty(&place, "ana").await;
}

/// How a byte is changed.
fn changes() -> impl Strategy<Value = (prop::sample::Index, u8)> {
    (any::<prop::sample::Index>(), 1..=255_u8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_archive_with_any_byte_changed_is_refused((at, by) in changes()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut archive = archive().await;
            let at = at.index(archive.len());
            archive[at] ^= by;
            let place = Place::memory().await;
            place.user("ana").await;
            let error = place.import("ana", archive).await.expect_err("a changed byte goes unnoticed");
            why(&error);
            ensure_empty(&place, "ana").await;
        });
    }

    #[test]
    fn an_archive_that_ends_anywhere_before_its_end_is_refused(at in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut archive = archive().await;
            archive.truncate(at.index(archive.len()));
            let place = Place::memory().await;
            place.user("ana").await;
            let error = place.import("ana", archive).await.expect_err("a part is taken for the whole");
            why(&error);
            ensure_empty(&place, "ana").await;
        });
    }
}
