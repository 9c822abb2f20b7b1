//! What became of the base's entries: by their positions, what stands there now, if anything does.
//!
//! A state shares it with the one before but for little. What stands is put behind what was put before; where, is
//! found by the position in rows of numbers, each in order and in one piece of memory. A position comes into the first row,
//! which is copied for it; a row that has become too long is merged into the next. So nothing has to be counted
//! whenever a state is made or let go of, as it has for each node beside the path through a tree.

use std::ops::Range;
use std::sync::Arc;

use super::found::Stored;
use super::places::Places;

/// How long a row gets before it is merged into the next; the last one is as long as it has to be.
const LONGEST: [usize; 2] = [64, 2048];

/// Positions in order, each with the place in which stands what stands there.
type Row = Arc<[(u32, u32)]>;

/// What stands at the positions at which something changed.
#[derive(Clone, Default)]
pub(super) struct Changed {
    /// A position is in one of them.
    rows: [Row; LONGEST.len() + 1],
    standing: Places<Option<Arc<Stored>>>,
}

impl Changed {
    /// At how many positions something changed.
    pub(super) const fn len(&self) -> usize {
        self.standing.len()
    }

    /// What stands at a position now, if that changed.
    pub(super) fn get(&self, position: u32) -> Option<Option<&Arc<Stored>>> {
        self.standing.get(self.place(position)?).map(Option::as_ref)
    }

    fn place(&self, position: u32) -> Option<usize> {
        let find =
            |row: &Row| row.binary_search_by_key(&position, |(at, _)| *at).ok().map(|found| row[found].1);
        self.rows.iter().find_map(find).map(|place| place as usize)
    }

    /// Puts something at a position, or nothing.
    pub(super) fn put(&mut self, position: u32, stored: Option<Arc<Stored>>) {
        if let Some(place) = self.place(position) {
            self.standing.set(place, stored);
            return;
        }
        // There are no more places than positions.
        let place = u32::try_from(self.standing.len()).unwrap_or(u32::MAX);
        self.standing.push(stored);
        let mut row = merged(&self.rows[0], &[(position, place)]);
        for (level, longest) in LONGEST.into_iter().enumerate() {
            if row.len() <= longest {
                self.rows[level] = row;
                return;
            }
            self.rows[level] = Row::default();
            row = merged(&self.rows[level + 1], &row);
        }
        self.rows[LONGEST.len()] = row;
    }

    /// The positions within these at which something changed, in order, and what stands there.
    pub(super) fn range(&self, positions: Range<u32>) -> Walk<'_> {
        let within = |row: &'_ Row| {
            let at = |position| row.partition_point(|(of, _)| *of < position);
            at(positions.start)..at(positions.end)
        };
        let rows = self.rows.each_ref().map(|row| row.get(within(row)).unwrap_or_default().iter());
        Walk { rows, standing: &self.standing }
    }
}

/// Two rows that have no position in common as one.
fn merged(one: &[(u32, u32)], other: &[(u32, u32)]) -> Row {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let mut from = 0;
    for next in other {
        let to = from + one[from..].partition_point(|(position, _)| *position < next.0);
        all.extend_from_slice(&one[from..to]);
        all.push(*next);
        from = to;
    }
    all.extend_from_slice(&one[from..]);
    all.into()
}

/// Positions at which something changed.
pub(super) struct Walk<'a> {
    rows: [std::slice::Iter<'a, (u32, u32)>; LONGEST.len() + 1],
    standing: &'a Places<Option<Arc<Stored>>>,
}

impl<'a> Walk<'a> {
    fn found(&self, found: Option<&(u32, u32)>) -> Option<(u32, Option<&'a Arc<Stored>>)> {
        let (position, place) = found?;
        Some((*position, self.standing.get(*place as usize)?.as_ref()))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (u32, Option<&'a Arc<Stored>>);

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows.iter_mut().filter(|row| !row.as_slice().is_empty());
        let found = rows.min_by_key(|row| row.as_slice().first().copied())?.next();
        self.found(found)
    }
}

impl DoubleEndedIterator for Walk<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let rows = self.rows.iter_mut().filter(|row| !row.as_slice().is_empty());
        let found = rows.max_by_key(|row| row.as_slice().last().copied())?.next_back();
        self.found(found)
    }
}
