//! Objects under a prefix, listed in no order that would help, whose answers can be lost. With everything
//! small each commit soon becomes a segment, and each blob of some length is sent in parts.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tenantry::paths::TenantId;
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::conformance::{Loss, Medium};
use tenantry::testkit::faulty_objects::FaultyObjects;

use crate::losing::losing;

pub(crate) struct Objects {
    objects: Arc<InMemory>,
    opened: AtomicU64,
    settings: ObjectStoreSettings,
}

const PREFIX: &str = "some/prefix";

impl Objects {
    /// Everything as small as it gets.
    #[allow(dead_code, reason = "not each test that shares it needs both")]
    pub(crate) fn small() -> Self {
        let mut settings = ObjectStoreSettings::default();
        settings.ledger.tail_bytes = 300;
        settings.part_bytes = 100_000;
        Self::with(settings)
    }

    pub(crate) fn with(mut settings: ObjectStoreSettings) -> Self {
        // Nobody has to be waited for.
        settings.ledger.backoff = Duration::ZERO;
        Self { objects: Arc::new(InMemory::new()), opened: AtomicU64::new(0), settings }
    }

    fn entropy(&self) -> Arc<SeededEntropy> {
        Arc::new(SeededEntropy::new(self.opened.fetch_add(1, Ordering::SeqCst)))
    }

    fn over(&self, objects: FaultyObjects) -> Arc<dyn TenantStore> {
        let (entropy, settings) = (self.entropy(), self.settings.clone());
        Arc::new(ObjectTenantStore::with(Arc::new(objects), Path::from(PREFIX), entropy, settings))
    }
}

#[async_trait]
impl Medium for Objects {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(self.over(FaultyObjects::new(Arc::clone(&self.objects) as _).0))
    }

    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let (objects, faults) = FaultyObjects::new(Arc::clone(&self.objects) as _);
        losing(&faults, loss);
        Ok(Some(self.over(objects)))
    }

    async fn damage(&self, tenant: &TenantId) -> io::Result<bool> {
        let head = Path::from(format!("{PREFIX}/heads/{tenant}"));
        let objects: &dyn ObjectStore = &*self.objects;
        objects.put(&head, "no head at all".into()).await.map_err(io::Error::other)?;
        Ok(true)
    }
}
