//! It does what every store has to do.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry::store::s3::S3Store;
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, conformance};

use crate::support::{options, prefix, store};

struct Place(String);

#[async_trait]
impl Medium for Place {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(store(&self.0)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_a_server_conforms() {
    conformance(|| Place(prefix())).await.ensure().unwrap();
}

/// Everything small: each commit soon becomes a segment, and blobs are sent in parts.
struct Small(String);

#[async_trait]
impl Medium for Small {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let mut options = options().prefix(&self.0);
        options.store.ledger.tail_bytes = 300;
        options.store.part_bytes = 5 << 20;
        Ok(Arc::new(S3Store::new(options).unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_a_server_conforms_with_everything_small() {
    conformance(|| Small(prefix())).await.ensure().unwrap();
}
