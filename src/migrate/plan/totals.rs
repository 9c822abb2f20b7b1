//! How much there is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PlannedFile, PlannedRecord, SourceFile};
use crate::paths::TenantId;

/// How much there is of everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Files that become stored ones.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Records.
    pub records: u64,
    /// Their bytes as they are stored.
    pub record_bytes: u64,
    /// The bytes of files that get another place.
    pub moved_bytes: u64,
    /// The bytes of files that several tenants get, but for the first one's; and of those whose original stays.
    pub copied_bytes: u64,
    /// The bytes that a migration within the root needs beside what is there: copies, the records three times
    /// (in ledgers, in views, and once more while a ledger is folded), and the originals of what held them.
    pub space_needed: u64,
    /// The bytes that a migration to another place needs there: all files, and the records three times.
    pub space_needed_elsewhere: u64,
    /// How much each tenant gets.
    pub tenants: BTreeMap<TenantId, TenantTotals>,
}

/// How much a tenant gets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TenantTotals {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// The bytes of its records.
    pub record_bytes: u64,
    /// Live streams that are scheduled or live.
    pub active_streams: u64,
    /// Records by collection.
    pub records: BTreeMap<String, u64>,
}

impl Totals {
    /// Adds up what is planned.
    pub(in crate::migrate) fn of(
        files: &[PlannedFile],
        records: &[PlannedRecord],
        sources: &[SourceFile],
        active: &BTreeMap<TenantId, u64>,
    ) -> Self {
        let mut totals = Self::default();
        for file in files {
            let in_place = file.stays() || file.is_moved();
            let copies = (file.to.len() as u64).saturating_sub(u64::from(in_place)) * file.bytes;
            totals.copied_bytes += copies;
            totals.moved_bytes += if file.is_moved() { file.bytes } else { 0 };
            for to in &file.to {
                let tenant = totals.tenants.entry(to.tenant.clone()).or_default();
                tenant.files += 1;
                tenant.file_bytes += file.bytes;
                totals.files += 1;
                totals.file_bytes += file.bytes;
            }
        }
        for record in records {
            let tenant = totals.tenants.entry(record.tenant.clone()).or_default();
            tenant.record_bytes += record.bytes;
            *tenant.records.entry(record.collection.as_str().to_owned()).or_default() += 1;
            totals.records += 1;
            totals.record_bytes += record.bytes;
        }
        for (tenant, active) in active {
            totals.tenants.entry(tenant.clone()).or_default().active_streams = *active;
        }
        let originals: u64 =
            sources.iter().filter(|source| source.set_aside).map(|source| source.bytes).sum();
        totals.space_needed = totals.copied_bytes + 3 * totals.record_bytes + originals;
        totals.space_needed_elsewhere = totals.file_bytes + 3 * totals.record_bytes;
        totals
    }
}
