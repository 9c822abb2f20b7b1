//! A state of which all was read and checked: nothing that is asked of it can fail.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use bytes::Bytes;

use super::base::{BadLine, Base};
use super::{Entry, Found, IndexKey, LazyState, Section};
use crate::ledger::commit_text::Change;
use crate::ledger::header::TenantHeader;
use crate::store::{StoreError, Version};

/// The state of one tenant at one version. A clone shares it; one that changes is its own first.
#[derive(Clone)]
pub(crate) struct State(Arc<LazyState>);

impl Deref for State {
    type Target = LazyState;

    fn deref(&self) -> &LazyState {
        &self.0
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut LazyState {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("version", &self.0.version).finish_non_exhaustive()
    }
}

/// What was asked of a state of which all is there.
fn there<T: Default>(answer: Result<T, StoreError>) -> T {
    // Nothing has to be read for it, and the index was looked at.
    answer.unwrap_or_default()
}

impl State {
    /// A state of which all was read.
    pub(super) fn of(state: Arc<LazyState>) -> Self {
        debug_assert!(state.base.is_whole());
        Self(state)
    }

    /// The same state for who would read the rest where that is missing.
    pub(in crate::ledger) fn shared(&self) -> Arc<LazyState> {
        Arc::clone(&self.0)
    }

    /// The state of a tenant that never existed.
    pub(crate) fn absent() -> Self {
        Self(Arc::new(LazyState::absent()))
    }

    /// Reads a snapshot and indexes it. Nothing is kept beside its entries, unless
    /// [somewhere](LazyState::keeping) is room for that.
    pub(in crate::ledger) fn read(
        version: Version,
        header: TenantHeader,
        snapshot: Bytes,
    ) -> Result<Self, BadLine> {
        Ok(Self(Arc::new(LazyState::over(version, Arc::new(header), Base::read(snapshot)?))))
    }

    /// The same state on a base of its own, with nothing above it, as it is once the store has folded so.
    pub(in crate::ledger) fn folded(&self) -> Result<Self, BadLine> {
        let (Some(version), Some(header)) = (&self.version, &self.header) else { return Ok(self.clone()) };
        let base = self.write_base()?;
        let folded = LazyState::over(version.clone(), Arc::clone(header), base);
        Ok(Self(Arc::new(folded.keeping(self.kept.memory()))))
    }

    /// The same where the store's snapshot stays as long ago as it is.
    pub(in crate::ledger) fn rebased(&self) -> Result<Self, BadLine> {
        let mut rebased = self.folded()?;
        rebased.tail_bytes = self.tail_bytes;
        Ok(rebased)
    }

    /// The lines of its base and their index.
    pub(in crate::ledger) fn base_bytes(&self) -> (Bytes, Bytes) {
        self.base.bytes().map_or_else(Default::default, |(text, index)| (text.clone(), index.clone()))
    }

    /// The index of a snapshot's lines.
    pub(in crate::ledger) fn index_of(snapshot: Bytes) -> Result<Bytes, BadLine> {
        let base = Base::read(snapshot)?;
        Ok(base.bytes().map_or_else(Bytes::new, |(_, index)| index.clone()))
    }

    /// The entry of that id.
    pub(crate) fn get(&self, section: &Section, id: &str) -> Option<Entry> {
        there(self.found(section.as_str(), id)).map(|found| found.entry())
    }

    /// The order of the entry of that id.
    pub(crate) fn order_of(&self, section: &Section, id: &str) -> Option<u64> {
        there(self.found(section.as_str(), id)).map(|found| found.order())
    }

    /// The entries of one section that carry a key, in order.
    pub(crate) fn find(&self, section: &Section, key: &IndexKey) -> Vec<Entry> {
        there(self.find_places(section, key)).iter().map(Found::entry).collect()
    }

    /// How many entries of one section carry a key: what [`find`](Self::find) finds, without reading any.
    pub(crate) fn count(&self, section: &Section, key: &IndexKey) -> u64 {
        there(self.counted(section, key))
    }

    /// The entries of all sections that carry a key.
    pub(crate) fn find_everywhere(&self, key: &IndexKey) -> Vec<(Section, Entry)> {
        there(self.places(key)).into_iter().map(|(section, found)| (section, found.entry())).collect()
    }

    /// The keys under which an entry is found.
    pub(crate) fn keys(&self, section: &Section, id: &str) -> Vec<IndexKey> {
        there(self.keys_of(section, id))
    }

    /// Applies one change.
    pub(in crate::ledger) fn apply(&mut self, change: &Change) {
        there(self.take(change));
    }
}
