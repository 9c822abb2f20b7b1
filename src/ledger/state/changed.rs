//! What became of the base's entries: by their positions, what stands there now, if anything does.
//!
//! A state shares it with the one before but for little. What stands is put behind what was put before; where, is
//! found by the position.

use std::ops::Range;
use std::sync::Arc;

use super::found::Stored;
use super::places::Places;
use super::rows::{Rows, Within};

/// The positions at which something changed.
#[derive(Clone, Default)]
pub(super) struct Changed {
    /// Each of them with the place in which stands what stands there.
    positions: Rows,
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
        self.positions.places(position).next()
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
        self.positions.put(position, place);
    }

    /// The positions within these at which something changed, in order, and what stands there.
    pub(super) fn range(&self, positions: Range<u32>) -> Walk<'_> {
        Walk { rows: self.positions.within(&positions), standing: &self.standing }
    }
}

/// Positions at which something changed.
pub(super) struct Walk<'a> {
    rows: Within<'a>,
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
