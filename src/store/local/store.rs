//! [`LocalStore`]: the store on the local disk.

use std::ops::Range;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::disk::Directory;
#[cfg(target_os = "linux")]
use super::failure::failed_to_find;
use super::handles::Slot;
use super::ledger_file;
use super::ledgers::{answer, missing};
#[cfg(target_os = "linux")]
use super::linux::{self, KernelDirectory};
use super::locks::blocking;
use super::options::{LocalOptions, NetworkFileSystems};
use super::root::Root;
use crate::environment::Entropy;
#[cfg(target_os = "linux")]
use crate::environment::SystemEntropy;
use crate::paths::{Area, BlobKey, TenantId};
#[cfg(target_os = "linux")]
use crate::store::StoreErrorKind;
use crate::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, Opened, Outcome, Page, Put,
    Refreshed, Removed, SetAside, SignedUrl, StoreError, TenantStore, UrlRequest, Version, ViewKey,
    ViewPlace,
};

/// Tenants on the local disk: a folder for each, a ledger file, plain files for blobs.
///
/// Any number of processes may open the same root. Blocking calls run on the runtime's blocking
/// threads, a few per tenant, so that a tenant whose calls hang does not stop the others.
///
/// One kind of call blocks the thread on which it is made: a change by a caller who has been alone with
/// the tenant, or the end of an upload by such a one, on a worker of a runtime that has several. The runtime puts another worker in its place
/// ([`tokio::task::block_in_place`]), so other tasks go on; but the caller's own task does nothing else until
/// the disk has answered. A [`tokio::time::timeout`] around such a call, or the other branch of a `select!`, has
/// its turn only after that. Who needs an answer by a certain time makes the change in a task of its own
/// (`tokio::spawn`) and waits for that with a timeout; the change goes on all the same.
#[derive(Clone)]
pub struct LocalStore {
    root: Arc<Root>,
}

impl std::fmt::Debug for LocalStore {
    /// The path is left out: it is the host's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalStore").finish_non_exhaustive()
    }
}

impl LocalStore {
    /// Opens the root at `path`; makes it if only its last folder is missing.
    ///
    /// # Errors
    /// [`Unsupported`](StoreErrorKind::Unsupported) if the root or something in it is no folder, or
    /// lies on a network file system; [`NewerFormat`](StoreErrorKind::NewerFormat);
    /// [`PermissionDenied`](StoreErrorKind::PermissionDenied); [`Full`](StoreErrorKind::Full);
    /// [`Locked`](StoreErrorKind::Locked) if another process holds the root alone, or a migration is
    /// being rolled back in it;
    /// [`Corrupt`](StoreErrorKind::Corrupt). What was refused is as it was.
    #[cfg(target_os = "linux")]
    pub async fn open(path: impl AsRef<Path>, options: LocalOptions) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        blocking(move || {
            let mut made = MadeRoot(None);
            let directory = open_directory(&path, &options, &mut made)?;
            let absolute = std::fs::canonicalize(&path).map_err(root_failed)?;
            let root = Root::open(Arc::new(directory), Some(absolute), &options, Arc::new(SystemEntropy))?;
            made.0 = None;
            Ok(Self { root: Arc::new(root) })
        })
        .await
    }

    /// The same store on any directory, with no path of its own.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    #[doc(hidden)]
    pub async fn on(
        directory: Arc<dyn Directory>,
        options: LocalOptions,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        blocking(move || {
            let root = Root::open(directory, None, &options, entropy)?;
            Ok(Self { root: Arc::new(root) })
        })
        .await
    }
}

#[cfg(target_os = "linux")]
fn root_failed(error: std::io::Error) -> StoreError {
    failed_to_find("open root", "the root", error)
}

/// The root's folder, if it was made by this opening: gone again, unless this is cleared before.
#[cfg(target_os = "linux")]
struct MadeRoot(Option<PathBuf>);

#[cfg(target_os = "linux")]
impl Drop for MadeRoot {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Only if it is empty: what somebody else put there meanwhile stays.
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// Opens the root's folder, which may be made.
#[cfg(target_os = "linux")]
fn open_directory(
    path: &Path,
    options: &LocalOptions,
    made: &mut MadeRoot,
) -> Result<KernelDirectory, StoreError> {
    let check = |directory: &KernelDirectory| {
        let found = options.pretended_file_system().map_or_else(|| directory.file_system(), Ok);
        match linux::network_type(found.map_err(root_failed)?) {
            Some(name) if options.network == NetworkFileSystems::Refused => {
                let text = format!("the root: on a network file system ({name}), which the options refuse");
                Err(StoreError::new(StoreErrorKind::Unsupported, "open root", text))
            }
            _ => Ok(()),
        }
    };
    let unfit = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotADirectory => {
            StoreError::new(StoreErrorKind::Unsupported, "open root", "the root: not a folder")
                .with_source(error)
        }
        _ => root_failed(error),
    };
    let directory = match KernelDirectory::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let parent = KernelDirectory::open(linux::parent_of(path))
                .map_err(|error| failed_to_find("open root", "the folder that is to hold the root", error))?;
            check(&parent)?;
            if linux::create_root(path).map_err(root_failed)? {
                made.0 = Some(path.to_owned());
            }
            parent.sync().map_err(root_failed)?;
            KernelDirectory::open(path).map_err(unfit)?
        }
        opened => opened.map_err(unfit)?,
    };
    check(&directory)?;
    Ok(directory)
}

#[async_trait]
impl TenantStore for LocalStore {
    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        self.root.put(key, put).await
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.root.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        let slot = self.root.slots.get(key.tenant());
        let key = key.clone();
        self.root.run(&slot, move |root, _| root.head(&key)).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        let slot = self.root.slots.get(key.tenant());
        let key = key.clone();
        self.root.locked(&slot, move |root, _| root.delete(&key)).await
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let slot = self.root.slots.get(tenant);
        let after = after.map(str::to_owned);
        self.root.run(&slot, move |root, slot| root.list(&slot.tenant, area, after.as_deref(), limit)).await
    }

    async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError> {
        let slot = self.root.slots.get(tenant);
        self.root.header(&slot).await
    }

    async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
        let slot = self.root.slots.get(tenant);
        self.root.with_current(&slot, |site, opened| opened.ledger.load(site)).await
    }

    async fn open(&self, tenant: &TenantId) -> Result<Option<Opened>, StoreError> {
        let slot = self.root.slots.get(tenant);
        // Who comes when too many keep theirs open reads it whole.
        let open = || Arc::clone(&self.root.kept_open).try_acquire_owned().ok();
        if let Some(opened) = self.root.open_resident(&slot, open()) {
            return Ok(Some(opened));
        }
        let open = open();
        self.root.with_current(&slot, |site, opened| opened.ledger.open(site, open)).await
    }

    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError> {
        if self.is_newest(tenant, version) {
            return Ok(Refreshed::Unchanged);
        }
        let slot = self.root.slots.get(tenant);
        let version = version.clone();
        let refreshed =
            self.root.with_current(&slot, move |site, opened| opened.ledger.since(site, &version)).await?;
        refreshed.ok_or_else(|| missing(tenant))
    }

    fn is_newest(&self, tenant: &TenantId, version: &Version) -> bool {
        // A file system on a network may have to ask, and wait.
        self.root.network == NetworkFileSystems::Refused && ledger_file::stands_at(tenant, version)
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        let slot = self.root.slots.get(tenant);
        let base = base.cloned();
        answer(self.root.locked(&slot, move |root, slot| root.append(slot, base.as_ref(), &commit)).await)
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        let slot = self.root.slots.get(tenant);
        answer(self.root.fold(&slot, base, fold).await)
    }

    async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError> {
        let (root, after) = (self.root.clone(), after.map(str::to_owned));
        blocking(move || root.tenants(after.as_deref(), limit)).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        let root = self.root.clone();
        blocking(move || root.probe()).await
    }

    async fn tidy(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let slot = self.root.slots.get(tenant);
        if self.root.header(&slot).await?.is_none() {
            return Ok(());
        }
        self.root.locked(&slot, |root, slot| root.tidy(slot)).await
    }

    async fn remove_areas(&self, tenant: &TenantId) -> Result<Option<Removed>, StoreError> {
        let slot = self.root.slots.get(tenant);
        self.root.locked(&slot, |root, slot| root.remove_areas(&slot.tenant)).await.map(Some)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            longest_request: None,
            local_path: self.root.path.is_some(),
            free_space: true,
            live_views: true,
            fenced: true,
            signs_urls: false,
            blocks: true,
        }
    }

    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError> {
        let slot = self.root.slots.get(tenant);
        let view = view.clone();
        self.root.run(&slot, move |root, slot| root.read_view(&slot.tenant, &view)).await
    }

    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError> {
        let slot = self.root.slots.get(tenant);
        self.root.put_view(&slot, view, content).await
    }

    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Result<(), StoreError> {
        let slot = self.root.slots.get(tenant);
        let (from, to) = (from.clone(), to.clone());
        self.root.locked(&slot, move |root, slot| root.rename_view(&slot.tenant, &from, &to)).await
    }

    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<(), StoreError> {
        let slot = self.root.slots.get(tenant);
        let view = view.clone();
        self.root.locked(&slot, move |root, slot| root.remove_view(&slot.tenant, &view)).await
    }

    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        let slot = self.root.slots.get(tenant);
        let after = after.map(str::to_owned);
        let task =
            move |root: &Root, slot: &Slot| root.list_edited(&slot.tenant, place, after.as_deref(), limit);
        self.root.run(&slot, task).await
    }

    async fn local_path(&self, key: &BlobKey) -> Result<PathBuf, StoreError> {
        let slot = self.root.slots.get(key.tenant());
        let key = key.clone();
        self.root.run(&slot, move |root, _| root.local_path(&key)).await
    }

    async fn sign_url(&self, _key: &BlobKey, _request: UrlRequest) -> Result<SignedUrl, StoreError> {
        let detail = "a local disk has no URLs";
        Err(StoreError::new(crate::store::StoreErrorKind::Unsupported, "sign url", detail))
    }

    async fn free_space(&self) -> Result<Option<u64>, StoreError> {
        if self.root.network == NetworkFileSystems::Refused {
            // A disk's own file system has counted; one on a network may have to ask, and wait.
            return self.root.free_space().map(Some);
        }
        let root = self.root.clone();
        blocking(move || root.free_space().map(Some)).await
    }
}
