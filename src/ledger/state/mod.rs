//! A tenant's state at one version: immutable, cheap to clone, read without waiting.
//!
//! It has two layers: the loaded snapshot with its index ([`base`]), shared by all states since, and above it what
//! became of its entries ([`changed`]) and what was put beside them ([`layer`]). An entry above hides the one below.
//! Beside the entries of both stands what was [`kept`] of them.
//!
//! There are two kinds. Of a [`LazyState`] not all may have been read yet: what is asked for is read and checked then,
//! and may turn out to be damaged. Of a [`State`] all was, so that nothing that is asked of it can fail.

mod applying;
mod base;
mod body;
mod changed;
mod copied;
mod found;
mod frame;
mod index;
mod kept;
mod keyed_hash;
mod layer;
mod list;
mod met;
mod places;
mod rows;
#[cfg(test)]
mod tests;
mod whole;
mod written;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

pub(super) use base::BadLine;
pub(crate) use found::Found;
pub(super) use frame::{Frame, LineKey};
pub(crate) use kept::{Kept, OfEntry, kept_as};
pub use list::Direction;
pub(crate) use whole::State;

use super::header::TenantHeader;
use super::memory::Memory;
use super::tally::Tallies;
use crate::paths::{CollectionName, CollectionText, Text};
use crate::store::{SnapshotParts, StoreError, Version};
use base::Base;
use changed::Changed;
use found::{Place, Stored};
use kept::KeptValues;
use layer::Layer;
use met::Met;

/// So many bytes of commits are little for whoever opens a ledger.
const LITTLE: usize = 1 << 20;

/// The name of a group of entries: a collection, or one of the ledger's own, which begin with `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Section(CollectionText);

impl Section {
    /// Stored blobs: `{"bytes", "hash"}`.
    pub(crate) const BLOBS: Self = Self(Text::Known("@blobs"));
    /// Quota held for uploads under way: `{"bytes", "until"}`.
    pub(crate) const RESERVATIONS: Self = Self(Text::Known("@reservations"));
    /// Blobs to be deleted: `{"until"}`.
    pub(crate) const DOOMS: Self = Self(Text::Known("@dooms"));
    /// Answers to requests that carried an idempotency key.
    pub(crate) const REQUESTS: Self = Self(Text::Known("@requests"));
    /// Which tenant of another store this one is a copy of: `{"life", "digest"}`.
    pub(crate) const ORIGIN: Self = Self(Text::Known("@origin"));
    /// Where counting goes on after a fold; sorts behind every other name, as its line stands last.
    const META: Self = Self(Text::Known("~meta"));

    pub(crate) fn named(name: &str) -> Self {
        Self(Text::new(name))
    }

    /// The section that holds a collection.
    pub(crate) fn of(collection: &CollectionName) -> Self {
        Self(collection.shared())
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_internal(&self) -> bool {
        Self::is_internal_name(self.as_str())
    }

    pub(in crate::ledger) fn is_internal_name(name: &str) -> bool {
        name.starts_with('@')
    }
}

impl Borrow<str> for Section {
    fn borrow(&self) -> &str {
        self.as_str()
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

/// The state of one tenant at one version, of which not all may have been read.
///
/// What fails of it is the store's to read: a part that is damaged, or can't be read now.
#[derive(Clone)]
pub(crate) struct LazyState {
    version: Option<Version>,
    header: Option<Arc<TenantHeader>>,
    base: Arc<Base>,
    /// What is kept of the base's entries.
    kept: Arc<KeptValues>,
    /// What is kept of entries above and below, by their ids.
    met: Met,
    /// What was put above the base beside that, by section.
    layers: RedBlackTreeMapSync<Section, Layer>,
    /// What became of the base's entries.
    changed: Arc<Changed>,
    by_key: RedBlackTreeMapSync<(IndexKey, Section, u64), Arc<str>>,
    tallies: Tallies,
    next_order: u64,
    /// The bytes of the commits since the snapshot that the store has.
    tail_bytes: usize,
    /// The bytes of the commits since the base, which may be newer than the store's snapshot.
    layer_bytes: usize,
    /// How many entries all layers have.
    above: usize,
}

impl fmt::Debug for LazyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyState").field("version", &self.version).finish_non_exhaustive()
    }
}

impl LazyState {
    /// The state of a tenant that never existed.
    fn absent() -> Self {
        Self {
            version: None,
            header: None,
            base: Arc::default(),
            kept: Arc::new(KeptValues::new(0, &Arc::new(Memory::none()))),
            met: Met::default(),
            layers: RedBlackTreeMapSync::new_sync(),
            changed: Arc::default(),
            by_key: RedBlackTreeMapSync::new_sync(),
            tallies: Tallies::default(),
            next_order: 1,
            tail_bytes: 0,
            layer_bytes: 0,
            above: 0,
        }
    }

    /// A snapshot that is read part by part, with the index that was made of it.
    pub(super) fn open(
        version: Version,
        header: TenantHeader,
        parts: Arc<dyn SnapshotParts>,
    ) -> Result<Self, StoreError> {
        Ok(Self::over(version, Arc::new(header), Base::open(parts)?))
    }

    /// A base and nothing above it. Nothing is kept beside its entries, unless [somewhere](Self::keeping) is room
    /// for that.
    fn over(version: Version, header: Arc<TenantHeader>, base: Base) -> Self {
        let mut state = Self { version: Some(version), header: Some(header), ..Self::absent() };
        for (section, tally, last) in base.held() {
            if *section == Section::META {
                state.next_order = state.next_order.max(last);
                continue;
            }
            state.next_order = state.next_order.max(last + 1);
            state.tallies.begin(section, tally);
        }
        state.base = Arc::new(base);
        state
    }

    /// The same state with all of it read and looked at.
    pub(crate) fn whole(self: &Arc<Self>) -> Result<State, StoreError> {
        let Some(base) = self.base.whole()? else { return Ok(State::of(Arc::clone(self))) };
        // What is kept says of a base that is read part by part that those of its entry were: so what comes to be
        // kept beside the whole must not be kept beside that.
        let (base, kept) = (Arc::new(base), Arc::new(self.kept.copied()));
        Ok(State::of(Arc::new(Self { base, kept, met: Met::default(), ..Self::clone(self) })))
    }

    /// Whether all of it was read.
    pub(super) fn is_whole(&self) -> bool {
        self.base.is_whole()
    }

    /// The same state, which has room in that memory for what is to be kept of its entries, and keeps nothing yet.
    pub(super) fn keeping(mut self, memory: &Arc<Memory>) -> Self {
        (self.kept, self.met) = (Arc::new(KeptValues::new(self.base.len(), memory)), Met::default());
        self
    }

    /// The same state, which keeps nothing of the base's entries; those who have it from before still have that.
    pub(super) fn emptied(&self) -> Self {
        Self { kept: Arc::new(self.kept.emptied()), ..self.clone() }
    }

    /// How much is kept of the base's entries, in bytes, roughly, and to find what is kept.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept.bytes() + self.met.bytes()
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

    pub(super) fn next_order(&self) -> u64 {
        self.next_order
    }

    /// The entry of that id where it stands.
    #[inline]
    pub(crate) fn found(&self, section: &str, id: &str) -> Result<Option<Found<'_>>, StoreError> {
        self.found_at(section, id, self.position(section, id)?)
    }

    /// Takes note of what is kept by now of the entry of that id, if it is of that type, so that it is
    /// [`met`](Self::met) from now on.
    pub(crate) fn meet<T: OfEntry>(&self, section: &str, id: &str, found: Found<'_>) {
        let kept = match found.place {
            Place::Below(at, _) => self.kept.get(at),
            Place::Above(stored) => stored.kept.get(),
        };
        if let Some(kept) = kept.and_then(kept_as::<T>) {
            let entries = || usize::try_from(self.tallies.count(section)).unwrap_or(usize::MAX);
            self.met.note(section, id, kept, entries, self.kept.memory());
        }
    }

    /// What is kept of the entry of that id, if that is of that type, and this state was asked for it and others so
    /// often that it is known without a look for the entry.
    #[inline]
    pub(crate) fn met<T: OfEntry>(&self, section: &str, id: &str) -> Option<&Arc<T>> {
        self.met.get(section, id)
    }

    // What is done for each record that is read is marked to be inlined, since nobody else tells the compiler to do so
    // in the application's crate, where the rest is made for its types.

    /// The position in the base of the entry of that id, also if it was changed or removed since.
    fn position(&self, section: &str, id: &str) -> Result<Option<usize>, StoreError> {
        self.base.position(section, id, |at| Some(self.kept.get(at)?.is_of(id)))
    }

    /// The entry of that id, which has that position in the base, if it stands there at all. To look below first costs
    /// nothing of what is read part by part: whatever lies above was looked for there when it was put.
    #[inline]
    fn found_at(
        &self,
        section: &str,
        id: &str,
        below: Option<usize>,
    ) -> Result<Option<Found<'_>>, StoreError> {
        let stored = match below.map(|at| (at, self.changed(at))) {
            Some((at, None)) => return self.at(at).map(Some),
            Some((_, Some(Some(stored)))) => Some(stored),
            _ => self.layers.get(section).and_then(|layer| layer.get(id)),
        };
        Ok(stored.map(|stored| Found { state: self, place: Place::Above(stored) }))
    }

    /// The entry at a position of the base, with all that can be asked of it read.
    #[inline]
    fn at(&self, at: usize) -> Result<Found<'_>, StoreError> {
        let kept = self.kept.get(at);
        // Something is kept of what was touched before, and what was read stays.
        if kept.is_none() {
            self.base.touch(at)?;
        }
        Ok(Found { state: self, place: Place::Below(at, kept) })
    }

    /// The entries of the base that carry a key, with their sections, but for those that were changed or removed
    /// since.
    fn below(&self, key: &IndexKey) -> Result<Vec<(Section, Found<'_>)>, StoreError> {
        let positions = self.base.find(key)?.into_iter().filter(|at| !self.hides(*at));
        let found = positions.map(|at| Ok((self.base.section(at).cloned(), self.at(at)?)));
        found.filter_map(|found| found.map(|(section, found)| Some((section?, found))).transpose()).collect()
    }

    /// The entries of one section that carry a key, in order, where they stand.
    pub(crate) fn find_places(
        &self,
        section: &Section,
        key: &IndexKey,
    ) -> Result<Vec<Found<'_>>, StoreError> {
        let found = self.places(key)?.into_iter().filter(|(of, _)| of == section);
        Ok(found.map(|(_, found)| found).collect())
    }

    /// How many entries of one section carry a key, without reading any of their records.
    fn counted(&self, section: &Section, key: &IndexKey) -> Result<u64, StoreError> {
        let first = (key.clone(), section.clone(), 0);
        let above = self.by_key.range(first..);
        let above = above.take_while(|((found, of, _), _)| found == key && of == section).count();
        let below = self.base.find(key)?.into_iter().filter(|at| !self.hides(*at));
        let below = below.filter(|at| self.base.section(*at) == Some(section)).count();
        Ok((below + above) as u64)
    }

    /// The entries of all sections that carry a key where they stand, in order of section and within it.
    fn places(&self, key: &IndexKey) -> Result<Vec<(Section, Found<'_>)>, StoreError> {
        let mut found = self.below(key)?;
        let first = (key.clone(), Section(Text::Known("")), 0);
        let above = self.by_key.range(first..).take_while(|((found, ..), _)| found == key);
        for ((_, section, _), id) in above {
            found.extend(self.found(section.as_str(), id)?.map(|found| (section.clone(), found)));
        }
        found.sort_by(|(a, x), (b, y)| (a, x.order()).cmp(&(b, y.order())));
        Ok(found)
    }

    /// The keys under which an entry is found.
    fn keys_of(&self, section: &Section, id: &str) -> Result<Vec<IndexKey>, StoreError> {
        self.found(section.as_str(), id)?.map_or_else(|| Ok(Vec::new()), |found| found.keys())
    }

    /// What stands at a position of the base in the place of its entry, if that was changed or removed since.
    #[inline]
    fn changed(&self, at: usize) -> Option<Option<&Arc<Stored>>> {
        if self.changed.len() == 0 { None } else { self.changed.get(u32::try_from(at).ok()?) }
    }

    /// Whether the entry at a position of the base was changed or removed since.
    #[inline]
    fn hides(&self, at: usize) -> bool {
        self.changed(at).is_some()
    }

    /// Whether so much came since the store's snapshot that writing a new one pays.
    pub(super) fn wants_fold(&self, minimum: usize) -> bool {
        self.tail_bytes > self.worthwhile(minimum)
    }

    /// Whether more came since the store's snapshot than that.
    pub(super) fn is_long(&self, bytes: usize) -> bool {
        self.tail_bytes > bytes
    }

    /// Whether so much lies above the base that [a new base](Self::rebased) pays.
    pub(super) fn wants_base(&self, minimum: usize) -> bool {
        self.layer_bytes > self.worthwhile(minimum)
    }

    /// A share of what would have to be written, so that each byte is written a few times at the most: half of it, or more
    /// where that is little, up to as much again.
    fn worthwhile(&self, minimum: usize) -> usize {
        let length = self.base.text_length();
        minimum.max(length / 2).max(length.min(LITTLE))
    }

    /// The bytes of memory it takes, roughly, once all of it was read.
    pub(super) fn weight(&self) -> usize {
        // A changed entry has its text, its place, and a node for each of its keys.
        const NODE: usize = 400;
        self.base.weight()
            + self.kept.places()
            + 2 * self.layer_bytes
            + NODE * (self.above + self.changed.len())
            + 1024
    }
}
