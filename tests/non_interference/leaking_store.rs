//! A store through which tenants meet.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use tenantry::paths::{Area, BlobKey, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed,
    Removed, SetAside, StoreError, StoreErrorKind, TenantStore, Version, ViewKey, ViewPlace,
};

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leak {
    /// What lies in anybody's area is listed in everybody's.
    ListsOthers,
    /// What begins with a tenant's name is listed as that tenant's.
    ByPrefix,
    /// All tenants together may put so many bytes.
    OneQuota(u64),
}

/// A store in front of another, with one leak.
pub(crate) struct LeakingStore {
    inner: Arc<dyn TenantStore>,
    leak: Leak,
    bytes: AtomicU64,
}

type Answer<T> = Result<T, StoreError>;

impl LeakingStore {
    pub(crate) fn new(inner: Arc<dyn TenantStore>, leak: Leak) -> Self {
        Self { inner, leak, bytes: AtomicU64::new(0) }
    }

    fn leaks(&self, of: &TenantId, to: &TenantId) -> bool {
        match self.leak {
            Leak::ListsOthers => true,
            Leak::ByPrefix => of.as_str().starts_with(to.as_str()),
            Leak::OneQuota(_) => of == to,
        }
    }
}

#[async_trait]
impl TenantStore for LeakingStore {
    async fn put(&self, key: &BlobKey, put: Put) -> Answer<BlobInfo> {
        if let Leak::OneQuota(bytes) = self.leak
            && self.bytes.load(Ordering::SeqCst) >= bytes
        {
            return Err(StoreError::new(StoreErrorKind::Full, "put", "no space left"));
        }
        let info = self.inner.put(key, put).await?;
        self.bytes.fetch_add(info.length, Ordering::SeqCst);
        Ok(info)
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Page<Found>> {
        let mut page = self.inner.list(tenant, area, after, limit).await?;
        for other in self.inner.tenants(None, 100).await?.items {
            if other != *tenant && self.leaks(&other, tenant) {
                page.items.extend(self.inner.list(&other, area, None, limit).await?.items);
            }
        }
        Ok(page)
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Answer<ByteStream> {
        self.inner.get(key, range).await
    }
    async fn head(&self, key: &BlobKey) -> Answer<Option<BlobInfo>> {
        let own = self.inner.head(key).await?;
        if own.is_some() {
            return Ok(own);
        }
        for other in self.inner.tenants(None, 100).await?.items {
            if self.leaks(&other, key.tenant()) {
                let theirs = BlobKey::new(other, key.area(), key.name().clone());
                if let Some(info) = self.inner.head(&theirs).await? {
                    return Ok(Some(info));
                }
            }
        }
        Ok(None)
    }
    async fn delete(&self, key: &BlobKey) -> Answer<()> {
        self.inner.delete(key).await
    }
    async fn header(&self, tenant: &TenantId) -> Answer<Option<Header>> {
        self.inner.header(tenant).await
    }
    async fn load(&self, tenant: &TenantId) -> Answer<Option<Loaded>> {
        self.inner.load(tenant).await
    }
    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Answer<Refreshed> {
        self.inner.refresh(tenant, version).await
    }
    async fn append(&self, tenant: &TenantId, base: Option<&Version>, commit: Commit) -> Answer<Outcome> {
        self.inner.append(tenant, base, commit).await
    }
    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Answer<Outcome> {
        self.inner.fold(tenant, base, fold).await
    }
    async fn tenants(&self, after: Option<&str>, limit: usize) -> Answer<Page<TenantId>> {
        self.inner.tenants(after, limit).await
    }
    async fn probe(&self) -> Answer<()> {
        self.inner.probe().await
    }
    async fn tidy(&self, tenant: &TenantId) -> Answer<()> {
        self.inner.tidy(tenant).await
    }
    async fn remove_areas(&self, tenant: &TenantId) -> Answer<Option<Removed>> {
        self.inner.remove_areas(tenant).await
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Answer<Option<Bytes>> {
        self.inner.read_view(tenant, view).await
    }
    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Answer<()> {
        self.inner.put_view(tenant, view, content).await
    }
    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Answer<()> {
        self.inner.rename_view(tenant, from, to).await
    }
    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Answer<()> {
        self.inner.remove_view(tenant, view).await
    }
    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Page<SetAside>> {
        self.inner.list_edited(tenant, place, after, limit).await
    }
    async fn local_path(&self, key: &BlobKey) -> Answer<PathBuf> {
        self.inner.local_path(key).await
    }
    async fn free_space(&self) -> Answer<Option<u64>> {
        self.inner.free_space().await
    }
}
