//! Migrations whose process ends before any one of the changes that they make past the store: they go on, or are
//! undone, or were never begun. And the same changes on a disk on which one fails, or all from one on.

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::migrate::{MigrateError, Migration, MigrationPhase};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::place::Place;
use crate::whole::run;

/// Moves, copies, files that stay, databases in a tenant's own folder, folders with modes of their own.
fn tree(seed: u64) -> LegacyTree {
    let traps = [Trap::FileOfTwoOwners, Trap::UserDatabases, Trap::OddModes];
    LegacyTree::build(1, &BTreeSet::from(traps), seed)
}

/// One with little in it, for what is done often.
fn small() -> LegacyTree {
    LegacyTree::build(0, &BTreeSet::from([Trap::UserDatabases]), 6)
}

/// The migration, with what becomes of a change by its number, from 0 on.
fn with(migration: Migration, change: impl Fn(u64) -> io::Result<()> + Send + Sync + 'static) -> Migration {
    let changes = AtomicU64::new(0);
    migration.before_change(move || change(changes.fetch_add(1, Ordering::SeqCst)))
}

/// How many changes that makes.
fn changes_of(migration: Migration, work: impl AsyncFnOnce(Migration)) -> u64 {
    let changes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&changes);
    let count = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    run(work(with(migration, count)));
    changes.load(Ordering::SeqCst)
}

/// Whether the process ended before that change; otherwise all was done before it.
fn ends_at(migration: Migration, at: u64, work: impl AsyncFnOnce(Migration)) -> bool {
    let ended = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&ended);
    let migration = with(migration, move |change| {
        if change == at {
            told.store(1, Ordering::SeqCst);
        }
        assert_ne!(change, at, "the process ends here");
        Ok(())
    });
    let caught = catch_unwind(AssertUnwindSafe(|| run(work(migration)))).is_err();
    assert_eq!(caught, ended.load(Ordering::SeqCst) == 1, "change {at}");
    caught
}

fn phase(place: &Place) -> MigrationPhase {
    place.migration().status().unwrap().phase
}

/// Asserts that there is nothing in the root that was not there before a migration.
fn assert_as_before(place: &Place, at: u64, what: &str) {
    assert_eq!(place.before.difference(&place.image()), None, "ended at change {at}, {what}");
}

#[test]
fn what_ends_before_the_journal_is_there_was_never_begun() {
    for tenantry_was_there in [false, true] {
        let place = Place::of(&tree(2));
        let place = if tenantry_was_there { place.with_a_store() } else { place };
        let plan = place.plan();
        let mut changes = 0;
        for at in 0.. {
            let end = |place: &Place| {
                ends_at(place.migration(), at, async |migration| drop(migration.apply(&plan).await))
            };
            assert!(end(&place));
            if phase(&place) != MigrationPhase::NotBegun {
                run(place.migration().rollback()).unwrap();
                assert_as_before(&place, at, "rolled back");
                break;
            }
            assert_eq!(place.migration().planned().unwrap(), None);
            assert!(place.plan() == plan, "ended at change {at}");
            run(async {
                let rolled_back = place.migration().rollback().await;
                assert!(matches!(rolled_back, Ok(_) | Err(MigrateError::NoMigration)), "{rolled_back:?}");
                assert_as_before(&place, at, "rolled back");
            });
            end(&place);
            assert!(matches!(run(place.migration().verify()), Err(MigrateError::NoMigration)));
            assert_as_before(&place, at, "verified");
            end(&place);
            assert!(matches!(run(place.migration().finish()), Err(MigrateError::NoMigration)));
            assert_as_before(&place, at, "finished");
            end(&place);
            assert!(!run(place.migration().apply(&plan)).unwrap().went_on);
            run(place.migration().rollback()).unwrap();
            assert_as_before(&place, at, "applied and rolled back");
            changes += 1;
        }
        assert!(changes > 8, "{changes}");
    }
}

#[test]
fn a_plan_that_was_written_and_not_begun_tells_later_plans_nothing() {
    let place = Place::of(&tree(10));
    let plan = place.plan();
    let written = place.root().join(".tenantry/migration/plan.json");
    for at in 0.. {
        assert!(ends_at(place.migration(), at, async |migration| drop(migration.apply(&plan).await)));
        if written.exists() {
            break;
        }
    }
    assert_eq!(phase(&place), MigrationPhase::NotBegun);
    // What is gone by now is gone, and was not taken by a migration.
    std::fs::remove_file(place.root().join(plan.files[0].from.to_string())).unwrap();
    let beside = place.plan();
    std::fs::remove_dir_all(place.root().join(".tenantry")).unwrap();
    assert!(beside == place.plan());
    assert!(beside != plan);
}

/// Ends an apply before each of its changes, and goes on or back from there by turns.
fn end_applies(place: &Place, migration: impl Fn() -> Migration) {
    let plan = place.plan();
    for at in 0.. {
        if !ends_at(migration(), at, async |migration| drop(migration.apply(&plan).await)) {
            assert!(at > 20, "{at}");
            break;
        }
        match at % 2 {
            0 => {
                run(migration().apply(&plan)).unwrap();
                assert!(run(migration().verify()).unwrap().is_clean(), "ended at change {at}");
                run(migration().rollback()).unwrap();
            }
            _ if phase(place) == MigrationPhase::NotBegun => drop(run(migration().rollback())),
            _ => drop(run(migration().rollback()).unwrap()),
        }
        assert_as_before(place, at, "rolled back");
    }
}

#[test]
fn an_apply_that_ends_before_any_change_goes_on_or_is_rolled_back() {
    let place = Place::of(&tree(4));
    end_applies(&place, || place.migration());
}

#[test]
fn an_apply_over_several_file_systems_that_ends_before_any_change_goes_on_or_is_rolled_back() {
    let place = Place::of(&small());
    end_applies(&place, || place.migration().across_file_systems());
}

/// Ends a rollback before each of its last changes, and goes on.
fn end_rollbacks(place: &Place, migration: impl Fn() -> Migration, last: u64) {
    let plan = place.plan();
    run(migration().apply(&plan)).unwrap();
    let changes = changes_of(migration(), async |migration| drop(migration.rollback().await.unwrap()));
    assert_as_before(place, changes, "rolled back");
    assert!(changes > 20, "{changes}");
    for at in changes.saturating_sub(last)..changes {
        run(migration().apply(&plan)).unwrap();
        assert!(ends_at(migration(), at, async |migration| drop(migration.rollback().await)));
        match phase(place) {
            // All is back, and of the migration itself at most something is left.
            MigrationPhase::NotBegun => drop(run(migration().rollback())),
            _ => drop(run(migration().rollback()).unwrap()),
        }
        assert_as_before(place, at, "rolled back");
    }
}

#[test]
fn a_rollback_that_ends_before_any_change_goes_on() {
    let place = Place::of(&small());
    end_rollbacks(&place, || place.migration(), u64::MAX);
    // Where the library was at work before, only the end is another.
    let place = Place::of(&small()).with_a_store();
    end_rollbacks(&place, || place.migration(), 12);
}

#[test]
fn a_rollback_over_several_file_systems_that_ends_before_any_change_goes_on() {
    let place = Place::of(&small());
    end_rollbacks(&place, || place.migration().across_file_systems(), u64::MAX);
}

#[test]
fn a_journal_whose_state_is_gone_is_damaged_and_what_it_keeps_stays() {
    let place = Place::of(&tree(8));
    let plan = place.plan();
    run(place.migration().apply(&plan)).unwrap();
    std::fs::remove_file(place.root().join(".tenantry/migration/state.json")).unwrap();
    let damaged = place.image();
    assert!(matches!(place.migration().status(), Err(MigrateError::Journal)));
    for refused in [
        run(place.migration().apply(&plan)).unwrap_err(),
        run(place.migration().rollback()).unwrap_err(),
        run(place.migration().finish()).unwrap_err(),
    ] {
        assert!(matches!(refused, MigrateError::Journal), "{refused:?}");
    }
    assert_eq!(damaged.difference(&place.image()), None);
}
