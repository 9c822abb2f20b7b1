//! Files that lie where another one is to be, or where the folder of its tenant is to be: they are moved to names of
//! the migration's own before any goes to its place. So none has to wait for another, and they may go round.
//!
//! Whether the way is clear is in the journal: from then on there may be another file where such a one lay.

use std::collections::{BTreeSet, HashSet};
use std::io::ErrorKind;

use super::applying::Work;
use super::disk::Root;
use super::made::Made;
use super::{MigrationStage, RolledBack};
use crate::migrate::documented::FOLDERS;
use crate::migrate::{Digest, MigrateError, Placement, Plan, PlannedFile, TreePath};
use crate::paths::TenantId;

/// The files that are in the way, by where they lie.
pub(super) fn in_the_way(plan: &Plan) -> BTreeSet<TreePath> {
    let to_come = plan.tenants.iter().filter(|tenant| !tenant.exists);
    let folders = to_come
        .flat_map(|tenant| FOLDERS.map(|folder| TreePath::root().join(folder).join(tenant.id.as_str())));
    let places = plan.files.iter().flat_map(|file| &file.to).map(Placement::path);
    let places: HashSet<TreePath> = places.chain(folders).collect();
    let moved = plan.files.iter().filter(|file| file.is_moved() && places.contains(&file.from));
    moved.map(|file| file.from.clone()).collect()
}

/// Where such a file lies meanwhile: in the folder of its area, since that may be a file system of its own.
fn aside(path: &TreePath) -> TreePath {
    let area = path.parts().next().map_or_else(TreePath::root, |area| TreePath::root().child_named(area));
    area.join(&format!(".migrating-{}", Digest::of(path.as_bytes())))
}

/// Sees that the way can be made clear, before anything is changed.
pub(super) fn check(root: &Root, plan: &Plan) -> Result<(), MigrateError> {
    let in_the_way = in_the_way(plan);
    for file in plan.files.iter().filter(|file| in_the_way.contains(&file.from)) {
        let failed = |kind| Err(MigrateError::Write { path: file.from.clone(), kind });
        let aside = aside(&file.from);
        if root.has(&aside)? {
            return failed(ErrorKind::AlreadyExists);
        }
        let target = file.to.first().map(|to| to.path().folder());
        for folder in [Some(aside.folder()), target].into_iter().flatten() {
            if root.is_folder(&folder)? && !root.lies_with(&file.from, &folder) {
                return failed(ErrorKind::CrossesDevices);
            }
        }
    }
    Ok(())
}

impl Work<'_> {
    /// Where a file is that was not yet moved.
    pub(super) fn place_of(&self, file: &PlannedFile) -> TreePath {
        if self.in_the_way.contains(&file.from) { aside(&file.from) } else { file.from.clone() }
    }

    /// Makes the way clear, unless it is.
    pub(super) fn make_way(&mut self) -> Result<(), MigrateError> {
        if self.in_the_way.is_empty() || self.journal.is_way_clear() {
            return Ok(());
        }
        for (done, path) in self.in_the_way.iter().enumerate() {
            self.step(MigrationStage::SettingAside, None, done, self.in_the_way.len())?;
            let aside = aside(path);
            if !self.root.has(&aside)? {
                self.root.move_file(path, &aside)?;
            }
        }
        self.sync_ways()?;
        self.journal.set_way_clear(&self.root, true)
    }

    /// Takes these files aside once more, from where they went, so that the way back is clear.
    pub(super) fn make_way_back(&mut self) -> Result<(), MigrateError> {
        if !self.journal.is_way_clear() {
            return Ok(());
        }
        let files: Vec<_> =
            self.journal.plan.files.iter().filter(|file| self.in_the_way.contains(&file.from)).collect();
        for (done, file) in files.iter().enumerate() {
            self.step(MigrationStage::RollingBack, None, done, files.len())?;
            let (from, aside) = (&file.from, aside(&file.from));
            let Some(to) = file.to.first().map(Placement::path) else { continue };
            if self.root.has(&aside)? {
                continue;
            }
            if self.root.has(&to)? {
                self.root.move_file(&to, &aside)?;
            } else if self.root.has(from)? && !self.root.is_folder(from)? && !self.is_it(file)? {
                // It is lost, and what was copied to its place is not it.
                self.root.remove_file(from)?;
            }
        }
        self.sync_ways()?;
        self.journal.set_way_clear(&self.root, false)
    }

    /// Moves them back to where they were, over what was made there.
    pub(super) fn back_from_aside(&self, told: &mut RolledBack) -> Result<(), MigrateError> {
        for (done, path) in self.in_the_way.iter().enumerate() {
            let aside = aside(path);
            if !self.root.has(&aside)? {
                continue;
            }
            self.step(MigrationStage::RollingBack, None, done, self.in_the_way.len())?;
            if self.root.is_folder(path)? {
                self.remove_folder_of_tenant(path, told)?;
            }
            self.root.move_over(&aside, path)?;
            told.moved_back += 1;
        }
        Ok(())
    }

    /// Removes a tenant's folder whose name was a file's before. What people put there has to go elsewhere first.
    fn remove_folder_of_tenant(&self, path: &TreePath, told: &mut RolledBack) -> Result<(), MigrateError> {
        if let Some(tenant) = path.name().as_str().and_then(|name| TenantId::parse(name).ok()) {
            let named = self.made()?;
            self.remove_made_in(path, &Made::of(&self.root, &tenant, &named)?, told)?;
        }
        match self.root.is_folder(path)? && !self.root.remove_folder(path)? {
            true => Err(MigrateError::Occupied(path.clone())),
            false => Ok(()),
        }
    }

    fn sync_ways(&self) -> Result<(), MigrateError> {
        let files = self.journal.plan.files.iter().filter(|file| self.in_the_way.contains(&file.from));
        let places = files.flat_map(|file| {
            let to = file.to.first().map(|to| to.path().folder());
            [Some(file.from.folder()), Some(aside(&file.from).folder()), to]
        });
        let folders: BTreeSet<TreePath> = places.flatten().collect();
        for folder in folders {
            if self.root.is_folder(&folder)? {
                self.root.sync_folder(&folder)?;
            }
        }
        Ok(())
    }
}
