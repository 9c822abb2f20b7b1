//! Files on their way to and from an object store: broken connections, and uploads that are given up.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use proptest::prelude::*;
use tenantry::environment::{Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{ByteStream, Commit, Header, Incarnation, Outcome, Put, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, RequestKind, Status};

const PART: usize = 1000;

struct Place {
    objects: Arc<InMemory>,
    faults: Faults,
    store: Arc<ObjectTenantStore>,
}

fn key() -> BlobKey {
    let (ana, name) = (TenantId::parse("ana").unwrap(), FileName::parse("rain.mp4").unwrap());
    BlobKey::new(ana, Area::Videos, name)
}

fn location() -> Path {
    Path::from("videos/ana/rain.mp4")
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn put(body: ByteStream) -> Put {
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let deadline = Deadline::new(Timestamp::from_second(1).unwrap(), clock);
    Put { incarnation: Incarnation::from_bytes([1; 16]), body, length_hint: None, deadline }
}

impl Place {
    async fn new() -> Self {
        let objects = Arc::new(InMemory::new());
        let (faulty, faults) = FaultyObjects::new(Arc::clone(&objects) as _);
        let mut settings = ObjectStoreSettings::default();
        settings.part_bytes = PART;
        settings.parts_at_once = 3;
        settings.ledger.backoff = Duration::ZERO;
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = ObjectTenantStore::with(Arc::new(faulty), Path::ROOT, entropy, settings);
        let header = Header {
            incarnation: Incarnation::from_bytes([1; 16]),
            tombstone: false,
            text: Bytes::from_static(b"{}"),
        };
        let commit = Commit { header: Some(header), text: Bytes::from_static(b"first") };
        let outcome = store.append(key().tenant(), None, commit).await.unwrap();
        assert!(matches!(outcome, Outcome::Committed(_)));
        Self { objects, faults, store: Arc::new(store) }
    }

    /// Lets the next downloads break off after so many bytes each.
    fn cut(&self, after: u64, affect: u64) {
        let (kind, key_contains) = (Some(RequestKind::Get), "rain.mp4".to_owned());
        self.faults.inject(Fault { kind, key_contains, spare: 0, affect, effect: Effect::CutShort(after) });
    }

    fn count(&self, kind: RequestKind) -> usize {
        self.faults.log().iter().filter(|request| request.kind == kind).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_download_that_breaks_goes_on_where_it_broke(
        length in 1..5000_usize,
        (from, to) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        cuts in prop::collection::vec(1..2000_u64, 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new().await;
            let content = bytes(length);
            place.objects.put(&location(), content.clone().into()).await.unwrap();
            for after in cuts {
                place.cut(after, 1);
            }
            let (one, other) = (from.index(length), to.index(length));
            let range = one.min(other)..one.max(other) + 1;
            let body = place.store.get(&key(), range.start as u64..range.end as u64).await.unwrap();
            let read: Vec<Bytes> = body.try_collect().await.unwrap();
            assert_eq!(read.concat(), content[range]);
        });
    }
}

#[tokio::test]
async fn a_download_that_brings_nothing_any_more_fails() {
    let place = Place::new().await;
    place.objects.put(&location(), bytes(100).into()).await.unwrap();
    place.cut(10, 1);
    place.cut(0, u64::MAX);
    let body = place.store.get(&key(), 0..100).await.unwrap();
    let read: Vec<_> = body.collect().await;
    let (came, failed): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    assert_eq!(came.into_iter().map(Result::unwrap).collect::<Vec<_>>().concat(), bytes(10));
    assert_eq!(failed.len(), 1);
    assert!(place.count(RequestKind::Get) < 10, "it is not tried for ever");
}

#[tokio::test]
async fn a_download_never_goes_on_with_another_object() {
    let place = Place::new().await;
    place.objects.put(&location(), bytes(100).into()).await.unwrap();
    place.cut(10, 1);
    let mut body = place.store.get(&key(), 0..100).await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), bytes(10));
    place.objects.put(&location(), vec![b'x'; 100].into()).await.unwrap();
    body.next().await.unwrap().unwrap_err();
    assert!(body.next().await.is_none());
}

/// Waits until an upload was aborted.
async fn aborted(place: &Place) {
    while place.count(RequestKind::AbortParts) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_upload_whose_body_or_part_fails_is_aborted() {
    for fails_in_part in [false, true] {
        let place = Place::new().await;
        let mut pieces = vec![Ok(Bytes::from(bytes(4 * PART)))];
        if fails_in_part {
            let (kind, key_contains) = (Some(RequestKind::Part), String::new());
            let effect = Effect::FailBefore(Status::Unavailable);
            place.faults.inject(Fault { kind, key_contains, spare: 1, affect: 1, effect });
        } else {
            pieces.push(Err(std::io::Error::other("the line is cut")));
        }
        place.store.put(&key(), put(stream::iter(pieces).boxed())).await.unwrap_err();
        aborted(&place).await;
        assert_eq!(place.count(RequestKind::CompleteParts), 0);
        assert!(place.store.head(&key()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_aborted() {
    let place = Place::new().await;
    let body = stream::iter([Ok(Bytes::from(bytes(3 * PART)))]).chain(stream::pending()).boxed();
    let store = Arc::clone(&place.store);
    let upload = tokio::spawn(async move { store.put(&key(), put(body)).await });
    while place.count(RequestKind::Part) == 0 {
        tokio::task::yield_now().await;
    }
    upload.abort();
    aborted(&place).await;
    assert!(place.store.head(&key()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_upload_that_is_dropped_before_it_is_said_to_have_begun_is_aborted() {
    let place = Place::new().await;
    let (kind, key_contains) = (Some(RequestKind::BeginParts), String::new());
    place.faults.inject(Fault { kind, key_contains, spare: 0, affect: 1, effect: Effect::Hold });
    let (store, body) = (Arc::clone(&place.store), stream::iter([Ok(Bytes::from(bytes(3 * PART)))]).boxed());
    let upload = tokio::spawn(async move { store.put(&key(), put(body)).await });
    while place.count(RequestKind::BeginParts) == 0 {
        tokio::task::yield_now().await;
    }
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    assert!(place.faults.answer(Effect::Proceed));
    aborted(&place).await;
    assert_eq!(place.count(RequestKind::Part), 0);
}

#[tokio::test]
async fn so_many_parts_are_on_their_way_at_once_and_no_more() {
    let place = Place::new().await;
    let (kind, key_contains) = (Some(RequestKind::Part), String::new());
    place.faults.inject(Fault { kind, key_contains, spare: 0, affect: u64::MAX, effect: Effect::Hold });
    let taken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let body = stream::iter(0..10).map(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(Bytes::from(bytes(PART)))
    });
    let store = Arc::clone(&place.store);
    let upload = tokio::spawn(async move { store.put(&key(), put(body.boxed())).await });
    let (mut most, mut answered) = (0, 0);
    while answered < 10 {
        let under_way = place.count(RequestKind::Part) - answered;
        most = most.max(under_way);
        if under_way == 3 || under_way > 0 && answered + under_way == 10 {
            // Three of them, and one in hand.
            assert!(taken.load(std::sync::atomic::Ordering::SeqCst) <= answered + 3 + 1);
            assert!(place.faults.answer(Effect::Proceed));
            answered += 1;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(most, 3);
    assert_eq!(upload.await.unwrap().unwrap().length, 10 * PART as u64);
}
