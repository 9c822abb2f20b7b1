//! On the local disk the first bytes of an upload are written while its reservation is made durable. These tests hold
//! that commit, or let it fail, and see that nobody else sees anything of the file.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use tenantry::environment::{Deadline, SystemClock};
use tenantry::ownership::Role;
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::quota::Limits;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Put, StoreMethod, TenantStore};
use tenantry::testkit::faulty_store::{Fault, Faults, FaultyStore, Truthful, Until};
use tenantry::testkit::{CountingStore, Counts};
use tenantry::{ErrorKind, Expected, NewTenant, Tenantry, Workspace};
use tokio::sync::oneshot;

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// The user ana with a quota of 10 MiB, on a disk whose calls can be held.
struct Place {
    folder: tempfile::TempDir,
    faults: Faults,
    counts: Counts,
    own: Workspace,
    _tenantry: Tenantry,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
        let (store, counts) = CountingStore::new(Arc::new(store));
        let (store, faults) = FaultyStore::new(Arc::new(store));
        let tenantry = Tenantry::builder(store).open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        let limits = Limits::unlimited().with_blob_bytes(10 << 20);
        admin.tenants().create(&id("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        Self { folder, faults, counts, own, _tenantry: tenantry }
    }

    /// The same, who has uploaded so often before, one after the other: twice, and she is taken to be alone.
    async fn after(uploads: usize) -> Self {
        let place = Self::new().await;
        for _ in 0..uploads {
            let (body, _read) = telling(b"sun");
            let video = place.own.videos().upload("sun.mp4", body).length(3).await.unwrap();
            std::fs::remove_file(place.own.videos().local_path(video.id()).await.unwrap().path()).unwrap();
        }
        place
    }

    /// The names in ana's folder of videos, hidden ones included.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("root/videos/ana")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// Does so much that whatever can go on meanwhile does.
    async fn let_all_go_on(&self) {
        for _ in 0..100 {
            self.own.usage().await.unwrap();
            tokio::task::yield_now().await;
        }
    }

    fn hold_commits(&self) {
        self.faults.inject(
            Fault::new(Truthful::Hold(Until::Released)).of(StoreMethod::Append).for_tenant(&id("ana")),
        );
    }
}

/// A body that tells when it was read to its end.
fn telling(bytes: &'static [u8]) -> (impl Stream<Item = io::Result<Bytes>> + Send, oneshot::Receiver<()>) {
    let (tell, told) = oneshot::channel();
    let end = stream::once(async move {
        let _ = tell.send(());
    })
    .filter_map(|()| std::future::ready(None));
    (stream::iter([Ok(Bytes::from_static(bytes))]).chain(end), told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_written_while_its_reservation_is_under_way_and_has_no_name_before() {
    for before in [0, 2] {
        let place = Place::after(before).await;
        place.hold_commits();
        let (body, read) = telling(b"rain");
        let upload = tokio::spawn(place.own.videos().upload("rain.mp4", body).length(4).into_future());
        place.faults.holding(1).await;
        // It is read though nothing else can happen now: who waited for the reservation would wait for ever.
        tokio::time::timeout(Duration::from_secs(60), read).await.unwrap().unwrap();
        place.let_all_go_on().await;
        assert!(place.names().is_empty(), "{:?}", place.names());
        assert_eq!(place.own.usage().await.unwrap().0.reserved_bytes, 0);
        assert!(place.faults.release());
        let video = upload.await.unwrap().unwrap();
        assert_eq!(place.own.videos().open(video.id()).await.unwrap().bytes().await.unwrap(), "rain");
    }
}

#[test]
fn an_upload_that_is_alone_writes_its_file_where_it_is_and_needs_another_thread_for_its_reservation_only() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // What blocks has one thread beside the worker's.
    let runtime = runtime.worker_threads(1).max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::after(2).await;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let (tell, begun) = oneshot::channel();
        let kept = tokio::task::spawn_blocking(move || {
            tell.send(()).unwrap();
            wait.recv()
        });
        begun.await.unwrap();
        let (body, read) = telling(b"rain");
        let upload = tokio::spawn(place.own.videos().upload("rain.mp4", body).length(4).into_future());
        // All that was announced is durable before its end is asked for.
        tokio::time::timeout(Duration::from_secs(60), read).await.unwrap().unwrap();
        assert!(place.names().is_empty(), "{:?}", place.names());
        release.send(()).unwrap();
        kept.await.unwrap().unwrap();
        assert_eq!(upload.await.unwrap().unwrap().value().bytes, Some(4));
    });
}

#[tokio::test]
async fn the_only_thread_of_a_runtime_is_not_kept_by_an_upload() {
    let place = Place::after(2).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    });
    place.hold_commits();
    let (body, read) = telling(b"rain");
    let upload = tokio::spawn(place.own.videos().upload("rain.mp4", body).length(4).into_future());
    place.faults.holding(1).await;
    read.await.unwrap();
    assert!(place.faults.release());
    let before = runs.load(Ordering::SeqCst);
    upload.await.unwrap().unwrap();
    other.abort();
    assert!(before > 0 && runs.load(Ordering::SeqCst) > before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_that_fails_leaves_no_file_however_much_of_it_was_written() {
    for (effect, kind) in
        [(Truthful::FailBefore, ErrorKind::Unavailable), (Truthful::FailAfter, ErrorKind::OutcomeUnknown)]
    {
        let place = Place::new().await;
        place.faults.inject(Fault::new(effect).of(StoreMethod::Append).for_tenant(&id("ana")));
        let (body, read) = telling(b"rain");
        let failed = place.own.videos().upload("rain.mp4", body).length(4).await.unwrap_err();
        assert_eq!(failed.kind(), kind);
        // Whether it came so far before that failed is left to chance.
        drop(read);
        assert!(place.names().is_empty(), "{:?}", place.names());
        let usage = place.own.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes, usage.files), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_quota_refuses_is_refused_for_that_and_leaves_no_file() {
    let place = Place::new().await;
    let (body, _read) = telling(b"rain");
    let refused = place.own.videos().upload("rain.mp4", body).length(11 << 20).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_a_mebibyte_is_taken_before_the_reservation_is_durable() {
    const PART: usize = 256 << 10;
    let place = Place::new().await;
    place.hold_commits();
    let taken = Arc::new(AtomicUsize::new(0));
    let (counter, part) = (Arc::clone(&taken), Bytes::from(vec![7; PART]));
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let body = stream::iter((0..16).map(move |number| {
        counter.fetch_add(1, Ordering::SeqCst);
        // The one with which it would be more.
        if number == 4 {
            let _ = tell.take().map(|tell| tell.send(()));
        }
        Ok(part.clone())
    }));
    let upload =
        tokio::spawn(place.own.videos().upload("rain.mp4", body).length(16 * PART as u64).into_future());
    place.faults.holding(1).await;
    told.await.unwrap();
    place.let_all_go_on().await;
    assert_eq!(taken.load(Ordering::SeqCst), 5);
    assert!(place.faults.release());
    assert_eq!(upload.await.unwrap().unwrap().value().bytes, Some(16 * PART as u64));
    assert_eq!(taken.load(Ordering::SeqCst), 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_says_too_few_bytes_holds_all_of_them_before_it_has_a_name() {
    let place = Place::new().await;
    let (body, _read) = telling(b"a rainy day");
    let video = place.own.videos().upload("rain.mp4", body).length(4).await.unwrap();
    assert_eq!(video.value().bytes, Some(11));
    let usage = place.own.usage().await.unwrap().0;
    assert_eq!((usage.blob_bytes, usage.reserved_bytes), (11, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_dropped_while_its_reservation_is_under_way_gives_it_back() {
    for before in [0, 2] {
        let place = Place::after(before).await;
        let _ = place.counts.take();
        place.hold_commits();
        let (body, read) = telling(b"rain");
        let upload = tokio::spawn(place.own.videos().upload("rain.mp4", body).length(4).into_future());
        place.faults.holding(1).await;
        read.await.unwrap();
        upload.abort();
        assert!(upload.await.unwrap_err().is_cancelled());
        assert!(place.faults.release());
        // It lands, and then it is given back.
        let given_back = async {
            while place.counts.of(StoreMethod::Append, Some(&id("ana"))) < 2
                || place.own.usage().await.unwrap().0.reserved_bytes > 0
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), given_back).await.unwrap();
        assert!(place.names().is_empty(), "{:?}", place.names());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_any_length_is_whole_whatever_was_said_of_its_length() {
    const HALF: usize = 512 << 10;
    let place = Place::new().await;
    for length in [0, 1, HALF - 1, HALF, HALF + 1, 2 * HALF, 2 * HALF + 1, 3 * HALF] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        for said in [None, Some(length), Some(length / 2), Some(length + 1), Some(HALF)] {
            let chunks: Vec<_> =
                bytes.chunks(64 << 10).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            let mut upload = place.own.videos().upload("rain.mp4", stream::iter(chunks));
            if let Some(said) = said {
                upload = upload.length(said as u64);
            }
            let video = upload.await.unwrap();
            let path = place.own.videos().local_path(video.id()).await.unwrap();
            let stored = std::fs::read(path.path()).unwrap();
            assert!(stored == bytes, "{length} bytes of which {said:?} were said");
            drop(path);
            place.own.videos().delete(video.id(), Expected::Any).await.unwrap();
        }
    }
}

#[test]
fn while_one_piece_waits_for_the_disk_the_next_is_taken_and_no_more() {
    const CHUNK: usize = 128 << 10;
    // What blocks has one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build();
    runtime.unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
        let tenantry = Tenantry::builder(store.clone()).open().await.unwrap();
        tenantry.bootstrap_admin(&id("ana"), "Ana").await.unwrap();
        let incarnation = store.header(&id("ana")).await.unwrap().unwrap().incarnation;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let kept = tokio::task::spawn_blocking(move || wait.recv());
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let body = stream::iter(0..12).map(move |_| {
            counted.fetch_add(CHUNK, Ordering::SeqCst);
            Ok(Bytes::from_static(&[7; CHUNK]))
        });
        let key = BlobKey::new(id("ana"), Area::Videos, FileName::parse("rain.mp4").unwrap());
        let deadline = Deadline::new(jiff::Timestamp::MAX, Arc::new(SystemClock));
        let put = Put { incarnation, body: body.boxed(), length_hint: None, deadline };
        let putting = tokio::spawn(async move { store.put(&key, put).await });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(taken.load(Ordering::SeqCst), 1 << 20);
        release.send(()).unwrap();
        kept.await.unwrap().unwrap();
        assert_eq!(putting.await.unwrap().unwrap().length, 12 * CHUNK as u64);
    });
}
