//! What is told of a migration.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::migrate::{Placement, TreePath};
use crate::paths::{CollectionName, TenantId};
use crate::record::RecordId;

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MigrationPhase {
    /// None has begun, or it was rolled back.
    NotBegun,
    /// It has begun and is to be gone on with, or rolled back.
    Applying,
    /// All is done; it can be verified, and rolled back until it is finished.
    Applied,
    /// It is being rolled back.
    RollingBack,
    /// It can't be rolled back any more.
    Finished,
}

/// How far a migration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Where it stands.
    pub phase: MigrationPhase,
    /// When it began.
    #[serde(serialize_with = "as_text")]
    pub begun_at: Option<Timestamp>,
    /// The name of the store in which the tenants are, if not in the root.
    pub to: Option<String>,
    /// The tenants that are there.
    pub done: Vec<TenantId>,
    /// Those that are still to come.
    pub to_come: Vec<TenantId>,
    /// Where the originals are.
    pub originals: Option<TreePath>,
    /// How many migrations of this root were finished before.
    pub earlier: u64,
}

fn as_text<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(serializer)
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// How many tenants there are of it.
    pub tenants: u64,
    /// How many files, copies included.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// How many records.
    pub records: u64,
    /// Whether it had been begun before.
    pub went_on: bool,
    /// Whether all was done before, so that nothing was changed.
    pub was_done: bool,
}

/// What was read back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// What was found of each tenant.
    pub tenants: BTreeMap<TenantId, VerifiedTenant>,
    /// What is not as the plan says.
    pub differences: Vec<Difference>,
}

impl Verification {
    /// Whether all is as the plan says.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}

/// How much of a tenant was read back and found to be as the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct VerifiedTenant {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Records by collection.
    pub records: BTreeMap<String, u64>,
}

/// Something that is not as the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Whose it is; `None` for what lies in the root and is nobody's.
    pub tenant: Option<TenantId>,
    /// What it is.
    pub of: Differs,
    /// What is wrong with it.
    pub reason: String,
}

/// What can differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Differs {
    /// The tenant itself: it is not there, or its profile is another.
    Tenant,
    /// A file.
    File(Placement),
    /// A record.
    Record {
        /// In which collection.
        collection: CollectionName,
        /// Its id.
        id: RecordId,
    },
    /// The order of a collection's records.
    Order(CollectionName),
    /// What lies in the root: an original, what was left where it is, or the workbook with the owners.
    Path(TreePath),
}

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct RolledBack {
    /// How many files were moved back, originals of databases included.
    pub moved_back: u64,
    /// How many files and folders that the migration had made were removed.
    pub removed: u64,
    /// What lies in tenants' folders and is not the library's, and so was left there.
    pub left: Vec<TreePath>,
    /// Files that can't be moved back, since a tenant deleted them after it was migrated.
    pub lost: Vec<TreePath>,
}

/// What is kept of a migration that was finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finished {
    /// Where the originals are.
    pub originals: Option<TreePath>,
}
