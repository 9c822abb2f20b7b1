//! Listings, in order of name and page by page.
//!
//! An object store promises no order, so a page is chosen from all that comes after its start; what
//! is held at once is one page. Tenants are found by their folders, and a folder counts only if a
//! head lies in it: an object left by a creation that never happened makes no tenant.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::ObjectTenantStore;
use crate::paths::{Area, FileName, TenantId};
use crate::store::object_error::from_object;
use crate::store::{Found, Page, SetAside, StoreError, ViewPlace};

/// How many heads are asked for at once.
const ASK_AHEAD: usize = 16;

impl ObjectTenantStore {
    pub(super) async fn list_blobs(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let folder = self.keys.area(tenant, area);
        let smallest = self.smallest("list", "the tenant's blobs", &folder, after, limit, |_| true).await?;
        let found = smallest.into_iter().map(|(name, length)| {
            let plain = (!name.contains('/')).then(|| FileName::parse(&name).ok()).flatten();
            Found { file: plain, name, length }
        });
        Ok(page(found.collect(), limit, |found| &found.name))
    }

    pub(super) async fn list_edited_objects(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        let (folder, subject) = (self.keys.views(tenant, place), "the tenant's views");
        let is_edited = |name: &str| SetAside::of_name(place, name, 0).is_some();
        let smallest = self.smallest("list edited views", subject, &folder, after, limit, is_edited).await?;
        let Page { items, next } = page(smallest.into_iter().collect(), limit, |(name, _)| name);
        let items = items.iter().filter_map(|(name, length)| SetAside::of_name(place, name, *length));
        Ok(Page { items: items.collect(), next })
    }

    /// The first names in a folder from after `after` that are to be kept, each with its length: one
    /// more than `limit`, if there are so many.
    async fn smallest(
        &self,
        operation: &'static str,
        subject: &'static str,
        folder: &Path,
        after: Option<&str>,
        limit: usize,
        keep: impl Fn(&str) -> bool + Send,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut objects = match after.and_then(|after| Path::parse(format!("{folder}/{after}")).ok()) {
            Some(offset) => self.objects.list_with_offset(Some(folder), &offset),
            None => self.objects.list(Some(folder)),
        };
        let mut smallest = BTreeMap::new();
        let failed = |error| from_object(operation, subject, error);
        while let Some(object) = objects.try_next().await.map_err(failed)? {
            let key = object.location.as_ref();
            let Some(name) = key.strip_prefix(folder.as_ref()).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            if after.is_some_and(|after| name <= after) || !keep(name) {
                continue;
            }
            smallest.insert(name.to_owned(), object.size);
            if smallest.len() > limit.saturating_add(1) {
                smallest.pop_last();
            }
        }
        Ok(smallest)
    }

    pub(super) async fn list_tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<TenantId>, StoreError> {
        let failed = |error| from_object("list tenants", "the tenants", error);
        let folders = self.objects.list_with_delimiter(Some(&self.keys.ledgers())).await.map_err(failed)?;
        let mut candidates: Vec<TenantId> = folders
            .common_prefixes
            .iter()
            .filter_map(|folder| TenantId::parse(folder.filename()?).ok())
            .filter(|tenant| after.is_none_or(|after| tenant.as_str() > after))
            .collect();
        candidates.sort_unstable();
        let tenants: Vec<TenantId> = stream::iter(candidates)
            .map(async |tenant| match self.objects.head(&self.keys.data(&tenant).join("head")).await {
                Ok(_) => Ok(Some(tenant)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            })
            .buffered(ASK_AHEAD)
            .try_filter_map(async |tenant| Ok(tenant))
            .take(limit.saturating_add(1))
            .try_collect()
            .await?;
        Ok(page(tenants, limit, TenantId::as_str))
    }
}

/// A page of the first `limit` of `items`, which are one more if there is more.
fn page<T>(mut items: Vec<T>, limit: usize, name: impl Fn(&T) -> &str) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| name(last).to_owned());
    Page { items, next }
}
