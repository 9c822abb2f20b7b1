//! `verify`: reads everything back and compares it with the plan.

use std::sync::Arc;

use tenantry::migrate::{MigrateError, MigrationPhase};

use crate::arguments::Wish;
use crate::failure::{DIFFERENT, Failure};
use crate::progress::Shown;
use crate::{answer, carrying};

/// Verifies what was applied.
pub(crate) async fn run(wish: &Wish) -> Result<u8, Failure> {
    let shown = Arc::new(Shown::new());
    let migration = carrying::begun(&wish.root, &shown);
    let status = migration.status()?;
    match status.phase {
        MigrationPhase::NotBegun => return Err(MigrateError::NoMigration.into()),
        MigrationPhase::Finished => return Err(MigrateError::Finished.into()),
        MigrationPhase::RollingBack => return Err(MigrateError::RollingBack.into()),
        _ => {}
    }
    let target = carrying::target(wish, &status)?;
    let migration = carrying::ready(migration, target.as_ref(), &shown).await?;
    let verified = migration.verify().await;
    shown.clear();
    let verified = verified?;
    answer::give(&verified, &verified, wish.json)?;
    Ok(if verified.is_clean() { 0 } else { DIFFERENT })
}
