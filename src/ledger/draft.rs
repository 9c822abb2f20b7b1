//! The state as a transaction sees and changes it.

use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::commit_text::Change;
use super::header::TenantHeader;
use super::state::{Entry, IndexKey, Section, State};

/// A state under change. What a transaction does here becomes part of one commit, or nothing.
///
/// Most transactions change one entry, look at nothing after that, and are accepted: so a change that is the only
/// one is applied when somebody looks. If nobody does, whoever has the state to himself applies it there, without
/// a copy of what lies above the entry.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The state with all changes, or before the only one.
    state: State,
    /// The state with the only change, if somebody looked.
    seen: OnceCell<State>,
    changes: Vec<Change>,
    header_changed: bool,
    now: Timestamp,
}

impl Draft {
    pub(super) fn new(state: State, now: Timestamp) -> Self {
        Self { state, seen: OnceCell::new(), changes: Vec::new(), header_changed: false, now }
    }

    /// Of a tenant that is nowhere, to make a state of: nothing of it is committed.
    #[cfg(feature = "migrate")]
    pub(crate) fn of_nothing(now: Timestamp) -> Self {
        Self::new(State::absent(), now)
    }

    /// The state that came of it.
    #[cfg(feature = "migrate")]
    pub(crate) fn into_state(mut self) -> State {
        self.settle();
        self.state
    }

    /// The state as changed so far.
    pub(crate) fn state(&self) -> &State {
        match self.only_change() {
            None => &self.state,
            Some(change) => self.seen.get_or_init(|| {
                let mut state = self.state.clone();
                state.apply(change);
                state
            }),
        }
    }

    /// The header as changed so far: looked at without a look at the rest.
    pub(crate) fn header(&self) -> Option<&Arc<TenantHeader>> {
        self.state.header()
    }

    /// The change that is the only one and not in `state` yet.
    fn only_change(&self) -> Option<&Change> {
        match &*self.changes {
            [change] if !self.header_changed => Some(change),
            _ => None,
        }
    }

    /// Brings the only change into the state.
    fn settle(&mut self) {
        if let Some(seen) = self.seen.take() {
            self.state = seen;
        } else if let [change] = &*self.changes
            && !self.header_changed
        {
            self.state.apply(change);
        }
    }

    /// The moment at which the transaction runs.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Another one of the same state, in which something can be tried: nothing of it is kept.
    #[cfg(feature = "archive")]
    pub(crate) fn trial(&self) -> Self {
        Self::new(self.state().clone(), self.now)
    }

    /// Puts an entry: at its place if there is one of that id, else at the end of its section.
    pub(crate) fn put(&mut self, section: &Section, id: &str, keys: Vec<IndexKey>, text: Bytes) {
        let place = self.state().order_of(section, id);
        self.put_at(section, id.into(), place, keys, text);
    }

    /// The same for who knows already at which place there is one, or that there is none.
    pub(crate) fn put_at(
        &mut self,
        section: &Section,
        id: Arc<str>,
        place: Option<u64>,
        keys: Vec<IndexKey>,
        text: Bytes,
    ) {
        let order = place.unwrap_or_else(|| self.state().next_order());
        // Nothing is shared by all that have none.
        let keys = if keys.is_empty() { Arc::default() } else { keys.into() };
        let is_new = place.is_none();
        self.change(Change::Put { section: section.clone(), id, order, keys, text, is_new });
    }

    /// Removes an entry and returns it.
    pub(crate) fn remove(&mut self, section: &Section, id: &str) -> Option<Entry> {
        let entry = self.state().get(section, id)?;
        self.change(Change::Remove { section: section.clone(), id: id.into() });
        Some(entry)
    }

    /// Replaces the header.
    pub(crate) fn set_header(&mut self, header: TenantHeader) {
        self.settle();
        self.state.set_header(Arc::new(header));
        self.header_changed = true;
    }

    fn change(&mut self, change: Change) {
        self.settle();
        if !self.changes.is_empty() || self.header_changed {
            self.state.apply(&change);
        }
        self.changes.push(change);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.header_changed
    }

    /// The state after it, unless that is the state before with the only change, which nobody looked at; the
    /// changes; and whether the header is another.
    pub(super) fn into_parts(self) -> (Option<State>, Vec<Change>, bool) {
        let state = if self.only_change().is_some() { self.seen.into_inner() } else { Some(self.state) };
        (state, self.changes, self.header_changed)
    }
}
