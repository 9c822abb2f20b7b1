//! `rollback`: everything as it was before.

use std::fmt;
use std::sync::Arc;

use tenantry::migrate::{MigrateError, MigrationPhase, RolledBack};

use crate::arguments::RollbackWish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::{answer, beside, carrying, confirmation};

/// Undoes what was applied, once somebody agreed to it.
pub(crate) async fn run(wish: &RollbackWish) -> Result<u8, Failure> {
    confirmation::is_possible(wish.of.yes)?;
    let shown = Arc::new(Shown::new());
    let migration = carrying::begun(&wish.of.root, &shown);
    let status = migration.status()?;
    match status.phase {
        // Of one that was cut off before its first change, or at the end of its rollback, something may be left.
        MigrationPhase::NotBegun => {
            let rolled_back = migration.rollback().await?;
            answer::give(&Told(&rolled_back), &rolled_back, wish.of.json)?;
            return Ok(0);
        }
        MigrationPhase::Finished => return Err(MigrateError::Finished.into()),
        _ => {}
    }
    let target = carrying::target(&wish.of, &status)?;
    let also = if wish.discard_changes { ", and what tenants did since is thrown away" } else { "" };
    beside::say(format_args!("everything becomes as it was before the migration{also}"));
    confirmation::ask("Roll it back?", wish.of.yes)?;
    let migration = carrying::ready(migration, target.as_ref(), &shown).await?;
    let migration = if wish.discard_changes { migration.discarding_changes() } else { migration };
    let rolled_back = migration.rollback().await;
    shown.clear();
    let rolled_back = rolled_back?;
    answer::give(&Told(&rolled_back), &rolled_back, wish.of.json)?;
    Ok(0)
}

/// For people.
struct Told<'a>(&'a RolledBack);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RolledBack { moved_back, removed, lost, left, .. } = self.0;
        let state = if lost.is_empty() { "everything" } else { "all that there is still" };
        writeln!(f, "ROLLED BACK: {state} is as it was before")?;
        writeln!(f, "  moved back: {moved_back}; removed: {removed}")?;
        for path in lost {
            writeln!(f, "  deleted by its tenant since: {path}")?;
        }
        for path in left {
            writeln!(f, "  left where it is, since it is not the library's: {path}")?;
        }
        Ok(())
    }
}
