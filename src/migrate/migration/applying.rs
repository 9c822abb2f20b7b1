//! Doing what a plan says, from wherever that was left off.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::disk::Root;
use super::held::{Held, Release};
use super::journal::{self, Journal};
use super::{Applied, Migration, MigrationPhase, MigrationProgress, MigrationStage, Next, copies, way};
use crate::error::ErrorKind;
use crate::migrate::{Digest, MigrateError, Plan, Texts, TreePath};
use crate::paths::{Area, TenantId};
use crate::store::TenantStore;
use crate::store::local::LocalOptions;
use crate::workspace::{Operator, Tenantry};

/// How long what is under way is waited for at the end.
const CLOSING: Duration = Duration::from_secs(600);
/// What the operator's log says of all this.
pub(super) const REASON: &str = "migration";

/// A migration at work.
pub(super) struct Work<'a> {
    pub(super) migration: &'a Migration,
    pub(super) root: Arc<Root>,
    pub(super) journal: Journal,
    /// The files that lie where others are to be.
    pub(super) in_the_way: BTreeSet<TreePath>,
    /// How many bytes of files are done.
    pub(super) bytes: u64,
}

/// The library, opened for this migration.
pub(super) struct Opened {
    pub(super) tenantry: Tenantry,
    store: Arc<dyn TenantStore>,
    release: Release,
}

impl Opened {
    /// Closes it, and waits until its store is let go of: `done` is what was done with it.
    pub(super) async fn close<T>(self, done: Result<T, MigrateError>) -> Result<T, MigrateError> {
        self.close_and_hold(done).await.map(|(done, _)| done)
    }

    /// The same, but that the store is still held, by what is answered: so nobody else is at work meanwhile.
    pub(super) async fn close_and_hold<T>(
        self,
        done: Result<T, MigrateError>,
    ) -> Result<(T, Arc<dyn TenantStore>), MigrateError> {
        let closed = self.tenantry.close(CLOSING).await.map_err(MigrateError::Library);
        drop(self.tenantry);
        // What did not end in all that time is not waited for.
        if closed.is_ok() {
            self.release.wait().await;
        }
        done.and_then(|done| closed.map(|()| (done, self.store)))
    }
}

/// The identity of a tenant that comes from that plan.
pub(super) fn origin(plan: &Plan, tenant: &TenantId) -> [u8; 16] {
    let fingerprint = plan.fingerprint.to_string();
    Digest::of_parts([fingerprint.as_bytes(), tenant.as_str().as_bytes()]).half().to_be_bytes()
}

impl Migration {
    pub(super) async fn applied(&self, plan: &Plan) -> Result<Applied, MigrateError> {
        let problems = plan.problems.iter().filter(|problem| problem.blocking).count();
        if problems > 0 {
            return Err(MigrateError::Blocked { problems });
        }
        let root = Arc::new(Root::take(&self.root, self.seam.clone())?);
        let told = |went_on, was_done| Applied {
            tenants: plan.tenants.iter().filter(|tenant| !tenant.exists).count() as u64,
            files: plan.totals.files,
            file_bytes: plan.totals.file_bytes,
            records: plan.totals.records,
            went_on,
            was_done,
        };
        // The store may lead to this very root, whose files would then be no copies.
        let held = if self.elsewhere.is_some() { root.hold_store()? } else { None };
        let journal = Journal::open(&root)?;
        let went_on = journal.is_some();
        let journal = match journal {
            Some(journal) if !journal.is_of(plan, self.name()) => return Err(MigrateError::OtherMigration),
            Some(journal) => match journal.phase() {
                MigrationPhase::Applied => return Ok(told(true, true)),
                MigrationPhase::Applying => journal,
                _ => return Err(MigrateError::RollingBack),
            },
            None => {
                self.see_free_places(plan).await?;
                self.begin(&root, plan)?
            }
        };
        let mut work = Work::of(self, root, journal);
        let opened = match work.open_to_bring().await {
            Err(MigrateError::Busy) if !went_on => {
                // Nothing was done yet, and somebody else is at work.
                work.journal.forget(&work.root)?;
                return Err(MigrateError::Busy);
            }
            Err(MigrateError::Stopped) => return Err(MigrateError::Stopped),
            Err(error) if !went_on => {
                drop(held);
                work.put_back(None)?;
                return Err(error);
            }
            opened => opened?,
        };
        work.carry_out(opened).await?;
        Ok(told(went_on, false))
    }

    /// Sees that the tree is the one that was planned for, and that there is room; then there is a journal.
    fn begin(&self, root: &Root, plan: &Plan) -> Result<Journal, MigrateError> {
        self.tell(MigrationStage::Comparing, None, (0, 1), (0, plan.totals.file_bytes))?;
        if self.planner.fingerprint(root.path())? != plan.fingerprint {
            return Err(MigrateError::TreeChanged);
        }
        if self.elsewhere.is_none()
            && let Some(free) = root.free_space().filter(|free| *free < plan.totals.space_needed)
        {
            return Err(MigrateError::Space { needed: plan.totals.space_needed, free });
        }
        if self.elsewhere.is_none() {
            let sources = plan.sources.iter().filter(|source| source.set_aside);
            for source in sources.filter(|source| root.is_elsewhere(&source.path)) {
                if let Some(why) = copies::refusal(root, &source.path)? {
                    return Err(MigrateError::OtherFileSystem { path: source.path.clone(), why });
                }
            }
        }
        if self.elsewhere.is_none() {
            way::check(root, plan)?;
        }
        self.tell(MigrationStage::Journal, None, (0, 1), (0, plan.totals.file_bytes))?;
        Journal::begin(root, plan, self.name(), self.clock.now())
    }

    /// Sees that in another store there is room, and none of the tenants that are to be brought there.
    async fn see_free_places(&self, plan: &Plan) -> Result<(), MigrateError> {
        if self.elsewhere.is_none() {
            return Ok(());
        }
        let free = self.store().await?.free_space().await.map_err(MigrateError::Store)?;
        let needed = plan.totals.space_needed_elsewhere;
        if let Some(free) = free.filter(|free| *free < needed) {
            return Err(MigrateError::Space { needed, free });
        }
        let opened = self.opened(plan).await?;
        let seen = self.taken_places(&opened.tenantry.operator(REASON), plan).await;
        match opened.close(seen).await? {
            taken if taken.is_empty() => Ok(()),
            taken => Err(MigrateError::TenantsExist(taken)),
        }
    }

    async fn taken_places(&self, operator: &Operator, plan: &Plan) -> Result<Vec<TenantId>, MigrateError> {
        let mut taken = Vec::new();
        for tenant in plan.tenants.iter().filter(|tenant| !tenant.exists) {
            match operator.may_receive(&tenant.id, origin(plan, &tenant.id)).await {
                Ok(()) if self.has_files_of_nobody(&tenant.id).await? => taken.push(tenant.id.clone()),
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken.push(tenant.id.clone()),
                Err(error) => return Err(MigrateError::of(&tenant.id)(error)),
            }
        }
        Ok(taken)
    }

    /// Whether files lie under the name of a tenant that was never there: in a folder that another tool made, say.
    async fn has_files_of_nobody(&self, tenant: &TenantId) -> Result<bool, MigrateError> {
        let store = self.store().await?;
        if store.header(tenant).await.map_err(MigrateError::Store)?.is_some() {
            return Ok(false);
        }
        for area in Area::ALL.iter().copied() {
            let found = store.list(tenant, area, None, 1).await.map_err(MigrateError::Store)?;
            if !found.items.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens the library over the store in which the tenants are to be.
    async fn opened(&self, plan: &Plan) -> Result<Opened, MigrateError> {
        let store = self.store().await?;
        let (held, release) = Held::new(Arc::clone(&store));
        let tenantry = self.planner.open(Arc::new(held), Arc::clone(&self.clock), plan).await;
        Ok(Opened { tenantry: tenantry.map_err(MigrateError::Library)?, store, release })
    }

    /// Moves a file, where both places lie on one file system.
    pub(super) fn moved(&self, root: &Root, from: &TreePath, to: &TreePath) -> Result<(), MigrateError> {
        if self.seam.is_across_file_systems() {
            let kind = std::io::ErrorKind::CrossesDevices;
            return Err(MigrateError::Write { path: to.clone(), kind });
        }
        root.move_file(from, to)
    }

    /// The name of the other store, if there is one.
    pub(super) fn name(&self) -> Option<&str> {
        self.elsewhere.as_ref().map(|elsewhere| elsewhere.name.as_str())
    }

    /// Tells what comes next, and stops if that is the answer.
    pub(super) fn tell(
        &self,
        stage: MigrationStage,
        tenant: Option<&TenantId>,
        (done, total): (u64, u64),
        (bytes, total_bytes): (u64, u64),
    ) -> Result<(), MigrateError> {
        let tenant = tenant.cloned();
        match (self.progress)(&MigrationProgress { stage, tenant, done, total, bytes, total_bytes }) {
            Next::Go => Ok(()),
            Next::Stop => Err(MigrateError::Stopped),
        }
    }

    /// The store in which the tenants are to be, held alone if it is the root's.
    pub(super) async fn store(&self) -> Result<Arc<dyn TenantStore>, MigrateError> {
        match &self.elsewhere {
            Some(elsewhere) => Ok(Arc::clone(&elsewhere.store)),
            None => in_place(&self.root, self.local.clone()).await.map(|store| self.seam.store(store)),
        }
    }
}

/// The store of the root itself, held alone.
#[cfg(target_os = "linux")]
async fn in_place(
    root: &std::path::Path,
    options: LocalOptions,
) -> Result<Arc<dyn TenantStore>, MigrateError> {
    use crate::store::StoreErrorKind;
    use crate::store::local::{LocalStore, Processes};
    let options = LocalOptions { processes: Processes::Only, ..options };
    match LocalStore::open(root, options).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) if error.kind() == StoreErrorKind::Locked => Err(MigrateError::Busy),
        Err(error) => Err(MigrateError::Store(error)),
    }
}

#[cfg(not(target_os = "linux"))]
async fn in_place(_: &std::path::Path, _: LocalOptions) -> Result<Arc<dyn TenantStore>, MigrateError> {
    use crate::store::{StoreError, StoreErrorKind};
    let text = "the store on the local disk is built for Linux alone";
    Err(MigrateError::Store(StoreError::new(StoreErrorKind::Unsupported, "open root", text)))
}

impl<'a> Work<'a> {
    pub(super) fn of(migration: &'a Migration, root: Arc<Root>, journal: Journal) -> Self {
        let in_place = migration.elsewhere.is_none();
        let in_the_way = if in_place { way::in_the_way(&journal.plan) } else { BTreeSet::new() };
        Self { migration, root, journal, in_the_way, bytes: 0 }
    }

    pub(super) fn step(
        &self,
        stage: MigrationStage,
        tenant: Option<&TenantId>,
        done: usize,
        total: usize,
    ) -> Result<(), MigrateError> {
        let bytes = (self.bytes, self.journal.plan.totals.file_bytes);
        self.migration.tell(stage, tenant, (done as u64, total as u64), bytes)
    }

    /// Whether the tenants are to be in the root itself.
    pub(super) const fn in_place(&self) -> bool {
        self.migration.elsewhere.is_none()
    }

    /// Opens the library over the store in which the tenants are to be.
    pub(super) async fn open(&self) -> Result<Opened, MigrateError> {
        self.migration.opened(&self.journal.plan).await
    }

    /// Opens it, before anything is taken away, once what can't be renamed is copied.
    async fn open_to_bring(&self) -> Result<Opened, MigrateError> {
        if self.in_place() {
            self.copy_originals()?;
        }
        self.open().await
    }

    async fn carry_out(&mut self, opened: Opened) -> Result<(), MigrateError> {
        let done = self.bring_all(&opened.tenantry.operator(REASON)).await;
        opened.close(done).await?;
        self.step(MigrationStage::Ending, None, 0, 1)?;
        self.write_workbook()?;
        self.journal.set_phase(&self.root, MigrationPhase::Applied)
    }

    pub(super) fn texts(&self) -> Result<Texts, MigrateError> {
        let root = self.root.path();
        let planner = &self.migration.planner;
        let originals = self.root.at(&journal::originals())?;
        Ok(Texts::new(root, &self.journal.plan).or_before(&originals).record_limits(planner.limits()))
    }
}
