//! Views, and deleting objects.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStoreExt};

use super::ObjectTenantStore;
use super::keys::is_of_ledger;
use crate::paths::TenantId;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

impl ObjectTenantStore {
    pub(super) async fn read_view_object(&self, key: &Path) -> Result<Option<Bytes>, StoreError> {
        let failed = |error| from_object("read view", "the view", error);
        match self.objects.get(key).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(ObjectError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) async fn put_view_object(&self, key: &Path, content: Bytes) -> Result<(), StoreError> {
        let put = self.objects.put(key, content.into()).await;
        put.map(drop).map_err(|error| from_object("put view", "the view", error))
    }

    pub(super) async fn rename_view_object(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        let failed = |error| from_object("rename view", "the view", error);
        self.objects.copy(from, to).await.map_err(|error| match error {
            ObjectError::NotFound { .. } => {
                StoreError::new(StoreErrorKind::NotFound, "rename view", "the view is not there")
            }
            error => failed(error),
        })?;
        self.delete_object("rename view", "the view", from).await
    }

    /// Removes everything in a tenant's data and token folders that is not the ledger's.
    pub(super) async fn remove_all_views(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let failed = |error| from_object("tidy", "the tenant's views", error);
        let data = self.keys.data(tenant);
        for folder in [&data, &self.keys.tokens(tenant)] {
            let found: Vec<_> = self.objects.list(Some(folder)).try_collect().await.map_err(failed)?;
            // What was listed while the tombstone stood is of the life that ended.
            if !found.is_empty() && !self.ledger.header(tenant).await?.is_some_and(|header| header.tombstone)
            {
                return Ok(());
            }
            for object in found {
                let name = object.location.filename().unwrap_or_default();
                if *folder == data && is_of_ledger(name) {
                    continue;
                }
                self.delete_object("tidy", "a view", &object.location).await?;
            }
        }
        Ok(())
    }

    /// Deletes an object, if it is there.
    pub(super) async fn delete_object(
        &self,
        operation: &'static str,
        subject: &str,
        key: &Path,
    ) -> Result<(), StoreError> {
        match self.objects.delete(key).await {
            Ok(()) | Err(ObjectError::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_object(operation, subject, error)),
        }
    }
}
