//! What a fold writes says of itself what whoever reads it anew finds out.

use super::*;
use crate::ledger::state::base::Base;
use crate::ledger::state::index::IndexWriter;

/// Names that JSON writes as they are, and one that it escapes.
const NAMES: [&str; 3] = ["@blobs", "notes", "quote \" and \\"];
/// Records as they are usually written, and as another program might.
const TEXTS: [&str; 5] = ["{}", "{\"bytes\":7,\"v\":[\"]\"]}", " {\"a\":1}", "{\"a\":1} ", "[1]"];

#[derive(Debug, Clone)]
enum Written {
    Put { section: usize, id: usize, keys: Vec<(usize, usize)>, text: usize },
    Remove { section: usize, id: usize },
    Fold,
}

fn written() -> impl Strategy<Value = Written> {
    let (section, id) = (0..NAMES.len(), 0..IDS.len());
    let keys = prop::collection::vec((0..NAMES.len(), 0..KEYS.len()), 0..3);
    prop_oneof![
        6 => (section.clone(), id.clone(), keys, 0..TEXTS.len())
            .prop_map(|(section, id, keys, text)| Written::Put { section, id, keys, text }),
        2 => (section, id).prop_map(|(section, id)| Written::Remove { section, id }),
        1 => Just(Written::Fold),
    ]
}

/// The lines and the index of a state's base, and the same lines with the index that reading them gives.
fn both(state: &State) -> [(Bytes, Bytes); 2] {
    let (lines, index) = state.base_bytes();
    let read = Base::read_with(IndexWriter::keyed(state.base.hash_key()), lines.clone()).unwrap();
    let read = read.bytes().map(|(lines, index)| (lines.clone(), index.clone())).unwrap();
    [(lines, index), read]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fold_says_of_its_lines_what_reading_them_anew_says(steps in prop::collection::vec(written(), 1..40)) {
        let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
        for step in steps.into_iter().chain([Written::Fold]) {
            match step {
                Written::Put { section, id, keys, text } => {
                    let keys = keys.iter().map(|(index, key)| IndexKey::new(NAMES[*index], KEYS[*key])).collect();
                    draft.put(&Section::named(NAMES[section]), IDS[id], keys, TEXTS[text].into());
                }
                Written::Remove { section, id } => {
                    draft.remove(&Section::named(NAMES[section]), IDS[id]);
                }
                Written::Fold => {
                    let folded = draft.state().folded().unwrap();
                    let [written, read] = both(&folded);
                    prop_assert_eq!(&written.0, &draft.state().write_snapshot());
                    prop_assert_eq!(written, read);
                    draft = Draft::new(folded, jiff::Timestamp::UNIX_EPOCH);
                }
            }
        }
    }
}

#[test]
fn a_fold_is_refused_if_a_line_of_it_could_not_be_read() {
    // Beside an id that has to be escaped a record is looked at.
    let mut draft = Draft::new(empty(), jiff::Timestamp::UNIX_EPOCH);
    draft.put(&Section::named("notes"), "a\tb", Vec::new(), "{\"a\"".into());
    assert_eq!(draft.state().folded().unwrap_err().line, 1);
}
