//! Doing what a plan says, from wherever that was left off.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{self, OptionFuture};
use futures::{StreamExt, TryStreamExt, stream};

use super::disk::Root;
use super::held::{Held, Release};
use super::journal::{self, Journal};
use super::{Applied, Migration, MigrationPhase, MigrationProgress, MigrationStage, Next, copies, way};
use crate::error::ErrorKind;
use crate::migrate::{Digest, MigrateError, Placement, Plan, PlannedFile, PlannedTenant, Texts, TreePath};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::record::RecordText;
use crate::store::local::LocalOptions;
use crate::store::{ByteStream, TenantStore};
use crate::workspace::{Incoming, NewTenant, Operator, Prepared, Receiving, Tenantry};

/// How many files are moved before their folders are synced and the ledger told.
const AT_ONCE: usize = 1024;
/// How many files are copied at a time.
const COPIES: usize = 4;
/// How many bytes of a file are read at a time.
const CHUNK: usize = 1 << 20;
/// How long what is under way is waited for at the end.
const CLOSING: Duration = Duration::from_secs(600);
/// What the operator's log says of all this.
pub(super) const REASON: &str = "migration";

/// A file, and one of its places.
type Placed<'a> = (&'a PlannedFile, &'a Placement);
/// A file that is in its place, and how long it was found to be.
type Moved = ((Area, FileName), u64);
type Records = HashMap<TenantId, Vec<(CollectionName, RecordText)>>;

/// A migration at work.
pub(super) struct Work<'a> {
    pub(super) migration: &'a Migration,
    pub(super) root: Arc<Root>,
    pub(super) journal: Journal,
    /// The files that lie where others are to be.
    pub(super) in_the_way: BTreeSet<TreePath>,
    bytes: u64,
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
    fn moved(&self, root: &Root, from: &TreePath, to: &TreePath) -> Result<(), MigrateError> {
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

    /// The records of all tenants that are still to come, each database read once.
    fn records(&self) -> Result<Records, MigrateError> {
        let (mut texts, mut records) = (self.texts()?, Records::new());
        let to_come = self.journal.plan.records.iter().filter(|record| !self.journal.is_done(&record.tenant));
        let to_come: Vec<_> = to_come.collect();
        for (record, text) in to_come.iter().zip(texts.of_all(&to_come)?) {
            records.entry(record.tenant.clone()).or_default().push((record.collection.clone(), text));
        }
        Ok(records)
    }

    /// Brings the tenants that are not there, one after the other.
    async fn bring_all(&mut self, operator: &Operator) -> Result<(), MigrateError> {
        // What the application wrote may be in memory alone, and is relied on from now on.
        self.root.sync_all(self.journal.before.folders())?;
        if self.in_place() {
            self.set_aside()?;
            self.make_way()?;
        }
        let mut records = self.records()?;
        let plan = Arc::clone(&self.journal.plan);
        let mut files: BTreeMap<&TenantId, Vec<Placed<'_>>> = BTreeMap::new();
        for file in &plan.files {
            for to in &file.to {
                files.entry(&to.tenant).or_default().push((file, to));
            }
        }
        let tenants: Vec<&PlannedTenant> = plan.tenants.iter().filter(|tenant| !tenant.exists).collect();
        let mut prepared = None;
        for (number, tenant) in tenants.iter().enumerate() {
            let own = files.get(&tenant.id).map(Vec::as_slice).unwrap_or_default();
            let after = self.bytes + own.iter().map(|(file, _)| file.bytes).sum::<u64>();
            if !self.journal.is_done(&tenant.id) {
                self.step(MigrationStage::Beginning, Some(&tenant.id), number, tenants.len())?;
                let ready = match prepared.take() {
                    Some(ready) => ready,
                    None => operator.prepare(self.incoming(tenant, own, records.remove(&tenant.id))).await,
                };
                let ready = ready.map_err(MigrateError::of(&tenant.id))?;
                // One is made while the one before it waits for the disk; one alone, since each takes memory.
                let mut others = tenants.iter().skip(number + 1);
                let next = others.find(|next| !self.journal.is_done(&next.id)).map(|next| {
                    let own = files.get(&next.id).map(Vec::as_slice).unwrap_or_default();
                    self.incoming(next, own, records.remove(&next.id))
                });
                let prepare = OptionFuture::from(next.map(|next| operator.prepare(next)));
                let (following, brought) = future::join(prepare, self.bring(tenant, own, ready)).await;
                brought?;
                prepared = following;
                self.journal.note_done(&self.root, &tenant.id)?;
            }
            self.bytes = after;
        }
        Ok(())
    }

    /// All that a tenant is to be.
    fn incoming(
        &self,
        tenant: &PlannedTenant,
        files: &[Placed<'_>],
        records: Option<Vec<(CollectionName, RecordText)>>,
    ) -> Incoming {
        let plan = &self.journal.plan;
        let mut new = NewTenant::new(tenant.role)
            .display_name(&tenant.display_name)
            .time_zone(&plan.options.time_zone)
            .limits(tenant.limits.clone());
        new.plan.clone_from(&tenant.plan);
        let said = |(file, to): &Placed<'_>| (to.area, to.name.clone(), file.bytes, file.digest.to_string());
        Incoming {
            tenant: tenant.id.clone(),
            origin: origin(plan, &tenant.id),
            new,
            created_at: self.journal.begun_at(),
            files: files.iter().map(said).collect(),
            records: records.unwrap_or_default(),
        }
    }

    async fn bring(
        &mut self,
        tenant: &PlannedTenant,
        files: &[Placed<'_>],
        ready: Prepared,
    ) -> Result<(), MigrateError> {
        let failed = MigrateError::of(&tenant.id);
        let Some(receiving) = ready.receive().await.map_err(&failed)? else {
            return Ok(());
        };
        let missing = receiving.missing().await.map_err(&failed)?;
        self.files(&tenant.id, &receiving, files, missing).await?;
        self.step(MigrationStage::Records, Some(&tenant.id), 0, 1)?;
        receiving.complete().await.map_err(&failed)
    }

    /// Moves or copies those of a tenant's files that are not there yet.
    async fn files(
        &mut self,
        tenant: &TenantId,
        receiving: &Receiving,
        files: &[Placed<'_>],
        missing: Vec<(Area, FileName)>,
    ) -> Result<(), MigrateError> {
        let missing: BTreeSet<_> = missing.into_iter().collect();
        let wanted = files.iter().filter(|(_, to)| missing.contains(&(to.area, to.name.clone())));
        let is_moved = |file: &PlannedFile, to: &Placement| {
            self.in_place() && (file.is_moved() || file.stays()) && file.to.first() == Some(to)
        };
        let (moved, mut copied): (Vec<_>, Vec<_>) =
            wanted.copied().partition(|(file, to)| is_moved(file, to));
        let (total, mut done) = (moved.len() + copied.len(), 0);
        for some in moved.chunks(AT_ONCE) {
            self.step(MigrationStage::Files, Some(tenant), done, total)?;
            let (here, elsewhere) = self.move_files(some)?;
            receiving.are_there(here).await.map_err(MigrateError::of(tenant))?;
            copied.extend(elsewhere);
            done += some.len();
            self.bytes += some.iter().map(|(file, _)| file.bytes).sum::<u64>();
        }
        for some in copied.chunks(COPIES) {
            self.step(MigrationStage::Files, Some(tenant), done, total)?;
            // Made before they are waited for: a stream that held the closure could be sent to no other thread.
            let copies: Vec<_> = some.iter().map(|(file, to)| self.copy(receiving, file, to)).collect();
            stream::iter(copies).buffer_unordered(COPIES).try_collect::<()>().await?;
            done += some.len();
            self.bytes += some.iter().map(|(file, _)| file.bytes).sum::<u64>();
        }
        Ok(())
    }

    /// Moves files to where they go, durably: those that are there now, with their lengths; and those that can't be
    /// moved, since they lie on another file system.
    fn move_files<'b>(&self, files: &[Placed<'b>]) -> Result<(Vec<Moved>, Vec<Placed<'b>>), MigrateError> {
        let (mut folders, mut here, mut elsewhere) = (BTreeSet::new(), Vec::new(), Vec::new());
        for placed @ (file, to) in files {
            let (from, path) = (self.place_of(file), to.path());
            match if from == path { Ok(()) } else { self.migration.moved(&self.root, &from, &path) } {
                Ok(()) if from == path => {}
                Ok(()) => folders.extend([from.folder(), path.folder()]),
                // By whoever was at it before.
                Err(_) if !self.root.has(&from)? && self.root.has(&path)? => {}
                Err(MigrateError::Write { kind: std::io::ErrorKind::CrossesDevices, .. }) => {
                    elsewhere.push(*placed);
                    continue;
                }
                Err(error) => return Err(error),
            }
            // What is no file has not the length of any.
            here.push(((to.area, to.name.clone()), self.root.length(&path)?.unwrap_or(u64::MAX)));
        }
        folders.iter().try_for_each(|folder| self.root.sync_folder(folder))?;
        Ok((here, elsewhere))
    }

    async fn copy(
        &self,
        receiving: &Receiving,
        file: &PlannedFile,
        to: &Placement,
    ) -> Result<(), MigrateError> {
        let body = body(Arc::clone(&self.root), self.place_of(file))?;
        receiving.put(&(to.area, to.name.clone()), body).await.map_err(MigrateError::of(&to.tenant))
    }
}

/// The bytes of a file.
fn body(root: Arc<Root>, path: TreePath) -> Result<ByteStream, MigrateError> {
    let file = Arc::new(root.open(&path)?);
    let chunks = stream::try_unfold(file, |file: Arc<File>| async move {
        let inside = Arc::clone(&file);
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; CHUNK];
            let length = (&*inside).read(&mut buffer)?;
            buffer.truncate(length);
            Ok::<_, std::io::Error>(Bytes::from(buffer))
        });
        let bytes = read.await.map_err(std::io::Error::other)??;
        Ok((!bytes.is_empty()).then_some((bytes, file)))
    });
    Ok(chunks.boxed())
}
