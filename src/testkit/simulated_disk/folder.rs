//! A simulated directory: the names that programs see, and which of them a crash may leave.

use std::collections::BTreeMap;

use super::choice::Chooser;
use super::journal::{Fate, Journal};

/// The number of a file or directory within one disk; never used twice.
pub(super) type Node = u64;

/// What was done to the names since they were last made durable; each is kept or lost whole.
#[derive(Debug, Clone)]
enum Change {
    Put(String, Node),
    Rename { from: String, to: String, node: Node },
    Remove(String),
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, Node>) {
        match self {
            Self::Put(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Rename { from, to, node } => {
                // If the old name never became durable, or bears something else, it stays as it is.
                if names.get(from) == Some(node) {
                    names.remove(from);
                }
                names.insert(to.clone(), *node);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

/// A simulated directory.
#[derive(Debug, Clone, Default)]
pub(super) struct FolderState {
    pub(super) live: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    changes: Journal<Change>,
}

impl FolderState {
    /// A directory that is as durable as it is visible.
    pub(super) fn durable(names: BTreeMap<String, Node>) -> Self {
        Self { live: names.clone(), durable: names, changes: Journal::default() }
    }

    fn change(&mut self, change: Change, tracked: bool) {
        change.apply(&mut self.live);
        if tracked {
            self.changes.push(change);
        }
    }

    pub(super) fn put(&mut self, name: &str, node: Node, tracked: bool) {
        self.change(Change::Put(name.to_owned(), node), tracked);
    }

    pub(super) fn rename(&mut self, from: &str, to: &str, node: Node, tracked: bool) {
        self.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), node }, tracked);
    }

    pub(super) fn remove(&mut self, name: &str, tracked: bool) {
        self.change(Change::Remove(name.to_owned()), tracked);
    }

    /// A sync that succeeds.
    pub(super) fn sync(&mut self) {
        for change in self.changes.sync() {
            change.apply(&mut self.durable);
        }
    }

    /// A sync that fails.
    pub(super) fn forsake(&mut self) {
        self.changes.forsake();
    }

    /// What a crash leaves: any subset of the open changes, in their order.
    pub(super) fn after_crash(&self, chooser: &mut dyn Chooser) -> BTreeMap<String, Node> {
        let mut names = self.durable.clone();
        for (change, fate) in self.changes.iter() {
            if fate == Fate::Durable || chooser.choose(2) == 0 {
                change.apply(&mut names);
            }
        }
        names
    }
}
