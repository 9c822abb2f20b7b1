//! A store that gives back another ledger than it was given: of each snapshot one line is missing, as long as
//! it is told to forget.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tenantry::paths::{Area, BlobKey, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, MemoryStore, Outcome, Page, Put,
    Refreshed, Removed, SetAside, StoreError, TenantStore, Version, ViewKey, ViewPlace,
};
use tenantry::{CopyError, ErrorKind, Tenantry};

use crate::observed::observe;
use crate::world::{Kind, Place, admin, clock, configured, copy_between, id, refusal};

pub(crate) struct Forgetful {
    inner: MemoryStore,
    forgets: Arc<AtomicBool>,
}

/// Gives every call on, but for the one that is told apart.
macro_rules! all_but_load {
    ($($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait::async_trait]
        impl TenantStore for Forgetful {
            $(
                async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                    self.inner.$method($($argument),*).await
                }
            )*

            async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
                let Some(loaded) = self.inner.load(tenant).await? else { return Ok(None) };
                let text = String::from_utf8(loaded.snapshot.to_vec()).unwrap();
                let mut lines: Vec<&str> = text.lines().collect();
                let forgotten = lines.iter().position(|line| line.contains("\"unheard\""));
                if let Some(at) = forgotten.filter(|_| self.forgets.load(Ordering::SeqCst)) {
                    lines.remove(at);
                }
                let snapshot: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
                Ok(Some(Loaded { snapshot: snapshot.into(), ..loaded }))
            }

            fn capabilities(&self) -> Capabilities {
                self.inner.capabilities()
            }
        }
    };
}

all_but_load! {
    put(key: &BlobKey, put: Put) -> BlobInfo;
    get(key: &BlobKey, range: Range<u64>) -> ByteStream;
    head(key: &BlobKey) -> Option<BlobInfo>;
    delete(key: &BlobKey) -> ();
    list(tenant: &TenantId, area: Area, after: Option<&str>, limit: usize) -> Page<Found>;
    header(tenant: &TenantId) -> Option<Header>;
    refresh(tenant: &TenantId, version: &Version) -> Refreshed;
    append(tenant: &TenantId, base: Option<&Version>, commit: Commit) -> Outcome;
    fold(tenant: &TenantId, base: &Version, fold: Fold) -> Outcome;
    tenants(after: Option<&str>, limit: usize) -> Page<TenantId>;
    probe() -> ();
    tidy(tenant: &TenantId) -> ();
    remove_areas(tenant: &TenantId) -> Option<Removed>;
    read_view(tenant: &TenantId, view: &ViewKey) -> Option<Bytes>;
    put_view(tenant: &TenantId, view: &ViewKey, content: Bytes) -> ();
    rename_view(tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> ();
    remove_view(tenant: &TenantId, view: &ViewKey) -> ();
    list_edited(tenant: &TenantId, place: ViewPlace, after: Option<&str>, limit: usize) -> Page<SetAside>;
    local_path(key: &BlobKey) -> PathBuf;
    free_space() -> Option<u64>;
}

#[tokio::test]
async fn records_that_the_target_does_not_give_back_are_told_and_shown_to_nobody() {
    let clock = clock();
    let from = Place::new(Kind::Local, &clock).await;
    let own = from.furnished().await;
    let forgets = Arc::new(AtomicBool::new(true));
    let store = Forgetful { inner: MemoryStore::new(), forgets: forgets.clone() };
    let to = configured(Tenantry::builder(store), &clock).open().await.unwrap();
    to.bootstrap_admin(&id("root"), "Root").await.unwrap();
    for _ in 0..2 {
        let error = copy_between(&from.tenantry, &to).await.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(refusal(&error), Some(&CopyError::TargetRecords), "{error:?}");
        assert_eq!(to.session(&id("ana")).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    forgets.store(false, Ordering::SeqCst);
    let copied = copy_between(&from.tenantry, &to).await.await.unwrap();
    assert_eq!((copied.files, copied.already_there), (3, 3));
    assert_eq!(observe(&to.session(&id("ana")).await.unwrap().own()).await, observe(&own).await);
    assert!(admin(&to).await.tenants().check(&id("ana")).await.unwrap().is_clean());
}
