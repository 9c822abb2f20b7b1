//! Entries that were the newest of their tenant when they were put, in order: whoever has the newest state adds one
//! without a copy of anything.
//!
//! States share the chunks in which they stand. A place is taken once; it counts in the states that are long enough,
//! and the others don't see it. Where a place is taken already, since somebody else went on from the same state, or is
//! to have something else, the chunk is copied.

use std::array::from_fn;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rpds::VectorSync;

use super::found::Stored;

/// How many entries have their places in one piece of memory.
const CHUNK: usize = 32;

type Chunk = [OnceLock<Slot>; CHUNK];

/// An order, and the entry that has it, unless that was removed.
#[derive(Debug, Clone)]
struct Slot {
    order: u64,
    stored: Option<Arc<Stored>>,
}

/// Entries in rising order.
#[derive(Debug, Clone)]
pub(super) struct Newest {
    chunks: VectorSync<Arc<Chunk>>,
    length: usize,
}

impl Default for Newest {
    fn default() -> Self {
        Self { chunks: VectorSync::new_sync(), length: 0 }
    }
}

impl Newest {
    /// Adds an entry of a higher order than all others.
    pub(super) fn push(&mut self, stored: Arc<Stored>) {
        let (chunk, at) = (self.length / CHUNK, self.length);
        if at.is_multiple_of(CHUNK) {
            self.chunks.push_back_mut(Arc::new(from_fn(|_| OnceLock::new())));
        }
        self.length += 1;
        let slot = Slot { order: stored.entry.order, stored: Some(stored) };
        if let Some(taken) = self.chunks.get(chunk).and_then(|chunk| chunk[at % CHUNK].set(slot).err()) {
            self.set(at, taken);
        }
    }

    /// Puts another entry at its order, or nothing; whether there is a place of that order.
    pub(super) fn replace(&mut self, order: u64, stored: Option<Arc<Stored>>) -> bool {
        let at = self.from(order);
        let is_there = self.slot(at).is_some_and(|slot| slot.order == order);
        if is_there {
            self.set(at, Slot { order, stored });
        }
        is_there
    }

    /// Whether that order is below all of these.
    pub(super) fn is_above(&self, order: u64) -> bool {
        self.slot(0).is_none_or(|first| order < first.order)
    }

    /// Those of such an order, in order.
    pub(super) fn walk(&self, orders: Range<u64>) -> impl DoubleEndedIterator<Item = &Arc<Stored>> {
        let (start, end) = (self.from(orders.start), self.from(orders.end));
        (start..end.max(start)).filter_map(|at| self.slot(at)?.stored.as_ref())
    }

    /// The first place that has no lower order.
    fn from(&self, order: u64) -> usize {
        let (mut from, mut to) = (0, self.length);
        while from < to {
            let middle = from.midpoint(to);
            let is_lower = self.slot(middle).is_some_and(|slot| slot.order < order);
            if is_lower { from = middle + 1 } else { to = middle }
        }
        from
    }

    fn slot(&self, at: usize) -> Option<&Slot> {
        if at < self.length { self.chunks.get(at / CHUNK)?[at % CHUNK].get() } else { None }
    }

    /// Puts something at a place, in a copy of its chunk.
    fn set(&mut self, at: usize, slot: Slot) {
        let first = at - at % CHUNK;
        let mut copy: Chunk =
            from_fn(|place| self.slot(first + place).cloned().map_or_else(OnceLock::new, OnceLock::from));
        copy[at % CHUNK] = OnceLock::from(slot);
        self.chunks.set_mut(at / CHUNK, Arc::new(copy));
    }
}
