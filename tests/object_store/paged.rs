//! Listings from a store that pages: what they cost, and that they say what a store without pages says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::TryStreamExt;
use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, ObjectStore, ObjectStoreExt, Result};
use tenantry::paths::TenantId;
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{SetAside, TenantStore, ViewPlace};

/// Lists what lies in memory as S3 does, and counts how often it is asked.
struct Pages {
    objects: Arc<InMemory>,
    requests: AtomicUsize,
}

#[async_trait::async_trait]
impl PaginatedListStore for Pages {
    async fn list_paginated(
        &self,
        prefix: Option<&str>,
        options: PaginatedListOptions,
    ) -> Result<PaginatedListResult> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let most = options.max_keys.unwrap();
        assert!((1..=1000).contains(&most), "{most} keys at a time");
        let start = options.page_token.or(options.offset).unwrap_or_default();
        let mut found: Vec<ObjectMeta> = self.objects.list(None).try_collect().await?;
        found.retain(|object| {
            let key = object.location.as_ref();
            key.starts_with(prefix.unwrap()) && *key > *start
        });
        found.sort_by(|one, other| one.location.as_ref().cmp(other.location.as_ref()));
        let more = found.len() > most;
        found.truncate(most);
        let page_token = found.last().filter(|_| more).map(|last| last.location.to_string());
        let result =
            ListResult { common_prefixes: Vec::new(), objects: found, extensions: Default::default() };
        Ok(PaginatedListResult { result, page_token })
    }
}

/// A tenant with so many objects of the ledger's, and behind each so-many-th a view that was set aside.
async fn place(objects: usize, every: usize) -> (ObjectTenantStore, Arc<Pages>, ObjectTenantStore, TenantId) {
    let memory = Arc::new(InMemory::new());
    for number in 0..objects {
        let name = format!("segment-{number:05}-x");
        let edited = (number % every == 0).then(|| format!("segment-{number:05}-x.json.edited-1700000000"));
        for name in [Some(name), edited].into_iter().flatten() {
            memory.put(&Path::from(format!("data/ana/{name}")), "".into()).await.unwrap();
        }
    }
    let pages = Arc::new(Pages { objects: Arc::clone(&memory), requests: AtomicUsize::new(0) });
    let paged = ObjectTenantStore::new(Arc::clone(&memory) as _).paged(Arc::clone(&pages) as _);
    (paged, pages, ObjectTenantStore::new(memory), TenantId::parse("ana").unwrap())
}

/// All that was set aside, so many at a time.
async fn all(store: &ObjectTenantStore, tenant: &TenantId, limit: usize) -> Vec<SetAside> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_edited(tenant, ViewPlace::Data, after.as_deref(), limit).await.unwrap();
        assert!(page.items.len() <= limit);
        found.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_page_that_is_nearly_full_costs_no_request_for_each_key_that_follows() {
    // The page's last place stays empty until the very end.
    let (paged, pages, _, ana) = place(2500, 50).await;
    let page = paged.list_edited(&ana, ViewPlace::Data, None, 51).await.unwrap();
    assert_eq!((page.items.len(), page.next), (50, None));
    assert_eq!(pages.requests.load(Ordering::SeqCst), 4, "51 keys, and then three pages");
}

#[tokio::test]
async fn pages_say_the_same_however_many_of_their_keys_are_of_no_interest() {
    for (objects, every) in [(40, 1), (40, 3), (2100, 700)] {
        let (paged, _, unpaged, ana) = place(objects, every).await;
        let expected = all(&unpaged, &ana, 1000).await;
        assert_eq!(expected.len(), objects.div_ceil(every));
        for limit in [1, 2, 3, 7, 40, 1000] {
            assert_eq!(all(&paged, &ana, limit).await, expected, "{objects}, {every}, pages of {limit}");
        }
    }
}
