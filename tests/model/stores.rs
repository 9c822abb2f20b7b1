//! The histories on the stores that need nothing else: in memory, over objects, on the disk.

use proptest::prelude::*;
use proptest_state_machine::prop_state_machine;

use crate::model::alone::{compare, histories};
use crate::model::machine::{History, Medium, config};
use crate::model::place::Place;
use crate::model::reference::Late;

#[derive(Debug, Clone)]
struct InMemory;

#[derive(Debug, Clone)]
struct OnObjects;

#[derive(Debug, Clone)]
struct OnDisk;

impl Medium for InMemory {
    const LATE: Late = Late::Unanswered;

    fn place() -> Place {
        Place::memory()
    }
}

impl Medium for OnObjects {
    fn place() -> Place {
        Place::objects()
    }
}

impl Medium for OnDisk {
    const LATE: Late = Late::None;

    fn place() -> Place {
        Place::local()
    }
}

prop_state_machine! {
    #![proptest_config(config(48, 3000))]

    #[test]
    fn histories_in_memory_are_those_of_the_model(sequential 10..130 => History<InMemory>);
}

prop_state_machine! {
    #![proptest_config(config(32, 3000))]

    #[test]
    fn histories_on_objects_in_small_pieces_are_those_of_the_model(sequential 10..130 => History<OnObjects>);
}

prop_state_machine! {
    #![proptest_config(config(24, 3000))]

    #[test]
    fn histories_on_the_disk_are_those_of_the_model(sequential 10..130 => History<OnDisk>);
}

proptest! {
    #![proptest_config(config(32, 2000))]

    #[test]
    fn in_memory_a_tenant_cannot_tell_whether_others_are_there(history in histories()) {
        compare(Place::memory, &history);
    }

    #[test]
    fn on_the_disk_a_tenant_cannot_tell_whether_others_are_there(history in histories()) {
        compare(Place::local, &history);
    }
}
