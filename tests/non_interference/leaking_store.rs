//! A store through which tenants meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tenantry::paths::{Area, BlobKey, TenantId};
use tenantry::store::{BlobInfo, Found, Page, Put, StoreError, StoreErrorKind, TenantStore};
use tenantry::testkit::{Layered, StoreLayer};

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
    pub(crate) fn new(inner: Arc<dyn TenantStore>, leak: Leak) -> Layered<Self> {
        Layered::new(Self { inner, leak, bytes: AtomicU64::new(0) })
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
impl StoreLayer for LeakingStore {
    fn inner(&self) -> &dyn TenantStore {
        &*self.inner
    }

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

    /// What is listed is there, as it would be where both rest on one name: a check asks for each file.
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
}
