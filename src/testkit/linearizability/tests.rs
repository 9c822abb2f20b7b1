//! The checker against histories whose answer is known, and against trying every order.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::{Call, Model, Refusal, check};

/// A register that is written, read, and compared before it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Register(u8);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operation {
    Write(u8),
    Read(u8),
    Swap(u8, u8, bool),
}

use Operation::{Read, Swap, Write};

impl Model for Register {
    type Operation = Operation;

    fn after(&self, operation: &Operation) -> Option<Self> {
        match *operation {
            Write(value) => Some(Self(value)),
            Read(value) => (value == self.0).then(|| self.clone()),
            Swap(from, to, true) => (from == self.0).then_some(Self(to)),
            Swap(from, _, false) => (from != self.0).then(|| self.clone()),
        }
    }

    fn only_reads(operation: &Operation) -> bool {
        matches!(operation, Read(_) | Swap(_, _, false))
    }
}

fn call(begun: u64, ended: u64, operation: Operation) -> Call<Operation> {
    Call { begun, ended: Some(ended), operation }
}

fn unanswered(begun: u64, operation: Operation) -> Call<Operation> {
    Call { begun, ended: None, operation }
}

/// Whether any order at all explains the history, by trying each.
fn explained(model: &Register, history: &[Call<Operation>], placed: &mut Vec<usize>) -> bool {
    let open: Vec<_> = (0..history.len()).filter(|at| !placed.contains(at)).collect();
    if open.iter().all(|&at| history[at].ended.is_none()) {
        return true;
    }
    open.iter().any(|&at| {
        let precedes = |other: &usize| history[*other].ended.is_some_and(|ended| ended < history[at].begun);
        if open.iter().any(precedes) {
            return false;
        }
        let Some(after) = model.after(&history[at].operation) else { return false };
        placed.push(at);
        let found = explained(&after, history, placed);
        placed.pop();
        found
    })
}

#[test]
fn calls_one_after_the_other_are_accepted_in_their_order() {
    let history = [call(1, 2, Write(1)), call(3, 4, Read(1)), call(5, 6, Swap(1, 2, true))];
    assert_eq!(check(Register(0), &history), Ok(vec![0, 1, 2]));
}

#[test]
fn a_read_that_misses_what_was_answered_before_it_began_is_refused() {
    let history = [call(1, 2, Write(1)), call(3, 4, Read(0))];
    assert_eq!(check(Register(0), &history), Err(Refusal::NotLinearizable { stuck_at: 1 }));
}

#[test]
fn overlapping_calls_may_have_happened_in_either_order() {
    let old = [call(1, 9, Write(1)), call(2, 3, Read(0))];
    let new = [call(1, 9, Write(1)), call(2, 3, Read(1))];
    assert_eq!(check(Register(0), &old), Ok(vec![1, 0]));
    assert_eq!(check(Register(0), &new), Ok(vec![0, 1]));
}

#[test]
fn a_value_that_was_seen_is_not_unseen() {
    let history = [call(1, 20, Write(1)), call(2, 5, Read(1)), call(6, 9, Read(0))];
    assert!(matches!(check(Register(0), &history), Err(Refusal::NotLinearizable { .. })));
}

#[test]
fn a_lost_update_is_refused() {
    // Both swaps saw 0 and both were told that they succeeded.
    let history = [call(1, 8, Swap(0, 1, true)), call(2, 9, Swap(0, 2, true)), call(10, 11, Read(2))];
    assert!(matches!(check(Register(0), &history), Err(Refusal::NotLinearizable { .. })));
}

#[test]
fn a_refusal_without_a_cause_is_refused() {
    let history = [call(1, 2, Swap(0, 1, false))];
    assert!(matches!(check(Register(0), &history), Err(Refusal::NotLinearizable { .. })));
}

#[test]
fn a_call_without_an_answer_may_have_happened_or_not() {
    for seen in [0, 1] {
        let history = [unanswered(1, Write(1)), call(2, 3, Read(seen))];
        assert!(check(Register(0), &history).is_ok(), "{seen}");
    }
    let not_before_it_was_called = [call(1, 2, Read(1)), unanswered(3, Write(1))];
    assert!(check(Register(0), &not_before_it_was_called).is_err());
}

#[test]
fn a_wrong_first_choice_is_taken_back() {
    let history = [
        call(1, 10, Write(1)),
        call(1, 10, Write(2)),
        call(1, 10, Write(3)),
        call(11, 12, Read(1)),
        call(13, 14, Swap(1, 4, true)),
    ];
    let order = check(Register(0), &history).unwrap();
    assert_eq!(order[2..], [0, 3, 4]);
}

#[test]
fn a_write_of_what_is_there_already_may_still_be_needed_later() {
    let history =
        [call(1, 2, Swap(0, 2, true)), call(3, 6, Write(2)), call(3, 6, Write(1)), call(7, 8, Read(2))];
    assert_eq!(check(Register(0), &history), Ok(vec![0, 2, 1, 3]));
}

fn operations() -> impl Strategy<Value = Operation> {
    let value = || 0..3_u8;
    prop_oneof![
        value().prop_map(Write),
        value().prop_map(Read),
        (value(), value(), any::<bool>()).prop_map(|(from, to, done)| Swap(from, to, done)),
    ]
}

fn calls() -> impl Strategy<Value = Call<Operation>> {
    (0..12_u64, proptest::option::weighted(0.9, 0..6_u64), operations()).prop_map(
        |(begun, length, operation)| Call { begun, ended: length.map(|length| begun + length), operation },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_says_what_trying_every_order_says(history in proptest::collection::vec(calls(), 0..7)) {
        let expected = explained(&Register(0), &history, &mut Vec::new());
        let answer = check(Register(0), &history);
        let undecided = matches!(answer, Err(Refusal::Undecided { .. }));
        prop_assert!(!undecided);
        prop_assert_eq!(answer.is_ok(), expected, "{:?}", answer);
    }
}
