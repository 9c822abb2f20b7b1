//! Entries that were the newest of their tenant when they were put, in order: whoever has the newest state adds one
//! without a copy of anything.

use std::ops::Range;
use std::sync::Arc;

use super::found::Stored;
use super::places::Places;

/// An order, and the entry that has it, unless that was removed.
#[derive(Debug, Clone)]
struct Slot {
    order: u64,
    stored: Option<Arc<Stored>>,
}

/// Entries in rising order.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest(Places<Slot>);

impl Newest {
    /// Adds an entry of a higher order than all others.
    pub(super) fn push(&mut self, stored: Arc<Stored>) {
        self.0.push(Slot { order: stored.entry.order, stored: Some(stored) });
    }

    /// Puts another entry at its order, or nothing; whether there is a place of that order.
    pub(super) fn replace(&mut self, order: u64, stored: Option<Arc<Stored>>) -> bool {
        let at = self.from(order);
        let is_there = self.0.get(at).is_some_and(|slot| slot.order == order);
        if is_there {
            self.0.set(at, Slot { order, stored });
        }
        is_there
    }

    /// Whether that order is below all of these.
    pub(super) fn is_above(&self, order: u64) -> bool {
        self.0.get(0).is_none_or(|first| order < first.order)
    }

    /// Those of such an order, in order.
    pub(super) fn walk(&self, orders: Range<u64>) -> impl DoubleEndedIterator<Item = &Arc<Stored>> {
        let (start, end) = (self.from(orders.start), self.from(orders.end));
        (start..end.max(start)).filter_map(|at| self.0.get(at)?.stored.as_ref())
    }

    /// The first place that has no lower order.
    fn from(&self, order: u64) -> usize {
        let (mut from, mut to) = (0, self.0.len());
        while from < to {
            let middle = from.midpoint(to);
            let is_lower = self.0.get(middle).is_some_and(|slot| slot.order < order);
            if is_lower { from = middle + 1 } else { to = middle }
        }
        from
    }
}
