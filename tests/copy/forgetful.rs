//! A store that gives back another ledger than it was given: of each snapshot one line is missing, as long as
//! it is told to forget.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenantry::paths::TenantId;
use tenantry::store::{Loaded, MemoryStore, Opened, StoreError, TenantStore};
use tenantry::testkit::{Layered, StoreLayer};
use tenantry::{CopyError, ErrorKind, Tenantry};

use crate::observed::observe;
use crate::world::{Kind, Place, admin, clock, configured, copy_between, id, refusal};

pub(crate) struct Forgetful {
    inner: MemoryStore,
    forgets: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl StoreLayer for Forgetful {
    fn inner(&self) -> &dyn TenantStore {
        &self.inner
    }

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

    async fn open(&self, tenant: &TenantId) -> Result<Option<Opened>, StoreError> {
        Ok(self.load(tenant).await?.map(Opened::from))
    }
}

#[tokio::test]
async fn records_that_the_target_does_not_give_back_are_told_and_shown_to_nobody() {
    let clock = clock();
    let from = Place::new(Kind::Local, &clock).await;
    let own = from.furnished().await;
    let forgets = Arc::new(AtomicBool::new(true));
    let store = Layered::new(Forgetful { inner: MemoryStore::new(), forgets: forgets.clone() });
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
