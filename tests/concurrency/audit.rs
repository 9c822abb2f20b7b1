//! A tenant's whole history as its ledger has it: what was in use after each commit, counted anew.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tenantry::store::{Loaded, TenantStore};

use super::workload::{BLOB_BYTES, RECORD_BYTES, SLOTS, tenant};

/// What is in use at one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct InUse {
    pub(crate) slots: u64,
    pub(crate) record_bytes: u64,
    /// The bytes of files, those being uploaded included.
    pub(crate) blob_bytes: u64,
}

/// The history of a tenant, read from its ledger.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    entries: BTreeMap<(String, String), String>,
    /// What was in use after each change; a commit may have several.
    pub(crate) after_changes: Vec<InUse>,
    /// The values of each counter, in order of their commits.
    pub(crate) counters: BTreeMap<String, Vec<u64>>,
    /// The slots as they were put (`true`) and removed, in order.
    pub(crate) slots: Vec<(String, bool)>,
}

impl Audit {
    /// Reads the ledger of the tenant that all work on and sees that no commit exceeds a limit.
    pub(crate) async fn of(store: &impl TenantStore) -> Self {
        let loaded = store.load(&tenant("ana")).await.unwrap().unwrap();
        let Loaded { snapshot, snapshot_number, commits, version, .. } = loaded;
        assert_eq!((snapshot.len(), snapshot_number), (0, 0), "a fold hid commits");
        assert_eq!(commits.len() as u64, version.number);
        let mut audit = Self::default();
        for (number, commit) in commits.iter().enumerate() {
            let changes: Vec<&RawValue> = serde_json::from_slice(commit).unwrap();
            for change in changes {
                audit.apply(change.get());
            }
            let InUse { slots, record_bytes, blob_bytes } = audit.in_use();
            let within = slots <= SLOTS && record_bytes <= RECORD_BYTES && blob_bytes <= BLOB_BYTES;
            assert!(within, "after commit {number}: {:?}", audit.in_use());
        }
        audit
    }

    fn apply(&mut self, change: &str) {
        let parts: Vec<&RawValue> = serde_json::from_str(change).unwrap();
        let text = |at: usize| serde_json::from_str::<String>(parts[at].get()).unwrap();
        let address = (text(0), text(1));
        match parts.len() {
            2 => {
                self.note_slot(&address, false);
                assert!(self.entries.remove(&address).is_some(), "{address:?} was not there");
            }
            5 => {
                let record = parts[4].get();
                if address.0 == "counters" {
                    let value = serde_json::from_str::<serde_json::Value>(record).unwrap()["value"].as_u64();
                    self.counters.entry(address.1.clone()).or_default().push(value.unwrap());
                }
                self.note_slot(&address, true);
                self.entries.insert(address, record.to_owned());
            }
            _ => panic!("not a change: {change}"),
        }
        self.after_changes.push(self.in_use());
    }

    fn note_slot(&mut self, address: &(String, String), there: bool) {
        if address.0 == "slots" {
            self.slots.push((address.1.clone(), there));
        }
    }

    /// What is in use now, counted entry by entry.
    pub(crate) fn in_use(&self) -> InUse {
        let mut used = InUse::default();
        for ((section, _), text) in &self.entries {
            match section.as_str() {
                "@blobs" | "@reservations" => {
                    let entry: serde_json::Value = serde_json::from_str(text).unwrap();
                    used.blob_bytes += entry["bytes"].as_u64().unwrap();
                }
                internal if internal.starts_with('@') => {}
                _ => used.record_bytes += text.len() as u64,
            }
            used.slots += u64::from(section == "slots");
        }
        used
    }
}
