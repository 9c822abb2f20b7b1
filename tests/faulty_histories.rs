//! Whatever a store may truly do, nothing acknowledged is lost, nothing refused is there, quotas are exact,
//! and upkeep clears what was left (I2 to I5, I9).
//!
//! Two nodes over one medium, each behind the same faults; in each of two tenants a task on either node,
//! all at once. What a task was told says which states its part of the tenant may be in: one, or more where
//! nobody knows what became of a change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "faulty_histories/expected.rs"]
mod expected;
#[path = "faulty_histories/place.rs"]
mod place;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tenantry::ErrorKind;
use tenantry::testkit::faulty_store::{Effect, Fault, Truthful};
use tenantry::testkit::histories::Step;
use tenantry::testkit::strategies;

use crate::place::{Medium, Place, TASKS, tenants};

/// What happened over all histories, so that nothing is shown by nothing.
#[derive(Debug, Default)]
struct Told {
    effects: BTreeMap<&'static str, u64>,
    errors: BTreeMap<String, u64>,
    succeeded: u64,
    ambiguous: u64,
    swept: u64,
}

const fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Truthful(Truthful::FailBefore) => "fail before",
        Effect::Truthful(Truthful::FailAfter) => "fail after",
        Effect::Truthful(Truthful::Hold(_)) => "hold",
        Effect::Truthful(Truthful::Delay(_)) => "delay",
        Effect::Truthful(Truthful::Repeat) => "repeat",
        Effect::Truthful(Truthful::DuplicateLate(_)) => "duplicate late",
        Effect::Truthful(Truthful::CutShort(_)) => "cut short",
        Effect::Truthful(Truthful::Conflict) => "conflict",
        _ => "another",
    }
}

fn runtime() -> tokio::runtime::Runtime {
    // Where the library waits before it tries again, no time passes.
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// A plan of faults, and what each task does.
#[derive(Clone)]
struct Case {
    plan: Vec<Fault>,
    histories: Vec<Vec<Step>>,
}

impl fmt::Debug for Case {
    /// Sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.plan {
            writeln!(f, "{fault}")?;
        }
        for (task, history) in self.histories.iter().enumerate() {
            for step in history {
                writeln!(f, "task {task}: {}", step.act)?;
            }
        }
        Ok(())
    }
}

async fn one(medium: Medium, case: Case, told: &RefCell<Told>) {
    let place = Place::new(medium).await;
    for fault in case.plan {
        place.faults.inject(fault);
    }
    let tasks = place.perform(case.histories).await;
    let injected = place.faults.injected();
    let swept = place.settle_and_examine(&tasks).await;
    let mut told = told.borrow_mut();
    told.swept += swept;
    for injected in injected {
        *told.effects.entry(name(injected.effect)).or_default() += 1;
    }
    for task in tasks {
        told.succeeded += task.succeeded;
        told.ambiguous += u64::from(task.states().len() > 1);
        for kind in task.errors {
            *told.errors.entry(format!("{kind:?}")).or_default() += 1;
        }
    }
}

/// Runs so many histories; what happened in them.
fn told_over(medium: fn() -> Medium, cases: u32) -> Told {
    let told = RefCell::default();
    let history = strategies::histories(1, 1..16);
    let histories = prop::collection::vec(history, TASKS..=TASKS);
    let strategy = (strategies::faults(&tenants()), histories);
    let strategy = strategy.prop_map(|(plan, histories)| Case { plan, histories });
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let run = TestRunner::new(config).run(&strategy, |case| {
        runtime().block_on(one(medium(), case, &told));
        Ok(())
    });
    if let Err(failed) = run {
        panic!("{failed}");
    }
    told.into_inner()
}

#[test]
fn in_memory_what_was_told_under_truthful_faults_is_true() {
    let told = told_over(Medium::memory, 96);
    let hit: BTreeSet<_> = told.effects.keys().copied().collect();
    assert_eq!(hit.len(), 8, "{told:?}");
    let seen = |kind: ErrorKind| told.errors.contains_key(&format!("{kind:?}"));
    assert!(seen(ErrorKind::OutcomeUnknown) && seen(ErrorKind::Unavailable), "{told:?}");
    assert!(told.succeeded > 1_000 && told.ambiguous > 10 && told.swept > 10, "{told:?}");
}

#[test]
fn on_the_disk_what_was_told_under_truthful_faults_is_true() {
    let told = told_over(Medium::disk, 24);
    assert!(told.succeeded > 200 && told.ambiguous > 2 && told.effects.len() > 4, "{told:?}");
}
