//! `verify`: reads everything back and compares it with the plan.

use std::fmt;
use std::sync::Arc;

use indicatif::HumanBytes;
use tenantry::migrate::{Differs, MigrateError, MigrationPhase, Verification};

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
        MigrationPhase::RollingBack => return Err(Failure::RollingBack),
        _ => {}
    }
    let target = carrying::target(wish, &status)?;
    let migration = carrying::ready(migration, target.as_ref(), &shown).await?;
    let verified = migration.verify().await;
    shown.clear();
    let verified = verified?;
    answer::give(&Told(&verified), &verified, wish.json)?;
    Ok(if verified.is_clean() { 0 } else { DIFFERENT })
}

/// For people.
struct Told<'a>(&'a Verification);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verification { tenants, differences, .. } = self.0;
        match differences.len() {
            0 => writeln!(f, "VERIFIED: everything is there as the plan says")?,
            count => writeln!(f, "{count} DIFFERENCES from what the plan says")?,
        }
        for (tenant, found) in tenants {
            let records: u64 = found.records.values().sum();
            write!(f, "  {tenant}: {} files of {}", found.files, HumanBytes(found.file_bytes))?;
            writeln!(f, ", {records} records")?;
            for (collection, count) in &found.records {
                writeln!(f, "    {collection}: {count}")?;
            }
        }
        for difference in differences {
            writeln!(f, "  {}, {}: {}", difference.tenant, Of(&difference.of), difference.reason)?;
        }
        Ok(())
    }
}

/// What differs.
struct Of<'a>(&'a Differs);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Differs::Tenant => f.write_str("the tenant itself"),
            Differs::File(place) => write!(f, "{}", place.path()),
            Differs::Record { collection, id } => write!(f, "{collection}/{}", id.as_str().escape_debug()),
            Differs::Order(collection) => write!(f, "the order of {collection}"),
            Differs::Path(path) => write!(f, "{path}"),
            other => write!(f, "{other:?}"),
        }
    }
}
