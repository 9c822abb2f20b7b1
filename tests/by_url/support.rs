//! A user on an object store that signs URLs, with and without the condition.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectMeta, ObjectStore};
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::quota::Limits;
use tenantry::store::object::ObjectTenantStore;
use tenantry::{
    NewTenant, PresignedUrl, Session, Settings, Tenantry, UploadByUrl, UploadLength, UploadTicket, Workspace,
};

use crate::urls::{Condition, Urls};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const BOTH: [Condition; 2] = [Condition::Signed, Condition::Absent];
pub(crate) const MOVING: &[u8] = b"moving pictures";

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// The user ana, who may have 100 bytes of files, and ben, on one node.
pub(crate) struct Place {
    pub(crate) objects: Arc<InMemory>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) urls: Urls,
    pub(crate) tenantry: Tenantry,
    pub(crate) admin: Session,
    pub(crate) own: Workspace,
}

impl Place {
    pub(crate) async fn new(condition: Condition) -> Self {
        let objects = Arc::new(InMemory::new());
        let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
        let urls = Urls::new(objects.clone(), clock.clone(), condition);
        let tenantry = node(&objects, &clock, &urls).await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        let limits = Limits::unlimited().with_blob_bytes(100).with_files(2);
        admin.tenants().create(&id("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
        admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
        let own = tenantry.session(&id("ana")).await.unwrap().own();
        Self { objects, clock, urls, tenantry, admin, own }
    }

    /// Another node over the same objects.
    pub(crate) async fn elsewhere(&self) -> Tenantry {
        node(&self.objects, &self.clock, &self.urls).await
    }

    /// Begins to upload a video of at most 40 bytes, by a URL that is good for half an hour.
    pub(crate) async fn ticket(&self) -> UploadTicket {
        self.own.videos().upload_url(video(UploadLength::AtMost(40))).await.unwrap()
    }

    /// Uploads by a URL as it says.
    pub(crate) async fn send(&self, url: &PresignedUrl, bytes: &'static [u8]) -> u16 {
        let headers: Vec<_> = url.headers().collect();
        self.urls.put(url.expose(), &headers, bytes).await
    }

    async fn files(&self) -> Vec<ObjectMeta> {
        let found: Vec<_> = self.objects.list(None).try_collect().await.unwrap();
        let files = found.into_iter().filter(|object| {
            ["videos/", "thumbnails/"].iter().any(|area| object.location.as_ref().starts_with(area))
        });
        files.collect()
    }

    /// The names of the files that are stored, whether or not anybody knows of them.
    pub(crate) async fn stored(&self) -> BTreeSet<String> {
        self.files().await.into_iter().map(|object| object.location.to_string()).collect()
    }

    /// Their bytes.
    pub(crate) async fn stored_bytes(&self) -> u64 {
        self.files().await.iter().map(|object| object.size).sum()
    }

    /// The bytes that count against the quota.
    pub(crate) async fn counted(&self) -> u64 {
        let (usage, _) = self.own.usage().await.unwrap();
        usage.blob_bytes + usage.reserved_bytes
    }

    pub(crate) async fn round(&self) {
        let report = self.tenantry.operator("test").round().await.unwrap();
        assert!(report.failed.is_empty(), "{report:?}");
    }
}

async fn node(objects: &Arc<InMemory>, clock: &Arc<ManualClock>, urls: &Urls) -> Tenantry {
    node_over(objects.clone(), clock, urls).await
}

/// A node that reaches the objects in its own way.
pub(crate) async fn node_over(
    objects: Arc<dyn ObjectStore>,
    clock: &Arc<ManualClock>,
    urls: &Urls,
) -> Tenantry {
    let store = ObjectTenantStore::new(objects).signing(Arc::new(urls.clone()));
    let builder = Tenantry::builder(store).settings(Settings::default()).clock(clock.clone());
    builder.open().await.unwrap()
}

pub(crate) fn video(length: UploadLength) -> UploadByUrl {
    UploadByUrl::new("holiday.mp4", length, HOUR / 2)
}
