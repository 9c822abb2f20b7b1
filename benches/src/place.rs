//! Our side's place: a tenantry on the local disk, opened as an application would, with as many users as are asked for.
//!
//! All settings are the defaults but one: the documented files (views) are written at close and not soon after a commit,
//! since no other side has anything like them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenantry::ownership::{DefaultPolicy, OwnershipPolicy, Role};
use tenantry::paths::TenantId;
use tenantry::record::RecordId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{Builder, ListOptions, NewTenant, Settings, Tenantry, ViewMode, Workspace};
use tokio::runtime::Runtime;

use crate::record::{Held, LegacyVideo, id, record};
use crate::side::Outcome;

/// How many records one transaction inserts where a tenant is filled.
const FILLED_AT_ONCE: u64 = 1000;

/// Inside the folder of a side.
const ROOT: &str = "root";

/// A tenantry with users in it.
pub(crate) struct Place {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) tenantry: Tenantry,
    root: PathBuf,
}

/// The name of a user.
pub(crate) fn name(number: usize) -> Outcome<TenantId> {
    Ok(TenantId::parse(&format!("user{number}"))?)
}

impl Place {
    /// One with that many users, whom nobody limits.
    pub(crate) fn new(folder: &Path, users: usize) -> Outcome<Self> {
        Self::with(folder, users, ViewMode::AtClose)
    }

    /// One with a user, and a policy of one's own.
    pub(crate) fn deciding(folder: &Path, policy: impl OwnershipPolicy) -> Outcome<Self> {
        Self::made(folder, 1, settings(ViewMode::AtClose), policy)
    }

    /// One without users, and with so much memory for those to come.
    pub(crate) fn remembering(folder: &Path, memory: usize) -> Outcome<Self> {
        let mut settings = settings(ViewMode::AtClose);
        settings.memory = memory;
        Self::made(folder, 0, settings, DefaultPolicy)
    }

    /// The same, saying when views are written.
    pub(crate) fn with(folder: &Path, users: usize, views: ViewMode) -> Outcome<Self> {
        Self::made(folder, users, settings(views), DefaultPolicy)
    }

    fn made(folder: &Path, users: usize, settings: Settings, policy: impl OwnershipPolicy) -> Outcome<Self> {
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build()?);
        let root = folder.join(ROOT);
        let tenantry = runtime.block_on(async {
            let tenantry = builder(&root, settings).await?.policy(policy).open().await?;
            let admin = TenantId::parse("admin")?;
            tenantry.bootstrap_admin(&admin, "Admin").await?;
            let session = tenantry.session(&admin).await?;
            for user in 0..users {
                session.tenants().create(&name(user)?, NewTenant::new(Role::User)).await?;
            }
            Outcome::Ok(tenantry)
        })?;
        Ok(Self { runtime, tenantry, root })
    }

    /// A user's own workspace.
    pub(crate) fn workspace(&self, user: usize) -> Outcome<Workspace> {
        let user = name(user)?;
        Ok(self.runtime.block_on(self.tenantry.session(&user))?.own())
    }

    /// Inserts the records of the numbers below that.
    pub(crate) fn fill(&self, user: usize, count: u64) -> Outcome<()> {
        let workspace = self.workspace(user)?;
        for first in (0..count).step_by(FILLED_AT_ONCE as usize) {
            let last = count.min(first + FILLED_AT_ONCE);
            let insert = move |transaction: &mut tenantry::Transaction<'_>| {
                let mut videos = transaction.collection::<LegacyVideo>();
                for number in first..last {
                    let id = RecordId::parse(&id(number)).unwrap_or_else(|_| unreachable!("a UUID"));
                    videos.insert_as(&id, &record(number))?;
                }
                Ok(())
            };
            self.runtime.block_on(workspace.transaction(insert))?;
        }
        Ok(())
    }

    /// Closes the tenantry, as an application does before its tenants are opened again.
    pub(crate) fn close(&self) -> Outcome<()> {
        Ok(self.runtime.block_on(self.tenantry.close(std::time::Duration::from_secs(60)))?)
    }

    /// Runs what an application's task would: on one of the runtime's threads.
    pub(crate) fn task<T: Send + 'static>(
        &self,
        task: impl Future<Output = Outcome<T>> + Send + 'static,
    ) -> Outcome<T> {
        self.runtime.block_on(self.runtime.spawn(task))?
    }

    /// What a user's collection holds, read anew from the disk.
    pub(crate) fn held(&self, user: usize) -> Outcome<Held> {
        self.runtime.block_on(async {
            let workspace = self.open(user).await?;
            let (mut held, mut options) = (Held::default(), ListOptions::new().limit(ListOptions::MAX));
            loop {
                let page = workspace.collection::<LegacyVideo>().list(&options).await?;
                page.items.iter().for_each(|video| held.add(video.value()));
                match page.next {
                    Some(next) => options = options.after(next),
                    None => return Ok(held),
                }
            }
        })
    }

    /// A user's workspace of a tenantry that is opened anew and knows nothing yet.
    pub(crate) fn reopened(&self, user: usize) -> Outcome<Workspace> {
        self.runtime.block_on(self.open(user))
    }

    /// Another tenantry on the same root, of whose users nothing is in memory.
    pub(crate) fn another(&self) -> Outcome<Tenantry> {
        self.runtime
            .block_on(async { Ok(builder(&self.root, settings(ViewMode::AtClose)).await?.open().await?) })
    }

    async fn open(&self, user: usize) -> Outcome<Workspace> {
        let tenantry = builder(&self.root, settings(ViewMode::AtClose)).await?.open().await?;
        Ok(tenantry.session(&name(user)?).await?.own())
    }

    /// The folder of a user's ledger.
    pub(crate) fn data(&self, user: usize) -> Outcome<PathBuf> {
        Ok(self.root.join("data").join(name(user)?.as_str()))
    }
}

/// The defaults, but for the views.
fn settings(views: ViewMode) -> Settings {
    let mut settings = Settings::default();
    settings.views = views;
    settings
}

/// A tenantry that is to be opened.
async fn builder(root: &Path, settings: Settings) -> Outcome<Builder> {
    Ok(Tenantry::builder(LocalStore::open(root, LocalOptions::default()).await?).settings(settings))
}
