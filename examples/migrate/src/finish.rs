//! `finish`: the end of a migration.

use std::fmt;
use std::sync::Arc;

use tenantry::migrate::{Finished, MigrateError, MigrationPhase};

use crate::arguments::FinishWish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::{answer, beside, carrying, confirmation};

/// Ends what was applied, once somebody agreed to it.
pub(crate) async fn run(wish: &FinishWish) -> Result<u8, Failure> {
    confirmation::is_possible(wish.of.yes)?;
    let shown = Arc::new(Shown::new());
    let migration = carrying::begun(&wish.of.root, &shown);
    let status = migration.status()?;
    match status.phase {
        MigrationPhase::NotBegun => return Err(MigrateError::NoMigration.into()),
        MigrationPhase::RollingBack => return Err(MigrateError::RollingBack.into()),
        MigrationPhase::Applying => return Err(MigrateError::NotApplied.into()),
        _ => {}
    }
    // Of one that is finished it is said again where the originals are.
    if status.phase != MigrationPhase::Finished {
        beside::say("it can't be rolled back any more after this; have you verified it?");
        confirmation::ask("Finish this migration?", wish.of.yes)?;
    }
    let migration = match wish.drop_originals {
        true => {
            beside::say(
                "the databases of before are removed, also those of earlier migrations; nothing brings them back",
            );
            confirmation::ask("Remove the originals?", wish.of.yes)?;
            migration.dropping_originals()
        }
        false => migration,
    };
    let finished = migration.finish().await?;
    answer::give(&Told { finished: &finished, dropped: wish.drop_originals }, &finished, wish.of.json)?;
    Ok(0)
}

/// For people.
struct Told<'a> {
    finished: &'a Finished,
    dropped: bool,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FINISHED")?;
        match &self.finished.originals {
            Some(originals) => writeln!(f, "  originals: {originals}"),
            None if self.dropped => writeln!(f, "  no originals are kept"),
            None => Ok(()),
        }
    }
}
