//! `apply`: does what a plan says, once somebody agreed to it, or goes on with what was begun.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tenantry::migrate::{Applied, MigrateError, Migration, MigrationPhase, MigrationStatus};

use crate::arguments::ApplyWish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::target::Target;
use crate::{answer, beside, carrying, confirmation, planning};

/// Applies a new plan, or that which was begun.
pub(crate) async fn run(wish: &ApplyWish) -> Result<u8, Failure> {
    confirmation::is_possible(wish.of.yes)?;
    let shown = Arc::new(Shown::new());
    let migration = planning::migration(&wish.of.root, &wish.planning, &shown)?;
    let status = migration.status()?;
    let applied = match status.phase {
        MigrationPhase::RollingBack => return Err(MigrateError::RollingBack.into()),
        MigrationPhase::Applying | MigrationPhase::Applied => go_on(wish, &status, migration, &shown).await?,
        _ => begin(wish, migration, &shown).await?,
    };
    answer::give(&Told(&applied), &applied, wish.of.json)?;
    Ok(0)
}

async fn begin(wish: &ApplyWish, migration: Migration, shown: &Arc<Shown>) -> Result<Applied, Failure> {
    let target = wish.of.to.as_ref().map(|to| Target::parse(to, &wish.of.root)).transpose()?;
    let plan = migration.plan()?;
    shown.clear();
    planning::check_tenants(&plan, &wish.planning)?;
    beside::say(plan.summary().to_string().trim_end());
    if !plan.can_be_applied() {
        return Err(Failure::InTheWay(
            plan.problems.into_iter().filter(|problem| problem.blocking).collect(),
        ));
    }
    target.as_ref().map_or(Ok(()), |target| target.see_free(&plan))?;
    confirmation::ask("Apply this plan?", wish.of.yes)?;
    let migration = carrying::ready(migration, target.as_ref(), shown).await?;
    let applied = migration.apply(&plan).await;
    shown.clear();
    Ok(applied?)
}

/// What was begun goes on as it was planned, whatever is said now of how to plan.
async fn go_on(
    wish: &ApplyWish,
    status: &MigrationStatus,
    migration: Migration,
    shown: &Arc<Shown>,
) -> Result<Applied, Failure> {
    let target = carrying::target(&wish.of, status)?;
    let (wished, begun) = (planning::tenants(&wish.planning)?, status.done.iter().chain(&status.to_come));
    if !wished.is_empty() && begun.collect::<BTreeSet<_>>() != wished.iter().collect() {
        return Err(MigrateError::OtherMigration.into());
    }
    if status.phase == MigrationPhase::Applying {
        let (done, to_come) = (status.done.len(), status.to_come.len());
        beside::say(format_args!(
            "a migration has begun; tenants that are there: {done}, to come: {to_come}"
        ));
        confirmation::ask("Go on with it?", wish.of.yes)?;
    }
    let plan = migration.planned()?.ok_or(MigrateError::NoMigration)?;
    let migration = carrying::ready(migration, target.as_ref(), shown).await?;
    let applied = migration.apply(&plan).await;
    shown.clear();
    Ok(applied?)
}

/// For people.
struct Told<'a>(&'a Applied);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let applied = self.0;
        let state = if applied.was_done { "APPLIED BEFORE: nothing was changed" } else { "APPLIED" };
        writeln!(f, "{state}")?;
        writeln!(f, "  {applied}")?;
        writeln!(f, "  next: verify; then finish, or rollback")
    }
}
