//! What is kept of entries by their ids, in one piece of memory: beside the base that is a table, a place and the
//! value, and above it rows of hashes, a place and the entry, of which each lies elsewhere.
//!
//! It belongs to one state and says nothing of another: a clone begins without it, and so does a state that changes.
//! A table is made once its state was asked so often that it pays, and filled one by one as entries are found. What
//! does not fit, or was not met yet, is found where it stands.
//!
//! The hash is a fast one and has no secret, unlike that of a base: who chooses ids that all want the same places has
//! them found where they stand, as if they had not been met, and slows down nothing else.

use std::any::Any;
use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHasher;

use super::kept::OfEntry;
use crate::ledger::memory::{Memory, Room};

/// How many sections have a table, or types of one section: those that were asked often first.
const TABLES: usize = 4;

/// For how many entries a look counts, since a table of them costs as much to make and to let go of; and after how
/// many looks a state is taken to be one that is read.
const LOOK: usize = 8;
const LOOKS: usize = 32;

/// How many places lie in one line of the processor's cache, and in how many lines an entry may be, one after the other.
/// There are two lines for three entries, so that most are in their first, and hardly any finds none.
const IN_LINE: usize = 3;
const LINES: usize = 4;

/// What was met in one state.
#[derive(Default)]
pub(super) struct Met {
    tables: OnceLock<Box<Tables>>,
    looks: AtomicUsize,
}

type Tables = [OnceLock<Table>; TABLES];

/// What was met in one section as values of one type.
struct Table {
    section: Box<str>,
    /// [`Places`] of that type: of what is known to be of it a pointer is half as long.
    places: Box<dyn Any + Send + Sync>,
    room: Room,
}

struct Places<T> {
    lines: Box<[Line<T>]>,
}

/// What is kept, and beside it a part of each id's hash, by which others are told apart without a look at them.
#[repr(align(64))]
struct Line<T> {
    marks: [AtomicU32; IN_LINE],
    kept: [OnceLock<Arc<T>>; IN_LINE],
}

impl<T> Line<T> {
    fn new() -> Self {
        Self { marks: Default::default(), kept: std::array::from_fn(|_| OnceLock::new()) }
    }

    #[inline]
    fn places(&self) -> impl Iterator<Item = (&AtomicU32, &OnceLock<Arc<T>>)> {
        self.marks.iter().zip(&self.kept)
    }
}

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
    /// What is kept of the entry of that id, if it was met as a value of that type.
    #[inline]
    pub(super) fn get<T: OfEntry>(&self, section: &str, id: &str) -> Option<&Arc<T>> {
        self.places(section)?.get(id)
    }

    #[inline]
    fn places<T: OfEntry>(&self, section: &str) -> Option<&Places<T>> {
        self.tables().filter(|table| *table.section == *section).find_map(|table| table.places.downcast_ref())
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
    pub(super) fn note<T: OfEntry>(
        &self,
        section: &str,
        id: &str,
        kept: Arc<T>,
        entries: impl FnOnce() -> usize,
        memory: &Arc<Memory>,
    ) {
        if let Some(places) = self.places::<T>(section) {
            places.note(id, kept);
        } else if self.tables().count() < TABLES {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
            if looks <= LOOKS {
                return;
            }
            let entries = entries();
            if looks.saturating_mul(LOOK) >= entries {
                self.looks.store(0, Ordering::Relaxed);
                if let Some(table) = Table::new::<T>(section, entries, memory) {
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
    fn new<T: OfEntry>(section: &str, entries: usize, memory: &Arc<Memory>) -> Option<Self> {
        let lines = entries.max(1).saturating_mul(2).div_ceil(3) + LINES - 1;
        let room = Room::new(memory);
        room.grow(lines.saturating_mul(size_of::<Line<T>>())).then(|| Self {
            section: section.into(),
            places: Box::new(Places::<T>::new(lines)),
            room,
        })
    }
}

impl<T: OfEntry> Places<T> {
    fn new(lines: usize) -> Self {
        Self { lines: std::iter::repeat_with(Line::new).take(lines).collect() }
    }

    /// The lines in which an entry may be, and its mark there.
    #[inline]
    fn of(&self, id: &str) -> (&[Line<T>], u32) {
        let mut hasher = FxHasher::default();
        hasher.write(id.as_bytes());
        let hash = hasher.finish();
        // Of that hash only the lower half is there on every machine.
        #[allow(
            clippy::cast_possible_truncation,
            reason = "halves of a hash, and less than the number of lines"
        )]
        let (mark, place) = ((hash >> 32) as u32, u64::from(hash as u32));
        #[allow(clippy::cast_possible_truncation, reason = "less than the number of lines")]
        let first = ((place * (self.lines.len() - LINES + 1) as u64) >> 32) as usize;
        (&self.lines[first..first + LINES], mark)
    }

    #[inline]
    fn get(&self, id: &str) -> Option<&Arc<T>> {
        let (lines, mark) = self.of(id);
        for line in lines {
            for (of, kept) in line.places() {
                if of.load(Ordering::Relaxed) == mark
                    && let Some(kept) = kept.get().filter(|kept| kept.is_of(id))
                {
                    return Some(kept);
                }
            }
            // They are taken one after the other.
            line.kept[IN_LINE - 1].get()?;
        }
        None
    }

    fn note(&self, id: &str, mut kept: Arc<T>) {
        if self.get(id).is_some() {
            return;
        }
        let (lines, mark) = self.of(id);
        for (of, place) in lines.iter().flat_map(Line::places) {
            match place.set(kept) {
                Ok(()) => return of.store(mark, Ordering::Relaxed),
                Err(back) => kept = back,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    struct Named(String);

    impl OfEntry for Named {
        fn is_of(&self, id: &str) -> bool {
            self.0 == id
        }
    }

    struct Other;

    impl OfEntry for Other {
        fn is_of(&self, _: &str) -> bool {
            true
        }
    }

    fn named(id: &str) -> Arc<Named> {
        Arc::new(Named(id.to_owned()))
    }

    fn table(entries: usize) -> Table {
        Table::new::<Named>("notes", entries, &Arc::new(Memory::new(1 << 30))).unwrap()
    }

    fn note<T: OfEntry>(met: &Met, id: &str, kept: &Arc<T>) {
        for _ in 0..=LOOKS + 1 {
            met.note("notes", id, Arc::clone(kept), || 1, &Arc::new(Memory::new(1 << 30)));
        }
    }

    #[test]
    fn an_id_whose_hash_is_that_of_another_is_told_apart() {
        let table = Places::new(4);
        let (lines, mark) = table.of("wanted");
        let (of, place) = lines[0].places().next().unwrap();
        of.store(mark, Ordering::Relaxed);
        place.set(named("other")).ok().unwrap();
        assert!(table.get("wanted").is_none());
        let wanted = named("wanted");
        table.note("wanted", Arc::clone(&wanted));
        assert!(Arc::ptr_eq(table.get("wanted").unwrap(), &wanted));
    }

    #[test]
    fn what_is_kept_is_met_as_the_type_that_it_is_of() {
        let (met, wanted, other) = (Met::default(), named("wanted"), Arc::new(Other));
        note(&met, "wanted", &wanted);
        assert!(Arc::ptr_eq(met.get("notes", "wanted").unwrap(), &wanted));
        assert!(met.get::<Other>("notes", "wanted").is_none());
        note(&met, "wanted", &other);
        assert!(Arc::ptr_eq(met.get("notes", "wanted").unwrap(), &other));
        assert!(Arc::ptr_eq(met.get("notes", "wanted").unwrap(), &wanted));
        assert!(met.get::<Other>("others", "wanted").is_none());
    }

    #[test]
    fn nearly_all_are_met_each_once_and_what_has_no_place_is_not() {
        let table = table(1000);
        let (places, ids) =
            (table.places.downcast_ref::<Places<Named>>().unwrap(), (0..1000).map(|id| id.to_string()));
        for id in ids.clone().chain(ids.clone()) {
            places.note(&id, named(&id));
        }
        let met = ids.filter(|id| places.get(id).is_some_and(|kept| kept.is_of(id))).count();
        assert!(met > 990, "{met}");
        let taken =
            places.lines.iter().flat_map(Line::places).filter(|(_, place)| place.get().is_some()).count();
        assert_eq!(taken, met);
        assert_eq!(table.room.bytes(), size_of_val(&*places.lines));
    }

    #[test]
    fn a_table_for_no_entry_has_places_for_one() {
        let table = table(0);
        let places = table.places.downcast_ref::<Places<Named>>().unwrap();
        assert!(places.get("wanted").is_none());
        places.note("wanted", named("wanted"));
        assert!(places.get("wanted").is_some());
    }
}
