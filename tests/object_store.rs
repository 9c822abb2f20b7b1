//! What is the object-store backend's own, beyond the conformance suite: what its requests cost,
//! what lies where, what it makes of damage, which object stores it takes and refuses, and that each request
//! of an upload that fails leaves a true answer, also one that waited for its turn.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "object_store/conditions.rs"]
mod conditions;
#[path = "object_store/paged.rs"]
mod paged;
#[path = "object_store/turns.rs"]
mod turns;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use tenantry::environment::{Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, Outcome, Put, Refreshed, StoreErrorKind, TenantStore,
    Version, ViewKey, ViewName, ViewPlace,
};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, Request, RequestKind, Status};

const PART: usize = 1000;

fn settings() -> ObjectStoreSettings {
    let mut settings = ObjectStoreSettings::default();
    settings.part_bytes = PART;
    settings.ledger.tail_bytes = 1000;
    settings.ledger.backoff = Duration::ZERO;
    settings
}

/// A store over objects that the test can look into and disturb.
struct Place {
    objects: Arc<InMemory>,
    faults: Faults,
    store: ObjectTenantStore,
    ana: TenantId,
}

impl Place {
    fn new() -> Self {
        let objects = Arc::new(InMemory::new());
        let (faulty, faults) = FaultyObjects::new(Arc::clone(&objects) as _);
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = ObjectTenantStore::with(Arc::new(faulty), Path::from("host"), entropy, settings());
        Self { objects, faults, store, ana: TenantId::parse("ana").unwrap() }
    }

    async fn create(&self) -> Version {
        let commit = Commit { header: Some(header()), text: Bytes::from_static(b"first") };
        committed(self.store.append(&self.ana, None, commit).await.unwrap())
    }

    async fn add(&self, base: &Version, text: &str) -> Version {
        let commit = Commit { header: None, text: Bytes::copy_from_slice(text.as_bytes()) };
        committed(self.store.append(&self.ana, Some(base), commit).await.unwrap())
    }

    async fn fold(&self, base: &Version, snapshot: &'static str) -> Version {
        let fold =
            Fold { kind: FoldKind::Same, header: header(), snapshot: snapshot.into(), index: Bytes::new() };
        committed(self.store.fold(&self.ana, base, fold).await.unwrap())
    }

    /// The requests since the last call.
    fn requests(&self, before: usize) -> Vec<Request> {
        self.faults.log().split_off(before)
    }

    async fn keys(&self) -> Vec<String> {
        let found: Vec<ObjectMeta> = self.objects.list(None).try_collect().await.unwrap();
        found.into_iter().map(|object| object.location.to_string()).collect()
    }

    /// Overwrites what lies under the first key that contains that.
    async fn damage(&self, key: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
        let key = self.keys().await.into_iter().find(|found| found.contains(key)).unwrap();
        let key = Path::parse(key).unwrap();
        let content = self.objects.get(&key).await.unwrap().bytes().await.unwrap();
        self.objects.put(&key, change(content.to_vec()).into()).await.unwrap();
    }

    async fn load_kind(&self) -> Option<StoreErrorKind> {
        self.store.load(&self.ana).await.err().map(|error| error.kind())
    }
}

fn header() -> Header {
    Header { incarnation: Incarnation::from_bytes([1; 16]), tombstone: false, text: "{}".into() }
}

fn committed(outcome: Outcome) -> Version {
    match outcome {
        Outcome::Committed(version) => version,
        other => panic!("{other:?}"),
    }
}

fn kinds(requests: &[Request]) -> Vec<RequestKind> {
    requests.iter().map(|request| request.kind).collect()
}

#[tokio::test]
async fn a_commit_is_one_put_and_a_refresh_one_get() {
    let place = Place::new();
    let one = place.create().await;
    let before = place.faults.log().len();
    let two = place.add(&one, "second").await;
    assert_eq!(kinds(&place.requests(before)), [RequestKind::Put]);
    for version in [&two, &one] {
        let before = place.faults.log().len();
        place.store.refresh(&place.ana, version).await.unwrap();
        assert_eq!(kinds(&place.requests(before)), [RequestKind::Get]);
    }
}

#[tokio::test]
async fn a_tenant_and_a_missing_one_cost_the_same_request() {
    let place = Place::new();
    place.create().await;
    let mut logs = Vec::new();
    for tenant in ["ana", "nobody"] {
        let before = place.faults.log().len();
        place.store.header(&TenantId::parse(tenant).unwrap()).await.unwrap();
        logs.push(kinds(&place.requests(before)));
    }
    assert_eq!(logs, [[RequestKind::Get], [RequestKind::Get]]);
}

#[tokio::test]
async fn keys_have_the_shape_of_the_layout() {
    let place = Place::new();
    let version = place.create().await;
    place.fold(&version, "first\n").await;
    let file = FileName::parse("channel.json").unwrap();
    let view = ViewKey { place: ViewPlace::Tokens, name: ViewName::File(file) };
    place.store.put_view(&place.ana, &view, "{}".into()).await.unwrap();
    place.store.put(&blob(&place.ana), put(10)).await.unwrap();
    let keys = place.keys().await;
    assert_eq!(keys.len(), 4);
    assert!(keys[0].starts_with("host/data/ana/snapshot-1-"));
    assert_eq!(keys[1..], ["host/heads/ana", "host/tokens/ana/channel.json", "host/videos/ana/film.mp4"]);
}

#[tokio::test]
async fn the_head_stays_small_and_tidying_leaves_two_generations() {
    let place = Place::new();
    let mut version = place.create().await;
    for number in 0..100 {
        version = place.add(&version, &format!("{number:0100}")).await;
        if number % 40 == 39 {
            version = place.fold(&version, "shorter\n").await;
        }
        let head = place.objects.head(&Path::from("host/heads/ana")).await.unwrap();
        assert!(head.size < 5500, "the head has {} bytes", head.size);
    }
    place.store.tidy(&place.ana).await.unwrap();
    let snapshots = place.keys().await.iter().filter(|key| key.contains("snapshot-")).count();
    assert_eq!(snapshots, 2);
    assert!(place.keys().await.len() < 8);
}

#[tokio::test]
async fn a_fold_takes_what_it_covers_out_of_the_head() {
    let place = Place::new();
    let one = place.create().await;
    let two = place.add(&one, "a text that must go").await;
    place.fold(&two, "first\nsecond\n").await;
    let head = place.objects.get(&Path::from("host/heads/ana")).await.unwrap().bytes().await.unwrap();
    assert!(!String::from_utf8_lossy(&head).contains("a text that must go"));
}

#[tokio::test]
async fn a_head_that_is_missing_where_one_was_is_corruption() {
    let place = Place::new();
    let version = place.create().await;
    place.objects.delete(&Path::from("host/heads/ana")).await.unwrap();
    let refreshed = place.store.refresh(&place.ana, &version).await;
    assert_eq!(refreshed.unwrap_err().kind(), StoreErrorKind::Corrupt);
    let commit = Commit { header: None, text: "late".into() };
    let Outcome::Unknown(error) = place.store.append(&place.ana, Some(&version), commit).await.unwrap()
    else {
        panic!("a head was made where one was missing");
    };
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(place.keys().await.is_empty());
}

#[tokio::test]
async fn damage_is_corruption_wherever_it_is() {
    let flip_last = |mut content: Vec<u8>| {
        let last = content.len() - 2;
        content[last] ^= 1;
        content
    };
    let truncate = |mut content: Vec<u8>| {
        content.pop();
        content
    };
    for key in ["head", "snapshot-", "segment-"] {
        for round in 0..2 {
            let place = Place::new();
            let version = place.create().await;
            let version = place.fold(&version, "a snapshot\n").await;
            place.add(&version, &"x".repeat(2000)).await;
            assert_eq!(place.load_kind().await, None);
            if round == 0 {
                place.damage(key, flip_last).await
            } else {
                place.damage(key, truncate).await
            }
            assert_eq!(place.load_kind().await, Some(StoreErrorKind::Corrupt), "{key}, {round}");
        }
    }
}

#[tokio::test]
async fn an_object_that_is_missing_though_named_is_corruption() {
    let place = Place::new();
    let version = place.create().await;
    place.fold(&version, "a snapshot\n").await;
    let keys = place.keys().await;
    let snapshot = keys.iter().find(|key| key.contains("snapshot-")).unwrap();
    place.objects.delete(&Path::parse(snapshot).unwrap()).await.unwrap();
    assert_eq!(place.load_kind().await, Some(StoreErrorKind::Corrupt));
}

#[tokio::test]
async fn a_head_of_a_newer_format_is_left_alone() {
    let place = Place::new();
    let version = place.create().await;
    place.damage("head", |_| b"tenantry-head 2 whatever comes then\n".to_vec()).await;
    assert_eq!(place.load_kind().await, Some(StoreErrorKind::NewerFormat));
    let before = place.keys().await;
    let commit = Commit { header: None, text: "late".into() };
    let answer = place.store.append(&place.ana, Some(&version), commit).await.unwrap();
    assert!(matches!(answer, Outcome::Unknown(_)));
    assert_eq!(place.keys().await, before);
    assert_eq!(place.load_kind().await, Some(StoreErrorKind::NewerFormat));
}

#[tokio::test]
async fn what_a_creation_that_never_happened_left_makes_no_tenant() {
    let place = Place::new();
    let fault = Fault {
        kind: Some(RequestKind::Put),
        key_contains: "head".to_owned(),
        spare: 0,
        affect: u64::MAX,
        effect: Effect::FailBefore(Status::Unavailable),
    };
    place.faults.inject(fault);
    let commit = Commit { header: Some(header()), text: "x".repeat(5000).into() };
    let answer = place.store.append(&place.ana, None, commit).await.unwrap();
    assert!(matches!(answer, Outcome::Unknown(_)));
    assert_eq!(place.keys().await.len(), 1);
    assert!(place.store.tenants(None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_view_never_gets_a_name_of_the_ledgers() {
    let place = Place::new();
    let version = place.create().await;
    for name in ["snapshot-1-x", "segment-1-x"] {
        let name = ViewName::File(FileName::parse(name).unwrap());
        let view = ViewKey { place: ViewPlace::Data, name };
        let answer = place.store.put_view(&place.ana, &view, "{}".into()).await;
        assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unsupported);
    }
    assert!(matches!(place.store.refresh(&place.ana, &version).await.unwrap(), Refreshed::Unchanged));
}

fn blob(tenant: &TenantId) -> BlobKey {
    BlobKey::new(tenant.clone(), Area::Videos, FileName::parse("film.mp4").unwrap())
}

fn put(length: usize) -> Put {
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let pieces = vec![Ok(Bytes::from(vec![7_u8; length]))];
    Put {
        incarnation: Incarnation::from_bytes([1; 16]),
        body: stream::iter(pieces).boxed(),
        length_hint: None,
        deadline: Deadline::new(Timestamp::from_second(1).unwrap(), clock),
    }
}

#[tokio::test]
async fn each_request_of_an_upload_that_fails_leaves_a_true_answer() {
    let effects = [
        Effect::FailBefore(Status::Unavailable),
        Effect::FailBefore(Status::Precondition),
        Effect::FailBefore(Status::Forbidden),
        Effect::FailAfter(Status::Unavailable),
        Effect::FailAfter(Status::Precondition),
        Effect::Delay,
        Effect::DuplicateLate,
        Effect::Repeat,
    ];
    let mut told_unclear = 0;
    for length in [0, 10, PART - 1, PART, 3 * PART + 1] {
        for spare in 0..9 {
            for affect in [1, u64::MAX] {
                for effect in effects {
                    let place = Place::new();
                    place.create().await;
                    let fault = Fault { kind: None, key_contains: String::new(), spare, affect, effect };
                    place.faults.inject(fault);
                    let answer = place.store.put(&blob(&place.ana), put(length)).await;
                    place.faults.clear();
                    while place.faults.late() > 0 {
                        place.faults.deliver(0, &*place.objects).await;
                    }
                    let found = place.store.head(&blob(&place.ana)).await.unwrap().map(|info| info.length);
                    let what = format!("{length} bytes, {effect:?} after {spare}: {answer:?}, {found:?}");
                    match answer.map_err(|error| error.kind()) {
                        Ok(_) | Err(StoreErrorKind::AlreadyExists) => {
                            assert_eq!(found, Some(length as u64), "{what}");
                        }
                        Err(StoreErrorKind::OutcomeUnknown) => told_unclear += 1,
                        Err(_) => assert_eq!(found, None, "{what}"),
                    }
                }
            }
        }
    }
    assert!(told_unclear > 0);
}

#[tokio::test]
async fn a_completion_whose_answer_was_lost_is_proven_by_the_length() {
    let place = Place::new();
    place.create().await;
    place.faults.inject(Fault {
        kind: Some(RequestKind::CompleteParts),
        key_contains: String::new(),
        spare: 0,
        affect: 1,
        effect: Effect::FailAfter(Status::Unavailable),
    });
    assert_eq!(place.store.put(&blob(&place.ana), put(2 * PART)).await.unwrap().length, 2 * PART as u64);
}

#[tokio::test]
async fn the_probe_leaves_nothing_behind() {
    let place = Place::new();
    place.store.probe().await.unwrap();
    assert!(place.keys().await.is_empty());
}

#[tokio::test]
async fn an_object_store_that_does_not_answer_is_not_said_to_lack_anything() {
    let place = Place::new();
    let effect = Effect::FailBefore(Status::Unavailable);
    let fault = Fault { kind: None, key_contains: String::new(), spare: 0, affect: u64::MAX, effect };
    place.faults.inject(fault);
    assert_eq!(place.store.probe().await.unwrap_err().kind(), StoreErrorKind::Unavailable);
}
