//! Where histories take place: stores that can be opened again, by other nodes too.

use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::path::Path;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::{Builder, Tenantry};

/// One medium.
pub(crate) enum Place {
    Memory(Box<MemoryStore>),
    /// Objects with ledgers whose commits soon become segments.
    Objects(Arc<InMemory>),
    Local(tempfile::TempDir),
    /// A place of its own on a server, and how an instance over that begins.
    #[allow(dead_code, reason = "only where there is a server")]
    Server(String, fn(&str) -> Builder),
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self::Memory(Box::default())
    }

    pub(crate) fn objects() -> Self {
        Self::Objects(Arc::new(InMemory::new()))
    }

    pub(crate) fn local() -> Self {
        Self::Local(tempfile::tempdir().unwrap())
    }

    /// Begins another instance over the medium, the `number`-th.
    pub(crate) async fn builder(&self, number: u64) -> Builder {
        match self {
            Self::Memory(store) => Tenantry::builder(store.reopen()),
            Self::Objects(objects) => {
                let mut settings = ObjectStoreSettings::default();
                settings.ledger.tail_bytes = 700;
                settings.part_bytes = 64;
                let entropy = Arc::new(SeededEntropy::new(u64::MAX - number));
                let objects = Arc::clone(objects) as _;
                Tenantry::builder(ObjectTenantStore::with(objects, Path::ROOT, entropy, settings))
            }
            Self::Local(folder) => {
                let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await;
                Tenantry::builder(store.unwrap())
            }
            Self::Server(place, begin) => begin(place),
        }
    }
}
