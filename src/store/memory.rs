//! A backend that keeps everything in memory: [`MemoryStore`].
//!
//! It is the backend for object stores over an object store in memory, and so keeps their
//! contract to the letter, but for durability: what it holds goes with it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::memory::InMemory;
use object_store::path::Path;

use super::forward::{StoreMethod, forward_tenant_store};
use super::object::{Clients, ObjectStoreSettings, ObjectTenantStore};
use super::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, Version, ViewKey, ViewPlace,
};
use crate::environment::SystemEntropy;
use crate::paths::{Area, BlobKey, TenantId};

/// A [`TenantStore`](super::TenantStore) in memory. It can't be cloned: a host gives it away and never gets it back.
pub struct MemoryStore {
    store: ObjectTenantStore,
    #[cfg(feature = "testkit")]
    objects: Arc<InMemory>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    /// A second store over the same memory, as another process would have it. Only with the feature `testkit`.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn reopen(&self) -> Self {
        Self::over(Arc::clone(&self.objects))
    }

    const fn inner(&self) -> &ObjectTenantStore {
        &self.store
    }

    #[allow(clippy::unused_async, reason = "other wrappers wait here")]
    async fn before(&self, _method: StoreMethod, _tenant: Option<&TenantId>) {}

    fn over(objects: Arc<InMemory>) -> Self {
        let mut clients = Clients::all(Arc::clone(&objects) as _);
        // What memory was asked for is done or not when the call ends.
        clients.longest_request = Some(Duration::ZERO);
        let (entropy, settings) = (Arc::new(SystemEntropy), ObjectStoreSettings::default());
        Self {
            store: ObjectTenantStore::over(clients, Path::ROOT, entropy, settings),
            #[cfg(feature = "testkit")]
            objects,
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

forward_tenant_store!(MemoryStore);
