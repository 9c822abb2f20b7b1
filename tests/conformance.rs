//! Every backend does what a store has to do.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use async_trait::async_trait;
use tenantry::store::{MemoryStore, StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, Report, conformance};

fn ensure_conforms(report: &Report) {
    assert!(!report.is_empty() && report.failures().next().is_none(), "{report}");
}

struct Memory(MemoryStore);

#[async_trait]
impl Medium for Memory {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(self.0.reopen()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_conforms() {
    ensure_conforms(&conformance(|| Memory(MemoryStore::new())).await);
}
