//! Putting everything back as it was.
//!
//! Each step can be told from the tree: an original lies among the originals or at its old place, a moved file
//! where it went or where it was, and what the journal does not know from before was made by the migration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::applying::{REASON, Work, origin};
use super::disk::Root;
use super::journal::{self, Journal};
use super::made::{Made, Whose};
use super::{Migration, MigrationPhase, MigrationStage, RolledBack, copies};
use crate::error::ErrorKind;
use crate::migrate::documented::FOLDERS;
use crate::migrate::survey::OWN;
use crate::migrate::{MigrateError, PlannedFile, TreePath};
use crate::paths::{Area, FileName, TenantId};
use crate::store::TenantStore;
use crate::workspace::{Erasure, Operator};

/// How many files are moved back or removed in one step.
const AT_ONCE: usize = 256;

impl Migration {
    pub(super) async fn rolled_back(&self) -> Result<RolledBack, MigrateError> {
        let root = Arc::new(Root::take(&self.root, self.seam.clone())?);
        let was_rolled_back = journal::clear(&root, None)?;
        let Some(journal) = Journal::open(&root)? else {
            return match journal::status(root.path())?.phase {
                _ if was_rolled_back => Ok(RolledBack::default()),
                MigrationPhase::Finished => Err(MigrateError::Finished),
                _ => Err(MigrateError::NoMigration),
            };
        };
        if !journal.is_to(self.name()) {
            return Err(MigrateError::OtherMigration);
        }
        let mut work = Work::of(self, root, journal);
        let mut held = None;
        if !work.in_place() {
            work.take_away().await?;
        } else if work.journal.phase() != MigrationPhase::RollingBack {
            held = Some(work.see_unchanged().await?);
        }
        work.put_back(held)
    }
}

impl Work<'_> {
    /// Tenants of the plan that may be there.
    fn planned(&self) -> Vec<TenantId> {
        let tenants = self.journal.plan.tenants.iter().filter(|tenant| !tenant.exists);
        tenants.map(|tenant| tenant.id.clone()).collect()
    }

    /// Tenants with a ledger that was not there before, and that the plan does not know.
    fn came_since(&self) -> Result<Vec<TenantId>, MigrateError> {
        let planned: BTreeSet<TenantId> = self.planned().into_iter().collect();
        let mut came = Vec::new();
        for (folder, is_folder) in self.root.list(&TreePath::root().join("data"))? {
            let ledger = folder.join("ledger");
            let tenant = folder.name().as_str().and_then(|name| TenantId::parse(name).ok());
            let Some(tenant) = tenant.filter(|tenant| is_folder && !planned.contains(tenant)) else {
                continue;
            };
            if self.root.has(&ledger)? && !self.journal.before.has(&ledger) {
                came.push(tenant);
            }
        }
        Ok(came)
    }

    /// Sees that nothing would be thrown away, unless that is meant, and writes down what is to go. The store is
    /// held from then on.
    async fn see_unchanged(&self) -> Result<Arc<dyn TenantStore>, MigrateError> {
        let opened = self.open().await?;
        let seen = self.seen(&opened.tenantry.operator(REASON)).await;
        let ((changed, mut named), held) = opened.close_and_hold(seen).await?;
        if !changed.is_empty() {
            return Err(MigrateError::ChangedSince(changed));
        }
        let placed = self.placed();
        named.extend(placed.iter().cloned());
        let since = self.since(&self.tenants()?, &named)?;
        if !self.migration.discard_changes {
            let in_the_way = since.in_the_way();
            if !in_the_way.is_empty() {
                return Err(MigrateError::PutSince(in_the_way));
            }
            self.see_free()?;
        }
        named.extend(since.edited());
        self.keep_made(&named.difference(&placed).cloned().collect())?;
        Ok(held)
    }

    /// Who went on since, and the files that the tenants' ledgers name.
    async fn seen(&self, operator: &Operator) -> Result<(Vec<TenantId>, BTreeSet<TreePath>), MigrateError> {
        let (changed, mut named) = (self.changed(operator).await?, BTreeSet::new());
        for tenant in self.tenants()? {
            let files = operator.named_files(&tenant).await.map_err(MigrateError::of(&tenant))?;
            let of_area = |(area, name): (Area, FileName)| {
                TreePath::root().join(area.as_str()).join(tenant.as_str()).join(name.as_str())
            };
            named.extend(files.into_iter().map(of_area));
        }
        Ok((changed, named))
    }

    /// Tenants that may be there and were not before.
    fn tenants(&self) -> Result<Vec<TenantId>, MigrateError> {
        let mut tenants = self.planned();
        tenants.extend(self.came_since()?);
        Ok(tenants)
    }

    /// Sees that nothing was written where something has to be put back.
    fn see_free(&self) -> Result<(), MigrateError> {
        self.see_originals_free()?;
        for (file, to) in self.moved() {
            if self.root.has(&file.from)? && self.root.has(&to)? && !self.is_it(file)? {
                return Err(MigrateError::Occupied(file.from.clone()));
            }
        }
        Ok(())
    }

    /// The files that were moved from where nothing else is to be, and to where.
    fn moved(&self) -> impl Iterator<Item = (&PlannedFile, TreePath)> {
        let moved = self.journal.plan.files.iter().filter(|file| file.is_moved());
        let moved = moved.filter(|file| !self.in_the_way.contains(&file.from));
        moved.filter_map(|file| Some((file, file.to.first()?.path())))
    }

    /// Whether a file lies, as it was, where it was: it was copied.
    pub(super) fn is_it(&self, file: &PlannedFile) -> Result<bool, MigrateError> {
        Ok(copies::digest_of(&self.root, &file.from)? == file.digest)
    }

    async fn changed(&self, operator: &Operator) -> Result<Vec<TenantId>, MigrateError> {
        if self.migration.discard_changes {
            return Ok(Vec::new());
        }
        let mut changed = if self.in_place() { self.came_since()? } else { Vec::new() };
        for tenant in self.planned() {
            let origin = origin(&self.journal.plan, &tenant);
            let is_as_it_was =
                operator.is_as_received(&tenant, origin).await.map_err(MigrateError::of(&tenant))?;
            if !is_as_it_was {
                changed.push(tenant);
            }
        }
        Ok(changed)
    }

    /// Erases the tenants in the other store, to the end.
    async fn take_away(&mut self) -> Result<(), MigrateError> {
        let opened = self.open().await?;
        let erasing = self.erase(&opened.tenantry.operator(REASON)).await;
        opened.close(erasing).await
    }

    async fn erase(&mut self, operator: &Operator) -> Result<(), MigrateError> {
        if self.journal.phase() != MigrationPhase::RollingBack {
            let changed = self.changed(operator).await?;
            if !changed.is_empty() {
                return Err(MigrateError::ChangedSince(changed));
            }
            self.journal.roll_back(&self.root)?;
        }
        let (planned, mut erasing, mut last) = (self.planned(), Vec::new(), None);
        for (done, tenant) in planned.iter().enumerate() {
            self.step(MigrationStage::RollingBack, Some(tenant), done, planned.len())?;
            let origin = origin(&self.journal.plan, tenant);
            let discarding = self.migration.discard_changes;
            match operator.take_away(tenant, origin, discarding).await {
                Ok(Some(Erasure::Waiting { until })) => {
                    erasing.push(tenant.clone());
                    last = last.max(Some(until));
                }
                Ok(Some(Erasure::Done(_)) | None) => {}
                Err(error) if error.kind() == ErrorKind::WrongState => {
                    return Err(MigrateError::ChangedSince(vec![tenant.clone()]));
                }
                Err(error) => return Err(MigrateError::of(tenant)(error)),
            }
        }
        match last {
            None => Ok(()),
            Some(until) => Err(MigrateError::Erasing { tenants: erasing, until }),
        }
    }

    /// Puts the root back as it was, and forgets the migration.
    pub(super) fn put_back(
        &mut self,
        held: Option<Arc<dyn TenantStore>>,
    ) -> Result<RolledBack, MigrateError> {
        let mut told = RolledBack::default();
        let _held = if held.is_some() { None } else { self.root.hold_store()? };
        if self.journal.phase() != MigrationPhase::RollingBack {
            self.journal.roll_back(&self.root)?;
        }
        if self.in_place() {
            self.journal.before.make_folders(&self.root)?;
            self.originals_back(&mut told)?;
            self.files_back(&mut told)?;
            self.remove_made(&mut told)?;
        }
        self.step(MigrationStage::RollingBack, None, 0, 1)?;
        self.journal.before.restore(&self.root)?;
        self.root.sync_all(self.journal.before.folders())?;
        self.journal.forget(&self.root)?;
        Ok(told)
    }

    /// Moves files back to where they were.
    fn files_back(&mut self, told: &mut RolledBack) -> Result<(), MigrateError> {
        self.make_way_back()?;
        let moved: Vec<_> = self.moved().collect();
        for (done, some) in moved.chunks(AT_ONCE).enumerate() {
            self.step(MigrationStage::RollingBack, None, done * AT_ONCE, moved.len())?;
            for (file, to) in some {
                let (is_back, is_there) = (self.root.has(&file.from)?, self.root.has(to)?);
                if is_there && !is_back {
                    self.root.move_file(to, &file.from)?;
                    told.moved_back += 1;
                } else if is_there && !self.is_it(file)? {
                    // What was written in its place is to be discarded, and not what was there before.
                    self.root.move_over(to, &file.from)?;
                    told.moved_back += 1;
                }
            }
        }
        self.back_from_aside(told)?;
        for file in self.journal.plan.files.iter().filter(|file| file.is_moved() || file.stays()) {
            if !self.root.has(&file.from)? {
                told.lost.push(file.from.clone());
            }
        }
        Ok(())
    }

    /// What in the tenants' folders is the library's by its place.
    pub(super) fn made(&self) -> Result<BTreeSet<TreePath>, MigrateError> {
        let mut made = self.placed();
        made.extend(journal::made(&self.root)?);
        Ok(made)
    }

    /// Removes what was not there before from the folders of the tenants, and of the library itself.
    fn remove_made(&self, told: &mut RolledBack) -> Result<(), MigrateError> {
        let named = self.made()?;
        let tenants = self.tenants()?;
        for (done, tenant) in tenants.iter().enumerate() {
            self.step(MigrationStage::RollingBack, Some(tenant), done, tenants.len())?;
            let made = Made::of(&self.root, tenant, &named)?;
            for folder in FOLDERS {
                self.remove_made_in(&TreePath::root().join(folder).join(tenant.as_str()), &made, told)?;
            }
        }
        self.remove_new(&TreePath::root().join(OWN), told)?;
        for folder in FOLDERS {
            let folder = TreePath::root().join(folder);
            if !self.journal.before.has(&folder) {
                self.root.remove_folder(&folder)?;
            }
        }
        Ok(())
    }

    /// Removes what the library made from a tenant's folder, and the folder itself if nothing else is in it and it
    /// was not there before.
    pub(super) fn remove_made_in(
        &self,
        folder: &TreePath,
        made: &Made<'_>,
        told: &mut RolledBack,
    ) -> Result<(), MigrateError> {
        if !self.root.is_folder(folder)? {
            return Ok(());
        }
        let mut entries = self.root.list(folder)?;
        // As long as the ledger is there, whoever goes on knows that there is a tenant; and by the digests, which
        // views are the library's.
        entries.sort_by_key(|(path, _)| match path.name().as_bytes() {
            b"ledger" => 2,
            b".views" => 1,
            _ => 0,
        });
        for (path, is_folder) in entries {
            if self.journal.before.has(&path) {
                continue;
            }
            if is_folder || made.whose(&path)? != Whose::Library {
                told.left.push(path);
                continue;
            }
            self.root.remove_file(&path)?;
            told.removed += 1;
        }
        if !self.journal.before.has(folder) && self.root.remove_folder(folder)? {
            told.removed += 1;
        }
        Ok(())
    }

    /// Removes what was not there before from the library's own folder, but for the journal.
    fn remove_new(&self, folder: &TreePath, told: &mut RolledBack) -> Result<(), MigrateError> {
        if !self.root.is_folder(folder)? || *folder == journal::folder() {
            return Ok(());
        }
        for (path, is_folder) in self.root.list(folder)? {
            if is_folder {
                self.remove_new(&path, told)?;
            } else if !self.journal.before.has(&path) {
                self.root.remove_file(&path)?;
                told.removed += 1;
            }
        }
        if !self.journal.before.has(folder) && self.root.remove_folder(folder)? {
            told.removed += 1;
        }
        Ok(())
    }
}
