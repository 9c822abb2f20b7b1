//! Doing what a plan says: apply, verify, roll back, finish, and saying how far that is.
//!
//! A [`Migration`] is of one root. What it is doing, its journal says ([`journal`]), which is durable before the
//! first change and gone or finished after the last; so whoever calls again after a kill goes on where it was.

mod applying;
mod before;
mod bringing;
mod copies;
mod disk;
mod held;
mod journal;
mod made;
mod mark;
mod originals;
mod progress;
mod report;
mod rolling_back;
mod seam;
mod verification;
mod verify;
mod verify_root;
mod way;
mod workbook;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::environment::{Clock, SystemClock};
use crate::paths::TenantId;
use crate::store::TenantStore;
use crate::store::local::LocalOptions;

use super::{MigrateError, Plan, Planner};
use applying::Work;
pub use progress::{MigrationProgress, MigrationStage, Next};
pub use report::{
    Applied, Difference, Differs, Finished, MigrationPhase, MigrationStatus, RolledBack, Verification,
    VerifiedTenant,
};

/// Where the tenants are to be, if not in the root itself.
#[derive(Clone)]
struct Elsewhere {
    store: Arc<dyn TenantStore>,
    name: String,
}

/// The migration of one root: from the application's one folder to tenants, in place or into another store.
pub struct Migration {
    root: PathBuf,
    planner: Planner,
    elsewhere: Option<Elsewhere>,
    only: Option<BTreeSet<TenantId>>,
    discard_changes: bool,
    drop_originals: bool,
    local: LocalOptions,
    clock: Arc<dyn Clock>,
    progress: Arc<dyn Fn(&MigrationProgress) -> Next + Send + Sync>,
    seam: seam::Seam,
}

impl std::fmt::Debug for Migration {
    /// The path is left out: it is the host's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migration").field("planner", &self.planner).finish_non_exhaustive()
    }
}

impl Migration {
    /// The migration of that root, planned by that planner, which has to know the application's kinds of
    /// records and its limits.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, planner: Planner) -> Self {
        Self {
            root: root.into(),
            planner,
            elsewhere: None,
            only: None,
            discard_changes: false,
            drop_originals: false,
            local: LocalOptions::default(),
            clock: Arc::new(SystemClock),
            progress: Arc::new(|_| Next::Go),
            seam: seam::Seam::default(),
        }
    }

    /// Makes the tenants in another store in place of the root, which then stays as it is. Nothing of them may be
    /// there: a folder in which users' folders lie already is to be migrated itself. The name tells this store from
    /// others when a migration goes on; it is shown, so it must hold no secret: a URL without
    /// credentials, say.
    #[must_use]
    pub fn to(mut self, store: Arc<dyn TenantStore>, name: impl Into<String>) -> Self {
        self.elsewhere = Some(Elsewhere { store, name: name.into() });
        self
    }

    /// Migrates these tenants alone. What is the others' stays where it is, for a later migration.
    #[must_use]
    pub fn only(mut self, tenants: impl IntoIterator<Item = TenantId>) -> Self {
        self.only = Some(tenants.into_iter().collect());
        self
    }

    /// Lets a rollback throw away what tenants did since they were migrated, and what was changed by hand in files
    /// that the library had written. What the library has not written stays where it is all the same.
    #[must_use]
    pub const fn discarding_changes(mut self) -> Self {
        self.discard_changes = true;
        self
    }

    /// Has [`finish`](Self::finish) remove the originals of what held records, of this migration and of those that were
    /// finished before: all secrets are in them, in clear, and stay there when a tenant is erased. Tenants that are
    /// still to be migrated are then planned for without what the originals tell.
    #[must_use]
    pub const fn dropping_originals(mut self) -> Self {
        self.drop_originals = true;
        self
    }

    /// Sets how the store in the root itself is opened: on a network file system that the host vouches for, say. It
    /// is held alone all the same.
    #[must_use]
    pub fn local_options(mut self, options: LocalOptions) -> Self {
        self.local = options;
        self
    }

    /// Pretends that no two folders of the root lie on one file system.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    #[must_use]
    pub const fn across_file_systems(mut self) -> Self {
        self.seam.across_file_systems = true;
        self
    }

    /// Is called before each change that the migration makes past the store, and may have it fail.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    #[must_use]
    pub fn before_change(mut self, change: impl Fn() -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        self.seam.before_change = Some(Arc::new(change));
        self
    }

    /// Wraps the store of the root itself, which may then fail.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    #[must_use]
    pub fn over_store(
        mut self,
        over_store: impl Fn(Arc<dyn TenantStore>) -> Arc<dyn TenantStore> + Send + Sync + 'static,
    ) -> Self {
        self.seam.over_store = Some(Arc::new(over_store));
        self
    }

    /// Sets the clock; the system's otherwise.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Has itself told what is being done, before each step; and is stopped, between two steps, by the answer.
    /// What was stopped goes on with the next call.
    #[must_use]
    pub fn progress(mut self, progress: impl Fn(&MigrationProgress) -> Next + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// What a migration would do: of the chosen tenants alone, if there are any. Changes nothing.
    ///
    /// # Errors
    /// As for [`Planner::plan`].
    pub fn plan(&self) -> Result<Plan, MigrateError> {
        let plan = self.planner.plan(&self.root)?;
        Ok(match &self.only {
            Some(tenants) => plan.only(tenants),
            None => plan,
        })
    }

    /// The plan of the migration that is under way, or done and not finished; `None` if there is none.
    ///
    /// # Errors
    /// [`MigrateError::Journal`]; [`MigrateError::PlanFormat`]; [`MigrateError::Read`].
    pub fn planned(&self) -> Result<Option<Plan>, MigrateError> {
        journal::plan(&self.root)
    }

    /// Does exactly what the plan says; or goes on with that, if it was begun; or does nothing, if it is done.
    /// Nobody else may be at work in the root.
    ///
    /// # Errors
    /// Before the first change: [`MigrateError::Blocked`], [`MigrateError::TreeChanged`],
    /// [`MigrateError::Space`], [`MigrateError::OtherFileSystem`], [`MigrateError::TenantsExist`],
    /// [`MigrateError::OtherMigration`], [`MigrateError::RollingBack`], [`MigrateError::Busy`];
    /// [`MigrateError::Write`] for a file that has to make room for another and can't be moved. After it, what kept it
    /// from going on: it goes on with the next call, or is rolled back.
    pub async fn apply(&self, plan: &Plan) -> Result<Applied, MigrateError> {
        self.applied(plan).await
    }

    /// Reads everything back and compares it with what the plan of the migration says: what tenants have through the
    /// library; in the root the originals, what was left there, and the workbook with the owners.
    ///
    /// # Errors
    /// [`MigrateError::NoMigration`]; [`MigrateError::NotApplied`]; [`MigrateError::RollingBack`]; what kept it from
    /// reading.
    pub async fn verify(&self) -> Result<Verification, MigrateError> {
        let root = Arc::new(disk::Root::take(&self.root, self.seam.clone())?);
        let journal = match journal::Journal::open(&root)? {
            Some(journal) if !journal.is_to(self.name()) => return Err(MigrateError::OtherMigration),
            Some(journal) if journal.phase() == MigrationPhase::Applied => journal,
            Some(journal) => return Err(not_applied(&journal)),
            None => return Err(MigrateError::NoMigration),
        };
        let work = Work::of(self, root, journal);
        let opened = work.open().await?;
        let tell = |progress: &MigrationProgress| match (self.progress)(progress) {
            Next::Go => Ok(()),
            Next::Stop => Err(MigrateError::Stopped),
        };
        let verified = verify::verify(&opened.tenantry, &work.journal.plan, &tell).await;
        let mut verification = opened.close(verified).await?;
        work.verify_root(&mut verification).await?;
        Ok(verification)
    }

    /// How far the migration is. Changes nothing and takes no lock.
    ///
    /// # Errors
    /// [`MigrateError::Root`], [`MigrateError::Journal`], [`MigrateError::PlanFormat`].
    pub fn status(&self) -> Result<MigrationStatus, MigrateError> {
        journal::status(&self.root)
    }

    /// Puts everything back as it was before: bytes, names, times and modes; in another store the tenants are
    /// erased, to the end, of which only tombstones are left there. Goes on where it was, if it was begun.
    ///
    /// # Errors
    /// [`MigrateError::NoMigration`], [`MigrateError::Finished`], [`MigrateError::ChangedSince`],
    /// [`MigrateError::PutSince`], [`MigrateError::Occupied`], [`MigrateError::Busy`]; after the first change
    /// [`MigrateError::Erasing`], as long as something can still come into the other store, or what kept it from going on.
    pub async fn rollback(&self) -> Result<RolledBack, MigrateError> {
        self.rolled_back().await
    }

    /// Ends the migration: it can't be rolled back any more. What was there before is kept as a backup, unless it is
    /// [to be dropped](Self::dropping_originals), which can also be said once more of one that is finished.
    ///
    /// # Errors
    /// [`MigrateError::NoMigration`]; [`MigrateError::NotApplied`] or [`MigrateError::RollingBack`] if it is still to be
    /// gone on with.
    pub async fn finish(&self) -> Result<Finished, MigrateError> {
        let root = disk::Root::take(&self.root, self.seam.clone())?;
        match journal::Journal::open(&root)? {
            Some(journal) if journal.phase() == MigrationPhase::Applied => journal.finish(&root)?,
            Some(journal) => return Err(not_applied(&journal)),
            None if journal::status(root.path())?.phase == MigrationPhase::Finished => {}
            None => return Err(MigrateError::NoMigration),
        }
        if self.drop_originals {
            journal::drop_originals(&root)?;
        }
        Ok(Finished { originals: journal::status(root.path())?.originals })
    }
}

/// What is said of a migration that is not applied to its end.
const fn not_applied(journal: &journal::Journal) -> MigrateError {
    match journal.phase() {
        MigrationPhase::RollingBack => MigrateError::RollingBack,
        _ => MigrateError::NotApplied,
    }
}
