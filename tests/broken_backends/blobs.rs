//! Backends whose blobs, listings, views or upkeep are wrong.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tenantry::environment::{Deadline, SystemClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Found, MarkedTenant, Outcome, Page, Put, Removed, StoreError,
    StoreErrorKind, TenantStore, Version, ViewKey, ViewPlace,
};
use tenantry::testkit::{Layered, StoreLayer};

use crate::folder::Folder;
use crate::medium::broken;

/// A body in one piece.
fn whole(content: Vec<u8>) -> ByteStream {
    stream::iter([Ok(Bytes::from(content))]).boxed()
}

broken! {
    /// Writes in place: what came so far is there.
    ShowsUnfinishedBlobs {
        async fn put(&self, key: &BlobKey, mut put: Put) -> Result<BlobInfo, StoreError> {
            let (incarnation, deadline) = (put.incarnation, put.deadline.clone());
            let part = |content: Vec<u8>| Put {
                incarnation,
                body: whole(content),
                length_hint: None,
                deadline: deadline.clone(),
            };
            let mut content = Vec::new();
            let mut info = self.0.put(key, part(Vec::new())).await?;
            while let Some(piece) = put.body.next().await {
                content.extend(piece.map_err(|error| {
                    StoreError::new(StoreErrorKind::Body, "put", "the body failed").with_source(error)
                })?);
                self.0.delete(key).await?;
                info = self.0.put(key, part(content.clone())).await?;
            }
            Ok(info)
        }
    }
}

broken! {
    /// Replaces a blob whose name is taken.
    OverwritesBlobs {
        async fn put(&self, key: &BlobKey, mut put: Put) -> Result<BlobInfo, StoreError> {
            let mut content = Vec::new();
            while let Some(piece) = put.body.next().await {
                content.extend(piece.map_err(|error| {
                    StoreError::new(StoreErrorKind::Body, "put", "the body failed").with_source(error)
                })?);
            }
            if !put.deadline.has_passed() {
                self.0.delete(key).await?;
            }
            self.0.put(key, Put { body: whole(content), ..put }).await
        }
    }
}

broken! {
    /// Publishes whenever it gets there.
    IgnoresDeadline {
        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            let never = "9999-01-01T00:00:00Z".parse().unwrap();
            let deadline = Deadline::new(never, Arc::new(SystemClock));
            self.0.put(key, Put { deadline, ..put }).await
        }
    }
}

broken! {
    /// Stores what was there when the body failed.
    StoresFailedBodies {
        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            let body = put.body.take_while(|piece| std::future::ready(piece.is_ok())).boxed();
            self.0.put(key, Put { body, ..put }).await
        }
    }
}

broken! {
    /// Stores no more than it was told would come.
    BelievesHints {
        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            let mut left = put.length_hint.unwrap_or(u64::MAX);
            let body = put.body.map_ok(move |mut piece| {
                piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                left -= piece.len() as u64;
                piece
            });
            self.0.put(key, Put { body: body.boxed(), ..put }).await
        }
    }
}

broken! {
    /// Gives what there is of a range that reaches beyond the end.
    TruncatesRanges {
        async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
            let length = self.0.head(key).await?.map_or(u64::MAX, |info| info.length);
            let end = range.end.min(length);
            self.0.get(key, range.start.min(end)..end).await
        }
    }
}

broken! {
    /// Says that a blob was deleted.
    ForgetsDeletes {
        async fn delete(&self, _: &BlobKey) -> Result<(), StoreError> {
            Ok(())
        }
    }
}

broken! {
    /// Finds a tenant's blobs by how their keys begin.
    ListsNeighbours {
        async fn list(
            &self,
            tenant: &TenantId,
            area: Area,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Page<Found>, StoreError> {
            let mut items = Vec::new();
            for other in self.0.tenants(None, 1000).await?.items {
                if other.as_str().starts_with(tenant.as_str()) {
                    items.extend(self.0.list(&other, area, after, 1000).await?.items);
                }
            }
            items.sort_by(|a, b| a.name.cmp(&b.name));
            let more = items.len() > limit;
            items.truncate(limit);
            let next = if more { items.last().map(|found| found.name.clone()) } else { None };
            Ok(Page { items, next })
        }
    }
}

broken! {
    /// Begins each page but the first one name too late.
    SkipsAtPageEdges {
        async fn list(
            &self,
            tenant: &TenantId,
            area: Area,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Page<Found>, StoreError> {
            if after.is_none() {
                return self.0.list(tenant, area, None, limit).await;
            }
            let mut page = self.0.list(tenant, area, after, limit + 1).await?;
            if !page.items.is_empty() {
                page.items.remove(0);
            }
            Ok(page)
        }
    }
}

broken! {
    /// Lists tenants as they come, newest first.
    ListsTenantsBackwards {
        async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError> {
            let mut page = self.0.tenants(after, limit).await?;
            page.items.reverse();
            Ok(page)
        }
    }
}

broken! {
    /// Marks a tenant with what never changes.
    MarksWithNames {
        async fn marked_tenants(
            &self,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Page<MarkedTenant>, StoreError> {
            let mut page = self.0.marked_tenants(after, limit).await?;
            for found in &mut page.items {
                found.mark = Some(found.tenant.to_string());
            }
            Ok(page)
        }
    }
}

broken! {
    /// Takes names that differ in case for one.
    FoldsCase {
        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            self.0.put(&folded(key), put).await
        }

        async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
            self.0.get(&folded(key), range).await
        }

        async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
            self.0.head(&folded(key)).await
        }

        async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
            self.0.delete(&folded(key)).await
        }
    }
}

fn folded(key: &BlobKey) -> BlobKey {
    let name = FileName::parse(&key.name().as_str().to_lowercase()).unwrap_or_else(|_| key.name().clone());
    BlobKey::new(key.tenant().clone(), key.area(), name)
}

broken! {
    /// Keeps the views of both places in one.
    MixesPlaces {
        async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError> {
            self.0.read_view(tenant, &in_data(view)).await
        }

        async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError> {
            self.0.put_view(tenant, &in_data(view), content).await
        }
    }
}

fn in_data(view: &ViewKey) -> ViewKey {
    ViewKey { place: ViewPlace::Data, name: view.name.clone() }
}

broken! {
    /// Clears the blobs with the rest.
    TidiesBlobs {
        async fn tidy(&self, tenant: &TenantId) -> Result<(), StoreError> {
            delete_all(&*self.0, tenant).await?;
            self.0.tidy(tenant).await
        }
    }
}

/// Deletes all that is listed, and counts it.
async fn delete_all(store: &dyn TenantStore, tenant: &TenantId) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    for area in Area::ALL {
        for found in store.list(tenant, *area, None, 1000).await?.items {
            if let Some(name) = found.file {
                store.delete(&BlobKey::new(tenant.clone(), *area, name)).await?;
                removed.files += 1;
                removed.bytes += found.length;
            }
        }
    }
    Ok(removed)
}

broken! {
    /// Removes all blobs by listing and deleting, and says that no put can come any more.
    RemovesOnlyWhatItLists {
        async fn remove_areas(&self, tenant: &TenantId) -> Result<Option<Removed>, StoreError> {
            delete_all(&*self.0, tenant).await.map(Some)
        }
    }
}

broken! {
    /// Says that nothing late can land, and takes a put into whichever life.
    SaysFencedAndIsNot {
        fn capabilities(&self) -> Capabilities {
            let mut capabilities = self.0.capabilities();
            capabilities.fenced = true;
            capabilities
        }

        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            let current = self.0.header(key.tenant()).await?;
            let incarnation = current.map_or(put.incarnation, |header| header.incarnation);
            self.0.put(key, Put { incarnation, ..put }).await
        }
    }
}

broken! {
    /// Says that it knows the free space and can show a path, and can neither.
    Boasts {
        fn capabilities(&self) -> Capabilities {
            let mut capabilities = self.0.capabilities();
            (capabilities.free_space, capabilities.local_path) = (true, true);
            capabilities
        }
    }
}

broken! {
    /// Says that a blob is stored where nobody answered.
    TakesSilenceForStored {
        async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
            match self.0.put(key, put).await {
                Err(error) if error.kind() == StoreErrorKind::OutcomeUnknown => {
                    Ok(BlobInfo { length: 15 })
                }
                answer => answer,
            }
        }
    }
}

/// Does one thing at a time, an upload included.
pub(crate) struct OneAtATime {
    right: Arc<dyn TenantStore>,
    turn: tokio::sync::Mutex<()>,
}

impl OneAtATime {
    pub(crate) fn over(right: Arc<dyn TenantStore>, _: &Folder) -> Arc<dyn TenantStore> {
        Arc::new(Layered::new(Self { right, turn: tokio::sync::Mutex::new(()) }))
    }
}

#[async_trait::async_trait]
impl StoreLayer for OneAtATime {
    fn inner(&self) -> &dyn TenantStore {
        &*self.right
    }

    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        let _turn = self.turn.lock().await;
        self.right.put(key, put).await
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        let _turn = self.turn.lock().await;
        self.right.append(tenant, base, commit).await
    }
}
