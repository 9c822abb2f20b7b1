//! The state as a transaction sees and changes it.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::commit_text::Change;
use super::header::TenantHeader;
use super::state::{Entry, IndexKey, Section, State};

/// A state under change. What a transaction does here becomes part of one commit, or nothing.
#[derive(Debug)]
pub(crate) struct Draft {
    state: State,
    changes: Vec<Change>,
    header_changed: bool,
    now: Timestamp,
}

impl Draft {
    pub(super) fn new(state: State, now: Timestamp) -> Self {
        Self { state, changes: Vec::new(), header_changed: false, now }
    }

    /// Of a tenant that is nowhere, to make a state of: nothing of it is committed.
    #[cfg(feature = "migrate")]
    pub(crate) fn of_nothing(now: Timestamp) -> Self {
        Self::new(State::absent(), now)
    }

    /// The state that came of it.
    #[cfg(feature = "migrate")]
    pub(crate) fn into_state(self) -> State {
        self.state
    }

    /// The state as changed so far.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The moment at which the transaction runs.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Another one of the same state, in which something can be tried: nothing of it is kept.
    #[cfg(feature = "archive")]
    pub(crate) fn trial(&self) -> Self {
        Self::new(self.state.clone(), self.now)
    }

    /// Puts an entry: at its place if there is one of that id, else at the end of its section.
    pub(crate) fn put(&mut self, section: &Section, id: &str, keys: Vec<IndexKey>, text: Bytes) {
        let place = self.state.get(section, id).map(|entry| entry.order);
        self.put_at(section, id, place, keys, text);
    }

    /// The same for who knows already at which place there is one.
    pub(crate) fn put_at(
        &mut self,
        section: &Section,
        id: &str,
        place: Option<u64>,
        keys: Vec<IndexKey>,
        text: Bytes,
    ) {
        let order = place.unwrap_or_else(|| self.state.next_order());
        self.change(Change::Put { section: section.clone(), id: id.into(), order, keys: keys.into(), text });
    }

    /// Removes an entry and returns it.
    pub(crate) fn remove(&mut self, section: &Section, id: &str) -> Option<Entry> {
        let entry = self.state.get(section, id)?;
        self.change(Change::Remove { section: section.clone(), id: id.into() });
        Some(entry)
    }

    /// Replaces the header.
    pub(crate) fn set_header(&mut self, header: TenantHeader) {
        self.state.set_header(Arc::new(header));
        self.header_changed = true;
    }

    fn change(&mut self, change: Change) {
        self.state.apply(&change);
        self.changes.push(change);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.header_changed
    }

    pub(super) fn into_parts(self) -> (State, Vec<Change>, bool) {
        (self.state, self.changes, self.header_changed)
    }
}
