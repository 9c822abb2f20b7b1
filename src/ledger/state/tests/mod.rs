//! The layered state against plain maps: whatever is put, removed, committed, folded and read again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod branches;
mod by_parts;
mod changed;
mod kept;
mod written;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ledger::commit_text::{Change, read_commit, write_commit};
use crate::ledger::draft::Draft;
use crate::ledger::header::Lifecycle;
use crate::paths::Incarnation;

#[derive(Debug, Clone)]
enum Step {
    Put {
        section: usize,
        id: usize,
        keys: Vec<usize>,
        value: u64,
    },
    Remove {
        section: usize,
        id: usize,
    },
    /// Writes the changes so far as a commit's text and reads them back.
    Commit,
    /// Writes the state as a snapshot and reads it back.
    Fold,
}

/// Ids that JSON writes as they are, and ids that it escapes.
const IDS: [&str; 6] = ["a", "b", "quote \" and \\", "\u{1f3a5}", "tab\tend", "zz"];
const SECTIONS: [&str; 3] = ["notes", "videos", "@blobs"];
const KEYS: [&str; 3] = ["x", "\"y\"", "z"];

fn step() -> impl Strategy<Value = Step> {
    let (section, id) = (0..SECTIONS.len(), 0..IDS.len());
    let keys = prop::collection::vec(0..KEYS.len(), 0..3);
    prop_oneof![
        6 => (section.clone(), id.clone(), keys, any::<u64>())
            .prop_map(|(section, id, keys, value)| Step::Put { section, id, keys, value }),
        3 => (section, id).prop_map(|(section, id)| Step::Remove { section, id }),
        1 => Just(Step::Commit),
        1 => Just(Step::Fold),
    ]
}

/// What the state has to say, kept in the plainest way.
#[derive(Clone, Default)]
struct Model {
    entries: BTreeMap<(usize, u64), (usize, Vec<usize>, String)>,
    next: u64,
}

impl Model {
    fn order_of(&self, section: usize, id: usize) -> Option<u64> {
        let mut found = self.entries.iter().filter(|((s, _), (i, ..))| (*s, *i) == (section, id));
        found.next().map(|((_, order), _)| *order)
    }

    fn put(&mut self, section: usize, id: usize, mut keys: Vec<usize>, text: String) {
        keys.sort_unstable();
        keys.dedup();
        let order = self.order_of(section, id).unwrap_or(self.next);
        self.next = self.next.max(order + 1);
        self.entries.insert((section, order), (id, keys, text));
    }

    fn list(&self, section: usize) -> Vec<(String, String)> {
        let own = self.entries.iter().filter(|((s, _), _)| *s == section);
        own.map(|(_, (id, _, text))| (IDS[*id].to_owned(), text.clone())).collect()
    }

    fn check(&self, state: &State) {
        for (at, name) in SECTIONS.iter().enumerate() {
            let section = Section::named(name);
            let shown = |entries: Vec<Entry>| -> Vec<(String, String)> {
                let text = |entry: &Entry| String::from_utf8(entry.text.to_vec()).unwrap();
                entries.iter().map(|entry| (entry.id.to_string(), text(entry))).collect()
            };
            let expected = self.list(at);
            assert_eq!(shown(state.all(&section)), expected);
            let newest = state.list(&section, Direction::NewestFirst, None, usize::MAX);
            let orders: Vec<u64> = newest.iter().map(|entry| entry.order).collect();
            assert!(orders.is_sorted_by(|a, b| a > b));
            assert_eq!(shown(newest).into_iter().rev().collect::<Vec<_>>(), expected);
            if let Some(&first) = orders.last() {
                assert_eq!(
                    shown(state.list(&section, Direction::InOrder, Some(first), 2)),
                    expected[1..].iter().take(2).cloned().collect::<Vec<_>>()
                );
            }
            let tally = state.tallies().of(&section);
            let bytes: usize = expected.iter().map(|(_, text)| text.len()).sum();
            assert_eq!((tally.count, tally.text_bytes), (expected.len() as u64, bytes as u64));
            for (id, name) in IDS.iter().enumerate() {
                let own = self.entries.iter().find(|((s, _), (i, ..))| (*s, *i) == (at, id));
                let text = state.get(&section, name).map(|entry| entry.text);
                assert_eq!(text.as_deref(), own.map(|(_, (.., text))| text.as_bytes()));
            }
            for (key, name) in KEYS.iter().enumerate() {
                let found = state.find(&section, &IndexKey::new("index", name));
                let own =
                    self.entries.iter().filter(|((s, _), (_, keys, _))| *s == at && keys.contains(&key));
                let expected: Vec<u64> = own.map(|((_, order), _)| *order).collect();
                assert_eq!(found.iter().map(|entry| entry.order).collect::<Vec<_>>(), expected);
                let counted = state.count(&section, &IndexKey::new("index", name));
                assert_eq!(counted, expected.len() as u64);
            }
        }
    }
}

fn empty() -> State {
    let version = Version::new(Incarnation::from_bytes([1; 16]), 1, Arc::new(()));
    let header = TenantHeader {
        incarnation: Incarnation::from_bytes([1; 16]),
        lifecycle: Lifecycle::Active,
        profile: "{}".into(),
    };
    State::read(version, header, Bytes::new()).unwrap()
}

fn reread(state: &State) -> State {
    state.rebased().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_says_what_plain_maps_say(steps in prop::collection::vec((step(), any::<bool>()), 1..40)) {
        let mut model = Model { next: 1, ..Model::default() };
        let mut base = empty();
        let mut draft = Draft::new(base.clone(), jiff::Timestamp::UNIX_EPOCH);
        // A draft in which nobody looked says the same as one in which somebody did.
        for (step, looks) in steps {
            match step {
                Step::Put { section, id, keys, value } => {
                    let text = format!("{{\"bytes\":{},\"v\":{value}}}", value % 1000);
                    let mut index: Vec<_> = keys.iter().map(|&key| IndexKey::new("index", KEYS[key])).collect();
                    index.sort();
                    index.dedup();
                    draft.put(&Section::named(SECTIONS[section]), IDS[id], index, text.clone().into());
                    model.put(section, id, keys, text);
                }
                Step::Remove { section, id } => {
                    let removed = draft.remove(&Section::named(SECTIONS[section]), IDS[id]);
                    let order = model.order_of(section, id);
                    prop_assert_eq!(removed.map(|entry| entry.order), order);
                    if let Some(order) = order {
                        model.entries.remove(&(section, order));
                    }
                }
                Step::Commit => {
                    let (after, changes, _) = draft.into_parts();
                    after.iter().for_each(|after| model.check(after));
                    for change in &read_commit(&write_commit(&changes)).unwrap() {
                        base.apply(change);
                    }
                    draft = Draft::new(base.clone(), jiff::Timestamp::UNIX_EPOCH);
                }
                Step::Fold => {
                    base = reread(draft.state());
                    draft = Draft::new(base.clone(), jiff::Timestamp::UNIX_EPOCH);
                }
            }
            if looks {
                model.check(draft.state());
            }
        }
        model.check(draft.state());
        let blobs: u64 = model.list(2).iter().map(|(_, text)| {
            serde_json::from_str::<serde_json::Value>(text).unwrap()["bytes"].as_u64().unwrap()
        }).sum();
        prop_assert_eq!(draft.state().tallies().of(&Section::BLOBS).amount, u128::from(blobs));
    }
}

#[test]
fn an_order_is_never_used_again_though_the_newest_entry_was_removed_before_a_fold() {
    let notes = Section::named("notes");
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    draft.put(&notes, "a", Vec::new(), "{}".into());
    let removed = draft.remove(&notes, "a").unwrap().order;
    let folded = reread(draft.state());
    let mut draft = Draft::new(folded, jiff::Timestamp::UNIX_EPOCH);
    draft.put(&notes, "b", Vec::new(), "{}".into());
    assert!(draft.state().get(&notes, "b").unwrap().order > removed);
}

#[test]
fn a_change_that_nobody_looked_at_is_there_after_the_header_was_replaced() {
    let notes = Section::named("notes");
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    draft.put(&notes, "a", Vec::new(), "{}".into());
    draft.set_header((**empty().header().unwrap()).clone());
    let (after, changes, header_changed) = draft.into_parts();
    assert!(after.unwrap().get(&notes, "a").is_some());
    assert_eq!((changes.len(), header_changed), (1, true));
}

#[test]
fn a_line_that_is_none_is_named() {
    let header = (**empty().header().unwrap()).clone();
    let version = empty().version().unwrap().clone();
    let text = "[\"notes\",\"a\",1,[],{}]\n[\"notes\",\"b\"]\n";
    let error = State::read(version, header, Bytes::from_static(text.as_bytes())).unwrap_err();
    assert_eq!(error.line, 2);
}
