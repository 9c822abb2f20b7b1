//! A state that is read part by part says what the same one says that is whole, or that something is damaged.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::store::StoreErrorKind;

/// A snapshot in parts that are short, so that everything stands in several.
pub(super) struct ShortParts {
    text: Bytes,
    index: Bytes,
    length: usize,
    /// The part that can't be read.
    damaged: Option<usize>,
    /// How often it was asked to read, and how many parts.
    reads: AtomicUsize,
    read: AtomicUsize,
}

impl ShortParts {
    pub(super) fn of(state: &State, length: usize) -> Self {
        let (text, index) = state.folded().unwrap().base_bytes();
        let (reads, read) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { text, index, length, damaged: None, reads, read }
    }

    fn count(&self) -> usize {
        (self.text.len() + self.index.len()).div_ceil(self.length)
    }

    fn damage() -> StoreError {
        StoreError::new(StoreErrorKind::Corrupt, "read", "damaged")
    }
}

impl SnapshotParts for ShortParts {
    fn text_length(&self) -> usize {
        self.text.len()
    }

    fn index_length(&self) -> usize {
        self.index.len()
    }

    fn part_length(&self) -> usize {
        self.length
    }

    fn read(&self, parts: Range<usize>) -> Result<Bytes, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(parts.len(), Ordering::Relaxed);
        if self.damaged.is_some_and(|damaged| parts.contains(&damaged)) {
            return Err(Self::damage());
        }
        let all = [&*self.text, &*self.index].concat();
        let end = all.len().min(parts.end * self.length);
        Ok(Bytes::copy_from_slice(&all[parts.start * self.length..end]))
    }

    fn read_all(&self) -> Result<(Bytes, Bytes), StoreError> {
        if self.damaged.is_some() { Err(Self::damage()) } else { Ok((self.text.clone(), self.index.clone())) }
    }
}

pub(super) fn opened(state: &State, parts: ShortParts) -> Result<LazyState, StoreError> {
    let (version, header) = (state.version().unwrap().clone(), (**state.header().unwrap()).clone());
    LazyState::open(version, header, Arc::new(parts))
}

/// What an entry says.
type Shown = (u64, String, String);

fn shown(found: &Found<'_>) -> Shown {
    (found.order(), found.id().into_owned(), String::from_utf8(found.text().to_vec()).unwrap())
}

/// All that can be asked of a state, and what it answers to each.
pub(super) fn answers(state: &LazyState) -> Vec<Result<Vec<Shown>, StoreErrorKind>> {
    let mut answers = Vec::new();
    for name in SECTIONS {
        let section = Section::named(name);
        for id in IDS {
            let found = state.found(name, id);
            answers.push(found.map(|found| found.iter().map(shown).collect()).map_err(|error| error.kind()));
        }
        for key in KEYS {
            let found = state.find_places(&section, &IndexKey::new("index", key));
            answers.push(found.map(|found| found.iter().map(shown).collect()).map_err(|error| error.kind()));
        }
        for direction in [Direction::InOrder, Direction::NewestFirst] {
            for after in [None, Some(1), Some(3), Some(7), Some(20)] {
                let walked = state.walk(name, direction, after);
                let walked =
                    walked.and_then(|walk| walk.map(|found| found.map(|found| shown(&found))).collect());
                answers.push(walked.map_err(|error| error.kind()));
            }
        }
    }
    answers
}

/// Changes as they are for who reads them of a commit.
fn sent(changes: &[Change]) -> Vec<Change> {
    read_commit(&write_commit(changes)).unwrap()
}

/// Some states after another, each with what was committed since the last fold of it.
pub(super) fn history(steps: &[Step]) -> (State, Vec<Change>) {
    let (mut base, mut since) = (empty(), Vec::new());
    let mut draft = Draft::new(base.clone(), jiff::Timestamp::UNIX_EPOCH);
    for step in steps {
        match step {
            Step::Put { section, id, keys, value } => {
                let mut index: Vec<_> = keys.iter().map(|&key| IndexKey::new("index", KEYS[key])).collect();
                index.sort();
                index.dedup();
                let text = format!("{{\"bytes\":{},\"v\":{value}}}", value % 1000);
                draft.put(&Section::named(SECTIONS[*section]), IDS[*id], index, text.into());
            }
            Step::Remove { section, id } => {
                draft.remove(&Section::named(SECTIONS[*section]), IDS[*id]);
            }
            Step::Commit => {}
            Step::Fold => {
                base = reread(draft.state());
                since.clear();
                draft = Draft::new(base.clone(), jiff::Timestamp::UNIX_EPOCH);
                continue;
            }
        }
        if matches!(step, Step::Commit) {
            let (_, changes, _) =
                std::mem::replace(&mut draft, Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH)).into_parts();
            since.extend(sent(&changes));
            let mut now = base.clone();
            since.iter().for_each(|change| now.apply(change));
            draft = Draft::new(now, jiff::Timestamp::UNIX_EPOCH);
        }
    }
    let (_, changes, _) = draft.into_parts();
    since.extend(sent(&changes));
    (base, since)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_says_the_same_whether_it_is_whole_or_read_part_by_part(
        steps in prop::collection::vec(step(), 1..30),
        length in 1_usize..200,
    ) {
        let (base, since) = history(&steps);
        let mut whole = base.clone();
        let mut lazy = opened(&base, ShortParts::of(&base, length)).unwrap();
        for change in &since {
            whole.apply(change);
            lazy.take(change).unwrap();
        }
        prop_assert!(!lazy.is_whole());
        prop_assert_eq!(answers(&lazy), answers(&whole));
        prop_assert_eq!((lazy.tallies(), lazy.next_order()), (whole.tallies(), whole.next_order()));
        let read = Arc::new(lazy).whole().unwrap();
        prop_assert_eq!(answers(&read), answers(&whole));
        prop_assert_eq!(read.write_snapshot(), whole.write_snapshot());
    }

    #[test]
    fn a_damaged_part_is_said_by_whatever_touches_it_and_changes_no_other_answer(
        steps in prop::collection::vec(step(), 1..30),
        length in 1_usize..200,
        damaged in any::<prop::sample::Index>(),
    ) {
        let (base, since) = history(&steps);
        let mut parts = ShortParts::of(&base, length);
        parts.damaged = Some(damaged.index(parts.count()));
        match opened(&base, parts) {
            Err(error) => prop_assert_eq!(error.kind(), StoreErrorKind::Corrupt),
            Ok(mut lazy) => {
                let mut whole = base.clone();
                for change in &since {
                    // A change that can't be taken in leaves the state as it was.
                    match lazy.take(change) {
                        Ok(()) => whole.apply(change),
                        Err(error) => prop_assert_eq!(error.kind(), StoreErrorKind::Corrupt),
                    }
                }
                for (said, expected) in answers(&lazy).into_iter().zip(answers(&whole)) {
                    prop_assert!(said == expected || said == Err(StoreErrorKind::Corrupt), "{said:?}");
                }
                prop_assert_eq!(Arc::new(lazy).whole().unwrap_err().kind(), StoreErrorKind::Corrupt);
            }
        }
    }

    #[test]
    fn an_index_that_is_none_ends_nothing_but_the_question(
        steps in prop::collection::vec(step(), 1..30),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (base, _) = history(&steps);
        let mut parts = ShortParts::of(&base, 64);
        let mut index = parts.index.to_vec();
        for (at, byte) in changes {
            let at = at.index(index.len());
            index[at] = byte;
        }
        parts.index = index.into();
        if let Ok(lazy) = opened(&base, parts) {
            answers(&lazy);
            // Whoever asks for an id is never given another one.
            for (section, id) in SECTIONS.iter().flat_map(|section| IDS.map(|id| (section, id))) {
                if let Ok(Some(found)) = lazy.found(section, id) {
                    prop_assert_eq!(found.id(), id);
                }
            }
            if let Ok(whole) = Arc::new(lazy).whole() {
                answers(&whole);
            }
        }
    }
}

#[test]
fn a_record_is_found_without_most_of_the_parts() {
    let notes = Section::named("notes");
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    for number in 0..1000 {
        draft.put(&notes, &format!("note-{number}"), Vec::new(), format!("{{\"n\":{number}}}").into());
    }
    let state = draft.state().folded().unwrap();
    let parts = Arc::new(ShortParts::of(&state, 512));
    let header = (**state.header().unwrap()).clone();
    let lazy = LazyState::open(state.version().unwrap().clone(), header, Arc::clone(&parts) as _).unwrap();
    let found = lazy.found("notes", "note-700").unwrap().unwrap();
    assert_eq!(found.text(), "{\"n\":700}");
    let read = parts.read.load(Ordering::Relaxed);
    assert!(read <= 8, "{read} of {} parts", parts.count());
}

/// A state of so many notes whose parts are read when they are touched.
fn many_notes(count: usize, damaged: Option<usize>) -> (LazyState, Arc<ShortParts>) {
    let notes = Section::named("notes");
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    for number in 0..count {
        draft.put(&notes, &format!("note-{number}"), Vec::new(), format!("{{\"n\":{number}}}").into());
    }
    let state = draft.state().folded().unwrap();
    let mut parts = ShortParts::of(&state, 512);
    parts.damaged = damaged;
    let parts = Arc::new(parts);
    let header = (**state.header().unwrap()).clone();
    let lazy = LazyState::open(state.version().unwrap().clone(), header, Arc::clone(&parts) as _).unwrap();
    (lazy, parts)
}

#[test]
fn who_walks_on_has_parts_read_for_him_several_at_once_in_either_direction() {
    for direction in [Direction::InOrder, Direction::NewestFirst] {
        let (lazy, parts) = many_notes(5000, None);
        let before = parts.reads.load(Ordering::Relaxed);
        assert_eq!(lazy.walk("notes", direction, None).unwrap().map(Result::unwrap).count(), 5000);
        let (reads, read) = (parts.reads.load(Ordering::Relaxed), parts.read.load(Ordering::Relaxed));
        assert!(read > 400 && reads - before < 40, "{reads} reads of {read} parts");
        assert!(read <= parts.count(), "some of {} were read twice: {read}", parts.count());
    }
}

#[test]
fn who_walks_a_little_way_has_no_more_read_for_nothing_than_for_something() {
    for wanted in [1, 10, 100, 1000] {
        let (lazy, parts) = many_notes(5000, None);
        let before = parts.read.load(Ordering::Relaxed);
        let walked = lazy.walk("notes", Direction::NewestFirst, None).unwrap().take(wanted);
        let texts: usize = walked.map(|found| found.unwrap().text().len()).sum();
        let read = parts.read.load(Ordering::Relaxed) - before;
        // A line has its frame beside its text, and an entry a place in the index.
        let touched = (texts + 60 * wanted) / 512;
        assert!(read <= 2 * touched + 6, "{read} parts for {wanted} notes, which have {touched}");
    }
}

#[test]
fn a_damaged_part_that_is_read_ahead_is_nothing_to_who_touches_another() {
    let (_, parts) = many_notes(2000, None);
    let damaged = parts.text.len() / 512 / 2;
    let (lazy, _) = many_notes(2000, Some(damaged));
    let walked: Vec<_> = lazy.walk("notes", Direction::InOrder, None).unwrap().collect();
    let failed = walked.iter().filter(|found| found.is_err()).count();
    let in_it = 512 / (parts.text.len() / 2000) + 2;
    assert!((1..=in_it).contains(&failed), "{failed} notes of {in_it} in one part");
    assert_eq!(walked.len(), 2000);
}
