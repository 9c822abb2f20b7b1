//! Every backend and wrapper does what a store has to do.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use object_store::memory::InMemory;
use object_store::path::Path;
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{MemoryStore, StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, conformance};
use tenantry::testkit::faulty_objects::FaultyObjects;
use tenantry::testkit::{CountingStore, HangingStore, SeededEntropy};

struct Memory(MemoryStore);

#[async_trait]
impl Medium for Memory {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(self.0.reopen()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_conforms() {
    conformance(|| Memory(MemoryStore::new())).await.ensure().unwrap();
}

/// Objects under a prefix, listed in no order that would help, with everything small: each commit
/// soon becomes a segment, each blob of some length is sent in parts.
struct Objects(Arc<InMemory>, AtomicU64);

#[async_trait]
impl Medium for Objects {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let (objects, _) = FaultyObjects::new(Arc::clone(&self.0) as _);
        let mut settings = ObjectStoreSettings::default();
        settings.ledger.tail_bytes = 300;
        settings.part_bytes = 100_000;
        let prefix = Path::from("some/prefix");

        let entropy = Arc::new(SeededEntropy::new(self.1.fetch_add(1, Ordering::SeqCst)));
        Ok(Arc::new(ObjectTenantStore::with(Arc::new(objects), prefix, entropy, settings)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_conforms_under_a_prefix_with_everything_small() {
    conformance(|| Objects(Arc::new(InMemory::new()), AtomicU64::new(0))).await.ensure().unwrap();
}

struct Wrapped(MemoryStore);

#[async_trait]
impl Medium for Wrapped {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let (counting, _) = CountingStore::new(Arc::new(self.0.reopen()));
        let (hanging, _) = HangingStore::new(Arc::new(counting));
        Ok(Arc::new(hanging))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrappers_conform() {
    conformance(|| Wrapped(MemoryStore::new())).await.ensure().unwrap();
}
