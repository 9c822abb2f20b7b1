//! Where the workbook with the owners is written, and how it is told from one that somebody wrote since.
//!
//! It is kept beside the originals, and stands in the place of the old one once that was set aside: so as long as
//! anybody is still to come, the application goes on with its own, whose rows it knows by their numbers.

use std::io;

use super::journal;
use super::{MigrateError, Work};
use crate::migrate::documented::WORKBOOK;
use crate::migrate::owned_workbook::OwnedWorkbook;
use crate::migrate::{TreePath, survey};

/// The old workbook, and whatever stands in its place.
pub(super) fn place() -> TreePath {
    TreePath::root().join(WORKBOOK)
}

/// What was written.
pub(super) fn kept() -> TreePath {
    journal::folder().join(WORKBOOK)
}

impl Work<'_> {
    /// What it is to say; `None` if the plan has no workbook.
    pub(super) fn owned_workbook(&self) -> Result<Option<OwnedWorkbook>, MigrateError> {
        OwnedWorkbook::of(&self.journal.plan, &self.texts()?, self.root.path())
    }

    /// Whether it stands in the place of the old one.
    pub(super) fn replaces_workbook(&self) -> bool {
        let mut aside = self.journal.plan.sources.iter().filter(|source| source.set_aside);
        self.in_place() && aside.any(|source| source.path == place())
    }

    /// Writes it.
    pub(super) fn write_workbook(&self) -> Result<(), MigrateError> {
        let Some(owned) = self.owned_workbook()? else { return Ok(()) };
        let bytes = owned.written()?;
        self.root.write(&kept(), &bytes)?;
        if self.replaces_workbook() && !self.root.has(&place())? {
            // Made where a rollback removes it, should it be cut off.
            let new = journal::folder().join("new.xlsx");
            self.root.write(&new, &bytes)?;
            self.root.move_file(&new, &place())?;
            self.root.sync_folder(&TreePath::root())?;
        }
        Ok(())
    }

    /// Whether there is something in the root itself where something was set aside, and the migration has not
    /// written it. (In the tenants' folders there are views.)
    pub(super) fn is_written_since(&self, path: &TreePath) -> Result<bool, MigrateError> {
        if path.parts().count() > 1 || !self.root.has(path)? {
            return Ok(false);
        }
        if *path != place() {
            return Ok(true);
        }
        match survey::read(self.root.path(), &kept()) {
            Ok(written) => Ok(survey::read(self.root.path(), path)? != written),
            Err(MigrateError::Read { kind: io::ErrorKind::NotFound, .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
