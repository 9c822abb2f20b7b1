//! Comparing a tenant's ledger with the store.
//!
//! The store is listed first and the ledger read after that, so that what is written meanwhile is
//! named by the time it is looked up. What still looks wrong is confirmed by `head`, and then by the
//! ledger, read from the store once more: only what both say is a finding.

use std::collections::{BTreeMap, HashSet};

use crate::error::{Error, Result};
use crate::ledger::{Section, State};
use crate::ownership::{Permit, Resource};
use crate::paths::{Area, BlobKey, CollectionName, FileName, TenantId};
use crate::record::RecordText;
use crate::store::Found;

use super::super::access::{Core, missing};
use super::super::files::{self, Blob, Doom};
use super::super::profile::is_alive;
use super::super::records::{self, blob_key};
use super::super::views;
use super::finding::{CheckReport, Finding};
use super::sweep::{Fate, due};

/// How many entries are listed at a time.
const PAGE: usize = 1000;

/// Compares the ledger of the permit's tenant with the store; changes nothing.
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) if the tenant does not live; the store's.
pub(in crate::workspace) async fn check(core: &Core, permit: &Permit) -> Result<CheckReport> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    let ledger = core.guarded.ledger(permit);
    let mut listed = Listed::new();
    for &area in Area::ALL {
        listed.insert(area, list(core, permit, area).await?);
    }
    let state = ledger.read(operation, tenant).await?;
    if !state.header().is_some_and(|header| is_alive(&header.lifecycle)) {
        return Err(missing(operation, &Resource::Tenant));
    }
    let mut report =
        CheckReport { files: state.tallies().of(&Section::BLOBS).count, ..CheckReport::default() };
    let mut suspected = suspects(&state, &listed);
    let mut confirmed = Vec::new();
    for suspect in suspected.drain(..) {
        confirmed.extend(ask_store(core, permit, suspect).await?);
    }
    let newest = ledger.read(operation, tenant).await?;
    let names = Names::of(&newest);
    confirmed.retain(|finding| match finding {
        Finding::UnknownFile { area, name, .. } => !names.have(*area, name),
        finding => ledger_agrees(&newest, finding),
    });
    report.findings = confirmed;
    report.findings.extend(in_ledger(core, tenant, &newest, &mut report.records));
    let edited = views::edited(core, permit).await?;
    report.findings.extend(edited.into_iter().map(|view| Finding::EditedView { view }));
    Ok(report)
}

/// What lies in each area, by name.
type Listed = BTreeMap<Area, BTreeMap<String, Found>>;

/// Lists an area.
pub(super) async fn list(core: &Core, permit: &Permit, area: Area) -> Result<BTreeMap<String, Found>> {
    let mut listed = BTreeMap::new();
    let mut after = None;
    loop {
        let store = core.guarded.store(permit);
        let page = store.list(permit.tenant(), area, after.as_deref(), PAGE).await;
        let page = page.map_err(|error| Error::store(permit.action().as_str(), error))?;
        listed.extend(page.items.into_iter().map(|found| (found.name.clone(), found)));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Everything in which a listing and a state differ.
fn suspects(state: &State, listed: &Listed) -> Vec<Finding> {
    let mut suspects = Vec::new();
    for (address, blob) in files::entries::<Blob>(state, &Section::BLOBS) {
        let Some((area, name)) = files::of_address(&address) else { continue };
        match listed.get(&area).and_then(|found| found.get(name.as_str())) {
            Some(found) if found.file.is_some() && found.length == blob.bytes => {}
            Some(found) if found.file.is_some() => {
                let (expected, found) = (blob.bytes, found.length);
                suspects.push(Finding::WrongLength { area, name, expected, found });
            }
            _ => suspects.push(Finding::MissingFile { area, name }),
        }
    }
    let names = Names::of(state);
    for (&area, found) in listed {
        for (name, found) in found {
            match &found.file {
                Some(file) if names.have(area, file) => {}
                Some(file) => {
                    let (name, length) = (file.clone(), found.length);
                    suspects.push(Finding::UnknownFile { area, name, length });
                }
                None => suspects.push(Finding::StrayEntry { area, name: name.clone() }),
            }
        }
    }
    suspects
}

/// The files of which a ledger says anything.
struct Names<'a> {
    state: &'a State,
    /// Only the reservations of others name these: gathered once, not for each file.
    copies: HashSet<(Area, FileName)>,
}

impl<'a> Names<'a> {
    fn of(state: &'a State) -> Self {
        Self { state, copies: files::copies(state) }
    }

    fn have(&self, area: Area, name: &FileName) -> bool {
        let address = files::address(area, name);
        let sections = [Section::BLOBS, Section::RESERVATIONS, Section::DOOMS];
        sections.iter().any(|section| self.state.get(section, &address).is_some())
            || self.copies.contains(&(area, name.clone()))
    }
}

/// What the store says of a file that is suspected, asked for by its name.
pub(super) async fn ask_store(core: &Core, permit: &Permit, suspect: Finding) -> Result<Option<Finding>> {
    let (area, name) = match &suspect {
        Finding::MissingFile { area, name }
        | Finding::WrongLength { area, name, .. }
        | Finding::UnknownFile { area, name, .. } => (*area, name),
        _ => return Ok(Some(suspect)),
    };
    let key = BlobKey::new(permit.tenant().clone(), area, name.clone());
    let head = core.guarded.store(permit).head(&key).await;
    let length = head.map_err(|error| Error::store(permit.action().as_str(), error))?.map(|info| info.length);
    Ok(match (suspect, length) {
        (Finding::MissingFile { area, name }, None) => Some(Finding::MissingFile { area, name }),
        (Finding::WrongLength { area, name, expected, .. }, Some(found)) if found != expected => {
            Some(Finding::WrongLength { area, name, expected, found })
        }
        (Finding::UnknownFile { area, name, .. }, Some(length)) => {
            Some(Finding::UnknownFile { area, name, length })
        }
        _ => None,
    })
}

/// Whether a state has what the store does not, as the finding says.
pub(super) fn ledger_agrees(state: &State, finding: &Finding) -> bool {
    match finding {
        Finding::MissingFile { area, name } => files::blob(state, *area, name).is_some(),
        Finding::WrongLength { area, name, expected, .. } => {
            files::blob(state, *area, name).is_some_and(|blob| blob.bytes == *expected)
        }
        Finding::UnreferredFile { area, name } => {
            files::blob(state, *area, name).is_some()
                && state.find_everywhere(&blob_key(*area, name)).is_empty()
        }
        _ => true,
    }
}

/// What is wrong with a state by itself.
fn in_ledger(core: &Core, tenant: &TenantId, state: &State, records: &mut u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (section, _) in state.tallies().iter() {
        let Ok(collection) = CollectionName::parse(section.as_str()) else { continue };
        for entry in records::texts(state, &collection) {
            *records += 1;
            let (collection, id) = (collection.clone(), entry.id.to_string());
            match standing(tenant, &entry.text) {
                Standing::Own => {}
                Standing::Foreign => findings.push(Finding::ForeignOwner { collection, id }),
                Standing::Unreadable => findings.push(Finding::UnreadableRecord { collection, id }),
            }
        }
    }
    for (address, _) in files::entries::<Blob>(state, &Section::BLOBS) {
        let Some((area, name)) = files::of_address(&address) else { continue };
        if state.find_everywhere(&blob_key(area, &name)).is_empty() {
            findings.push(Finding::UnreferredFile { area, name });
        }
    }
    for (area, name) in due(state, core.clock.now()) {
        findings.push(Finding::ExpiredReservation { area, name });
    }
    for (address, doom) in files::entries::<Doom>(state, &Section::DOOMS) {
        let Some((area, name)) = files::of_address(&address) else { continue };
        let key = BlobKey::new(tenant.clone(), area, name.clone());
        if Fate::of(core, &key, &doom) == Fate::Forget {
            findings.push(Finding::OverdueDoom { area, name });
        }
    }
    let wrong = state.miscounted().into_iter().map(|section| section.as_str().to_owned());
    findings.extend(wrong.map(|section| Finding::WrongUsage { section }));
    findings
}

/// Whose a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Own,
    Foreign,
    Unreadable,
}

pub(super) fn standing(tenant: &TenantId, text: &bytes::Bytes) -> Standing {
    match RecordText::from_stored(text.clone()).envelope() {
        Ok(envelope) if envelope.owner().is_none_or(|owner| owner == tenant.as_str()) => Standing::Own,
        Ok(_) => Standing::Foreign,
        Err(_) => Standing::Unreadable,
    }
}
