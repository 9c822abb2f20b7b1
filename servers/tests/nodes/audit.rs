//! The ledger of a run that kept all commits: what was in use after each, and what it says was done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;
use tenantry::store::{Loaded, TenantStore};

use crate::history::History;
use crate::words::{Did, ROOM, tenant};

#[derive(Debug, Default)]
struct Audit {
    /// The bytes of each file, those being uploaded included.
    held: BTreeMap<(String, String), u64>,
    /// How many bytes were in use after some change.
    in_use: BTreeSet<u64>,
    /// Every value that a note ever had, and every title of a file.
    put: BTreeSet<String>,
}

/// Sees that no commit exceeds the limit, that every refusal for want of room rests on a state that was
/// there, and that what was done is what was told.
pub(crate) async fn audit(store: &impl TenantStore, history: &History) {
    let loaded = store.load(&tenant("ana")).await.unwrap().unwrap();
    let Loaded { snapshot, snapshot_number, commits, version, .. } = loaded;
    assert_eq!((snapshot.len(), snapshot_number), (0, 0), "a fold hid commits");
    assert_eq!(commits.len() as u64, version.number);
    let mut audit = Audit::default();
    audit.in_use.insert(0);
    for (number, commit) in commits.iter().enumerate() {
        for change in serde_json::from_slice::<Vec<&RawValue>>(commit).unwrap() {
            audit.apply(change);
        }
        let in_use: u64 = audit.held.values().sum();
        assert!(in_use <= ROOM, "{in_use} bytes are in use after commit {number}");
    }
    audit.compare(history);
}

impl Audit {
    fn apply(&mut self, change: &RawValue) {
        let parts: Vec<Value> = serde_json::from_str(change.get()).unwrap();
        let text = |at: usize| parts[at].as_str().unwrap().to_owned();
        let address = (text(0), text(1));
        let record = parts.get(4);
        match (address.0.as_str(), record) {
            ("@blobs" | "@reservations", Some(entry)) => {
                self.held.insert(address, entry["bytes"].as_u64().unwrap());
            }
            ("@blobs" | "@reservations", None) => drop(self.held.remove(&address)),
            ("notes", Some(note)) => drop(self.put.insert(note["value"].to_string())),
            ("videos", Some(video)) => drop(self.put.insert(video["title"].as_str().unwrap().to_owned())),
            _ => {}
        }
        self.in_use.insert(self.held.values().sum());
    }

    fn compare(&self, history: &History) {
        let mut possible = BTreeSet::new();
        for event in &history.events {
            let put = match &event.did {
                Did::Insert { value, done: true, .. } | Did::Swap { to: Some(value), done: true, .. } => {
                    value.to_string()
                }
                Did::Upload { title } => title.clone(),
                Did::NoRoom { used } => {
                    assert!(self.in_use.contains(used), "{used} bytes were never in use");
                    continue;
                }
                _ => continue,
            };
            assert!(event.ended.is_none() || self.put.contains(&put), "{put} was acknowledged and is lost");
            possible.insert(put);
        }
        let more: Vec<_> = self.put.difference(&possible).collect();
        assert!(more.is_empty(), "{more:?} were said not to have been done");
    }
}
