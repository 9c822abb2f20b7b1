//! A tenant's state at one version: immutable, cheap to clone, read without waiting.
//!
//! It has two layers: the loaded snapshot with its index ([`base`]), shared by all states since,
//! and above it small persistent maps of what changed. An entry above hides the one below.

mod base;
mod copied;
mod list;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

pub(super) use base::{BadLine, Line, LineKey};
pub use list::Direction;

use super::commit_text::Change;
use super::header::TenantHeader;
use super::tally::Tallies;
use crate::store::Version;
use base::Base;

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

/// Removed or present.
type Slot = Option<Entry>;

/// The state of one tenant at one version.
#[derive(Clone)]
pub(crate) struct State {
    version: Option<Version>,
    header: Option<Arc<TenantHeader>>,
    base: Arc<Base>,
    by_id: RedBlackTreeMapSync<(Section, Arc<str>), Slot>,
    by_order: RedBlackTreeMapSync<(Section, u64), Arc<str>>,
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
            by_id: RedBlackTreeMapSync::new_sync(),
            by_order: RedBlackTreeMapSync::new_sync(),
            by_key: RedBlackTreeMapSync::new_sync(),
            tallies: Tallies::default(),
            next_order: 1,
            tail_bytes: 0,
            layer_bytes: 0,
        }
    }

    /// Reads a snapshot.
    pub(super) fn read(version: Version, header: TenantHeader, snapshot: Bytes) -> Result<Self, BadLine> {
        let base = Base::read(snapshot)?;
        let mut state = Self {
            version: Some(version),
            header: Some(Arc::new(header)),
            base: Arc::default(),
            ..Self::absent()
        };
        for at in base.positions() {
            let section = Section::named(base.section(at));
            if section == Section::META {
                state.next_order = state.next_order.max(base.order(at));
            } else {
                state.tallies.add(&section, &base.entry(at).text);
                state.next_order = state.next_order.max(base.order(at) + 1);
            }
        }
        state.base = Arc::new(base);
        Ok(state)
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
        Ok(Self { header: Some(Arc::clone(header)), tail_bytes: self.tail_bytes, ..fresh })
    }

    pub(super) fn next_order(&self) -> u64 {
        self.next_order
    }

    /// The entry of that id.
    pub(crate) fn get(&self, section: &Section, id: &str) -> Option<Entry> {
        match self.by_id.get(&(section.clone(), Arc::from(id))) {
            Some(slot) => slot.clone(),
            None => self.base.get(section.as_str(), id),
        }
    }

    /// The entries of one section that carry a key, in order.
    pub(crate) fn find(&self, section: &Section, key: &IndexKey) -> Vec<Entry> {
        self.find_everywhere(key)
            .into_iter()
            .filter(|(found, _)| found == section)
            .map(|(_, entry)| entry)
            .collect()
    }

    /// How many entries of one section carry a key: what [`find`](Self::find) finds, without reading any.
    pub(crate) fn count(&self, section: &Section, key: &IndexKey) -> u64 {
        let below = self.base.find(key);
        let below = below.filter(|&at| self.base.section(at) == section.as_str() && !self.hides(at));
        let first = (key.clone(), section.clone(), 0);
        let above = self.by_key.range(first..);
        let above = above.take_while(|((found, of, _), _)| found == key && of == section);
        (below.count() + above.count()) as u64
    }

    /// The entries of all sections that carry a key.
    pub(crate) fn find_everywhere(&self, key: &IndexKey) -> Vec<(Section, Entry)> {
        let below = self.base.find(key).filter(|&at| !self.hides(at)).map(|at| {
            let section = Section::named(self.base.section(at));
            (section, self.base.entry(at))
        });
        let first = (key.clone(), Section(std::borrow::Cow::Borrowed("")), 0);
        let above = self
            .by_key
            .range(first..)
            .take_while(|((found, ..), _)| found == key)
            .filter_map(|((_, section, _), id)| Some((section.clone(), self.get(section, id)?)));
        let mut found: Vec<_> = below.chain(above).collect();
        found.sort_by(|(a, x), (b, y)| (a, x.order).cmp(&(b, y.order)));
        found
    }

    /// The keys under which an entry is found.
    pub(crate) fn keys(&self, section: &Section, id: &str) -> Vec<IndexKey> {
        match self.by_id.get(&(section.clone(), Arc::from(id))) {
            Some(slot) => {
                slot.iter().flat_map(|entry| entry.keys.iter().flat_map(|k| k.iter().cloned())).collect()
            }
            None => self.base.keys(section.as_str(), id),
        }
    }

    /// Whether the entry at a position of the base was changed or removed since.
    fn hides(&self, at: usize) -> bool {
        !self.by_id.is_empty()
            && self.by_id.contains_key(&(Section::named(self.base.section(at)), Arc::from(self.base.id(at))))
    }

    /// Applies one change.
    pub(super) fn apply(&mut self, change: &Change) {
        let (section, id) = change.address();
        if let Some(old) = self.get(section, id) {
            self.tallies.subtract(section, &old.text);
            self.by_order.remove_mut(&(section.clone(), old.order));
            for key in old.keys.iter().flat_map(|keys| keys.iter()) {
                self.by_key.remove_mut(&(key.clone(), section.clone(), old.order));
            }
        }
        let address = (section.clone(), id.clone());
        match change {
            Change::Put { order, keys, text, .. } => {
                self.tallies.add(section, text);
                self.next_order = self.next_order.max(order + 1);
                self.by_order.insert_mut((section.clone(), *order), id.clone());
                for key in keys.iter() {
                    self.by_key.insert_mut((key.clone(), section.clone(), *order), id.clone());
                }
                let entry =
                    Entry { order: *order, id: id.clone(), keys: Some(keys.clone()), text: text.clone() };
                self.by_id.insert_mut(address, Some(entry));
            }
            Change::Remove { .. } if self.base.contains(section.as_str(), id) => {
                self.by_id.insert_mut(address, None);
            }
            Change::Remove { .. } => {
                self.by_id.remove_mut(&address);
            }
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
        self.base.weight() + 2 * self.layer_bytes + NODE * self.by_id.size() + 1024
    }
}
