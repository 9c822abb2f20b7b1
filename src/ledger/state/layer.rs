//! What changed in one section since the base was read: small persistent maps, of which a clone is a clone of
//! pointers.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::found::Stored;

/// What was put into one section. What the base has and is no more is not here, but hidden there.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    by_id: HashTrieMapSync<Arc<str>, Arc<Stored>>,
    by_order: RedBlackTreeMapSync<u64, Arc<Stored>>,
    row: Row,
}

/// The same order in one piece of memory, made once a state has been walked so often that it pays.
#[derive(Debug, Default)]
struct Row {
    stored: OnceLock<Arc<[Arc<Stored>]>>,
    walks: AtomicUsize,
}

/// For how many entries a walk counts: making the row costs as much as walking them without it.
const WALK: usize = 32;

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

impl Default for Layer {
    fn default() -> Self {
        let (by_id, by_order) = (HashTrieMapSync::new_sync(), RedBlackTreeMapSync::new_sync());
        Self { by_id, by_order, row: Row::default() }
    }
}

impl Layer {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.size()
    }

    /// The entry of that id.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Stored>> {
        self.by_id.get(id)
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

    /// Takes an entry out of the order.
    pub(super) fn forget(&mut self, order: u64) {
        self.row = Row::default();
        self.by_order.remove_mut(&order);
    }

    /// Removes an entry that is not in the order any more, or never was here.
    pub(super) fn remove(&mut self, id: &str) {
        self.by_id.remove_mut(id);
    }
}
