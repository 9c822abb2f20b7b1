//! What was put into one section since the base was read: in places that states share, found by a hash of the id.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

use super::Entry;
use super::found::Stored;
use super::kept::KeptValue;
use super::places::Places;
use super::rows::Rows;

/// An entry, or the order and the id of one that was removed.
#[derive(Debug, Clone)]
struct Slot {
    stored: Arc<Stored>,
    is_there: bool,
}

impl Slot {
    fn order(&self) -> u64 {
        self.stored.entry.order
    }
}

/// What was put into one section, but for what stands in the place of an entry of the base.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    /// One behind the other as they came, which is in order but for what no transaction puts.
    slots: Places<Slot>,
    /// Where they are by their order, once that is another.
    sorted: Option<RedBlackTreeMapSync<u64, usize>>,
    /// Where they are by the hashes of their ids, and where those are that were removed.
    by_id: Rows,
    /// So that nobody can choose ids of which many have one hash.
    hash: RandomState,
    /// How many are not removed.
    count: usize,
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

impl Layer {
    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// The entry of that id.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Stored>> {
        self.at(self.place(id)?)
    }

    fn at(&self, place: usize) -> Option<&Arc<Stored>> {
        self.slots.get(place).filter(|slot| slot.is_there).map(|slot| &slot.stored)
    }

    /// Where the entry of that id is. The first that is found came last: one that was removed has no other in its stead.
    fn place(&self, id: &str) -> Option<usize> {
        let mut slots =
            self.by_id.places(self.hash(id)).filter_map(|place| Some((place, self.slots.get(place)?)));
        let (place, slot) = slots.find(|(_, slot)| *slot.stored.entry.id == *id)?;
        slot.is_there.then_some(place)
    }

    fn hash(&self, id: &str) -> u32 {
        // Half of it: what else has the same is told apart by its id.
        (self.hash.hash_one(id) >> 32) as u32
    }

    /// Those that are here in order and of such an order.
    pub(super) fn walk(&self, orders: Range<u64>) -> LayerWalk<'_> {
        if let Some(row) = self.row() {
            let at = |order| row.partition_point(|stored| stored.entry.order < order);
            return LayerWalk::Row(row[at(orders.start)..at(orders.end).max(at(orders.start))].iter());
        }
        LayerWalk::Map(MapWalk { entries: self.in_order(orders), walked: 0, row: &self.row })
    }

    fn in_order(&self, orders: Range<u64>) -> Box<dyn DoubleEndedIterator<Item = &Arc<Stored>> + '_> {
        if let Some(sorted) = &self.sorted {
            return Box::new(sorted.range(orders).filter_map(|(_, place)| self.at(*place)));
        }
        let (start, end) = (self.from(orders.start), self.from(orders.end));
        Box::new((start..end.max(start)).filter_map(|place| self.at(place)))
    }

    /// The first place that has no lower order, where they are in order.
    fn from(&self, order: u64) -> usize {
        let (mut from, mut to) = (0, self.slots.len());
        while from < to {
            let middle = from.midpoint(to);
            let is_lower = self.slots.get(middle).is_some_and(|slot| slot.order() < order);
            if is_lower { from = middle + 1 } else { to = middle }
        }
        from
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
        self.row = Row::default();
        let (order, behind) = (stored.entry.order, self.slots.len());
        let before = if is_newest { None } else { self.place(&stored.entry.id) };
        let place = before.unwrap_or(behind);
        let is_last = self.slots.get(place.wrapping_sub(1)).is_none_or(|last| last.order() < order);
        if before.is_none() && !is_last && self.sorted.is_none() {
            // No transaction puts one between them, but a ledger may say so.
            let slots = (0..behind).filter_map(|place| Some((self.at(place)?.entry.order, place)));
            self.sorted = Some(slots.collect());
        }
        if let Some(sorted) = &mut self.sorted {
            sorted.insert_mut(order, place);
        }
        let slot = Slot { stored, is_there: true };
        if before.is_some() {
            self.slots.set(place, slot);
            return;
        }
        // As many entries have no room in memory.
        self.by_id.put(self.hash(&slot.stored.entry.id), u32::try_from(place).unwrap_or(u32::MAX));
        self.slots.push(slot);
        self.count += 1;
    }

    /// Removes the entry of that id.
    pub(super) fn remove(&mut self, id: &str) {
        let Some(place) = self.place(id) else { return };
        let Some(Entry { order, id, .. }) = self.at(place).map(|stored| stored.entry.clone()) else { return };
        self.row = Row::default();
        if let Some(sorted) = &mut self.sorted {
            sorted.remove_mut(&order);
        }
        let entry = Entry { order, id, keys: None, text: Bytes::new() };
        let stored = Arc::new(Stored { entry, kept: KeptValue::default() });
        self.slots.set(place, Slot { stored, is_there: false });
        self.count -= 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_row_is_made_once_as_many_were_walked_as_there_are_and_is_walked_like_the_map() {
        let mut layer = Layer::default();
        for order in 0..100_u64 {
            layer.put(stored(order, order), order >= 50);
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

    fn stored(id: u64, order: u64) -> Arc<Stored> {
        let entry = Entry { order, id: id.to_string().into(), keys: None, text: Bytes::new() };
        Arc::new(Stored { entry, kept: KeptValue::default() })
    }

    /// What a layer says, by id and in order, is what a plain map says of ids by their orders.
    fn check(layer: &Layer, model: &BTreeMap<u64, u64>) {
        assert_eq!(layer.len(), model.len());
        let walked =
            layer.in_order(0..u64::MAX).map(|stored| (stored.entry.order, stored.entry.id.parse().unwrap()));
        assert!(walked.eq(model.iter().map(|(order, id)| (*order, *id))));
        let ids: BTreeMap<u64, u64> = model.iter().map(|(order, id)| (*id, *order)).collect();
        for id in 0..10_000 {
            let found = layer.get(&id.to_string()).map(|stored| stored.entry.order);
            assert_eq!(found, ids.get(&id).copied());
        }
    }

    #[test]
    fn two_that_go_on_from_the_same_layer_change_neither_it_nor_each_other() {
        let (mut layer, mut model) = (Layer::default(), BTreeMap::new());
        for id in 0..3_000 {
            layer.put(stored(id, 10 * id), true);
            model.insert(10 * id, id);
        }
        let (before, had) = (layer.clone(), model.clone());
        let (mut other, mut others) = (layer.clone(), model.clone());
        for id in 3_000..6_000 {
            layer.put(stored(id, 10 * id), true);
            model.insert(10 * id, id);
            if id % 3 == 0 {
                layer.remove(&(id - 2_000).to_string());
                model.remove(&(10 * (id - 2_000)));
            }
            other.put(stored(id + 4_000, 10 * id), true);
            others.insert(10 * id, id + 4_000);
        }
        [(&layer, &model), (&before, &had), (&other, &others)]
            .into_iter()
            .for_each(|(layer, model)| check(layer, model));
    }

    #[test]
    fn what_was_removed_can_come_again_and_an_entry_between_the_others_is_found_there() {
        let (mut layer, mut model) = (Layer::default(), BTreeMap::new());
        for id in 0..100 {
            layer.put(stored(id, 10 * id + 10), true);
            model.insert(10 * id + 10, id);
        }
        layer.remove("99");
        layer.remove("50");
        layer.remove("50");
        model.retain(|_, id| *id != 99 && *id != 50);
        check(&layer, &model);
        let before = layer.clone();
        for (id, order) in [(50, 510), (99, 5), (200, 995), (201, 2_000), (99, 5)] {
            layer.put(stored(id, order), order == 2_000);
            let mut now = model.clone();
            now.insert(order, id);
            check(&layer, &now);
            model = now;
        }
        model.retain(|order, _| ![510, 5, 995, 2_000].contains(order));
        check(&before, &model);
        let mut layer = before;
        for order in 3_000..6_000 {
            layer.put(stored(50, order), true);
            layer.remove("50");
        }
        check(&layer, &model);
        layer.put(stored(50, 6_000), true);
        model.insert(6_000, 50);
        check(&layer, &model);
    }

    #[test]
    fn an_id_that_has_the_hash_of_another_is_told_apart() {
        let mut layer = Layer::default();
        (0..2).for_each(|id| layer.put(stored(id, id + 1), true));
        for (id, place) in [("0", 1), ("2", 0)] {
            layer.by_id.put(layer.hash(id), place);
        }
        let order = |id| layer.get(id).map(|stored| stored.entry.order);
        assert_eq!([order("0"), order("1"), order("2")], [Some(1), Some(2), None]);
    }
}
