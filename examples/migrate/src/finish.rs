//! `finish`: the end of a migration.

use std::fmt;
use std::sync::Arc;

use tenantry::migrate::{Finished, MigrateError, MigrationPhase};

use crate::arguments::Wish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::{answer, carrying, confirmation};

/// Ends what was applied, once somebody agreed to it.
pub(crate) async fn run(wish: &Wish) -> Result<u8, Failure> {
    confirmation::is_possible(wish.yes)?;
    let shown = Arc::new(Shown::new());
    let migration = carrying::begun(&wish.root, &shown);
    let status = migration.status()?;
    match status.phase {
        MigrationPhase::NotBegun => return Err(MigrateError::NoMigration.into()),
        MigrationPhase::RollingBack => return Err(MigrateError::RollingBack.into()),
        MigrationPhase::Applying => return Err(MigrateError::NotApplied.into()),
        _ => {}
    }
    // Of one that is finished it is said again where the originals are.
    if status.phase != MigrationPhase::Finished {
        eprintln!("it can't be rolled back any more after this; have you verified it?");
        confirmation::ask("Finish this migration?", wish.yes)?;
    }
    let finished = migration.finish().await?;
    answer::give(&Told(&finished), &finished, wish.json)?;
    Ok(0)
}

/// For people.
struct Told<'a>(&'a Finished);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FINISHED")?;
        match &self.0.originals {
            Some(originals) => writeln!(f, "  originals: {originals}"),
            None => Ok(()),
        }
    }
}
