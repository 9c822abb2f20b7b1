//! A history against the model, wherever it takes place.

use std::fmt::Debug;
use std::marker::PhantomData;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::ending;
use super::generate;
use super::place::Place;
use super::reference::{Late, Model};
use super::step::Step;
use super::system::System;

/// Where a machine's histories take place.
pub(crate) trait Medium: Debug + Clone + 'static {
    /// Which requests may come late.
    const LATE: Late = Late::Any;

    fn place() -> Place;
}

/// The model as what drives a history.
pub(crate) struct Reference<M>(PhantomData<M>);

impl<M: Medium> ReferenceStateMachine for Reference<M> {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new(M::LATE)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        generate::step(model)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.apply(step);
        model
    }
}

/// A history, done by the library and compared step by step.
pub(crate) struct History<M>(PhantomData<M>);

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

/// So many histories, which are made shorter for so long if they fail.
pub(crate) fn config(cases: u32, shortenings: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: shortenings, ..Config::default() }
}
