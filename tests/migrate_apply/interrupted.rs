//! Migrations that are stopped at each step, or end there with their process: they go on, or are undone, as if
//! nothing had been.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::migrate::{MigrateError, Migration, MigrationPhase, MigrationStage, Next, Plan};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::observed::Observed;
use crate::place::{Place, files_of};
use crate::whole::run;

/// A tree in which something is to be done at every kind of step: moves, copies, files that stay, made records.
fn tree(seed: u64) -> LegacyTree {
    let traps = [
        Trap::FileOfTwoOwners,
        Trap::UserFolders,
        Trap::UserDatabases,
        Trap::FileWithoutRecord,
        Trap::SameNameInTwoPlaces,
        Trap::OddTimes,
        Trap::OddModes,
    ];
    LegacyTree::build(1, &BTreeSet::from(traps), seed)
}

/// What a migration comes to that nothing stops.
struct Undisturbed {
    observed: Observed,
    files: BTreeSet<Vec<u8>>,
    /// How many steps it took.
    steps: u64,
}

fn counted(place: &Place, steps: &'static AtomicU64) -> Migration {
    steps.store(0, Ordering::SeqCst);
    place.migration().progress(move |_| {
        steps.fetch_add(1, Ordering::SeqCst);
        tenantry::migrate::Next::Go
    })
}

async fn undisturbed(tree: &LegacyTree, steps: &'static AtomicU64) -> Undisturbed {
    let place = Place::of(tree);
    let plan = place.plan();
    counted(&place, steps).apply(&plan).await.unwrap();
    let steps = steps.load(Ordering::SeqCst);
    assert!(place.migration().verify().await.unwrap().is_clean());
    Undisturbed { observed: place.observed(&plan).await, files: files_of(&place.root()), steps }
}

/// Asserts that a migration that was gone on with came to the same as one that nothing stopped.
async fn assert_same_end(place: &Place, plan: &Plan, undisturbed: &Undisturbed, at: u64) {
    let verified = place.migration().verify().await.unwrap();
    assert!(verified.is_clean(), "stopped at step {at}: {verified}");
    assert_eq!(place.observed(plan).await, undisturbed.observed, "stopped at step {at}");
    assert_eq!(files_of(&place.root()), undisturbed.files, "stopped at step {at}");
    place.migration().rollback().await.unwrap();
    let difference = place.before.difference(&place.image());
    assert_eq!(difference, None, "stopped at step {at}, gone on with, and rolled back");
}

#[test]
fn what_was_stopped_at_any_step_goes_on_to_the_same_end() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    run(async {
        let tree = tree(2);
        let undisturbed = undisturbed(&tree, &STEPS).await;
        assert!(undisturbed.steps > 10);
        let place = Place::of(&tree);
        let plan = place.plan();
        for step in 0..undisturbed.steps {
            let stopped = place.stopped_at(step).apply(&plan).await;
            assert!(matches!(stopped, Err(MigrateError::Stopped)), "step {step}: {stopped:?}");
            let begun = place.migration().status().unwrap().phase == MigrationPhase::Applying;
            assert_eq!(place.migration().apply(&plan).await.unwrap().went_on, begun, "step {step}");
            assert_same_end(&place, &plan, &undisturbed, step).await;
        }
    });
}

#[test]
fn what_is_stopped_again_and_again_comes_to_the_same_end() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    run(async {
        let tree = tree(4);
        let undisturbed = undisturbed(&tree, &STEPS).await;
        let place = Place::of(&tree);
        let plan = place.plan();
        // Each call may take a step more than the one before, so that each gets further.
        let mut calls = 0;
        while let Err(error) = place.stopped_at(calls).apply(&plan).await {
            assert!(matches!(error, MigrateError::Stopped), "call {calls}: {error:?}");
            calls += 1;
            assert!(calls <= undisturbed.steps);
        }
        assert!(calls > 2);
        assert_same_end(&place, &plan, &undisturbed, calls).await;
    });
}

#[test]
fn what_was_stopped_at_any_step_can_be_rolled_back() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    run(async {
        let tree = tree(6);
        let steps = undisturbed(&tree, &STEPS).await.steps;
        let place = Place::of(&tree);
        let plan = place.plan();
        for step in 0..steps {
            let stopped = place.stopped_at(step).apply(&plan).await;
            assert!(matches!(stopped, Err(MigrateError::Stopped)), "step {step}: {stopped:?}");
            if place.migration().status().unwrap().phase == MigrationPhase::Applying {
                place.migration().rollback().await.unwrap();
            }
            assert_eq!(place.before.difference(&place.image()), None, "stopped at step {step}");
        }
    });
}

#[test]
fn a_rollback_that_was_stopped_at_any_step_goes_on() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    run(async {
        let place = Place::of(&tree(8));
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        counted(&place, &STEPS).rollback().await.unwrap();
        place.assert_as_before();
        let steps = STEPS.load(Ordering::SeqCst);
        assert!(steps > 2);
        for step in 0..steps {
            place.migration().apply(&plan).await.unwrap();
            let stopped = place.stopped_at(step).rollback().await;
            assert!(matches!(stopped, Err(MigrateError::Stopped)), "step {step}: {stopped:?}");
            place.migration().rollback().await.unwrap();
            assert_eq!(place.before.difference(&place.image()), None, "stopped at step {step}");
        }
    });
}

#[test]
fn once_a_rollback_has_begun_it_is_not_applied_again_before_it_has_ended() {
    run(async {
        let place = Place::of(&tree(10));
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        let stopped = place.stopped_at(1).rollback().await;
        assert!(matches!(stopped, Err(MigrateError::Stopped)), "{stopped:?}");
        assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::RollingBack);
        let refused = place.migration().apply(&plan).await.unwrap_err();
        assert!(matches!(refused, MigrateError::RollingBack), "{refused:?}");
        assert!(matches!(place.migration().verify().await, Err(MigrateError::RollingBack)));
        assert!(matches!(place.migration().finish().await, Err(MigrateError::RollingBack)));
        place.migration().rollback().await.unwrap();
        place.assert_as_before();
    });
}

/// Nothing is closed, nothing told: what the process had begun ends where it is.
fn killed(place: &Place, step: u64, work: impl AsyncFnOnce(Migration)) {
    let steps = AtomicU64::new(0);
    let migration = place.migration().progress(move |_| {
        assert_ne!(steps.fetch_add(1, Ordering::SeqCst), step, "the process ends here");
        tenantry::migrate::Next::Go
    });
    let ended = catch_unwind(AssertUnwindSafe(|| run(work(migration))));
    assert!(ended.is_err(), "step {step}");
}

#[test]
fn what_ended_with_its_process_at_any_step_goes_on_or_is_rolled_back() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    let tree = tree(12);
    let undisturbed = run(undisturbed(&tree, &STEPS));
    let place = Place::of(&tree);
    let plan = place.plan();
    for step in 0..undisturbed.steps {
        killed(&place, step, async |migration| drop(migration.apply(&plan).await));
        if step % 2 == 0 {
            run(async {
                place.migration().apply(&plan).await.unwrap();
                assert_same_end(&place, &plan, &undisturbed, step).await;
            });
        } else if place.migration().status().unwrap().phase == MigrationPhase::Applying {
            run(place.migration().rollback()).unwrap();
        }
        assert_eq!(place.before.difference(&place.image()), None, "ended at step {step}");
    }
}

/// The process can end between a file's move and its ledger's being told of it, where no step is.
#[test]
fn what_ended_right_after_a_file_was_moved_goes_on_and_is_rolled_back() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    run(async {
        let tree = tree(14);
        let undisturbed = undisturbed(&tree, &STEPS).await;
        let place = Place::of(&tree);
        let plan = place.plan();
        for goes_on in [true, false] {
            let before_files = place.migration().progress(|progress| match progress.stage {
                MigrationStage::Files => tenantry::migrate::Next::Stop,
                _ => tenantry::migrate::Next::Go,
            });
            assert!(matches!(before_files.apply(&plan).await, Err(MigrateError::Stopped)));
            let moved = plan.files.iter().filter(|file| file.is_moved()).take(2);
            for file in moved {
                let to = place.root().join(file.to[0].path().to_string());
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::rename(place.root().join(file.from.to_string()), to).unwrap();
            }
            match goes_on {
                true => {
                    place.migration().apply(&plan).await.unwrap();
                    assert_same_end(&place, &plan, &undisturbed, 0).await;
                }
                false => drop(place.migration().rollback().await.unwrap()),
            }
            place.assert_as_before();
        }
    });
}

#[test]
fn who_is_there_already_is_known_when_it_was_stopped() {
    run(async {
        let place = Place::of(&tree(2));
        let plan = place.plan();
        let begun = AtomicU64::new(0);
        let stopping = place.migration().progress(move |progress| {
            let begins = progress.stage == MigrationStage::Beginning;
            if begins && begun.fetch_add(1, Ordering::SeqCst) == 1 { Next::Stop } else { Next::Go }
        });
        assert!(matches!(stopping.apply(&plan).await, Err(MigrateError::Stopped)));
        let status = place.migration().status().unwrap();
        let (first, rest) = plan.tenants.split_first().unwrap();
        assert_eq!(status.done, std::slice::from_ref(&first.id));
        assert_eq!(status.to_come.len(), rest.len());
    });
}
