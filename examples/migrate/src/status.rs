//! `status`: how far a migration is.

use std::fmt;
use std::sync::Arc;

use tenantry::migrate::{MigrationPhase, MigrationStatus};
use tenantry::paths::TenantId;

use crate::arguments::Wish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::{answer, carrying};

/// Says how far it is, by the journal alone.
pub(crate) fn run(wish: &Wish) -> Result<u8, Failure> {
    let status = carrying::begun(&wish.root, &Arc::new(Shown::new())).status()?;
    answer::give(&Told(&status), &status, wish.json)?;
    Ok(0)
}

/// For people.
struct Told<'a>(&'a MigrationStatus);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0;
        let (phase, next) = match status.phase {
            MigrationPhase::NotBegun => ("NOT BEGUN", "plan"),
            MigrationPhase::Applying => ("BEGUN, and not at its end", "apply, to go on; or rollback"),
            MigrationPhase::Applied => ("APPLIED", "verify; then finish, or rollback"),
            MigrationPhase::RollingBack => ("BEING ROLLED BACK", "rollback, to go on"),
            MigrationPhase::Finished => ("FINISHED", "nothing; or apply for tenants that are to come"),
            _ => ("UNKNOWN", "a newer version of this tool"),
        };
        writeln!(f, "{phase}")?;
        if let Some(at) = status.begun_at {
            writeln!(f, "  begun at {at}")?;
        }
        if let Some(to) = &status.to {
            writeln!(f, "  the tenants are in {to}")?;
        }
        names(f, "there", &status.done)?;
        names(f, "to come", &status.to_come)?;
        if let Some(originals) = &status.originals {
            writeln!(f, "  originals: {originals}")?;
        }
        if status.earlier > 0 {
            writeln!(f, "  finished before: {}", status.earlier)?;
        }
        writeln!(f, "  next: {next}")
    }
}

fn names(f: &mut fmt::Formatter<'_>, what: &str, tenants: &[TenantId]) -> fmt::Result {
    let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    if names.is_empty() { Ok(()) } else { writeln!(f, "  {what}: {}", names.join(", ")) }
}
