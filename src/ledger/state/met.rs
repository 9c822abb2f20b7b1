//! What is kept of entries by their ids, in one piece of memory: beside the base that is a table, a place and the
//! value, and above it a path through a map, of which each piece lies elsewhere.
//!
//! It belongs to one state and says nothing of another: a clone begins without it, and so does a state that changes.
//! A table is made once its state was asked so often that it pays, and filled one by one as entries are found. What
//! does not fit, or was not met yet, is found where it stands.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::kept::Kept;
use super::keyed_hash::{self, HashKey};
use crate::ledger::memory::{Memory, Room};

/// How many sections have a table: those that were asked often first.
const TABLES: usize = 4;

/// For how many entries a look counts, since a table of them costs as much to make and to let go of; and after how
/// many looks a state is taken to be one that is read.
const LOOK: usize = 8;
const LOOKS: usize = 32;

/// In how many places an entry may be, one after the other. With a third of them free, less than one in a hundred
/// finds none.
const PLACES: usize = 8;

/// What was met in one state.
#[derive(Default)]
pub(super) struct Met {
    tables: OnceLock<Box<Tables>>,
    looks: AtomicUsize,
}

type Tables = [OnceLock<Table>; TABLES];

/// What was met in one section.
struct Table {
    section: Box<str>,
    key: HashKey,
    places: Box<[Place]>,
    room: Room,
}

/// A part of an id's hash, by which others are told apart without a look at them, and what is kept. Never in two lines
/// of the processor's cache.
#[repr(align(32))]
struct Place(OnceLock<(u32, Kept)>);

impl Clone for Met {
    /// It is met anew.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Met {
    /// What is kept is left out: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Met").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl Met {
    /// What is kept of the entry of that id, if it was met.
    #[inline]
    pub(super) fn get(&self, section: &str, id: &str) -> Option<&Kept> {
        self.table(section)?.get(id)
    }

    #[inline]
    fn table(&self, section: &str) -> Option<&Table> {
        self.tables().find(|table| *table.section == *section)
    }

    #[inline]
    fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.get().into_iter().flat_map(|tables| tables.iter().map_while(OnceLock::get))
    }

    /// The tables take so many bytes.
    pub(super) fn bytes(&self) -> usize {
        self.tables().map(|table| table.room.bytes()).sum()
    }

    /// Takes note of what is kept of an entry that was found otherwise, in a section of so many.
    pub(super) fn note(
        &self,
        section: &str,
        id: &str,
        kept: &Kept,
        entries: impl FnOnce() -> usize,
        memory: &Arc<Memory>,
    ) {
        if let Some(table) = self.table(section) {
            table.note(id, kept);
        } else if self.tables().count() < TABLES {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
            if looks <= LOOKS {
                return;
            }
            let entries = entries();
            if looks.saturating_mul(LOOK) >= entries {
                self.looks.store(0, Ordering::Relaxed);
                if let Some(table) = Table::new(section, entries, memory) {
                    let tables = self.tables.get_or_init(Box::default);
                    // Each place takes one, and hands back what comes after that; what finds none goes.
                    let _ = tables.iter().try_fold(table, |table, place| place.set(table).err());
                }
            }
        }
    }
}

impl Table {
    /// Places for so many entries, if there is room.
    fn new(section: &str, entries: usize, memory: &Arc<Memory>) -> Option<Self> {
        let places = entries + entries / 2 + PLACES;
        let room = Room::new(memory);
        room.grow(places * size_of::<Place>()).then(|| Self {
            section: section.into(),
            key: keyed_hash::fresh_key(),
            places: (0..places).map(|_| Place(OnceLock::new())).collect(),
            room,
        })
    }

    /// The places in which an entry may be, and what is told of it there.
    #[inline]
    fn places(&self, id: &str) -> (&[Place], u32) {
        let hash = keyed_hash::hash(self.key, id.as_bytes());
        let first = (u128::from(hash) * (self.places.len() - PLACES + 1) as u128) >> 64;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "less than the number of places, and a part of a hash"
        )]
        let (first, mark) = (first as usize, hash as u32);
        (&self.places[first..first + PLACES], mark)
    }

    #[inline]
    fn get(&self, id: &str) -> Option<&Kept> {
        let (places, mark) = self.places(id);
        let mut met = places.iter().map_while(|place| place.0.get());
        met.find(|(of, kept)| *of == mark && kept.is_of(id)).map(|(_, kept)| kept)
    }

    /// Each place takes one, and hands back what comes after that.
    fn note(&self, id: &str, kept: &Kept) {
        if self.get(id).is_none() {
            let (places, mark) = self.places(id);
            let _ = places.iter().try_fold((mark, Arc::clone(kept)), |met, place| place.0.set(met).err());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::kept::OfEntry;
    use super::*;

    struct Named(String);

    impl OfEntry for Named {
        fn is_of(&self, id: &str) -> bool {
            self.0 == id
        }
    }

    fn named(id: &str) -> Kept {
        Arc::new(Named(id.to_owned()))
    }

    fn table(entries: usize) -> Table {
        Table::new("notes", entries, &Arc::new(Memory::new(1 << 30))).unwrap()
    }

    #[test]
    fn an_id_whose_hash_is_that_of_another_is_told_apart() {
        let table = table(4);
        let (places, mark) = table.places("wanted");
        let _ = places[0].0.set((mark, named("other")));
        assert!(table.get("wanted").is_none());
        let wanted = named("wanted");
        table.note("wanted", &wanted);
        assert!(Arc::ptr_eq(table.get("wanted").unwrap(), &wanted));
    }

    #[test]
    fn nearly_all_are_met_each_once_and_what_has_no_place_is_not() {
        let (table, ids) = (table(1000), (0..1000).map(|id| id.to_string()).collect::<Vec<_>>());
        for id in ids.iter().chain(&ids) {
            table.note(id, &named(id));
        }
        let met = ids.iter().filter(|id| table.get(id).is_some_and(|kept| kept.is_of(id))).count();
        assert!(met > 950, "{met}");
        assert_eq!(table.places.iter().filter(|place| place.0.get().is_some()).count(), met);
    }
}
