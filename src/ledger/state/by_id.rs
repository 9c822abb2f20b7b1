//! Where the entries of a base stand, by their ids.

use std::hash::{BuildHasher, RandomState};

/// A table of positions by the hash of an id, without the ids. Whether what is found is what was looked for is for the
/// asker to see. The hash has a key of its own, so that nobody can choose ids that all meet in one place.
#[derive(Debug, Default)]
pub(super) struct ById {
    hasher: RandomState,
    /// A part of the hash, and the position, counted from 1; 0 is nobody's. A power of two of them, a quarter of
    /// them free at the least.
    slots: Box<[(u32, u32)]>,
}

impl ById {
    /// The table of those ids, by their positions.
    pub(super) fn new<'a>(ids: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        let room = (ids.len() + ids.len() / 3 + 1).next_power_of_two();
        let mut table = Self { hasher: RandomState::new(), slots: vec![(0, 0); room].into() };
        for (position, id) in (1..).zip(ids) {
            let (mark, mut at) = table.start(id);
            while table.slots[at].1 != 0 {
                at = (at + 1) % room;
            }
            table.slots[at] = (mark, position);
        }
        table
    }

    /// The part of an id's hash that stands in the table, and where to begin to look for it.
    fn start(&self, id: &[u8]) -> (u32, usize) {
        let hash = self.hasher.hash_one(id);
        #[allow(clippy::cast_possible_truncation, reason = "parts of a hash")]
        let (mark, at) = ((hash >> 32) as u32, hash as usize);
        (mark, at & (self.slots.len() - 1))
    }

    /// The first position that may be that of an id, and `is` says it is.
    pub(super) fn find(&self, id: &[u8], is: impl Fn(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let (mark, mut at) = self.start(id);
        loop {
            let (found, position) = self.slots[at];
            let position = position.checked_sub(1)? as usize;
            if found == mark && is(position) {
                return Some(position);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        size_of_val(&*self.slots)
    }
}
