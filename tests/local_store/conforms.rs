//! The local store does what every store has to do, however it is opened.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, conformance};

struct Disk {
    folder: tempfile::TempDir,
    options: LocalOptions,
}

#[async_trait]
impl Medium for Disk {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(LocalStore::open(self.folder.path(), self.options.clone()).await?))
    }
}

async fn ensure_conforms(options: LocalOptions) {
    let make = || Disk { folder: tempfile::tempdir().unwrap(), options: options.clone() };
    conformance(make).await.ensure().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms() {
    ensure_conforms(LocalOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms_with_room_for_a_single_tenant() {
    let mut options = LocalOptions::default();
    options.handles = 1;
    ensure_conforms(options).await;
}
