//! A backend over any object store that honours conditional puts: [`ObjectTenantStore`].
//!
//! Keys have the shape of the layout on disk: `videos/<tenant>/<file>`, `data/<tenant>/…`. The ledger is a
//! [`HeadLedger`] with its heads beside them, `heads/<tenant>`, so that listing tenants asks for nothing but
//! their keys; this module adds blobs, listings, views and the probe.
//!
//! A blob's deadline is checked before each request that could publish it, once it is that request's turn. A request
//! under way can outlive it by a request's longest life, which is why a doomed blob's name is never used
//! again and its end is awaited above. Views are renamed by copying, which is no single step;
//! they are derived from the ledger, and a view that is there twice does no harm.
//!
//! An upload in parts that is given up, also without a word, is aborted. What a killed process left of one is found
//! by upkeep where the object store can list it (`S3Store`), and elsewhere left to the bucket's own rule for
//! incomplete uploads.

mod blobs;
mod download;
mod keys;
mod listing;
mod parts;
mod probe;
mod signer;
#[cfg(all(test, feature = "testkit"))]
mod tests;
mod turns;
mod unfinished;
mod views;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ObjectStore;
use object_store::list::PaginatedListStore;
use object_store::path::Path;

use self::keys::Keys;
use self::turns::Turns;
use super::head_ledger::{HeadLedger, HeadLedgerSettings};
use super::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, MarkedTenant, Outcome, Page,
    Put, Refreshed, Removed, SetAside, SignedUrl, StoreError, StoreErrorKind, TenantStore, UrlRequest,
    Version, ViewKey, ViewPlace,
};
use crate::environment::{Entropy, SystemEntropy};
use crate::paths::{Area, BlobKey, TenantId};

pub use self::signer::UrlSigner;
#[cfg(feature = "s3")]
pub(crate) use self::unfinished::UnfinishedUploads;

/// Sizes and limits of an [`ObjectTenantStore`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ObjectStoreSettings {
    /// Those of the ledger.
    pub ledger: HeadLedgerSettings,
    /// The size of an upload's parts; a blob of less than this is one put. Longer for a blob whose length is
    /// known to need more than 9,000 parts. Default: 8 MiB.
    pub part_bytes: usize,
    /// How many parts of an upload are on their way at once; it holds these and one more in memory. Default: 3.
    pub parts_at_once: usize,
}

impl Default for ObjectStoreSettings {
    fn default() -> Self {
        Self { ledger: HeadLedgerSettings::default(), part_bytes: 8 * 1024 * 1024, parts_at_once: 3 }
    }
}

/// Ways to one and the same object store, each for what it carries.
#[derive(Clone)]
pub(crate) struct Clients {
    /// For ledgers, views, listings, and whatever carries little.
    pub(crate) small: Arc<dyn ObjectStore>,
    /// For files on their way to the store.
    pub(crate) uploads: Arc<dyn ObjectStore>,
    /// For files on their way from it.
    pub(crate) downloads: Arc<dyn ObjectStore>,
    /// For listings page by page, where the store lists in order of name.
    pub(crate) pages: Option<Arc<dyn PaginatedListStore>>,
    /// How long a download may wait to begin, if there is a limit.
    pub(crate) patience: Option<Duration>,
    /// How long a request that changes something may be on its way, if there is a limit.
    pub(crate) longest_request: Option<Duration>,
}

impl Clients {
    /// One way for all.
    pub(crate) fn all(objects: Arc<dyn ObjectStore>) -> Self {
        let (small, uploads, downloads) = (Arc::clone(&objects), Arc::clone(&objects), objects);
        Self { small, uploads, downloads, pages: None, patience: None, longest_request: None }
    }
}

/// A [`TenantStore`] over an object store.
pub struct ObjectTenantStore {
    objects: Arc<dyn ObjectStore>,
    uploads: Arc<dyn ObjectStore>,
    turns: Turns,
    downloads: Arc<dyn ObjectStore>,
    pages: Option<Arc<dyn PaginatedListStore>>,
    patience: Option<Duration>,
    longest_request: Option<Duration>,
    keys: Keys,
    ledger: HeadLedger,
    entropy: Arc<dyn Entropy>,
    settings: ObjectStoreSettings,
    signer: Option<Arc<dyn UrlSigner>>,
    unfinished: Option<Arc<dyn unfinished::UnfinishedUploads>>,
}

impl ObjectTenantStore {
    /// A store in the whole of `objects`.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        let settings = ObjectStoreSettings::default();
        Self::with(objects, Path::ROOT, Arc::new(SystemEntropy), settings)
    }

    /// A store under `prefix` in `objects`, with its own source of randomness and settings.
    #[must_use]
    pub fn with(
        objects: Arc<dyn ObjectStore>,
        prefix: Path,
        entropy: Arc<dyn Entropy>,
        settings: ObjectStoreSettings,
    ) -> Self {
        Self::over(Clients::all(objects), prefix, entropy, settings)
    }

    /// The same with its listings asked for page by page. `pages` leads to the very same place, and lists in
    /// order of name (by the bytes of UTF-8) from after an offset, as S3, GCS and Azure do and a directory bucket of
    /// S3 Express does not. Without it each page is chosen from a listing of all that comes.
    #[must_use]
    pub fn paged(mut self, pages: Arc<dyn PaginatedListStore>) -> Self {
        self.pages = Some(pages);
        self
    }

    /// A store to which several ways lead.
    pub(crate) fn over(
        clients: Clients,
        prefix: Path,
        entropy: Arc<dyn Entropy>,
        settings: ObjectStoreSettings,
    ) -> Self {
        let Clients { small: objects, uploads, downloads, pages, patience, longest_request } = clients;
        let keys = Keys::new(prefix);
        let ledger = HeadLedger::new(
            Arc::clone(&objects),
            keys.heads(),
            keys.data_of_all(),
            Arc::clone(&entropy),
            settings.ledger.clone(),
        );
        let (signer, unfinished) = (None, None);
        Self {
            objects,
            uploads,
            turns: Turns::default(),
            downloads,
            pages,
            patience,
            longest_request,
            keys,
            ledger,
            entropy,
            settings,
            signer,
            unfinished,
        }
    }

    /// The same with so many requests at once that carry files to the object store; the others wait. Without it
    /// there is no bound.
    ///
    /// What waits here looks at its deadline when its turn has come. A bound of the object store's own is waited for after
    /// that, and so has to be short of the [request life](crate::Settings::request_life): a
    /// request that waits there for longer may do its work when nobody expects it any more.
    #[must_use]
    pub fn uploads_at_once(mut self, most: usize) -> Self {
        self.turns = Turns::at_once(most);
        self
    }

    /// The same with URLs by which files are read and written without credentials.
    #[must_use]
    pub fn signing(mut self, signer: Arc<dyn UrlSigner>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// The same with a way to what killed processes left of uploads in parts.
    #[cfg(feature = "s3")]
    pub(crate) fn aborting(mut self, unfinished: Arc<dyn UnfinishedUploads>) -> Self {
        self.unfinished = Some(unfinished);
        self
    }

    /// The same with one step of the ledger's protocol left out, to show that tests notice.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    #[must_use]
    pub fn leaving_out(mut self, step: super::head_ledger::Step) -> Self {
        self.ledger = self.ledger.leaving_out(step);
        self
    }
}

impl fmt::Debug for ObjectTenantStore {
    /// The object store and the prefix are left out: they name places of the host.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectTenantStore").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[async_trait]
impl TenantStore for ObjectTenantStore {
    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        self.put_blob(key, put).await
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.get_blob(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        self.head_blob(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        self.delete_blob(key).await
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        self.list_blobs(tenant, area, after, limit).await
    }

    async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError> {
        self.ledger.header(tenant).await
    }

    async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
        self.ledger.load(tenant).await
    }

    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError> {
        self.ledger.refresh(tenant, version).await
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        self.ledger.append(tenant, base, commit).await
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        self.ledger.fold(tenant, base, fold).await
    }

    async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError> {
        self.list_tenants(after, limit, |tenant, _| tenant).await
    }

    async fn marked_tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<MarkedTenant>, StoreError> {
        self.list_tenants(after, limit, |tenant, mark| MarkedTenant { tenant, mark }).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.probe_conditions().await
    }

    async fn tidy(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if self.ledger.tidy(tenant).await? {
            self.remove_all_views(tenant).await?;
        }
        Ok(())
    }

    async fn remove_areas(&self, _tenant: &TenantId) -> Result<Option<Removed>, StoreError> {
        Ok(None)
    }

    async fn clear_unfinished(&self, tenant: &TenantId, only: Option<&[BlobKey]>) -> Result<(), StoreError> {
        self.abort_uploads(tenant, only).await
    }

    fn capabilities(&self) -> Capabilities {
        let (longest_request, signs_urls) = (self.longest_request, self.signer.is_some());
        Capabilities { longest_request, signs_urls, ..Capabilities::default() }
    }

    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError> {
        self.read_view_object(&self.keys.view(tenant, view)?).await
    }

    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError> {
        self.put_view_object(&self.keys.view(tenant, view)?, content).await
    }

    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Result<(), StoreError> {
        self.rename_view_object(&self.keys.view(tenant, from)?, &self.keys.view(tenant, to)?).await
    }

    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<(), StoreError> {
        self.delete_object("remove view", "the view", &self.keys.view(tenant, view)?).await
    }

    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        self.list_edited_objects(tenant, place, after, limit).await
    }

    async fn local_path(&self, _key: &BlobKey) -> Result<PathBuf, StoreError> {
        let detail = "an object store has no paths";
        Err(StoreError::new(StoreErrorKind::Unsupported, "local path", detail))
    }

    async fn sign_url(&self, key: &BlobKey, request: UrlRequest) -> Result<SignedUrl, StoreError> {
        match &self.signer {
            Some(signer) => signer.sign(&self.keys.blob(key), &request).await,
            None => {
                let detail = "the object store was given no signer";
                Err(StoreError::new(StoreErrorKind::Unsupported, "sign url", detail))
            }
        }
    }

    async fn free_space(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
}
