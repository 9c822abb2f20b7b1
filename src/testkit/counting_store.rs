//! A wrapper that counts the calls that reach a store.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::forward::forward_tenant_store;
use crate::store::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, StoreMethod, TenantStore, Version, ViewKey, ViewPlace,
};

/// How often each method was called for each tenant, or for none in particular.
pub type CallCounts = BTreeMap<(StoreMethod, Option<TenantId>), u64>;

/// The calls counted so far, by method and tenant. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Counts(Arc<Mutex<CallCounts>>);

impl Counts {
    /// How often `method` was called for `tenant`, or for none in particular.
    #[must_use]
    pub fn of(&self, method: StoreMethod, tenant: Option<&TenantId>) -> u64 {
        self.all().get(&(method, tenant.cloned())).copied().unwrap_or(0)
    }

    /// All counts that are not zero.
    #[must_use]
    pub fn all(&self) -> CallCounts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All calls together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.all().values().sum()
    }

    /// Takes the counts out and begins again at zero.
    #[must_use]
    pub fn take(&self) -> CallCounts {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, method: StoreMethod, tenant: Option<&TenantId>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((method, tenant.cloned())).or_default() += 1;
    }
}

/// A [`TenantStore`] that counts what is asked of another.
pub struct CountingStore {
    inner: Arc<dyn TenantStore>,
    counts: Counts,
}

impl CountingStore {
    /// Counts the calls to `inner`; the counts stay readable after the store is given away.
    #[must_use]
    pub fn new(inner: Arc<dyn TenantStore>) -> (Self, Counts) {
        let counts = Counts::default();
        (Self { inner, counts: counts.clone() }, counts)
    }

    fn inner(&self) -> &dyn TenantStore {
        &*self.inner
    }

    #[allow(clippy::unused_async, reason = "other wrappers wait here")]
    async fn before(&self, method: StoreMethod, tenant: Option<&TenantId>) {
        self.counts.count(method, tenant);
    }
}

impl fmt::Debug for CountingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountingStore").field("counts", &self.counts).finish_non_exhaustive()
    }
}

forward_tenant_store!(CountingStore);
