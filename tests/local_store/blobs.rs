//! Blobs on a real disk.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use tenantry::paths::Area;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Incarnation, Put, StoreErrorKind, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{LoseAll, OperationKind, SimulatedDisk};

use crate::support::{Place, ana, clock, create, get, key, put, put_of};

#[tokio::test]
async fn a_blob_is_read_whole_and_in_ranges() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    let bytes: Vec<u8> = (0..700_000u32).map(|n| (n % 251) as u8).collect();
    assert_eq!(put(&store, "a.mp4", &bytes).await.unwrap().length, 700_000);
    assert_eq!(get(&store, "a.mp4", 0..700_000).await.unwrap(), bytes);
    assert_eq!(get(&store, "a.mp4", 299_999..300_003).await.unwrap(), bytes[299_999..300_003]);
    assert_eq!(get(&store, "a.mp4", 700_000..700_000).await.unwrap(), b"");
    let beyond = get(&store, "a.mp4", 0..700_001).await.unwrap_err();
    assert_eq!(beyond.kind(), StoreErrorKind::OutOfRange);
    let missing = get(&store, "b.mp4", 0..0).await.unwrap_err();
    assert_eq!(missing.kind(), StoreErrorKind::NotFound);
    assert_eq!(
        store.local_path(&key("a.mp4")).await.unwrap(),
        place.path("videos/ana/a.mp4").canonicalize().unwrap()
    );
    assert_eq!(place.mode("videos/ana/a.mp4"), 0o644);
}

#[tokio::test]
async fn memory_that_is_read_into_again_shows_nothing_of_what_was_read_before() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    let bytes: Vec<u8> = (0..2_500_000u32).map(|n| (n % 249) as u8).collect();
    put(&store, "a.mp4", &bytes).await.unwrap();
    put(&store, "b.mp4", &vec![255; 1_500_000]).await.unwrap();
    let mut kept = Vec::new();
    for begin in 0..20 {
        // Given up in the middle, so that its memory is free again.
        store.get(&key("b.mp4"), 0..1_500_000).await.unwrap().next().await.unwrap().unwrap();
        let range = begin * 7..begin * 100_000 + 600_000;
        let mut stream = store.get(&key("a.mp4"), range.clone()).await.unwrap();
        let first = stream.next().await.unwrap().unwrap();
        kept.push((first, range));
    }
    for (first, range) in kept {
        let begin = range.start as usize;
        assert_eq!(first, bytes[begin..begin + first.len()]);
    }
    let mut cut = store.get(&key("b.mp4"), 0..1_500_000).await.unwrap();
    cut.next().await.unwrap().unwrap();
    std::fs::File::options().write(true).open(place.path("videos/ana/b.mp4")).unwrap().set_len(100).unwrap();
    assert_eq!(cut.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_name_is_used_once() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    put(&store, "a.mp4", b"one").await.unwrap();
    let again = put(&store, "a.mp4", b"two").await.unwrap_err();
    assert_eq!(again.kind(), StoreErrorKind::AlreadyExists);
    assert_eq!(get(&store, "a.mp4", 0..3).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_failed_body_leaves_nothing() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    let pieces = vec![Ok(Bytes::from(vec![1; 600_000])), Err(io::Error::other("the sender hung up"))];
    let error = store.put(&key("a.mp4"), put_of(pieces, &clock())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Body);
    assert_eq!(error.into_source().unwrap().to_string(), "the sender hung up");
    assert!(place.names("videos/ana").is_empty());
}

#[tokio::test]
async fn a_put_publishes_only_in_its_time_and_its_life() {
    let place = Place::new();
    let store = place.open().await;
    let nobody = put(&store, "a.mp4", b"one").await.unwrap_err();
    assert_eq!(nobody.kind(), StoreErrorKind::NotFound);
    assert!(place.names("videos").is_empty(), "a put makes no tenant");
    create(&store, &ana()).await;
    let foreign = Put { incarnation: Incarnation::from_bytes([9; 16]), ..put_of(vec![], &clock()) };
    let error = store.put(&key("a.mp4"), foreign).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    let late = clock();
    let put = put_of(vec![Ok(Bytes::from_static(b"one"))], &late);
    late.advance(std::time::Duration::from_secs(3600));
    let error = store.put(&key("a.mp4"), put).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::DeadlinePassed);
    assert!(place.names("videos/ana").is_empty());
}

#[tokio::test]
async fn a_deleted_blob_is_gone_and_an_open_stream_goes_on() {
    use futures::TryStreamExt;
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    put(&store, "a.mp4", &vec![5; 600_000]).await.unwrap();
    let stream = store.get(&key("a.mp4"), 0..600_000).await.unwrap();
    store.delete(&key("a.mp4")).await.unwrap();
    store.delete(&key("a.mp4")).await.unwrap();
    assert_eq!(store.head(&key("a.mp4")).await.unwrap(), None);
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), vec![5; 600_000]);
}

#[tokio::test]
async fn a_listing_goes_page_by_page_in_order_of_name() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    for name in ["c.mp4", "a.mp4", "b.mp4"] {
        put(&store, name, name.as_bytes()).await.unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", place.path("videos/ana/d.mp4")).unwrap();
    let page = store.list(&ana(), Area::Videos, None, 2).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|found| found.name.as_str()).collect();
    assert_eq!((names, page.next.as_deref()), (vec!["a.mp4", "b.mp4"], Some("b.mp4")));
    let rest = store.list(&ana(), Area::Videos, page.next.as_deref(), 2).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (2, None));
    assert!(rest.items[0].file.is_some() && rest.items[1].file.is_none(), "a link is no blob");
}

#[tokio::test]
async fn a_link_in_place_of_a_blob_is_not_followed() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    let outside = place.path("outside.mp4");
    std::fs::write(&outside, b"secret").unwrap();
    std::os::unix::fs::symlink(&outside, place.path("videos/ana/a.mp4")).unwrap();
    for error in [
        get(&store, "a.mp4", 0..6).await.unwrap_err(),
        store.head(&key("a.mp4")).await.unwrap_err(),
        store.local_path(&key("a.mp4")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        assert!(!error.to_string().contains(&*place.path("").to_string_lossy()), "{error}");
    }
    store.delete(&key("a.mp4")).await.unwrap();
    assert_eq!(std::fs::read(&outside).unwrap(), b"secret");
}

/// A put of "video" and then of `rest`, announced as five bytes, and the operations of the disk before the rest was asked
/// for.
async fn announced(rest: &'static [u8]) -> (Vec<OperationKind>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let root = disk.process().root().unwrap();
    let entropy = Arc::new(SeededEntropy::new(1));
    let store = LocalStore::on(root, LocalOptions::default(), entropy).await.unwrap();
    create(&store, &ana()).await;
    drop(disk.take_operations());
    let (asked, seen) = (disk.clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let before = Arc::clone(&seen);
    let end = futures::stream::once(async move {
        *before.lock().unwrap() = asked.take_operations().into_iter().map(|done| done.kind).collect();
        Ok(Bytes::from_static(rest))
    });
    let body = futures::stream::iter([Ok(Bytes::from_static(b"video"))]).chain(end).boxed();
    let put = Put { length_hint: Some(5), body, ..put_of(vec![], &clock()) };
    let length = store.put(&key("a.mp4"), put).await.unwrap().length;
    assert_eq!(length, 5 + rest.len() as u64);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (seen, disk)
}

#[tokio::test]
async fn what_was_announced_is_durable_before_the_body_is_asked_for_its_end() {
    let (before, _) = announced(b"").await;
    assert!(before.contains(&OperationKind::SyncFile), "{before:?}");
    assert!(!before.contains(&OperationKind::Link), "{before:?}");
}

#[tokio::test]
async fn bytes_beyond_what_was_announced_are_as_durable_as_the_others() {
    for rest in [&b""[..], b" and more"] {
        let (_, disk) = announced(rest).await;
        let tree = disk.crash(&mut LoseAll).tree();
        let found = tree.get("videos/ana/a.mp4").cloned().flatten().unwrap();
        assert_eq!(found, [b"video", rest].concat());
    }
}
