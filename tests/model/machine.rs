//! The histories against the model, on each store.

use std::fmt::Debug;
use std::marker::PhantomData;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::ending;
use crate::generate;
use crate::place::Place;
use crate::reference::Model;
use crate::step::Step;
use crate::system::System;

/// Where a machine's histories take place.
pub(crate) trait Medium: Debug + Clone + 'static {
    /// Whether it fences requests that come late.
    const FENCED: bool = false;

    fn place() -> Place;
}

#[derive(Debug, Clone)]
struct InMemory;

#[derive(Debug, Clone)]
struct OnObjects;

#[derive(Debug, Clone)]
struct OnDisk;

impl Medium for InMemory {
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
    const FENCED: bool = true;

    fn place() -> Place {
        Place::local()
    }
}

/// The model as what drives a history.
struct Reference<M>(PhantomData<M>);

impl<M: Medium> ReferenceStateMachine for Reference<M> {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new(M::FENCED)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        generate::step(model)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.apply(step);
        model
    }
}

struct History<M>(PhantomData<M>);

impl<M: Medium> StateMachineTest for History<M> {
    type SystemUnderTest = System;
    type Reference = Reference<M>;

    fn init_test(_: &Model) -> System {
        let mut system = System::new(M::place());
        for (number, step) in (1..).zip(generate::beginning()) {
            system.apply(number, &step);
        }
        system
    }

    fn apply(mut system: System, model: &Model, step: Step) -> System {
        let shown = system.apply(model.steps, &step);
        assert_eq!(shown.seen, model.seen, "after {step:?}, which said {:?}", shown.said);
        system.note_version(step.on, model.changes, shown.version);
        system
    }

    fn teardown(mut system: System, mut model: Model) {
        for step in ending::by_others() {
            model.apply(&step);
            let shown = system.apply(model.steps, &step);
            assert_eq!(shown.seen, model.seen, "at the end, after {step:?}, which said {:?}", shown.said);
        }
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 3000, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(config(48))]

    #[test]
    fn histories_in_memory_are_those_of_the_model(sequential 10..130 => History<InMemory>);
}

prop_state_machine! {
    #![proptest_config(config(32))]

    #[test]
    fn histories_on_objects_in_small_pieces_are_those_of_the_model(sequential 10..130 => History<OnObjects>);
}

prop_state_machine! {
    #![proptest_config(config(24))]

    #[test]
    fn histories_on_the_disk_are_those_of_the_model(sequential 10..130 => History<OnDisk>);
}
