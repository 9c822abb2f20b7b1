//! The originals of what holds records: set aside before anything else is done, and put back by a rollback.
//!
//! They are renamed where that can be. From another file system each is copied to `copied/` first, then removed at its
//! place, and then the copy is renamed to `originals/`: so what lies there is not at its old place any more, and
//! what lies there afterwards is a tenant's view, or was written since.

use std::collections::BTreeSet;

use super::applying::Work;
use super::{MigrationStage, RolledBack, copies, journal};
use crate::migrate::{MigrateError, SourceFile, TreePath};

/// How many are put back in one step.
const AT_ONCE: usize = 256;

/// Where the original of a file is.
pub(super) fn original(path: &TreePath) -> TreePath {
    path.parts().fold(journal::originals(), |folder, part| folder.child_named(part))
}

/// Where the copy of a file is that is not taken away yet at its place.
fn copied(path: &TreePath) -> TreePath {
    path.parts().fold(journal::copied(), |folder, part| folder.child_named(part))
}

impl Work<'_> {
    fn sources(&self) -> impl Iterator<Item = &SourceFile> {
        self.journal.plan.sources.iter().filter(|source| source.set_aside)
    }

    /// Copies the originals that can't be renamed: nothing is taken away yet.
    pub(super) fn copy_originals(&self) -> Result<(), MigrateError> {
        let sources: Vec<_> = self.sources().filter(|source| self.root.is_elsewhere(&source.path)).collect();
        for (done, source) in sources.iter().enumerate() {
            if !self.root.has(&original(&source.path))? && !self.root.has(&copied(&source.path))? {
                self.step(MigrationStage::SettingAside, None, done, sources.len())?;
                self.copy_original(source)?;
            }
        }
        Ok(())
    }

    fn copy_original(&self, source: &SourceFile) -> Result<(), MigrateError> {
        if let Some(why) = copies::refusal(&self.root, &source.path)? {
            return Err(MigrateError::OtherFileSystem { path: source.path.clone(), why });
        }
        let copied = copied(&source.path);
        self.root.make_folder(&copied.folder())?;
        copies::copy(&self.root, &source.path, &copied, &journal::folder().join("copying"), source.digest)
    }

    /// Moves what holds records to the originals: from there it is read from now on, and its place is free.
    pub(super) fn set_aside(&self) -> Result<(), MigrateError> {
        let sources: Vec<_> = self.sources().collect();
        let (mut folders, mut by_copy) = (BTreeSet::new(), Vec::new());
        for (done, source) in sources.iter().enumerate() {
            let original = original(&source.path);
            if self.root.has(&original)? {
                if self.is_written_since(&source.path)? {
                    return Err(MigrateError::Occupied(source.path.clone()));
                }
                continue;
            }
            self.step(MigrationStage::SettingAside, None, done, sources.len())?;
            self.root.make_folder(&original.folder())?;
            if !self.root.has(&copied(&source.path))? {
                match self.root.move_file(&source.path, &original) {
                    Err(MigrateError::Write { kind: std::io::ErrorKind::CrossesDevices, .. }) => {
                        self.copy_original(source)?;
                    }
                    moved => {
                        moved?;
                        folders.extend([original.folder(), source.path.folder()]);
                        continue;
                    }
                }
            }
            by_copy.push(*source);
        }
        self.take_copies(&by_copy, &mut folders)?;
        folders.iter().try_for_each(|folder| self.root.sync_folder(folder))
    }

    /// Takes away what was copied, durably, and lets the copies be the originals.
    fn take_copies(
        &self,
        sources: &[&SourceFile],
        folders: &mut BTreeSet<TreePath>,
    ) -> Result<(), MigrateError> {
        for source in sources {
            if self.root.has(&source.path)? {
                if copies::digest_of(&self.root, &source.path)? != source.digest {
                    return Err(MigrateError::Occupied(source.path.clone()));
                }
                self.root.remove_file(&source.path)?;
            }
        }
        let emptied: BTreeSet<_> = sources.iter().map(|source| source.path.folder()).collect();
        emptied.iter().try_for_each(|folder| self.root.sync_folder(folder))?;
        for source in sources {
            let (copied, original) = (copied(&source.path), original(&source.path));
            self.root.move_file(&copied, &original)?;
            folders.extend([copied.folder(), original.folder()]);
        }
        Ok(())
    }

    /// Puts back what held records, over what was written in its place.
    pub(super) fn originals_back(&self, told: &mut RolledBack) -> Result<(), MigrateError> {
        let sources = &self.journal.plan.sources;
        for (done, some) in sources.chunks(AT_ONCE).enumerate() {
            self.step(MigrationStage::RollingBack, None, done * AT_ONCE, sources.len())?;
            for source in some {
                told.moved_back += u64::from(self.original_back(source)?);
            }
        }
        Ok(())
    }

    /// Puts one back; `false` if it was never taken away.
    fn original_back(&self, source: &SourceFile) -> Result<bool, MigrateError> {
        let (original, copied) = (original(&source.path), copied(&source.path));
        if self.root.has(&original)? {
            if !self.root.is_elsewhere(&source.path.folder()) {
                match self.root.move_over(&original, &source.path) {
                    Err(MigrateError::Write { kind: std::io::ErrorKind::CrossesDevices, .. }) => {}
                    moved => return moved.map(|()| true),
                }
            }
            self.copy_back(source, &original)?;
            return Ok(true);
        }
        if !self.root.has(&copied)? || self.is_untouched(source)? {
            return Ok(false);
        }
        self.copy_back(source, &copied)?;
        Ok(true)
    }

    fn copy_back(&self, source: &SourceFile, from: &TreePath) -> Result<(), MigrateError> {
        let folder = source.path.folder();
        let names = (0_u32..).map(|number| folder.join(&format!(".tenantry-{number}")));
        let mut free = names.filter(|name| !self.journal.before.has(name));
        let new = free.next().unwrap_or_else(|| folder.join(".tenantry"));
        copies::copy(&self.root, from, &source.path, &new, source.digest)?;
        self.root.remove_file(from)
    }

    /// Whether a file that was only copied lies at its place as it did.
    fn is_untouched(&self, source: &SourceFile) -> Result<bool, MigrateError> {
        Ok(self.root.has(&source.path)? && copies::digest_of(&self.root, &source.path)? == source.digest)
    }

    /// Sees that nothing was written where an original has to be put back.
    pub(super) fn see_originals_free(&self) -> Result<(), MigrateError> {
        for source in &self.journal.plan.sources {
            let is_taken = if self.root.has(&original(&source.path))? {
                self.is_written_since(&source.path)?
            } else {
                let is_there = self.root.has(&copied(&source.path))? && self.root.has(&source.path)?;
                is_there && !self.is_untouched(source)?
            };
            if is_taken {
                return Err(MigrateError::Occupied(source.path.clone()));
            }
        }
        Ok(())
    }
}
