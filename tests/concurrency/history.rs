//! What the tasks were told, against the ledger and against what one task alone would have seen.

use std::collections::BTreeSet;

use tenantry::testkit::linearizability::{Call, Model, check};

use super::audit::Audit;
use super::workload::{BY_ADDING, BY_REVISION, Did, Event, FIRST, ROUNDS, SLOTS, TASKS};

/// A counter, whichever way it is changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Count(u64);

impl Model for Count {
    type Operation = Did;

    fn after(&self, did: &Did) -> Option<Self> {
        match *did {
            Did::Read(value) => (value == self.0).then(|| self.clone()),
            Did::Swap { from, to, done: true } => (from == self.0).then_some(Self(to)),
            Did::Swap { from, done: false, .. } => (from != self.0).then(|| self.clone()),
            Did::Add(to) => (to == self.0 + 1).then_some(Self(to)),
            _ => None,
        }
    }

    fn only_reads(did: &Did) -> bool {
        matches!(did, Did::Read(_) | Did::Swap { done: false, .. })
    }
}

/// The slots that are taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Slots(BTreeSet<String>);

impl Model for Slots {
    type Operation = Did;

    fn after(&self, did: &Did) -> Option<Self> {
        let count = self.0.len() as u64;
        let mut after = self.clone();
        let fits = match did {
            Did::Take { id, done: true } => count < SLOTS && after.0.insert(id.clone()),
            Did::Take { done: false, .. } => count == SLOTS,
            Did::Free { id } => after.0.remove(id),
            Did::Taken(seen) => *seen == count,
            _ => false,
        };
        fits.then_some(after)
    }

    fn only_reads(did: &Did) -> bool {
        matches!(did, Did::Take { done: false, .. } | Did::Taken(_))
    }
}

/// The events of one object; the changes among them in the order in which the ledger has them.
fn calls(events: &[Event], place: impl Fn(&Did) -> Option<usize>) -> Vec<Call<Did>> {
    let mut events: Vec<_> = events.iter().filter_map(|event| Some((place(&event.did)?, event))).collect();
    events.sort_by_key(|(place, event)| (*place, event.ended));
    let call =
        |event: &Event| Call { begun: event.begun, ended: Some(event.ended), operation: event.did.clone() };
    events.into_iter().map(|(_, event)| call(event)).collect()
}

/// Sees that what all tasks together were told is true.
pub(crate) fn examine(events: &[Event], audit: &Audit) {
    no_update_was_lost(events, audit);
    refusals_had_a_cause(events, audit);
    each_object_is_linearizable(events, audit);
}

fn no_update_was_lost(events: &[Event], audit: &Audit) {
    let swapped = events.iter().filter(|event| matches!(event.did, Did::Swap { done: true, .. })).count();
    assert!(swapped > 0);
    for (counter, expected) in [(BY_REVISION, swapped as u64), (BY_ADDING, TASKS * ROUNDS)] {
        let counted: Vec<u64> = (FIRST..=FIRST + expected).collect();
        assert_eq!(audit.counters[counter], counted, "{counter}");
    }
}

/// Every refusal rests on a state that was there.
fn refusals_had_a_cause(events: &[Event], audit: &Audit) {
    let record_bytes: BTreeSet<u64> = audit.after_changes.iter().map(|used| used.record_bytes).collect();
    let blob_bytes: BTreeSet<u64> = audit.after_changes.iter().map(|used| used.blob_bytes).collect();
    let (mut slots, mut records, mut files) = (0, 0, 0);
    for event in events {
        match &event.did {
            Did::Take { done: false, .. } => slots += 1,
            Did::NoRoomForRecord { used } => {
                records += 1;
                assert!(record_bytes.contains(used), "{used} bytes of records were never in use");
            }
            Did::NoRoomForFile { used } => {
                files += 1;
                assert!(blob_bytes.contains(used), "{used} bytes of files were never in use");
            }
            _ => {}
        }
    }
    assert!(slots > 0 && records > 0 && files > 0, "too much room: {slots} {records} {files}");
}

fn each_object_is_linearizable(events: &[Event], audit: &Audit) {
    let as_number = |value: u64| usize::try_from(value).unwrap();
    let by_revision = calls(events, |did| match did {
        Did::Read(_) | Did::Swap { done: false, .. } => Some(0),
        Did::Swap { to, .. } => Some(as_number(*to)),
        _ => None,
    });
    let by_adding = calls(events, |did| match did {
        Did::Add(to) => Some(as_number(*to)),
        _ => None,
    });
    let place = |id: &String, there: bool| {
        let found = audit.slots.iter().position(|(slot, put)| slot == id && *put == there);
        found.unwrap_or_else(|| panic!("slot {id} is not in the ledger"))
    };
    let slots = calls(events, |did| match did {
        Did::Taken(_) | Did::Take { done: false, .. } => Some(0),
        Did::Take { id, done: true } => Some(place(id, true)),
        Did::Free { id } => Some(place(id, false)),
        _ => None,
    });
    check(Count(FIRST), &by_revision).unwrap();
    check(Count(FIRST), &by_adding).unwrap();
    check(Slots::default(), &slots).unwrap();
}
