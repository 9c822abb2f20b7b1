//! Everything, in one run.

use std::collections::BTreeSet;

use tenantry::ErrorKind;

use crate::caught::{Caught, Hearer};
use crate::perform::walk;
use crate::world::{Medium, World, name};
use crate::{damage, faults, refusals, traced, values};

/// Who does something where, and of whom it may know then: nothing of those that it may not see.
const CELLS: &[(&str, &str, &[&str])] = &[
    ("ana", "ana", &["ana"]),
    ("ben", "ana", &["ben"]),
    ("ben", "nobody", &["ben"]),
    ("ben", "open", &["ben", "open"]),
    ("dora", "dora", &["dora"]),
    ("dora", "ana", &["dora"]),
    ("leaving", "leaving", &["leaving"]),
    ("leaving", "ana", &["leaving"]),
    ("erased", "erased", &["erased"]),
    ("erased", "ana", &["erased"]),
];

/// Every row by everyone, as things are.
async fn rows(world: &World, caught: &mut Caught) {
    for &(who, tenant, may_know) in CELLS {
        let may_know: Vec<String> = may_know.iter().map(|short| name(short)).collect();
        let may_know: Vec<&str> = may_know.iter().map(String::as_str).collect();
        for (action, row) in walk() {
            let call = world.call(world.session(who).await, tenant).await;
            let hearer = Hearer::of(format!("{who} in {tenant}: {action} by {}", row.method), &may_know);
            caught.outcome(&hearer, &row.perform(call).await);
        }
    }
    for (action, row) in walk() {
        let call = world.call(world.session("root").await, "ana").await;
        let hearer = Hearer::of_all(format!("admin: {action} by {}", row.method));
        caught.outcome(&hearer, &row.perform(call).await);
    }
}

async fn everything_on(medium: Medium) -> Caught {
    let mut caught = Caught::default();
    let world = World::new(medium).await;
    rows(&world, &mut caught).await;
    values::all(&world, &mut caught).await;
    refusals::all(&world, &mut caught).await;
    faults::all(&world, &mut caught).await;
    damage::all(&world, &mut caught).await;
    refusals::closed(&world, &mut caught).await;
    caught.add(world.sinks.take());
    caught
}

/// Each medium on a thread of its own, with a clock that waits for nobody.
fn everything() -> Caught {
    let run = |medium: fn() -> Medium| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(everything_on(medium()))
    };
    let mut caught = Caught::default();
    std::thread::scope(|scope| {
        let media = [Medium::local, Medium::objects, Medium::simulated];
        for thread in media.map(|medium| scope.spawn(move || run(medium))) {
            caught.add(thread.join().unwrap());
        }
    });
    caught
}

/// The kinds of errors that can't be provoked at will, or that nothing gives yet.
const NOT_PROVOKED: [ErrorKind; 4] =
    [ErrorKind::Referenced, ErrorKind::InvalidName, ErrorKind::Busy, ErrorKind::Contended];

#[test]
fn nothing_that_is_said_holds_a_secret_a_foreign_name_or_an_absolute_path() {
    traced::listen();
    let mut caught = everything();
    let targets = traced::told(&mut caught);
    caught.ensure_silent();
    for part in ["audit", "quota", "upkeep", "upload", "views", "ledger", "access"] {
        assert!(targets.contains(&format!("tenantry::{part}")), "nothing of {part} in {targets:?}");
    }
    let wanted = ErrorKind::ALL.iter().filter(|kind| !NOT_PROVOKED.contains(kind));
    let wanted: BTreeSet<String> = wanted.map(|kind| format!("{kind:?}")).collect();
    let missed: Vec<_> = wanted.difference(caught.kinds()).collect();
    assert!(missed.is_empty(), "not provoked: {missed:?}");
}
