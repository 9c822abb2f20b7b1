//! The end of a machine: what of a disk is there when it comes up again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::SimulatedDisk;
use super::choice::{Chooser, Exhaustive, KeepAll, LoseAll, Seeded};
use super::folder::{FolderState, Node};
use super::state::{Body, ROOT, State};

impl SimulatedDisk {
    /// The disk as it may be after the machine stopped now; `chooser` decides what became of each
    /// thing that was not synced. Settings stay, faults and processes don't.
    pub fn crash(&self, chooser: &mut dyn Chooser) -> Self {
        let old = self.shared.lock();
        let mut new = State::new();
        new.capacity = old.capacity;
        new.open_limit = old.open_limit;
        new.unnamed_files = old.unnamed_files;
        let mut copies = HashMap::from([(ROOT, ROOT)]);
        let mut folders = vec![(ROOT, String::new())];
        while let Some((node, path)) = folders.pop() {
            let Body::Folder(folder) = &old.entries[&node].body else { continue };
            let mut names = BTreeMap::new();
            for (name, child) in folder.after_crash(chooser) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                let copy = match copies.get(&child) {
                    Some(copy) => *copy,
                    None => {
                        let copy = copy_entry(&old, &mut new, child, path.clone(), chooser);
                        copies.insert(child, copy);
                        if matches!(old.entries[&child].body, Body::Folder(_)) {
                            folders.push((child, path));
                        }
                        copy
                    }
                };
                new.link(copy);
                names.insert(name, copy);
            }
            new.entry(copies[&node]).body = Body::Folder(FolderState::durable(names));
        }
        Self::with_state(new)
    }

    /// The disks that a crash now may leave, each once: all of them where at most `limit` sequences
    /// of choices lead to them; else the one that keeps all, the one that loses all, and such as
    /// `seed` picks, up to `limit`.
    #[must_use]
    pub fn crash_outcomes(&self, limit: usize, seed: u64) -> Vec<Self> {
        let mut outcomes = Vec::new();
        let mut chooser = Exhaustive::default();
        loop {
            outcomes.push(self.crash(&mut chooser));
            if !chooser.advance() {
                break;
            }
            if outcomes.len() == limit {
                outcomes = vec![self.crash(&mut KeepAll), self.crash(&mut LoseAll)];
                let mut seeded = Seeded::new(seed);
                outcomes.extend((2..limit).map(|_| self.crash(&mut seeded)));
                break;
            }
        }
        let mut seen = HashSet::new();
        outcomes.retain(|disk| seen.insert(disk.fingerprint()));
        outcomes
    }

    /// A number that two disks share if they look the same.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (path, file) in self.tree() {
            (path, file).hash(&mut hasher);
        }
        hasher.finish()
    }
}

fn copy_entry(old: &State, new: &mut State, node: Node, path: String, chooser: &mut dyn Chooser) -> Node {
    let entry = &old.entries[&node];
    match &entry.body {
        Body::File(file) => new.add_file(file.after_crash(chooser), path, entry.mode),
        Body::Folder(_) => new.add(Body::Folder(FolderState::default()), path, entry.mode),
    }
}
