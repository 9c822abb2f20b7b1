//! A wrapper whose calls for chosen tenants hang until they are let go.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::forward::forward_tenant_store;
use crate::store::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, StoreMethod, TenantStore, Version, ViewKey, ViewPlace,
};

/// One tenant's gate.
#[derive(Debug, Clone, Copy, Default)]
struct Gate {
    closed: bool,
    waiting: usize,
}

/// Closes and opens the tenants' gates. Clones control the same gates.
#[derive(Debug, Clone)]
pub struct Gates(Arc<watch::Sender<BTreeMap<TenantId, Gate>>>);

impl Gates {
    /// Makes every call for `tenant` hang from now on.
    pub fn close(&self, tenant: &TenantId) {
        self.0.send_modify(|gates| gates.entry(tenant.clone()).or_default().closed = true);
    }

    /// Lets the calls for `tenant` go on.
    pub fn open(&self, tenant: &TenantId) {
        self.0.send_modify(|gates| gates.entry(tenant.clone()).or_default().closed = false);
    }

    /// Waits until at least `count` calls for `tenant` hang.
    pub async fn hanging(&self, tenant: &TenantId, count: usize) {
        let reached =
            |gates: &BTreeMap<TenantId, Gate>| gates.get(tenant).is_some_and(|gate| gate.waiting >= count);
        // The sender is this value, so that waiting can't fail.
        let _ = self.0.subscribe().wait_for(reached).await;
    }

    async fn pass(&self, tenant: &TenantId) {
        let closed = |gates: &BTreeMap<TenantId, Gate>| gates.get(tenant).is_some_and(|gate| gate.closed);
        if !closed(&self.0.borrow()) {
            return;
        }
        let _waiting = Waiting::new(self, tenant);
        // As above.
        let _ = self.0.subscribe().wait_for(|gates| !closed(gates)).await;
    }

    fn add(&self, tenant: &TenantId, change: impl FnOnce(&mut usize)) {
        self.0.send_modify(|gates| change(&mut gates.entry(tenant.clone()).or_default().waiting));
    }
}

/// Counts a call that hangs for as long as it does, also if it is given up.
struct Waiting<'a>(&'a Gates, &'a TenantId);

impl<'a> Waiting<'a> {
    fn new(gates: &'a Gates, tenant: &'a TenantId) -> Self {
        gates.add(tenant, |waiting| *waiting += 1);
        Self(gates, tenant)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.add(self.1, |waiting| *waiting -= 1);
    }
}

/// A [`TenantStore`] in front of another, with a gate for each tenant.
pub struct HangingStore {
    inner: Arc<dyn TenantStore>,
    gates: Gates,
}

impl HangingStore {
    /// A store in front of `inner` with all gates open; they stay controllable after the store is
    /// given away.
    #[must_use]
    pub fn new(inner: Arc<dyn TenantStore>) -> (Self, Gates) {
        let gates = Gates(Arc::new(watch::Sender::new(BTreeMap::new())));
        (Self { inner, gates: gates.clone() }, gates)
    }

    fn inner(&self) -> &dyn TenantStore {
        &*self.inner
    }

    async fn before(&self, _method: StoreMethod, tenant: Option<&TenantId>) {
        if let Some(tenant) = tenant {
            self.gates.pass(tenant).await;
        }
    }
}

impl fmt::Debug for HangingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HangingStore").field("gates", &self.gates).finish_non_exhaustive()
    }
}

forward_tenant_store!(HangingStore);
