//! A migration that is carried out: told how far it is, stopped from outside, and with its store.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenantry::migrate::{Migration, MigrationPhase, MigrationStatus, Next, PlanOptions};

use crate::arguments::Wish;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::target::Target;
use crate::{planning, stopping};

/// The migration of a root that goes by its journal: how it was planned, that knows.
pub(crate) fn begun(root: &Path, shown: &Arc<Shown>) -> Migration {
    Migration::new(root, planning::planner(PlanOptions::default(), shown))
}

/// How far the migration of a root is.
pub(crate) fn phase(root: &Path) -> Option<MigrationPhase> {
    let status = begun(root, &Arc::new(Shown::new())).status();
    status.ok().map(|status| status.phase)
}

/// Where the tenants of a migration are that has begun. A bucket has options that the journal does not keep, since
/// they could be secret; so it has to be named again.
pub(crate) fn target(wish: &Wish, status: &MigrationStatus) -> Result<Option<Target>, Failure> {
    let target = wish.to.as_ref().map(|to| Target::parse(to, &wish.root)).transpose()?;
    match (&target, &status.to) {
        (None, Some(name)) => Err(Failure::Elsewhere { name: name.clone() }),
        (Some(_), None) if status.begun_at.is_some() => Err(Failure::Here),
        (Some(target), Some(name)) if target.name() != *name => {
            Err(Failure::Elsewhere { name: name.clone() })
        }
        _ => Ok(target),
    }
}

/// Opens its store, listens for who wants to stop it, and shows how far it is.
pub(crate) async fn ready(
    migration: Migration,
    target: Option<&Target>,
    shown: &Arc<Shown>,
) -> Result<Migration, Failure> {
    let migration = match target {
        Some(target) => migration.to(target.open().await?, target.name()),
        None => migration,
    };
    let (stop, shown) = (stopping::listen()?, Arc::clone(shown));
    Ok(migration.progress(move |progress| {
        shown.migration(progress);
        answer(&stop)
    }))
}

fn answer(stop: &AtomicBool) -> Next {
    if stop.load(Ordering::SeqCst) { Next::Stop } else { Next::Go }
}
