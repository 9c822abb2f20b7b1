//! What became of the base's entries, against a plain map.

use super::super::changed::Changed;
use super::super::found::Stored;
use super::super::kept::KeptValue;
use super::*;

type Model = BTreeMap<u32, Option<u64>>;

/// Enough positions that each row is merged into the next more than once; no two numbers have the same.
const POSITIONS: u32 = 10_007;
const CHANGES: u32 = 6_000;

fn put((changed, model): &mut (Changed, Model), position: u32, order: Option<u64>) {
    let entry = |order| Entry { order, id: "a".into(), keys: None, text: Bytes::new() };
    let stored = order.map(|order| Arc::new(Stored { entry: entry(order), kept: KeptValue::default() }));
    changed.put(position, stored);
    model.insert(position, order);
}

fn check((changed, model): &(Changed, Model)) {
    let order = |stored: Option<&Arc<Stored>>| stored.map(|stored| stored.entry.order);
    assert_eq!(changed.len(), model.len());
    for position in 0..POSITIONS {
        assert_eq!(changed.get(position).map(order), model.get(&position).copied());
    }
    for range in [0..u32::MAX, 5..5, POSITIONS / 3..POSITIONS / 2] {
        let expected: Vec<_> = model.range(range.clone()).map(|(at, order)| (*at, *order)).collect();
        let walked = |(at, stored)| (at, order(stored));
        assert_eq!(changed.range(range.clone()).map(walked).collect::<Vec<_>>(), expected);
        let mut backwards: Vec<_> = changed.range(range).rev().map(walked).collect();
        backwards.reverse();
        assert_eq!(backwards, expected);
    }
}

#[test]
fn what_stands_at_a_position_is_what_was_put_there_last_and_states_before_have_what_they_had() {
    let mut newest = (Changed::default(), Model::new());
    let mut before = Vec::new();
    for number in 0..CHANGES {
        if number % 500 == 0 {
            before.push(newest.clone());
        }
        put(&mut newest, number * 7919 % POSITIONS, (number % 3 > 0).then_some(number.into()));
        if number % 4 == 0 {
            put(&mut newest, number / 2 * 7919 % POSITIONS, Some(u64::from(number) + 1_000_000));
        }
    }
    before.iter().chain([&newest]).for_each(check);
}

#[test]
fn two_that_go_on_from_the_same_state_change_neither_it_nor_each_other() {
    let mut base = (Changed::default(), Model::new());
    (0..100).for_each(|position| put(&mut base, position * 3, Some(0)));
    let (mut one, mut other) = (base.clone(), base.clone());
    for position in 0..150 {
        put(&mut one, position * 2, Some(1));
        put(&mut other, position * 5, None);
    }
    [base, one, other].iter().for_each(check);
}
