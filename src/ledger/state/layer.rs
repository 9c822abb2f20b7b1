//! What changed in one section since the base was read: small persistent maps, of which a clone is a clone of
//! pointers.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::found::Stored;
use super::newest::Newest;

/// How many branches a node of the map by id has at the most: each is counted anew for every change of one of them.
const DEGREE: u8 = 16;

/// What was put into one section, but for what stands in the place of an entry of the base.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    by_id: HashTrieMapSync<Arc<str>, Arc<Stored>>,
    /// Those whose order is below that of all of the newest.
    older: RedBlackTreeMapSync<u64, Arc<Stored>>,
    newest: Newest,
    row: Row,
}

/// The same order in one piece of memory, made once so many entries were walked without it that it pays: to make it is
/// to walk all of them.
#[derive(Debug, Default)]
struct Row {
    stored: OnceLock<Arc<[Arc<Stored>]>>,
    walked: AtomicUsize,
}

impl Clone for Row {
    /// How many were walked is counted anew.
    fn clone(&self) -> Self {
        Self { stored: self.stored.clone(), walked: AtomicUsize::new(0) }
    }
}

/// Entries of a layer in order.
pub(super) enum LayerWalk<'a> {
    Row(std::slice::Iter<'a, Arc<Stored>>),
    Map(MapWalk<'a>),
}

/// The same without the row, for which it counts.
pub(super) struct MapWalk<'a> {
    entries: Box<dyn DoubleEndedIterator<Item = &'a Arc<Stored>> + 'a>,
    walked: usize,
    row: &'a Row,
}

impl Drop for MapWalk<'_> {
    fn drop(&mut self) {
        self.row.walked.fetch_add(self.walked, Ordering::Relaxed);
    }
}

impl<'a> Iterator for LayerWalk<'a> {
    type Item = &'a Arc<Stored>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Row(row) => row.next(),
            Self::Map(map) => {
                map.walked += 1;
                map.entries.next()
            }
        }
    }
}

impl DoubleEndedIterator for LayerWalk<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Row(row) => row.next_back(),
            Self::Map(map) => {
                map.walked += 1;
                map.entries.next_back()
            }
        }
    }
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            by_id: HashTrieMapSync::new_sync_with_degree(DEGREE),
            older: RedBlackTreeMapSync::new_sync(),
            newest: Newest::default(),
            row: Row::default(),
        }
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

    /// Those that are here in order and of such an order.
    pub(super) fn walk(&self, orders: Range<u64>) -> LayerWalk<'_> {
        if let Some(row) = self.row() {
            let at = |order| row.partition_point(|stored| stored.entry.order < order);
            return LayerWalk::Row(row[at(orders.start)..at(orders.end).max(at(orders.start))].iter());
        }
        let entries = Box::new(self.in_order(orders));
        LayerWalk::Map(MapWalk { entries, walked: 0, row: &self.row })
    }

    fn in_order(&self, orders: Range<u64>) -> impl DoubleEndedIterator<Item = &Arc<Stored>> {
        let newest = self.newest.walk(orders.clone());
        self.older.range(orders).map(|(_, stored)| stored).chain(newest)
    }

    fn row(&self) -> Option<&[Arc<Stored>]> {
        if let Some(row) = self.row.stored.get() {
            return Some(row);
        }
        let pays = self.row.walked.load(Ordering::Relaxed) >= self.len();
        pays.then(|| &**self.row.stored.get_or_init(|| self.in_order(0..u64::MAX).cloned().collect()))
    }

    /// Puts an entry, in place of another one of its id that has the same order if there is one. The tenant has none of
    /// a higher order if it is its newest.
    pub(super) fn put(&mut self, stored: Arc<Stored>, is_newest: bool) {
        self.by_id.insert_mut(Arc::clone(&stored.entry.id), Arc::clone(&stored));
        self.row = Row::default();
        let order = stored.entry.order;
        if is_newest {
            self.newest.push(stored);
        } else if self.newest.is_above(order) {
            self.older.insert_mut(order, stored);
        } else if !self.newest.replace(order, Some(Arc::clone(&stored))) {
            // No transaction puts one between them, but a ledger may say so.
            let newest = std::mem::take(&mut self.newest);
            for stored in newest.walk(0..u64::MAX).chain([&stored]) {
                self.older.insert_mut(stored.entry.order, Arc::clone(stored));
            }
        }
    }

    /// Removes the entry of that id, which has that order.
    pub(super) fn remove(&mut self, id: &str, order: u64) {
        self.row = Row::default();
        self.by_id.remove_mut(id);
        if !self.newest.replace(order, None) {
            self.older.remove_mut(&order);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::Entry;
    use super::super::kept::KeptValue;
    use super::*;

    #[test]
    fn the_row_is_made_once_as_many_were_walked_as_there_are_and_is_walked_like_the_map() {
        let mut layer = Layer::default();
        for order in 0..100_u64 {
            let entry = Entry { order, id: order.to_string().into(), keys: None, text: Bytes::new() };
            let stored = Arc::new(Stored { entry, kept: KeptValue::default() });
            layer.put(stored, order >= 50);
        }
        let walked = |orders, count| {
            let mut walk = layer.walk(orders);
            let orders: Vec<u64> = walk.by_ref().rev().take(count).map(|stored| stored.entry.order).collect();
            (matches!(walk, LayerWalk::Row(_)), orders)
        };
        let newest: Vec<u64> = (0..100).rev().collect();
        // However many walks it takes.
        for page in newest.chunks(10) {
            assert_eq!(walked(0..page[0] + 1, 10), (false, page.to_vec()));
        }
        for page in newest.chunks(10) {
            assert_eq!(walked(0..page[0] + 1, 10), (true, page.to_vec()));
        }
    }
}
