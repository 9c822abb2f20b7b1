//! How this application's data are planned for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tenantry::migrate::{Migration, PlanOptions, Planner, Refused};
use tenantry::paths::TenantId;

use crate::arguments::PlanningWish;
use crate::bulk_upload_queue::QueuedUpload;
use crate::failure::Failure;
use crate::looped_videos::LoopedVideo;
use crate::progress::Shown;
use crate::stream_timers::StreamTimer;

/// A planner that knows the application's own kinds of records.
pub(crate) fn planner(options: PlanOptions, shown: &Arc<Shown>) -> Planner {
    let shown = Arc::clone(shown);
    let planner = Planner::new(options).kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
    planner.progress(move |progress| shown.reading(progress))
}

/// The migration of a root within itself, as it is wished for.
pub(crate) fn migration(root: &Path, wish: &PlanningWish, shown: &Arc<Shown>) -> Result<Migration, Failure> {
    let migration = Migration::new(root, planner(options(wish)?, shown));
    let tenants = tenants(wish)?;
    Ok(if tenants.is_empty() { migration } else { migration.only(tenants) })
}

/// The tenants that alone are wished for, by their ids, or by the names that these are made of.
pub(crate) fn tenants(wish: &PlanningWish) -> Result<BTreeSet<TenantId>, Failure> {
    let id = |name: &String| {
        let id = TenantId::parse(name).or_else(|_| TenantId::encode(name));
        id.map_err(|_| Failure::NoSuchTenant(name.clone()))
    };
    wish.tenants.iter().map(id).collect()
}

fn options(wish: &PlanningWish) -> Result<PlanOptions, Failure> {
    let mut options = PlanOptions::default();
    options.default_owner = wish.default_owner.clone().unwrap_or(options.default_owner);
    options.time_zone = wish.time_zone.clone().unwrap_or(options.time_zone);
    options.demo.clone_from(&wish.demo);
    options.refused = if wish.leave { Refused::Leave } else { Refused::Block };
    if let Some(file) = &wish.owners {
        options.owners = owners(file)?;
    }
    Ok(options)
}

fn owners(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let failed = |source| Failure::File { what: "the owners' file could not be read", source };
    let text = fs::read(file).map_err(failed)?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::Owners { line: error.line(), column: error.column() })
}
