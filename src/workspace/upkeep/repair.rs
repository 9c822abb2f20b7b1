//! Repairing what a check found and the caller chose.
//!
//! Each finding is confirmed once more: by the store before, and by the ledger inside the one
//! transaction that changes it. Repair corrects or clears, and never takes in what no ledger named.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Lifecycle, Section, State};
use crate::ownership::{Permit, Resource};
use crate::paths::{Area, CollectionName, FileName, TenantId};

use super::super::access::{Core, missing};
use super::super::files::{self, Blob};
use super::super::profile::is_alive;
use super::super::records::{blob_key, section};
use super::super::views::{self, Scope};
use super::check::{Standing, ask_store, ledger_agrees, list, standing};
use super::finding::Finding;
use super::sweep::sweep;

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RepairReport {
    /// What is repaired.
    pub repaired: Vec<Finding>,
    /// What was left as it is: it is never touched, or is no longer so.
    pub left: Vec<Finding>,
}

/// Repairs what was chosen of the permit's tenant.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if the tenant does not live, [`Suspended`](ErrorKind::Suspended)
/// while it is being deleted; [`Unavailable`](ErrorKind::Unavailable) if files are said to be missing
/// from an area in which the store lists nothing at all, for then rather the area is; the store's.
pub(in crate::workspace) async fn repair(
    core: &Arc<Core>,
    permit: &Permit,
    chosen: &[Finding],
) -> Result<RepairReport> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    refuse_if_nothing_is_listed(core, permit, chosen).await?;
    let mut report = RepairReport::default();
    let (mut in_ledger, mut rest) = (Vec::new(), BTreeSet::new());
    for finding in chosen {
        match step(finding) {
            Some(Step::Ledger) => match ask_store(core, permit, finding.clone()).await? {
                Some(confirmed) => in_ledger.push(confirmed),
                None => report.left.push(finding.clone()),
            },
            Some(step) => {
                rest.insert(step);
                report.repaired.push(finding.clone());
            }
            None => report.left.push(finding.clone()),
        }
    }
    let ledger = core.guarded.ledger(permit);
    if rest.contains(&Step::Recount) {
        ledger.forget(tenant);
    }
    let change = transaction(core, tenant, operation, in_ledger);
    let ((repaired, left), _) = ledger.transact(operation, tenant, change).await?;
    // The transaction doomed files; what was expired or doomed before goes with them.
    if rest.contains(&Step::Sweep) || !repaired.is_empty() {
        sweep(core, permit).await?;
    }
    if rest.contains(&Step::Views) {
        views::write(core, permit, Scope::All).await?;
    }
    report.repaired.extend(repaired);
    report.left.extend(left);
    Ok(report)
}

/// By what a finding is repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A change of the ledger.
    Ledger,
    /// A sweep.
    Sweep,
    /// Reading the ledger from the store again.
    Recount,
    /// Writing the views.
    Views,
}

const fn step(finding: &Finding) -> Option<Step> {
    Some(match finding {
        Finding::MissingFile { .. }
        | Finding::WrongLength { .. }
        | Finding::UnreferredFile { .. }
        | Finding::ForeignOwner { .. }
        | Finding::UnreadableRecord { .. } => Step::Ledger,
        Finding::ExpiredReservation { .. } | Finding::OverdueDoom { .. } => Step::Sweep,
        Finding::WrongUsage { .. } => Step::Recount,
        Finding::EditedView { .. } => Step::Views,
        Finding::UnknownFile { .. } | Finding::StrayEntry { .. } => return None,
    })
}

/// A store that held things and lists nothing is rather not there.
async fn refuse_if_nothing_is_listed(core: &Core, permit: &Permit, chosen: &[Finding]) -> Result<()> {
    let areas: BTreeSet<Area> = chosen
        .iter()
        .filter_map(|finding| match finding {
            Finding::MissingFile { area, .. } => Some(*area),
            _ => None,
        })
        .collect();
    for area in areas {
        if list(core, permit, area).await?.values().all(|found| found.file.is_none()) {
            return Err(Error::new(ErrorKind::Unavailable, permit.action().as_str()).about(area.to_string()));
        }
    }
    Ok(())
}

type Outcome = (Vec<Finding>, Vec<Finding>);

fn transaction(
    core: &Arc<Core>,
    tenant: &TenantId,
    operation: &'static str,
    chosen: Vec<Finding>,
) -> impl FnMut(&mut Draft) -> Result<Outcome> + Send + 'static {
    let (core, tenant) = (Arc::clone(core), tenant.clone());
    move |draft| {
        let header = draft.state().header().filter(|header| is_alive(&header.lifecycle));
        let header = header.ok_or_else(|| missing(operation, &Resource::Tenant))?;
        if header.lifecycle != Lifecycle::Active {
            return Err(Error::new(ErrorKind::Suspended, operation));
        }
        let (mut repaired, mut left) = (Vec::new(), Vec::new());
        for finding in &chosen {
            let list = if apply(draft, &core, &tenant, finding) { &mut repaired } else { &mut left };
            list.push(finding.clone());
        }
        Ok((repaired, left))
    }
}

/// Repairs one finding in a draft, if it still is so there.
fn apply(draft: &mut Draft, core: &Core, tenant: &TenantId, finding: &Finding) -> bool {
    if !ledger_agrees(draft.state(), finding) {
        return false;
    }
    match finding {
        Finding::MissingFile { area, name } | Finding::WrongLength { area, name, .. } => {
            for (section, entry) in draft.state().find_everywhere(&blob_key(*area, name)) {
                remove_record(draft, core, &section, &entry.id);
            }
            // Also one to which no record referred.
            files::release(draft, core, &[(*area, name.clone())]);
            true
        }
        Finding::UnreferredFile { area, name } => {
            files::release(draft, core, &[(*area, name.clone())]);
            true
        }
        Finding::ForeignOwner { collection, id } => {
            remove_standing(draft, core, tenant, collection, id, Standing::Foreign)
        }
        Finding::UnreadableRecord { collection, id } => {
            remove_standing(draft, core, tenant, collection, id, Standing::Unreadable)
        }
        _ => false,
    }
}

/// Removes a record, if it is as it was found.
fn remove_standing(
    draft: &mut Draft,
    core: &Core,
    tenant: &TenantId,
    collection: &CollectionName,
    id: &str,
    found: Standing,
) -> bool {
    let section = section(collection);
    let still = draft.state().get(&section, id).is_some_and(|entry| standing(tenant, &entry.text) == found);
    if still {
        remove_record(draft, core, &section, id);
    }
    still
}

/// Removes a record, and dooms the files to which it alone refers. Which those are, its keys say: of
/// what type it is, is not known here.
fn remove_record(draft: &mut Draft, core: &Core, section: &Section, id: &str) {
    let files = referred(draft.state(), section, id);
    draft.remove(section, id);
    files::release(draft, core, &files);
}

fn referred(state: &State, section: &Section, id: &str) -> Vec<(Area, FileName)> {
    let blobs = files::entries::<Blob>(state, &Section::BLOBS).into_iter();
    let named = blobs.filter_map(|(address, _)| files::of_address(&address));
    let refers = |(area, name): &(Area, FileName)| {
        let found = state.find_everywhere(&blob_key(*area, name));
        found.iter().any(|(from, entry)| from == section && *entry.id == *id)
    };
    named.filter(refers).collect()
}
