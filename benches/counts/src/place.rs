//! A tenantry on the local disk with a tenant whose records are looked at, on one thread, so that as little as can be
//! depends on what else the machine does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tenantry::ownership::{OwnershipPolicy, Role};
use tenantry::paths::TenantId;
use tenantry::record::RecordId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{NewTenant, Settings, Tenantry, ViewMode, Workspace};
use tokio::runtime::Runtime;

use crate::record::{id, record};
use crate::side::Outcome;

/// The tenant that has the records.
pub(crate) const FILLED: &str = "user0";
/// One that has none.
pub(crate) const EMPTY: &str = "user1";
/// How many records one transaction inserts where a tenant is filled.
const FILLED_AT_ONCE: u64 = 1_000;
/// How long it may take to end what is under way.
const PATIENCE: Duration = Duration::from_secs(60);

/// Both tenants.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    root: PathBuf,
}

impl Place {
    /// Both, in an empty folder.
    pub(crate) fn new(root: &Path, records: u64) -> Outcome<Self> {
        let place = Self::at(root)?;
        let tenantry = place.opened(Settings::default().memory)?;
        place.runtime.block_on(async {
            let admin = TenantId::parse("admin")?;
            tenantry.bootstrap_admin(&admin, "Admin").await?;
            let session = tenantry.session(&admin).await?;
            for tenant in [FILLED, EMPTY] {
                session.tenants().create(&TenantId::parse(tenant)?, NewTenant::new(Role::User)).await?;
            }
            Outcome::Ok(())
        })?;
        let workspace = place.workspace(&tenantry, FILLED)?;
        for first in (0..records).step_by(FILLED_AT_ONCE as usize) {
            place.runtime.block_on(workspace.transaction(move |transaction| {
                let mut videos = transaction.collection();
                for number in first..records.min(first + FILLED_AT_ONCE) {
                    let id = RecordId::parse(&id(number)).unwrap_or_else(|_| unreachable!("a UUID"));
                    videos.insert_as(&id, &record(number))?;
                }
                Ok(())
            }))?;
        }
        // Nothing of it goes on in the background.
        place.runtime.block_on(tenantry.close(PATIENCE))?;
        Ok(place)
    }

    /// A root that is there, or becomes one when it is opened.
    pub(crate) fn at(root: &Path) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, root: root.to_owned() })
    }

    /// A tenantry on the root of which nothing is in memory, and which may have so much.
    pub(crate) fn opened(&self, memory: usize) -> Outcome<Tenantry> {
        self.runtime.block_on(async { Ok(self.builder(memory).await?.open().await?) })
    }

    /// The same with a policy of one's own.
    pub(crate) fn deciding(&self, policy: impl OwnershipPolicy) -> Outcome<Tenantry> {
        let memory = Settings::default().memory;
        self.runtime.block_on(async { Ok(self.builder(memory).await?.policy(policy).open().await?) })
    }

    async fn builder(&self, memory: usize) -> Outcome<tenantry::Builder> {
        let mut settings = Settings::default();
        // As the benchmarks beside it do: what writes views in the background is no part of an operation.
        (settings.memory, settings.views) = (memory, ViewMode::AtClose);
        let store = LocalStore::open(&self.root, LocalOptions::default()).await?;
        Ok(Tenantry::builder(store).settings(settings))
    }

    /// A tenant's own workspace.
    pub(crate) fn workspace(&self, tenantry: &Tenantry, tenant: &str) -> Outcome<Workspace> {
        Ok(self.runtime.block_on(tenantry.session(&TenantId::parse(tenant)?))?.own())
    }
}
