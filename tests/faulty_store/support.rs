//! A tenant in a store with faults, and the way around them to what is really there.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tenantry::environment::{Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, Incarnation, TenantId};
use tenantry::store::{
    BlobInfo, Commit, Fold, FoldKind, Header, MemoryStore, Outcome, Put, StoreError, StoreErrorKind,
    TenantStore, Version,
};
use tenantry::testkit::faulty_store::{Fault, Faults, FaultyStore};

pub(crate) const BYTES: &[u8] = b"0123456789";

pub(crate) fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

/// A tenant in a store with faults.
pub(crate) struct Bench {
    pub(crate) store: FaultyStore,
    pub(crate) faults: Faults,
    /// The same store without them.
    pub(crate) below: MemoryStore,
    /// The version with which the tenant began.
    pub(crate) first: Version,
    clock: Arc<ManualClock>,
}

fn header() -> Header {
    Header { incarnation: Incarnation::from_bytes([1; 16]), tombstone: false, text: "{}".into() }
}

fn key(name: &str) -> BlobKey {
    BlobKey::new(ana(), Area::Videos, FileName::parse(name).unwrap())
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let below = MemoryStore::new();
        let (store, faults) = FaultyStore::new(Arc::new(below.reopen()));
        let commit = Commit { header: Some(header()), text: "[]".into() };
        let Outcome::Committed(first) = below.append(&ana(), None, commit).await.unwrap() else {
            panic!("the tenant was not made");
        };
        Self { store, faults, below, first, clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)) }
    }

    /// The same, with one fault.
    pub(crate) async fn with(fault: Fault) -> Self {
        let bench = Self::new().await;
        bench.faults.inject(fault);
        bench
    }

    pub(crate) async fn append(&self) -> Result<Outcome, StoreError> {
        self.append_to(&self.first, r#"["one"]"#).await
    }

    pub(crate) async fn append_to(&self, base: &Version, text: &'static str) -> Result<Outcome, StoreError> {
        self.store.append(&ana(), Some(base), Commit { header: None, text: text.into() }).await
    }

    pub(crate) async fn fold(&self) -> Result<Outcome, StoreError> {
        let fold =
            Fold { kind: FoldKind::Replace, header: header(), snapshot: "[]\n".into(), index: Bytes::new() };
        self.store.fold(&ana(), &self.first, fold).await
    }

    /// How many commits there are, by the way around the faults.
    pub(crate) async fn number(&self) -> u64 {
        self.below.load(&ana()).await.unwrap().unwrap().version.number
    }

    /// Puts a blob in two chunks.
    pub(crate) async fn put(&self, name: &str) -> Result<BlobInfo, StoreError> {
        let body = stream::iter([&BYTES[..4], &BYTES[4..]].map(|part| Ok(Bytes::from_static(part))));
        let until = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(60);
        let deadline = Deadline::new(until, self.clock.clone());
        let incarnation = header().incarnation;
        let put = Put { incarnation, body: body.boxed(), length_hint: None, deadline };
        self.store.put(&key(name), put).await
    }

    /// Lets the time pass until which a put may publish.
    pub(crate) fn pass_the_deadline(&self) {
        self.clock.advance(std::time::Duration::from_secs(61));
    }

    pub(crate) async fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let body = self.store.get(&key(name), 0..BYTES.len() as u64).await?;
        let broke = |error| StoreError::new(StoreErrorKind::Unavailable, "read", format!("{error}"));
        Ok(body.try_collect::<Vec<_>>().await.map_err(broke)?.concat())
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.store.delete(&key(name)).await
    }

    /// How long a blob is, if it is there, by the way around the faults.
    pub(crate) async fn length(&self, name: &str) -> Option<u64> {
        self.below.head(&key(name)).await.unwrap().map(|info| info.length)
    }
}

pub(crate) fn kind<T>(answer: Result<T, StoreError>) -> Option<StoreErrorKind> {
    answer.err().map(|error| error.kind())
}
