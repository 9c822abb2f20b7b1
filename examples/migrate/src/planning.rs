//! How this application's data are planned for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use tenantry::migrate::{Migration, Plan, PlanOptions, Planner, Refused};
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

/// Refuses tenants that there would not be.
pub(crate) fn check_tenants(plan: &Plan, wish: &PlanningWish) -> Result<(), Failure> {
    let missing = |tenant: &TenantId| !plan.tenants.iter().any(|planned| planned.id == *tenant);
    let missing = tenants(wish)?.into_iter().find(missing);
    missing.map_or(Ok(()), |tenant| Err(Failure::NoSuchTenant(tenant.to_string())))
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
    let Owners(owners) = serde_json::from_slice(&text)
        .map_err(|error| Failure::Owners { line: error.line(), column: error.column() })?;
    Ok(owners)
}

/// Owners by what they own, each named once: of two owners of one thing none would be meant for certain.
struct Owners(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Owners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Owners;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Owners, A::Error> {
        let mut owners = BTreeMap::new();
        while let Some((of, owner)) = members.next_entry::<String, String>()? {
            if owners.insert(of, owner).is_some() {
                return Err(A::Error::custom("named twice"));
            }
        }
        Ok(Owners(owners))
    }
}
