//! What was found in the tree: whose each record and each file is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::Timestamp;

use crate::migrate::survey::Survey;
use crate::migrate::{Digest, MigrateError, Plan, Planner, Texts, TreePath};
use crate::ownership::{Permit, Role};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::record::{RecordId, RecordText};

/// A tree as it was read.
pub(super) struct Reading {
    /// What tells it from any other.
    pub(super) stamp: Digest,
    survey: Survey,
    roles: BTreeMap<TenantId, Role>,
    records: BTreeMap<(TenantId, CollectionName), Records>,
    files: BTreeMap<(TenantId, Area, String), Stored>,
}

/// A tenant's records of one kind.
#[derive(Default)]
struct Records {
    texts: Vec<RecordText>,
    by_id: HashMap<RecordId, usize>,
    /// By the file that they name as theirs, ignoring case.
    by_file: HashMap<String, usize>,
}

/// Where a file lies, and how it is known again.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) path: TreePath,
    pub(super) bytes: u64,
    pub(super) modified: Timestamp,
}

impl Reading {
    /// Reads the tree; of files that are as they were when it was read before, nothing.
    pub(super) fn take(root: &Path, planner: &Planner, known: Option<&Self>) -> Result<Self, MigrateError> {
        // First, so that what changes while it is read is noticed with the next glance.
        let stamp = planner.glance(root)?;
        let (survey, plan) = planner.plan_to_serve(root, known.map(|known| &known.survey))?;
        let (records, files) = (records(root, planner, &plan)?, files(&survey, &plan));
        let living = plan.tenants.iter().filter(|tenant| !tenant.exists);
        let roles = living.map(|tenant| (tenant.id.clone(), tenant.role)).collect();
        Ok(Self { stamp, survey, roles, records, files })
    }

    /// What a tenant that is not migrated may do.
    pub(super) fn role(&self, tenant: &TenantId) -> Option<Role> {
        self.roles.get(tenant).copied()
    }

    fn of(&self, permit: &Permit, collection: &CollectionName) -> Option<&Records> {
        self.records.get(&(permit.tenant().clone(), collection.clone()))
    }

    /// The records of a kind, in their order.
    pub(super) fn list(&self, permit: &Permit, collection: &CollectionName) -> &[RecordText] {
        self.of(permit, collection).map(|records| records.texts.as_slice()).unwrap_or_default()
    }

    /// One record.
    pub(super) fn get(
        &self,
        permit: &Permit,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Option<&RecordText> {
        let records = self.of(permit, collection)?;
        records.texts.get(*records.by_id.get(id)?)
    }

    /// The record whose own file has that name.
    pub(super) fn of_file(
        &self,
        permit: &Permit,
        collection: &CollectionName,
        name: &FileName,
    ) -> Option<&RecordText> {
        let records = self.of(permit, collection)?;
        records.texts.get(*records.by_file.get(&name.folded())?)
    }

    /// Whether a record's own file would have that name, and is not there.
    pub(super) fn has_lost(&self, permit: &Permit, area: Area, name: &FileName) -> bool {
        let collection = match area {
            Area::Videos => CollectionName::VIDEOS,
            Area::Thumbnails => CollectionName::THUMBNAILS,
        };
        self.file(permit, area, name).is_none() && self.of_file(permit, &collection, name).is_some()
    }

    /// Where a file lies.
    pub(super) fn file(&self, permit: &Permit, area: Area, name: &FileName) -> Option<&Stored> {
        self.files.get(&(permit.tenant().clone(), area, name.folded()))
    }
}

fn records(
    root: &Path,
    planner: &Planner,
    plan: &Plan,
) -> Result<BTreeMap<(TenantId, CollectionName), Records>, MigrateError> {
    let mut texts = Texts::new(root, plan).record_limits(planner.limits());
    let mut all = BTreeMap::<_, Records>::new();
    for record in &plan.records {
        let text = texts.of(record)?;
        let records = all.entry((record.tenant.clone(), record.collection.clone())).or_default();
        let at = records.texts.len();
        records.by_id.insert(record.id.clone(), at);
        let file = text.fields().ok().and_then(|fields| fields.get_text("filename"));
        if let Some(name) = file.and_then(|name| FileName::parse(&name).ok()) {
            // Of several the first, as in the library.
            records.by_file.entry(name.folded()).or_insert(at);
        }
        records.texts.push(text);
    }
    Ok(all)
}

fn files(survey: &Survey, plan: &Plan) -> BTreeMap<(TenantId, Area, String), Stored> {
    let mut files = BTreeMap::new();
    for file in &plan.files {
        let Some(entry) = survey.entry(&file.from) else { continue };
        for to in &file.to {
            let stored = Stored { path: file.from.clone(), bytes: entry.bytes, modified: entry.modified };
            files.insert((to.tenant.clone(), to.area, to.name.folded()), stored);
        }
    }
    files
}
