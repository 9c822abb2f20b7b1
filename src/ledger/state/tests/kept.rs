//! What is kept beside entries is found for these and no others, and changes no answer.

use super::by_parts::{ShortParts, answers, history, opened};
use super::*;

/// What is kept here of an entry: what it was made of.
struct Seen {
    section: &'static str,
    id: String,
    text: Bytes,
}

impl OfEntry for Seen {
    fn is_of(&self, id: &str) -> bool {
        self.id == id
    }
}

fn seen(kept: &Kept) -> &Seen {
    let kept: &dyn std::any::Any = &**kept;
    kept.downcast_ref().unwrap()
}

fn roomy() -> Arc<Memory> {
    Arc::new(Memory::new(1 << 30))
}

/// Keeps something of each entry of which nothing is kept.
fn keep_all(state: &LazyState) {
    for section in SECTIONS {
        for found in state.walk(section, Direction::InOrder, None).unwrap() {
            let found = found.unwrap();
            let value = Seen { section, id: found.id().into_owned(), text: found.text() };
            found.keep(Arc::new(value), 1);
        }
    }
}

/// Looks for every id so often that a state takes itself for one that is read, and compares what was met and what is kept with the entries
/// beside which it is found.
fn check(state: &LazyState) {
    for _ in 0..40 {
        for (section, id) in SECTIONS.iter().flat_map(|section| IDS.map(|id| (*section, id))) {
            let found = state.found(section, id).unwrap();
            // That it is there is for the answers to say.
            let kept = found.as_ref().and_then(Found::kept);
            if let Some(met) = state.met::<Seen>(section, id) {
                assert!(kept.is_some_and(|kept| Arc::ptr_eq(&kept_as(kept).unwrap(), met)));
            }
            let Some(kept) = kept else { continue };
            let (found, seen) = (found.as_ref().unwrap(), seen(kept));
            assert_eq!((seen.section, &*seen.id, &seen.text), (section, id, &found.text()));
            assert_eq!(found.id(), id);
        }
    }
    for section in SECTIONS {
        for found in state.walk(section, Direction::NewestFirst, None).unwrap() {
            let found = found.unwrap();
            let kept = found.kept().map(seen);
            let own = kept.is_none_or(|seen| seen.id == found.id() && seen.text == found.text());
            assert!(own && kept.is_none_or(|seen| seen.section == section));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_found_beside_its_own_entry_and_changes_no_answer(
        steps in prop::collection::vec(step(), 1..40),
        length in 1_usize..200,
        by_parts in any::<bool>(),
        keeps in prop::collection::vec(any::<bool>(), 0..8),
    ) {
        let (base, since) = history(&steps);
        let mut plain = base.clone();
        let mut state = match by_parts {
            true => opened(&base, ShortParts::of(&base, length)).unwrap(),
            false => LazyState::clone(&base),
        };
        state = state.keeping(&roomy());
        let mut keeps = keeps.into_iter();
        for change in &since {
            if keeps.next().unwrap_or(false) {
                keep_all(&state);
            }
            // One that was handed out before still says what it said.
            let (before, said) = (state.clone(), answers(&state));
            state.take(change).unwrap();
            plain.apply(change);
            check(&state);
            check(&before);
            prop_assert_eq!(answers(&before), said);
        }
        keep_all(&state);
        check(&state);
        prop_assert_eq!(answers(&state), answers(&plain));
        let whole = Arc::new(state).whole().unwrap();
        check(&whole);
        prop_assert_eq!(answers(&whole), answers(&plain));
    }
}

/// A state whose base has some notes.
fn noted(count: usize) -> LazyState {
    let notes = Section::named("notes");
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    for number in 0..count {
        draft.put(&notes, &format!("note-{number}"), Vec::new(), format!("{{\"n\":{number}}}").into());
    }
    LazyState::clone(&reread(draft.state()))
}

#[test]
fn a_text_that_says_another_id_than_its_entry_is_not_kept() {
    let state = noted(2).keeping(&roomy());
    let keep = |id: &str| {
        let found = state.found("notes", "note-0").unwrap().unwrap();
        found.keep(Arc::new(Seen { section: "notes", id: id.to_owned(), text: found.text() }), 1);
        state.found("notes", "note-0").unwrap().unwrap().kept().is_some()
    };
    assert!(!keep("note-1"));
    assert!(keep("note-0"));
}

#[test]
fn what_lies_above_the_base_is_found_as_it_is_however_often_it_was_looked_for() {
    let notes = Section::named("notes");
    let mut state = State::of(Arc::new(noted(3)));
    for number in 0..500 {
        let (id, text) = (format!("above-{number}").into(), format!("{{\"n\":{number}}}").into());
        let order = state.next_order();
        let (section, keys) = (notes.clone(), [].into());
        state.apply(&Change::Put { section, id, order, keys, text, is_new: false });
    }
    for _ in 0..100 {
        for number in (0..500).step_by(7) {
            let found = state.found("notes", &format!("above-{number}")).unwrap().unwrap();
            assert_eq!(found.text(), format!("{{\"n\":{number}}}"));
            assert!(state.found("notes", &format!("missing-{number}")).unwrap().is_none());
        }
    }
    // Changed where it stands, since nobody else has this state.
    let order = state.get(&notes, "above-14").unwrap().order;
    let (section, id) = (notes.clone(), "above-14".into());
    let text = "{}".into();
    state.apply(&Change::Put { section, id, order, keys: [].into(), text, is_new: false });
    state.apply(&Change::Remove { section: notes, id: "above-7".into() });
    assert_eq!(state.found("notes", "above-14").unwrap().unwrap().text(), "{}");
    assert!(state.found("notes", "above-7").unwrap().is_none());
}

/// Looks for some entries so often that they are met, as far as something is kept of them.
fn meet(state: &LazyState, section: &str, ids: &[&str]) {
    for id in ids.iter().cycle().take(500) {
        state.meet::<Seen>(section, id, state.found(section, id).unwrap().unwrap());
    }
}

#[test]
fn what_was_met_is_found_in_its_own_section_alone_and_no_more_after_a_change() {
    let mut state = noted(3).keeping(&roomy());
    let other = Change::Put {
        section: Section::named("others"),
        id: "note-1".into(),
        order: state.next_order(),
        keys: [].into(),
        text: "{}".into(),
        is_new: false,
    };
    state.take(&other).unwrap();
    let found = state.found("notes", "note-1").unwrap().unwrap();
    found.keep(Arc::new(Seen { section: "notes", id: "note-1".into(), text: found.text() }), 1);
    meet(&state, "notes", &["note-1", "note-2"]);
    assert_eq!(state.met::<Seen>("notes", "note-1").unwrap().section, "notes");
    assert!(state.met::<Seen>("notes", "note-2").is_none(), "nothing is kept of it");
    assert!(state.met::<Seen>("others", "note-1").is_none());
    assert!(state.clone().met::<Seen>("notes", "note-1").is_none());
    let before = state.kept_bytes();
    let emptied = state.emptied();
    assert!(emptied.met::<Seen>("notes", "note-1").is_none() && emptied.kept_bytes() < before);
    state.take(&Change::Remove { section: Section::named("notes"), id: "note-1".into() }).unwrap();
    assert!(state.met::<Seen>("notes", "note-1").is_none());
}

#[test]
fn nothing_is_met_where_there_is_no_room_for_that() {
    let memory = Arc::new(Memory::new(1 << 14));
    let state = noted(1000).keeping(&memory);
    let found = state.found("notes", "note-1").unwrap().unwrap();
    found.keep(Arc::new(Seen { section: "notes", id: "note-1".into(), text: found.text() }), 1);
    meet(&state, "notes", &["note-1"]);
    assert!(state.found("notes", "note-1").unwrap().unwrap().kept().is_some());
    assert!(state.met::<Seen>("notes", "note-1").is_none());
    assert!(memory.is_short());
}

#[test]
fn what_was_kept_is_kept_when_the_rest_of_the_base_is_read_and_what_comes_to_be_kept_then_is_not_before() {
    let base = State::of(Arc::new(noted(3)));
    let state = Arc::new(opened(&base, ShortParts::of(&base, 8)).unwrap().keeping(&roomy()));
    let keep = |state: &LazyState, id: &str| {
        let found = state.found("notes", id).unwrap().unwrap();
        found.keep(Arc::new(Seen { section: "notes", id: id.to_owned(), text: found.text() }), 1);
    };
    let kept = |state: &LazyState, id: &str| state.found("notes", id).unwrap().unwrap().kept().is_some();
    keep(&state, "note-1");
    let whole = state.whole().unwrap();
    assert!(kept(&whole, "note-1") && !kept(&whole, "note-2"));
    assert_eq!(whole.kept_bytes(), state.kept_bytes());
    keep(&whole, "note-2");
    assert!(kept(&whole, "note-2") && !kept(&state, "note-2"));
}
