//! Uploads in parts that nobody goes on with.
//!
//! `object_store` can't list them, so a store that can ([`S3Store`](crate::store::s3)) brings its own way.

use std::collections::BTreeSet;

use async_trait::async_trait;
use object_store::path::Path;

use super::ObjectTenantStore;
use crate::paths::{Area, BlobKey, TenantId};
use crate::store::StoreError;

/// A way to the unfinished uploads of an object store.
#[async_trait]
pub(crate) trait UnfinishedUploads: Send + Sync + 'static {
    /// Aborts the uploads that were begun within a folder: all, or those of some objects. Nothing
    /// where the object store does not let itself be asked.
    async fn abort(&self, folder: &Path, only: Option<&BTreeSet<Path>>) -> Result<(), StoreError>;
}

impl ObjectTenantStore {
    pub(super) async fn abort_uploads(
        &self,
        tenant: &TenantId,
        only: Option<&[BlobKey]>,
    ) -> Result<(), StoreError> {
        let Some(unfinished) = &self.unfinished else { return Ok(()) };
        for &area in Area::ALL {
            let of_area = |only: &[BlobKey]| -> BTreeSet<Path> {
                let keys = only.iter().filter(|key| key.area() == area && key.tenant() == tenant);
                keys.map(|key| self.keys.blob(key)).collect()
            };
            let only = only.map(of_area);
            if only.as_ref().is_some_and(BTreeSet::is_empty) {
                continue;
            }
            unfinished.abort(&self.keys.area(tenant, area), only.as_ref()).await?;
        }
        Ok(())
    }
}
