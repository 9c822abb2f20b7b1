//! What changed in one section since the base was read: small persistent maps, of which a clone is a clone of
//! pointers.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::found::Stored;
use super::keyed_hash::{self, HashKey};

/// What was put into one section. What the base has and is no more is not here, but hidden there.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    by_id: HashTrieMapSync<Arc<str>, Arc<Stored>>,
    by_order: RedBlackTreeMapSync<u64, Arc<Stored>>,
    row: Row,
    met: Met,
}

/// The same order in one piece of memory, made once a state has been walked so often that it pays.
#[derive(Debug, Default)]
struct Row {
    stored: OnceLock<Arc<[Arc<Stored>]>>,
    walks: AtomicUsize,
}

/// For how many entries a walk counts: making the row costs as much as walking them without it.
const WALK: usize = 32;

/// For how many places a look counts, since making so many costs about as much; and after how many looks a state is
/// taken to be one that is read.
const LOOK: usize = 32;

impl Clone for Row {
    /// How often it was walked is counted anew.
    fn clone(&self) -> Self {
        Self { stored: self.stored.clone(), walks: AtomicUsize::new(0) }
    }
}

/// Entries of a layer in order.
pub(super) enum LayerWalk<'a> {
    Row(std::slice::Iter<'a, Arc<Stored>>),
    Map(Box<dyn DoubleEndedIterator<Item = &'a Arc<Stored>> + 'a>),
}

impl<'a> Iterator for LayerWalk<'a> {
    type Item = &'a Arc<Stored>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Row(row) => row.next(),
            Self::Map(map) => map.next(),
        }
    }
}

impl DoubleEndedIterator for LayerWalk<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Row(row) => row.next_back(),
            Self::Map(map) => map.next_back(),
        }
    }
}

/// Entries that were looked for by their ids, in one piece of memory: a path through the map lies in many. Its places
/// are made once a state has been asked so often that it pays, and filled one by one as entries are found.
#[derive(Debug, Default)]
struct Met {
    places: OnceLock<Places>,
    looks: AtomicUsize,
}

/// The places, so many to a group, of which an entry takes one of its hash's.
struct Places {
    key: HashKey,
    /// A power of two of them.
    groups: Box<[[OnceLock<Arc<Stored>>; GROUP]]>,
}

/// How many places a group has: as many as there is room for in a line of the processor's cache.
const GROUP: usize = 4;

impl Clone for Met {
    /// It is made anew for what changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Places {
    /// The entries are left out: they are those of the maps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

impl Places {
    /// Places for so many entries, half of which stay free.
    fn new(entries: usize) -> Self {
        let groups = (2 * entries).div_ceil(GROUP).next_power_of_two();
        let groups = (0..groups).map(|_| std::array::from_fn(|_| OnceLock::new())).collect();
        Self { key: keyed_hash::fresh_key(), groups }
    }

    fn group(&self, id: &str) -> &[OnceLock<Arc<Stored>>; GROUP] {
        #[allow(clippy::cast_possible_truncation, reason = "a part of a hash")]
        let hash = keyed_hash::hash(self.key, id.as_bytes()) as usize;
        &self.groups[hash & (self.groups.len() - 1)]
    }
}

impl Default for Layer {
    fn default() -> Self {
        let (by_id, by_order) = (HashTrieMapSync::new_sync(), RedBlackTreeMapSync::new_sync());
        Self { by_id, by_order, row: Row::default(), met: Met::default() }
    }
}

impl Layer {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.size()
    }

    /// The entry of that id.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Stored>> {
        let Some(places) = self.places() else { return self.by_id.get(id) };
        let group = places.group(id);
        let met = group.iter().map_while(OnceLock::get).find(|stored| *stored.entry.id == *id);
        if met.is_some() {
            return met;
        }
        let stored = self.by_id.get(id)?;
        // Each place takes one, and hands back what comes after that.
        let _ = group.iter().try_fold(Arc::clone(stored), |stored, place| place.set(stored).err());
        Some(stored)
    }

    fn places(&self) -> Option<&Places> {
        if let Some(places) = self.met.places.get() {
            return Some(places);
        }
        let looks = self.met.looks.fetch_add(1, Ordering::Relaxed) + 1;
        let pays = looks > LOOK && looks.saturating_mul(LOOK) >= self.by_id.size();
        pays.then(|| self.met.places.get_or_init(|| Places::new(self.by_id.size())))
    }

    /// Those that are here and of such an order, in order.
    pub(super) fn walk(&self, orders: Range<u64>) -> LayerWalk<'_> {
        if let Some(row) = self.row() {
            let at = |order| row.partition_point(|stored| stored.entry.order < order);
            return LayerWalk::Row(row[at(orders.start)..at(orders.end).max(at(orders.start))].iter());
        }
        LayerWalk::Map(Box::new(self.by_order.range(orders).map(|(_, stored)| stored)))
    }

    fn row(&self) -> Option<&[Arc<Stored>]> {
        if let Some(row) = self.row.stored.get() {
            return Some(row);
        }
        let walks = self.row.walks.fetch_add(1, Ordering::Relaxed) + 1;
        let pays = walks.saturating_mul(WALK) >= self.by_order.size();
        pays.then(|| &**self.row.stored.get_or_init(|| self.by_order.values().cloned().collect()))
    }

    /// Puts an entry where none of its order is.
    pub(super) fn put(&mut self, stored: Arc<Stored>) {
        self.row = Row::default();
        self.by_order.insert_mut(stored.entry.order, Arc::clone(&stored));
        self.by_id.insert_mut(Arc::clone(&stored.entry.id), stored);
    }

    /// Takes an entry out of the order, and out of those that were met.
    pub(super) fn forget(&mut self, order: u64) {
        (self.row, self.met) = (Row::default(), Met::default());
        self.by_order.remove_mut(&order);
    }

    /// Removes an entry that is not in the order any more, or never was here.
    pub(super) fn remove(&mut self, id: &str) {
        self.by_id.remove_mut(id);
    }
}
