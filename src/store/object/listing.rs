//! Listings, in order of name and page by page.
//!
//! Where the store can page ([`ObjectTenantStore::paged`]) a page is a request. Elsewhere an object store
//! promises no order, so a page is chosen from all that comes after its start; what is held at once is one page.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use super::ObjectTenantStore;
use crate::paths::{Area, FileName, TenantId};
use crate::store::object_error::from_object;
use crate::store::{Found, Page, SetAside, StoreError, ViewPlace};

/// How many keys a request for a page brings at the most, on S3 and all that speaks like it.
const MOST_KEYS: usize = 1000;

/// What of a folder is to be listed.
struct Listing<'a> {
    operation: &'static str,
    subject: &'static str,
    folder: &'a Path,
    after: Option<&'a str>,
    limit: usize,
}

impl ObjectTenantStore {
    pub(super) async fn list_blobs(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let (operation, subject, folder) = ("list", "the tenant's blobs", &self.keys.area(tenant, area));
        let listing = Listing { operation, subject, folder, after, limit };
        self.list_names(listing, |name, object| {
            let plain = (!name.contains('/')).then(|| FileName::parse(&name).ok()).flatten();
            Some(Found { file: plain, name, length: object.size })
        })
        .await
    }

    pub(super) async fn list_edited_objects(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        let (operation, subject) = ("list edited views", "the tenant's views");
        let folder = &self.keys.views(tenant, place);
        let listing = Listing { operation, subject, folder, after, limit };
        self.list_names(listing, |name, object| SetAside::of_name(place, &name, object.size)).await
    }

    /// Lists tenants; to `read` goes with each its head's ETag, which never comes back.
    pub(super) async fn list_tenants<T>(
        &self,
        after: Option<&str>,
        limit: usize,
        read: impl Fn(TenantId, Option<String>) -> T + Send + Sync,
    ) -> Result<Page<T>, StoreError> {
        let (operation, subject, folder) = ("list tenants", "the tenants", &self.keys.heads());
        let listing = Listing { operation, subject, folder, after, limit };
        self.list_names(listing, |name, head| {
            Some(read(TenantId::parse(&name).ok()?, head.e_tag.clone().filter(|tag| !tag.is_empty())))
        })
        .await
    }

    /// The first `limit` of the names in a folder from after `after` that `read` knows, given each with what else is told of it.
    async fn list_names<T>(
        &self,
        listing: Listing<'_>,
        read: impl Fn(String, &ObjectMeta) -> Option<T> + Send,
    ) -> Result<Page<T>, StoreError> {
        let found = match &self.pages {
            Some(pages) => listing.next_pages(&**pages, &read).await,
            None => listing.smallest(&*self.objects, &read).await,
        };
        found.map_err(|error| from_object(listing.operation, listing.subject, error))
    }
}

impl Listing<'_> {
    /// An object's name in the folder, if it is one that is to come.
    fn name<'k>(&self, key: &'k str) -> Option<&'k str> {
        let name = key.strip_prefix(self.folder.as_ref())?.strip_prefix('/')?;
        Some(name).filter(|name| self.after.is_none_or(|after| *name > after))
    }

    /// From a store that lists in order of name: a request for each page of keys, until there are enough. The first
    /// brings as many keys as names are wanted; if `read` does not know them all, the next ones bring as many as can
    /// be, since nobody knows how few of those it will.
    async fn next_pages<T>(
        &self,
        pages: &dyn PaginatedListStore,
        read: impl Fn(String, &ObjectMeta) -> Option<T>,
    ) -> object_store::Result<Page<T>> {
        let folder = format!("{}/", self.folder);
        let mut page_token = None;
        let mut max_keys = self.limit.clamp(1, MOST_KEYS);
        let mut page = Page { items: Vec::new(), next: None };
        loop {
            let options = PaginatedListOptions {
                offset: self.after.map(|after| format!("{folder}{after}")),
                max_keys: Some(max_keys),
                page_token: page_token.take(),
                ..PaginatedListOptions::default()
            };
            let answer = pages.list_paginated(Some(&folder), options).await?;
            for object in answer.result.objects {
                let Some(name) = self.name(object.location.as_ref()) else { continue };
                if page.items.len() == self.limit {
                    return Ok(page);
                }
                page.next = Some(name.to_owned());
                page.items.extend(read(name.to_owned(), &object));
            }
            page_token = answer.page_token;
            max_keys = MOST_KEYS;
            if page_token.is_none() {
                return Ok(Page { next: None, ..page });
            }
            if page.items.len() >= self.limit {
                return Ok(page);
            }
        }
    }

    /// From a store that promises no order: all is looked at.
    async fn smallest<T>(
        &self,
        objects: &dyn ObjectStore,
        read: impl Fn(String, &ObjectMeta) -> Option<T>,
    ) -> object_store::Result<Page<T>> {
        let offset = self.after.and_then(|after| Path::parse(format!("{}/{after}", self.folder)).ok());
        let mut objects = match offset {
            Some(offset) => objects.list_with_offset(Some(self.folder), &offset),
            None => objects.list(Some(self.folder)),
        };
        let mut smallest = BTreeMap::new();
        while let Some(object) = objects.try_next().await? {
            let Some(name) = self.name(object.location.as_ref()) else { continue };
            let Some(item) = read(name.to_owned(), &object) else { continue };
            smallest.insert(name.to_owned(), item);
            // One more than the page tells whether there is more.
            if smallest.len() > self.limit.saturating_add(1) {
                smallest.pop_last();
            }
        }
        let more = smallest.len() > self.limit;
        if more {
            smallest.pop_last();
        }
        let next = smallest.last_key_value().filter(|_| more).map(|(name, _)| name.clone());
        Ok(Page { items: smallest.into_values().collect(), next })
    }
}
