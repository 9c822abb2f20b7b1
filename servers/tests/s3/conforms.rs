//! It does what every store has to do, also where answers are lost on their way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::path::Path;
use tenantry::environment::SystemEntropy;
use tenantry::paths::TenantId;
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::{Loss, Medium, conformance};
use tenantry::testkit::faulty_objects::FaultyObjects;

use crate::bucket;
use crate::losing::losing;
use crate::support::{options, prefix};

/// A place in the bucket, and how stores over it are set.
struct Place {
    prefix: String,
    set: fn(S3Options) -> S3Options,
}

impl Place {
    fn options(&self) -> S3Options {
        (self.set)(options().prefix(&self.prefix))
    }
}

#[async_trait]
impl Medium for Place {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(S3Store::new(self.options()).unwrap()))
    }

    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let (objects, faults) = FaultyObjects::new(Arc::new(bucket::client()));
        losing(&faults, loss);
        let mut settings = self.options().store;
        settings.ledger.backoff = Duration::ZERO;
        let (prefix, entropy) = (Path::from(self.prefix.as_str()), Arc::new(SystemEntropy));
        Ok(Some(Arc::new(ObjectTenantStore::with(Arc::new(objects), prefix, entropy, settings))))
    }

    async fn damage(&self, tenant: &TenantId) -> io::Result<bool> {
        bucket::replace(&format!("{}/heads/{tenant}", self.prefix), b"no head at all".to_vec()).await;
        Ok(true)
    }
}

/// What is not run: a bucket fences nothing, has no links, and its server is killed by a test of its own.
const NOT_RUN: usize = 12;

async fn conforms(set: fn(S3Options) -> S3Options) {
    let report = conformance(|| Place { prefix: prefix(), set }).await.ensure().unwrap();
    assert_eq!(report.not_run().count(), NOT_RUN, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_a_server_conforms() {
    conforms(|options| options).await;
}

/// Each commit soon becomes a segment, and blobs are sent in parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_a_server_conforms_with_everything_small() {
    conforms(|mut options| {
        options.store.ledger.tail_bytes = 300;
        options.store.part_bytes = 5 << 20;
        options
    })
    .await;
}
