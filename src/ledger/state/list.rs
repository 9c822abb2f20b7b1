//! Walking a section in order.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::found::{Place, Stored};
use super::layer::LayerWalk;
use super::{Entry, Found, LazyState, Section, State};
use crate::ledger::tally::Tallies;
use crate::store::StoreError;

/// In which direction a section is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As they were inserted.
    InOrder,
    /// The newest first.
    NewestFirst,
}

/// Something from its beginning, or from its end.
struct Directed<I> {
    of: I,
    newest_first: bool,
}

impl<I: DoubleEndedIterator> Iterator for Directed<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.newest_first { self.of.next_back() } else { self.of.next() }
    }
}

/// The entries of a section, one after the other.
struct Walk<'a, H> {
    state: &'a LazyState,
    below: Directed<Range<usize>>,
    /// What changed of them, if anything did.
    changed: Option<Changed<'a, H>>,
}

/// What a walk meets above the base, and does not below it, in the order of the walk.
struct Changed<'a, H> {
    above: Directed<LayerWalk<'a>>,
    next_above: Option<&'a Arc<Stored>>,
    hidden: H,
    next_hidden: Option<Hidden<'a>>,
    /// The next one of the base, or in the place of one, once somebody asked for it, and its order.
    next_below: Option<(Standing<'a>, u64)>,
}

/// A position of the base that is hidden, and what stands there.
type Hidden<'a> = (u32, Option<&'a Arc<Stored>>);

/// What stands at a position of the base.
#[derive(Clone, Copy)]
enum Standing<'a> {
    /// Its own entry.
    Own(usize),
    /// What was put in the place of that.
    Other(&'a Arc<Stored>),
}

impl<'a, H: Iterator<Item = Hidden<'a>>> Iterator for Walk<'a, H> {
    type Item = Result<Found<'a>, StoreError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.changed {
            None => Some(self.state.at(self.below.next()?)),
            Some(changed) => changed.next(self.state, &mut self.below),
        }
    }
}

impl<'a, H: Iterator<Item = Hidden<'a>>> Changed<'a, H> {
    /// The next entry: of two sequences in order, what comes first.
    fn next(
        &mut self,
        state: &'a LazyState,
        below: &mut Directed<Range<usize>>,
    ) -> Option<Result<Found<'a>, StoreError>> {
        if self.next_below.is_none()
            && let Some(standing) = self.shown(below)
        {
            let order = match standing {
                // Where nothing lies above any more, nobody compares.
                _ if self.next_above.is_none() => Ok(0),
                Standing::Own(at) => state.base.order(at),
                Standing::Other(stored) => Ok(stored.entry.order),
            };
            match order {
                Ok(order) => self.next_below = Some((standing, order)),
                Err(error) => return Some(Err(error)),
            }
        }
        let above_is_first = match (self.next_above, self.next_below) {
            (Some(stored), Some((_, order))) => (stored.entry.order < order) != self.above.newest_first,
            (stored, _) => stored.is_some(),
        };
        if above_is_first {
            let stored = std::mem::replace(&mut self.next_above, self.above.next())?;
            return Some(Ok(Found { state, place: Place::Above(stored) }));
        }
        self.next_below.take().map(|(standing, _)| match standing {
            Standing::Own(at) => state.at(at),
            Standing::Other(stored) => Ok(Found { state, place: Place::Above(stored) }),
        })
    }

    /// What stands at the next position of the base at which something does.
    fn shown(&mut self, below: &mut Directed<Range<usize>>) -> Option<Standing<'a>> {
        // They are met in the same order.
        below.find_map(|at| match self.next_hidden {
            Some((hidden, standing)) if hidden == position(at) => {
                self.next_hidden = self.hidden.next();
                standing.map(Standing::Other)
            }
            _ => Some(Standing::Own(at)),
        })
    }
}

/// A position as it stands among those that are hidden.
fn position(at: usize) -> u32 {
    // It is less than the text's length, which fits.
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl LazyState {
    /// The entries of a section beyond the order `after`, in that direction.
    pub(crate) fn walk(
        &self,
        section: &str,
        direction: Direction,
        after: Option<u64>,
    ) -> Result<impl Iterator<Item = Result<Found<'_>, StoreError>>, StoreError> {
        let orders = match (direction, after) {
            (Direction::InOrder, Some(after)) => after.saturating_add(1)..u64::MAX,
            (Direction::NewestFirst, Some(after)) => 0..after,
            (_, None) => 0..u64::MAX,
        };
        let newest_first = direction == Direction::NewestFirst;
        let below = self.base.range(section, orders.clone())?;
        // Without a layer nothing is hidden either.
        let changed = self.layers.get(section).map(|layer| {
            let mut above = Directed { of: layer.walk(orders), newest_first };
            let hidden = self.changed.range(position(below.start)..position(below.end));
            let mut hidden = Directed { of: hidden, newest_first };
            let (next_above, next_hidden) = (above.next(), hidden.next());
            Changed { above, next_above, hidden, next_hidden, next_below: None }
        });
        Ok(Walk { state: self, below: Directed { of: below, newest_first }, changed })
    }
}

impl State {
    /// The entries of a section beyond the order `after`, in that direction.
    pub(super) fn entries(
        &self,
        section: &str,
        direction: Direction,
        after: Option<u64>,
    ) -> impl Iterator<Item = Found<'_>> {
        // All of it was read.
        self.walk(section, direction, after).into_iter().flatten().map_while(Result::ok)
    }

    /// At most `limit` entries of a section beyond the order `after`, in that direction.
    pub(crate) fn list(
        &self,
        section: &Section,
        direction: Direction,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<Entry> {
        self.entries(section.as_str(), direction, after).take(limit).map(|found| found.entry()).collect()
    }

    /// All entries of a section in order.
    pub(crate) fn all(&self, section: &Section) -> Vec<Entry> {
        self.list(section, Direction::InOrder, None, usize::MAX)
    }

    /// All sections but the ledger's last line, in order.
    pub(super) fn sections(&self) -> BTreeSet<&Section> {
        let below = self.base.sections().iter().map(|(section, _)| section);
        below.chain(self.layers.keys()).filter(|section| **section != Section::META).collect()
    }

    /// The sections whose tallies, which are kept as entries change, are not those of the entries.
    pub(crate) fn miscounted(&self) -> Vec<Section> {
        let mut counted = Tallies::default();
        for section in self.sections() {
            for found in self.entries(section.as_str(), Direction::InOrder, None) {
                counted.add(section, &found.text());
            }
        }
        counted.differing(&self.tallies)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use bytes::Bytes;

    use super::*;
    use crate::ledger::commit_text::Change;

    #[test]
    fn a_wrong_tally_is_found() {
        let mut state = State::absent();
        let section = Section::named("notes");
        let put = |id: &str, order| Change::Put {
            section: section.clone(),
            id: id.into(),
            order,
            keys: [].into(),
            text: Bytes::from_static(b"{}"),
            is_new: false,
        };
        state.apply(&put("a", 1));
        state.apply(&put("b", 2));
        state.apply(&Change::Remove { section: section.clone(), id: "a".into() });
        assert_eq!(state.miscounted(), []);
        state.tallies.add(&section, b"{}");
        assert_eq!(state.miscounted(), [section]);
    }
}
