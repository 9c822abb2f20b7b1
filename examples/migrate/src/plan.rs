//! `plan`: what a migration would do.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenantry::migrate::{MigrateError, MigrationPhase};

use crate::answer;
use crate::arguments::PlanWish;
use crate::failure::{Failure, IN_THE_WAY};
use crate::planning;
use crate::progress::Shown;
use crate::target::Target;

/// Makes the plan and shows it.
pub(crate) fn run(wish: &PlanWish) -> Result<u8, Failure> {
    let (root, shown) = (&wish.of.root, Arc::new(Shown::new()));
    let migration = planning::migration(root, &wish.planning, &shown)?;
    // What lies where in the middle of one can't be planned for; and none begins before that one is finished.
    match migration.status()?.phase {
        MigrationPhase::Applying => return Err(MigrateError::NotApplied.into()),
        MigrationPhase::RollingBack => return Err(MigrateError::RollingBack.into()),
        MigrationPhase::Applied => return Err(MigrateError::OtherMigration.into()),
        _ => {}
    }
    if let Some(to) = &wish.of.to {
        Target::parse(to, root)?;
    }
    if let Some(file) = &wish.xlsx {
        check_outside(root, file)?;
    }
    let plan = migration.plan()?;
    planning::check_tenants(&plan, &wish.planning)?;
    if let Some(file) = &wish.xlsx {
        let failed = |source| Failure::File { what: "the workbook could not be written", source };
        fs::write(file, plan.to_workbook()?).map_err(failed)?;
    }
    answer::give(&plan, &plan, wish.of.json)?;
    Ok(if plan.can_be_applied() { 0 } else { IN_THE_WAY })
}

/// Refuses a file that would be part of the tree that it tells of.
fn check_outside(root: &Path, file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let (Ok(root), Ok(folder)) = (root.canonicalize(), folder.canonicalize()) else { return Ok(()) };
    if folder.starts_with(root) {
        Err(Failure::InTheTree { what: "the workbook would lie in" })
    } else {
        Ok(())
    }
}
