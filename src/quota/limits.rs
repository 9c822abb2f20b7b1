//! Limits, and the plans that name them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ownership::Role;
use crate::paths::CollectionName;

/// The most that a tenant may hold of each kind; `None` and kinds not named are unlimited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes of stored files, those being uploaded included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob_bytes: Option<u64>,
    /// The bytes of records, as they are stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bytes: Option<u64>,
    /// The number of stored files, those being uploaded included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// The number of live streams that are scheduled or live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_streams: Option<u64>,
    /// The number of records per collection.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
}

impl Limits {
    /// No limits at all.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// The same with a limit on the bytes of files.
    #[must_use]
    pub fn with_blob_bytes(mut self, bytes: u64) -> Self {
        self.blob_bytes = Some(bytes);
        self
    }

    /// The same with a limit on the bytes of records.
    #[must_use]
    pub fn with_record_bytes(mut self, bytes: u64) -> Self {
        self.record_bytes = Some(bytes);
        self
    }

    /// The same with a limit on the number of files.
    #[must_use]
    pub fn with_files(mut self, files: u64) -> Self {
        self.files = Some(files);
        self
    }

    /// The same with a limit on the number of live streams that are scheduled or live.
    #[must_use]
    pub fn with_active_streams(mut self, streams: u64) -> Self {
        self.active_streams = Some(streams);
        self
    }

    /// The same with a limit on the number of records of a collection.
    #[must_use]
    pub fn with_count(mut self, collection: &CollectionName, count: u64) -> Self {
        self.counts.insert(collection.as_str().to_owned(), count);
        self
    }

    /// The limits that allow nothing more.
    pub(super) fn exhausted() -> Self {
        Self::unlimited().with_blob_bytes(0).with_record_bytes(0).with_files(0).with_active_streams(0)
    }

    /// These limits, with what `over` sets in place of theirs.
    pub(crate) fn overridden(mut self, over: &Self) -> Self {
        self.blob_bytes = over.blob_bytes.or(self.blob_bytes);
        self.record_bytes = over.record_bytes.or(self.record_bytes);
        self.files = over.files.or(self.files);
        self.active_streams = over.active_streams.or(self.active_streams);
        self.counts.extend(over.counts.iter().map(|(name, count)| (name.clone(), *count)));
        self
    }
}

/// Named plans, and the one for each role that a tenant has if its profile names none.
///
/// Every process that works on one root is to be given the same plans.
#[derive(Debug, Clone, Default)]
pub struct Plans {
    named: BTreeMap<String, Limits>,
    by_role: BTreeMap<&'static str, String>,
}

impl Plans {
    /// No plans: nobody is limited.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plan, or replaces the one of that name.
    #[must_use]
    pub fn with_plan(mut self, name: &str, limits: Limits) -> Self {
        self.named.insert(name.to_owned(), limits);
        self
    }

    /// Makes a plan the one that tenants of a role have unless their profile names another.
    #[must_use]
    pub fn with_default(mut self, role: Role, plan: &str) -> Self {
        self.by_role.insert(role.as_str(), plan.to_owned());
        self
    }

    /// Whether there is a plan of that name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// The first role whose default names no plan.
    pub(crate) fn dangling_default(&self) -> Option<&str> {
        self.by_role.values().find(|plan| !self.contains(plan)).map(String::as_str)
    }

    /// The limits of a tenant: those of its plan, or of its role's; a plan that is no longer known
    /// allows nothing more.
    pub(super) fn limits(&self, role: &str, plan: Option<&str>) -> Limits {
        match plan.or_else(|| self.by_role.get(role).map(String::as_str)) {
            None => Limits::unlimited(),
            Some(plan) => self.named.get(plan).cloned().unwrap_or_else(Limits::exhausted),
        }
    }
}
