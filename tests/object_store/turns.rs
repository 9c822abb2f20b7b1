//! What waits for its turn until its time is over is not sent any more.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use tenantry::environment::{Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{BlobInfo, Incarnation, Put, StoreError, StoreErrorKind, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, RequestKind};

use super::{PART, settings};

const MINUTE: Duration = Duration::from_secs(60);

/// A store that sends one request of an upload after the other.
struct Queue {
    faults: Faults,
    clock: Arc<ManualClock>,
    store: Arc<ObjectTenantStore>,
}

impl Queue {
    fn new() -> Self {
        let (faulty, faults) = FaultyObjects::new(Arc::new(InMemory::new()));
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = ObjectTenantStore::with(Arc::new(faulty), Path::ROOT, entropy, settings());
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        Self { faults, clock, store: Arc::new(store.uploads_at_once(1)) }
    }

    /// The next requests for that file wait for the test's answer, after so many of that kind.
    fn hold(&self, file: &str, kind: RequestKind, spare: u64) {
        let (kind, key_contains) = (Some(kind), file.to_owned());
        self.faults.inject(Fault { kind, key_contains, spare, affect: 1, effect: Effect::Hold });
    }

    /// Puts a file that has to be there so many minutes from the beginning.
    fn put(
        &self,
        file: &str,
        length: usize,
        minutes: u32,
    ) -> tokio::task::JoinHandle<Result<BlobInfo, StoreError>> {
        let ends = Timestamp::from_second(60 * i64::from(minutes)).unwrap();
        let put = Put {
            incarnation: Incarnation::from_bytes([1; 16]),
            body: stream::iter([Ok(Bytes::from(vec![7_u8; length]))]).boxed(),
            length_hint: None,
            deadline: Deadline::new(ends, self.clock.clone()),
        };
        let (store, file) = (Arc::clone(&self.store), FileName::parse(file).unwrap());
        let key = BlobKey::new(TenantId::parse("ana").unwrap(), Area::Videos, file);
        tokio::spawn(async move { store.put(&key, put).await })
    }

    async fn until_held(&self, file: &str) {
        while !self.faults.waiting().is_some_and(|request| request.key.as_ref().contains(file)) {
            tokio::task::yield_now().await;
        }
    }

    /// What was asked for about that file.
    fn asked(&self, file: &str) -> Vec<RequestKind> {
        let about = |key: &Path| key.as_ref().contains(file);
        let log = self.faults.log().into_iter().filter(|request| about(&request.key));
        log.map(|request| request.kind).collect()
    }
}

/// Lets all tasks go on as far as they can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn ensure_too_late(
    put: impl Future<Output = Result<Result<BlobInfo, StoreError>, tokio::task::JoinError>>,
) {
    assert_eq!(put.await.unwrap().unwrap_err().kind(), StoreErrorKind::DeadlinePassed);
}

#[tokio::test]
async fn a_put_whose_turn_comes_too_late_is_not_sent() {
    for length in [10, 3 * PART] {
        let queue = Queue::new();
        queue.hold("first", RequestKind::Put, 0);
        let first = queue.put("first.mp4", 10, 60);
        queue.until_held("first").await;
        let late = queue.put("late.mp4", length, 1);
        let in_time = queue.put("in_time.mp4", length, 3);
        settle().await;
        queue.clock.advance(2 * MINUTE);
        assert!(queue.faults.answer(Effect::Proceed));
        first.await.unwrap().unwrap();
        ensure_too_late(late).await;
        assert_eq!(queue.asked("late"), []);
        assert_eq!(in_time.await.unwrap().unwrap().length, length as u64);
    }
}

#[tokio::test]
async fn a_part_whose_turn_comes_too_late_is_not_sent() {
    let queue = Queue::new();
    queue.hold("late", RequestKind::Part, 0);
    queue.hold("first", RequestKind::Put, 0);
    let late = queue.put("late.mp4", 3 * PART, 1);
    queue.until_held("late").await;
    // Behind the part that is under way stands another one already, and then this.
    let first = queue.put("first.mp4", 10, 60);
    settle().await;
    queue.clock.advance(2 * MINUTE);
    assert!(queue.faults.answer(Effect::Proceed));
    queue.until_held("first").await;
    assert!(queue.faults.answer(Effect::Proceed));
    first.await.unwrap().unwrap();
    ensure_too_late(late).await;
    settle().await;
    assert_eq!(queue.asked("late"), [RequestKind::BeginParts, RequestKind::Part, RequestKind::AbortParts]);
}

#[tokio::test]
async fn a_completion_whose_turn_comes_too_late_is_not_sent() {
    let queue = Queue::new();
    // The last part; what follows it is the completion.
    queue.hold("late", RequestKind::Part, 2);
    queue.hold("first", RequestKind::Put, 0);
    let late = queue.put("late.mp4", 2 * PART + 1, 1);
    queue.until_held("late").await;
    let first = queue.put("first.mp4", 10, 60);
    settle().await;
    assert!(queue.faults.answer(Effect::Proceed));
    queue.until_held("first").await;
    settle().await;
    queue.clock.advance(2 * MINUTE);
    assert!(queue.faults.answer(Effect::Proceed));
    first.await.unwrap().unwrap();
    ensure_too_late(late).await;
    settle().await;
    let asked = queue.asked("late");
    assert!(!asked.contains(&RequestKind::CompleteParts), "{asked:?}");
    assert_eq!(asked.iter().filter(|kind| **kind == RequestKind::Part).count(), 3);
    assert_eq!(asked.last(), Some(&RequestKind::AbortParts));
}

#[tokio::test]
async fn a_put_is_not_sent_again_when_its_next_turn_comes_too_late() {
    let queue = Queue::new();
    queue.hold("late", RequestKind::Put, 0);
    queue.hold("first", RequestKind::Put, 0);
    let late = queue.put("late.mp4", 10, 1);
    queue.until_held("late").await;
    let first = queue.put("first.mp4", 10, 60);
    settle().await;
    assert!(queue.faults.answer(Effect::FailBefore(super::Status::Unavailable)));
    queue.until_held("first").await;
    settle().await;
    queue.clock.advance(2 * MINUTE);
    assert!(queue.faults.answer(Effect::Proceed));
    first.await.unwrap().unwrap();
    assert_eq!(late.await.unwrap().unwrap_err().kind(), StoreErrorKind::OutcomeUnknown);
    assert_eq!(queue.asked("late"), [RequestKind::Put]);
}
