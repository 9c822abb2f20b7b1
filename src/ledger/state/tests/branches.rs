//! States share what lies above their base, and whatever is made of one changes no other.

use proptest::sample::Index;

use super::*;

#[derive(Debug, Clone)]
enum Made {
    Put {
        id: usize,
    },
    /// As no transaction puts one, but a ledger may say.
    PutAt {
        id: usize,
        order: u64,
    },
    Remove {
        id: usize,
    },
    Fold,
}

fn made() -> impl Strategy<Value = Made> {
    prop_oneof![
        30 => (0..IDS.len()).prop_map(|id| Made::Put { id }),
        1 => (0..IDS.len(), 1..60_u64).prop_map(|(id, order)| Made::PutAt { id, order }),
        20 => (0..IDS.len()).prop_map(|id| Made::Remove { id }),
        1 => Just(Made::Fold),
    ]
}

fn make((mut state, mut model): (State, Model), made: &Made, text: &str) -> (State, Model) {
    let section = Section::named(SECTIONS[0]);
    let place = |id: usize| model.order_of(0, id);
    let put = match *made {
        Made::Put { id } => Some((id, place(id).unwrap_or(model.next))),
        // An order is one entry's.
        Made::PutAt { id, order } => Some((id, order))
            .filter(|_| model.entries.get(&(0, order)).is_none_or(|(other, ..)| *other == id)),
        Made::Remove { id } => {
            state.apply(&Change::Remove { section: section.clone(), id: IDS[id].into() });
            if let Some(order) = place(id) {
                model.entries.remove(&(0, order));
            }
            None
        }
        Made::Fold => {
            state = reread(&state);
            None
        }
    };
    if let Some((id, order)) = put {
        let (keys, record) = ([].into(), Bytes::from(text.to_owned()));
        state.apply(&Change::Put { section, id: IDS[id].into(), order, keys, text: record, is_new: false });
        if let Some(before) = model.order_of(0, id) {
            model.entries.remove(&(0, before));
        }
        model.entries.insert((0, order), (id, Vec::new(), text.to_owned()));
        model.next = model.next.max(order + 1);
    }
    (state, model)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_is_what_it_was_whatever_is_made_of_it(
        steps in prop::collection::vec((made(), prop::option::weighted(0.1, any::<Index>())), 1..160),
    ) {
        let mut states = vec![(empty(), Model { next: 1, ..Model::default() })];
        for (number, (step, from)) in steps.iter().enumerate() {
            let from = from.map_or(states.len() - 1, |from| from.index(states.len()));
            let made = make(states[from].clone(), step, &number.to_string());
            states.push(made);
        }
        for (state, model) in states {
            model.check(&state);
        }
    }
}
