//! A wrapper that tells when a call to a store begins and when it ends.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::forward::forward_tenant_store;
use crate::store::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, StoreMethod, TenantStore, Version, ViewKey, ViewPlace,
};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It is about to reach the store.
    Begin,
    /// It was answered, or given up.
    End,
}

/// Who is told of every call: in the task that makes it, so that it must not wait.
pub trait Observer: Send + Sync + 'static {
    /// A call begins or ends.
    fn saw(&self, method: StoreMethod, tenant: Option<&TenantId>, moment: Moment);
}

impl<F: Fn(StoreMethod, Option<&TenantId>, Moment) + Send + Sync + 'static> Observer for F {
    fn saw(&self, method: StoreMethod, tenant: Option<&TenantId>, moment: Moment) {
        self(method, tenant, moment);
    }
}

/// A [`TenantStore`] whose calls are observed.
pub struct ObservedStore {
    inner: Arc<dyn TenantStore>,
    observer: Arc<dyn Observer>,
}

impl ObservedStore {
    /// Observes the calls to `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn TenantStore>, observer: impl Observer) -> Self {
        Self { inner, observer: Arc::new(observer) }
    }

    fn inner(&self) -> &dyn TenantStore {
        &*self.inner
    }

    #[allow(clippy::unused_async, reason = "other wrappers wait here")]
    async fn before(&self, method: StoreMethod, tenant: Option<&TenantId>) -> Ending {
        self.observer.saw(method, tenant, Moment::Begin);
        Ending { observer: Arc::clone(&self.observer), method, tenant: tenant.cloned() }
    }
}

/// Tells of a call's end when it is dropped, however that comes about.
struct Ending {
    observer: Arc<dyn Observer>,
    method: StoreMethod,
    tenant: Option<TenantId>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.observer.saw(self.method, self.tenant.as_ref(), Moment::End);
    }
}

impl fmt::Debug for ObservedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedStore").finish_non_exhaustive()
    }
}

forward_tenant_store!(ObservedStore);
