//! Pairs of a key and a place, found by the key: rows of numbers, each in order and in one piece of memory.
//!
//! A pair comes into the first row, which is copied for it; a row that has become too long is merged into the next. So
//! hardly anything has to be counted whenever a state is made or let go of, as it has for each node beside the path through
//! a tree.

use std::ops::Range;
use std::sync::Arc;

/// How long a row gets before it is merged into the next; the last one is as long as it has to be.
const LONGEST: [usize; 3] = [64, 2048, 65_536];

/// Keys in order, each with its place.
type Row = Arc<[(u32, u32)]>;

/// The pairs within a range of keys, a row each.
pub(super) type Within<'a> = [std::slice::Iter<'a, (u32, u32)>; LONGEST.len() + 1];

/// Places by their keys, of which several may be the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows([Row; LONGEST.len() + 1]);

impl Rows {
    /// The places of a key, that which was put last first.
    #[inline]
    pub(super) fn places(&self, key: u32) -> impl Iterator<Item = usize> {
        let of_key = move |row: &'_ Row| row.partition_point(|(other, _)| *other < key);
        let found = self
            .0
            .iter()
            .flat_map(move |row| row[of_key(row)..].iter().take_while(move |pair| pair.0 == key));
        found.map(|(_, place)| *place as usize)
    }

    /// Adds a pair.
    pub(super) fn put(&mut self, key: u32, place: u32) {
        let mut row = merged(&self.0[0], &[(key, place)]);
        for (level, longest) in LONGEST.into_iter().enumerate() {
            if row.len() <= longest {
                self.0[level] = row;
                return;
            }
            self.0[level] = Row::default();
            row = merged(&self.0[level + 1], &row);
        }
        self.0[LONGEST.len()] = row;
    }

    /// The pairs of such keys, in order within each row.
    pub(super) fn within(&self, keys: &Range<u32>) -> Within<'_> {
        let at = |row: &Row, key| row.partition_point(|(other, _)| *other < key);
        self.0
            .each_ref()
            .map(|row| row.get(at(row, keys.start)..at(row, keys.end)).unwrap_or_default().iter())
    }
}

/// The pairs of two rows as one.
fn merged(one: &[(u32, u32)], other: &[(u32, u32)]) -> Row {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let mut from = 0;
    for next in other {
        let to = from + one[from..].partition_point(|(key, _)| *key < next.0);
        all.extend_from_slice(&one[from..to]);
        all.push(*next);
        from = to;
    }
    all.extend_from_slice(&one[from..]);
    all.into()
}
