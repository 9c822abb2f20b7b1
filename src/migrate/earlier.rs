//! What earlier migrations of some tenants alone took away: by their journals, which name it, and keep the originals.
//!
//! Whose something is can depend on what another has: a token is theirs who alone use it, a name means the only file
//! that is spelled so. So who comes later is planned for as if everything were still where it was; what was taken
//! only tells, and is never carried again.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::survey::{self, OWN};
use super::{Digest, MigrateError, Plan, PlannedRecord, TreePath};

/// Where the journals of the migrations that are finished lie, one folder each, from 1.
const MIGRATIONS: &str = "migrations";
/// Where that of the one lies that is not.
const MIGRATION: &str = "migration";
const PLAN: &str = "plan.json";
const STATE: &str = "state.json";
const ORIGINALS: &str = "originals";

/// What is not there any more.
pub(super) struct Taken {
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    /// Where the original is, of what held records.
    pub(super) original: Option<TreePath>,
}

/// What earlier migrations did.
#[derive(Default)]
pub(super) struct Earlier {
    /// What they took away, by where it was.
    pub(super) taken: BTreeMap<TreePath, Taken>,
    /// The records that they carried, by where they stood and what they said.
    carried: HashSet<u128>,
}

impl Earlier {
    /// Reads the journals of a root.
    pub(super) fn of(root: &Path) -> Result<Self, MigrateError> {
        let mut earlier = Self::default();
        let under_way = TreePath::root().join(OWN).join(MIGRATION);
        // Before that is there, nothing was done of what the plan says.
        let has_begun = under_way.join(STATE).beneath(root).is_some_and(|state| state.is_file());
        for journal in finished(root).into_iter().chain(has_begun.then_some(under_way)) {
            if let Some(plan) = plan(root, &journal)? {
                earlier.add(&journal.join(ORIGINALS), plan);
            }
        }
        Ok(earlier)
    }

    fn add(&mut self, originals: &TreePath, plan: Plan) {
        for source in plan.sources.into_iter().filter(|source| source.set_aside) {
            let original =
                source.path.parts().fold(originals.clone(), |folder, part| folder.child_named(part));
            let taken = Taken { bytes: source.bytes, digest: source.digest, original: Some(original) };
            self.taken.insert(source.path, taken);
        }
        // Also what lay where it was to be: that is its tenant's now, and is looked at no more.
        for file in plan.files.into_iter().filter(|file| !file.keeps_original) {
            self.taken.insert(file.from, Taken { bytes: file.bytes, digest: file.digest, original: None });
        }
        let records = plan.records.iter().map(|record| key(&record.from, record.original));
        self.carried.extend(records);
    }

    /// Whether a record that stands there and says that was carried.
    pub(super) fn carried(&self, from: &TreePath, original: Digest) -> bool {
        self.carried.contains(&key(from, original))
    }
}

/// The records that finished migrations carried out of one file, by what they said there, in their order.
pub(super) fn carried_from(
    root: &Path,
    path: &TreePath,
) -> Result<HashMap<Digest, VecDeque<PlannedRecord>>, MigrateError> {
    let mut carried = HashMap::<_, VecDeque<_>>::new();
    for journal in finished(root) {
        let records = plan(root, &journal)?.map(|plan| plan.records).unwrap_or_default();
        for record in records.into_iter().filter(|record| record.from == *path) {
            carried.entry(record.original).or_default().push_back(record);
        }
    }
    Ok(carried)
}

/// The folders of the migrations that are finished, in their order.
fn finished(root: &Path) -> Vec<TreePath> {
    let folder = TreePath::root().join(OWN).join(MIGRATIONS);
    let listed = folder.beneath(root).and_then(|place| fs::read_dir(place).ok());
    let names = listed.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut numbers: Vec<u64> = names.filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| folder.join(&number.to_string())).collect()
}

/// The plan in that folder; `None` if there is none: none is under way, or somebody removed what was kept of one.
fn plan(root: &Path, journal: &TreePath) -> Result<Option<Plan>, MigrateError> {
    match survey::read(root, &journal.join(PLAN)) {
        Err(MigrateError::Read { kind: ErrorKind::NotFound, .. }) => Ok(None),
        read => Plan::of_journal(&read?).map(Some),
    }
}

fn key(from: &TreePath, original: Digest) -> u128 {
    Digest::of_parts([from.as_bytes(), original.to_string().as_bytes()]).half()
}
