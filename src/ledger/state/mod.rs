//! A tenant's state at one version: immutable, cheap to clone, read without waiting.
//!
//! It has two layers: the loaded snapshot with its index ([`base`]), shared by all states since,
//! and above it small persistent maps of what changed ([`layer`]). An entry above hides the one below. Beside the
//! entries of both stands what was [`kept`] of them.

mod base;
mod by_id;
mod copied;
mod found;
mod frame;
mod kept;
mod layer;
mod list;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

pub(super) use base::BadLine;
pub(crate) use found::Found;
pub(super) use frame::{Frame, LineKey};
pub(super) use kept::KeptValues;
pub use list::Direction;

use super::commit_text::Change;
use super::header::TenantHeader;
use super::memory::Memory;
use super::tally::Tallies;
use crate::store::Version;
use base::Base;
use found::{Place, Stored};
use kept::KeptValue;
use layer::Layer;

/// The name of a group of entries: a collection, or one of the ledger's own, which begin with `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Section(std::borrow::Cow<'static, str>);

impl Section {
    /// Stored blobs: `{"bytes", "hash"}`.
    pub(crate) const BLOBS: Self = Self(std::borrow::Cow::Borrowed("@blobs"));
    /// Quota held for uploads under way: `{"bytes", "until"}`.
    pub(crate) const RESERVATIONS: Self = Self(std::borrow::Cow::Borrowed("@reservations"));
    /// Blobs to be deleted: `{"until"}`.
    pub(crate) const DOOMS: Self = Self(std::borrow::Cow::Borrowed("@dooms"));
    /// Answers to requests that carried an idempotency key.
    pub(crate) const REQUESTS: Self = Self(std::borrow::Cow::Borrowed("@requests"));
    /// Which tenant of another store this one is a copy of: `{"life", "digest"}`.
    pub(crate) const ORIGIN: Self = Self(std::borrow::Cow::Borrowed("@origin"));
    /// Where counting goes on after a fold; sorts behind every other name, as its line stands last.
    const META: Self = Self(std::borrow::Cow::Borrowed("~meta"));

    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned().into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_internal(&self) -> bool {
        self.0.starts_with('@')
    }
}

impl Borrow<str> for Section {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A key by which an entry can be found, in an index of that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IndexKey {
    pub(crate) index: Arc<str>,
    pub(crate) key: Arc<str>,
}

impl IndexKey {
    pub(crate) fn new(index: &str, key: &str) -> Self {
        Self { index: index.into(), key: key.into() }
    }

    pub(crate) fn index(&self) -> &str {
        &self.index
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// One entry: a record, or one of the ledger's own.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Where it stands in its section; rises with each insert and is never used again.
    pub(crate) order: u64,
    pub(crate) id: Arc<str>,
    /// Its keys; `None` for one of the snapshot, whose keys stand in the index there.
    keys: Option<Arc<[IndexKey]>>,
    pub(crate) text: Bytes,
}

impl fmt::Debug for Entry {
    /// The text is left out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("order", &self.order).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The state of one tenant at one version.
#[derive(Clone)]
pub(crate) struct State {
    version: Option<Version>,
    header: Option<Arc<TenantHeader>>,
    base: Arc<Base>,
    /// What is kept of the base's entries.
    kept: Arc<KeptValues>,
    /// What changed above the base, by section.
    layers: RedBlackTreeMapSync<Section, Layer>,
    /// The positions of the base's entries that were changed or removed.
    hidden: RedBlackTreeSetSync<u32>,
    by_key: RedBlackTreeMapSync<(IndexKey, Section, u64), Arc<str>>,
    tallies: Tallies,
    next_order: u64,
    /// The bytes of the commits since the snapshot that the store has.
    tail_bytes: usize,
    /// The bytes of the commits since the base, which may be newer than the store's snapshot.
    layer_bytes: usize,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("version", &self.version).finish_non_exhaustive()
    }
}

impl State {
    /// The state of a tenant that never existed.
    pub(crate) fn absent() -> Self {
        Self {
            version: None,
            header: None,
            base: Arc::default(),
            kept: Arc::new(KeptValues::new(0, &Arc::new(Memory::none()))),
            layers: RedBlackTreeMapSync::new_sync(),
            hidden: RedBlackTreeSetSync::new_sync(),
            by_key: RedBlackTreeMapSync::new_sync(),
            tallies: Tallies::default(),
            next_order: 1,
            tail_bytes: 0,
            layer_bytes: 0,
        }
    }

    /// Reads a snapshot. Nothing is kept beside its entries, unless [somewhere](Self::keeping) is room for that.
    pub(super) fn read(version: Version, header: TenantHeader, snapshot: Bytes) -> Result<Self, BadLine> {
        let base = Base::read(snapshot)?;
        let mut state = Self { version: Some(version), header: Some(Arc::new(header)), ..Self::absent() };
        for (section, positions) in base.sections() {
            let last = positions.clone().next_back().map_or(0, |at| base.order(at));
            if *section == Section::META {
                state.next_order = state.next_order.max(last);
                continue;
            }
            state.next_order = state.next_order.max(last + 1);
            if section.is_internal() {
                positions.clone().for_each(|at| state.tallies.add(section, &base.text(at)));
            } else {
                let bytes = positions.clone().map(|at| base.record_length(at) as u64).sum();
                state.tallies.add_records(section, positions.len() as u64, bytes);
            }
        }
        state.base = Arc::new(base);
        Ok(state)
    }

    /// The same state, which has room in that memory for what is to be kept of its entries, and keeps nothing yet.
    pub(super) fn keeping(mut self, memory: &Arc<Memory>) -> Self {
        self.kept = Arc::new(KeptValues::new(self.base.positions().len(), memory));
        self
    }

    /// Lets go of what is kept of the base's entries, and hands it out; those who have a state from before still
    /// have it.
    pub(super) fn let_go(&mut self) -> Arc<KeptValues> {
        let emptied = Arc::new(self.kept.emptied());
        std::mem::replace(&mut self.kept, emptied)
    }

    /// How much is kept of the base's entries, in bytes, roughly.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept.bytes()
    }

    /// The version, unless the tenant never existed.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// The number of commits it rests on.
    pub(crate) fn number(&self) -> u64 {
        self.version.as_ref().map_or(0, |version| version.number)
    }

    /// The header, unless the tenant never existed.
    pub(crate) fn header(&self) -> Option<&Arc<TenantHeader>> {
        self.header.as_ref()
    }

    /// What each section holds.
    pub(crate) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    pub(super) fn set_version(&mut self, version: Version) {
        self.version = Some(version);
    }

    pub(super) fn set_header(&mut self, header: Arc<TenantHeader>) {
        self.header = Some(header);
    }

    pub(super) fn grow_tail(&mut self, bytes: usize) {
        self.tail_bytes += bytes;
        self.layer_bytes += bytes;
    }

    /// The same state on a base of its own, with nothing above it; the store's snapshot stays as long
    /// ago as it is.
    pub(super) fn rebased(&self) -> Result<Self, BadLine> {
        let (Some(version), Some(header)) = (&self.version, &self.header) else { return Ok(self.clone()) };
        let fresh = Self::read(version.clone(), TenantHeader::clone(header), self.write_snapshot())?;
        let fresh = fresh.keeping(self.kept.memory());
        Ok(Self { header: Some(Arc::clone(header)), tail_bytes: self.tail_bytes, ..fresh })
    }

    pub(super) fn next_order(&self) -> u64 {
        self.next_order
    }

    /// The entry of that id where it stands.
    pub(crate) fn found(&self, section: &str, id: &str) -> Option<Found<'_>> {
        let place = match self.found_above(section, id) {
            Some(place) => place?,
            None => Place::Below(self.base.position(section, id)?),
        };
        Some(Found { state: self, place })
    }

    /// What changed the entry of that id: its place above the base, or `Some(None)` if it was removed.
    fn found_above(&self, section: &str, id: &str) -> Option<Option<Place<'_>>> {
        let stored = self.layers.get(section)?.get(id)?;
        Some(stored.map(Place::Above))
    }

    /// The entry of that id.
    pub(crate) fn get(&self, section: &Section, id: &str) -> Option<Entry> {
        self.found(section.as_str(), id).map(|found| found.entry())
    }

    /// The entry at a position of the base, with its section, unless it was changed or removed since.
    fn below(&self, at: usize) -> Option<(Section, Found<'_>)> {
        let found = Found { state: self, place: Place::Below(at) };
        let section = (!self.hides(at)).then(|| self.base.section(at))??;
        Some((section.clone(), found))
    }

    /// The entries of one section that carry a key, in order.
    pub(crate) fn find(&self, section: &Section, key: &IndexKey) -> Vec<Entry> {
        self.find_places(section, key).iter().map(Found::entry).collect()
    }

    /// The same where they stand.
    pub(crate) fn find_places(&self, section: &Section, key: &IndexKey) -> Vec<Found<'_>> {
        let found = self.places(key).into_iter().filter(|(of, _)| of == section);
        found.map(|(_, found)| found).collect()
    }

    /// How many entries of one section carry a key: what [`find`](Self::find) finds, without reading any.
    pub(crate) fn count(&self, section: &Section, key: &IndexKey) -> u64 {
        let below = self.base.find(key).filter_map(|at| self.below(at)).filter(|(of, _)| of == section);
        let first = (key.clone(), section.clone(), 0);
        let above = self.by_key.range(first..);
        let above = above.take_while(|((found, of, _), _)| found == key && of == section);
        (below.count() + above.count()) as u64
    }

    /// The entries of all sections that carry a key.
    pub(crate) fn find_everywhere(&self, key: &IndexKey) -> Vec<(Section, Entry)> {
        self.places(key).into_iter().map(|(section, found)| (section, found.entry())).collect()
    }

    /// The same where they stand, in order of section and within it.
    fn places(&self, key: &IndexKey) -> Vec<(Section, Found<'_>)> {
        let below = self.base.find(key).filter_map(|at| self.below(at));
        let first = (key.clone(), Section(std::borrow::Cow::Borrowed("")), 0);
        let above =
            self.by_key.range(first..).take_while(|((found, ..), _)| found == key).filter_map(
                |((_, section, _), id)| Some((section.clone(), self.found(section.as_str(), id)?)),
            );
        let mut found: Vec<_> = below.chain(above).collect();
        found.sort_by(|(a, x), (b, y)| (a, x.order()).cmp(&(b, y.order())));
        found
    }

    /// The keys under which an entry is found.
    pub(crate) fn keys(&self, section: &Section, id: &str) -> Vec<IndexKey> {
        match self.found(section.as_str(), id).map(|found| found.place) {
            Some(Place::Above(stored)) => stored.entry.keys.iter().flat_map(|k| k.iter().cloned()).collect(),
            Some(Place::Below(at)) => self.base.keys(at),
            None => Vec::new(),
        }
    }

    /// Whether the entry at a position of the base was changed or removed since.
    fn hides(&self, at: usize) -> bool {
        !self.hidden.is_empty() && u32::try_from(at).is_ok_and(|at| self.hidden.contains(&at))
    }

    /// Applies one change.
    pub(super) fn apply(&mut self, change: &Change) {
        let (section, id) = change.address();
        let below = self.base.position(section.as_str(), id);
        let old = self.found_above(section.as_str(), id).unwrap_or_else(|| below.map(Place::Below));
        let old = old.map(|place| Found { state: self, place });
        let old = old.map(|found| (matches!(found.place, Place::Above(_)), found.entry()));
        // A position is less than the text's length, which fits.
        let below = below.and_then(|at| u32::try_from(at).ok());
        if !self.layers.contains_key(section) {
            self.layers.insert_mut(section.clone(), Layer::default());
        }
        // Changed where it stands: a clone of it would make each change a copy of its paths.
        let Some(layer) = self.layers.get_mut(section) else { return };
        if let Some((is_above, old)) = old {
            if is_above {
                layer.forget(old.order);
            }
            self.tallies.subtract(section, &old.text);
            for key in old.keys.iter().flat_map(|keys| keys.iter()) {
                self.by_key.remove_mut(&(key.clone(), section.clone(), old.order));
            }
        }
        if let Some(below) = below {
            self.hidden.insert_mut(below);
        }
        match change {
            Change::Put { order, keys, text, .. } => {
                self.tallies.add(section, text);
                self.next_order = self.next_order.max(order + 1);
                for key in keys.iter() {
                    self.by_key.insert_mut((key.clone(), section.clone(), *order), id.clone());
                }
                let entry =
                    Entry { order: *order, id: id.clone(), keys: Some(keys.clone()), text: text.clone() };
                layer.put(Arc::new(Stored { entry, kept: KeptValue::default() }));
            }
            Change::Remove { .. } => layer.remove(id, below.is_some()),
        }
    }

    /// Whether so much came since the store's snapshot that writing a new one pays.
    pub(super) fn wants_fold(&self, minimum: usize) -> bool {
        self.tail_bytes > self.worthwhile(minimum)
    }

    /// Whether so much lies above the base that [a new base](Self::rebased) pays.
    pub(super) fn wants_base(&self, minimum: usize) -> bool {
        self.layer_bytes > self.worthwhile(minimum)
    }

    /// A share of what would have to be written, so that each byte is written a few times at the most.
    fn worthwhile(&self, minimum: usize) -> usize {
        minimum.max(self.base.text_length() / 2)
    }

    /// The bytes of memory it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        // A changed entry stands in two or three maps, each with its node.
        const NODE: usize = 400;
        let changed: usize = self.layers.values().map(Layer::len).sum();
        self.base.weight() + 2 * self.layer_bytes + NODE * changed + 1024
    }
}
