//! I1 itself: without the others' operations, a tenant's observations are the same.

use proptest::prelude::*;

use super::ending;
use super::generate::{self, Admins};
use super::place::Place;
use super::reference::{Late, Model};
use super::step::{Act, Name, ROOT, Step};
use super::system::{Shown, System};

/// Whose observations are compared.
const WATCHED: Name = "ana";

/// Whether a step belongs to the watched tenant's own history: what it does itself, what the one
/// admin does to it, and what happens to all.
fn concerns(step: &Step) -> bool {
    let at_home = step.on == WATCHED && (step.by == WATCHED || step.by == ROOT);
    match step.act {
        Act::Advance(_) | Act::Reopen { .. } => true,
        // They have no one tenant.
        Act::ListTenants { .. } | Act::AllVideos(_) => false,
        Act::Login => step.by == WATCHED || step.by == ROOT,
        // These slots are the whole host's: here each is the watched tenant's or nobody's.
        Act::ReadSnapshot(_) => at_home,
        // The host does these, whoever is at work.
        Act::Ensure(_) | Act::Bootstrap => step.on == WATCHED,
        _ => at_home,
    }
}

/// Whether a step leaves the watched tenant's snapshots and cursors alone.
fn keeps_apart(step: &Step) -> bool {
    let keeps = matches!(step.act, Act::Snapshot(_) | Act::Page { .. } | Act::ReadSnapshot(_));
    !keeps || concerns(step)
}

/// Who else is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    Present,
    Absent,
}

fn observe(place: Place, history: &[(u32, Step)], others: Others) -> Vec<(u32, Shown)> {
    let mut system = System::new(place);
    let mut observed = Vec::new();
    for (number, step) in history {
        // The first step makes the admin, who is there in both worlds.
        if concerns(step) || *number == 1 || others == Others::Present {
            let shown = system.apply(*number, step);
            observed.extend(concerns(step).then_some((*number, shown)));
        } else if step.by == WATCHED || step.by == ROOT {
            // What it does elsewhere begins its session there as well, which outlives what it saw.
            system.begin_session(step);
        }
    }
    observed
}

/// Histories whose observations are compared.
pub(crate) fn histories() -> impl Strategy<Value = Vec<(u32, Step)>> {
    let steps = prop::collection::vec(generate::later_step(&Model::new(Late::Any), Admins::One), 1..90);
    steps.prop_map(|steps| {
        let all = generate::beginning().into_iter().chain(steps.into_iter().filter(keeps_apart));
        let ending = ending::look(WATCHED, WATCHED).into_iter().chain(ending::find(WATCHED, WATCHED));
        (1..).zip(all.chain(ending)).collect()
    })
}

/// Sees that the watched tenant observes the same with and without the others.
pub(crate) fn compare(place: fn() -> Place, history: &[(u32, Step)]) {
    let together = observe(place(), history, Others::Present);
    let alone = observe(place(), history, Others::Absent);
    for (together, alone) in together.iter().zip(&alone) {
        assert_eq!(together, alone, "step {:?}", history.iter().find(|(number, _)| *number == alone.0));
    }
    assert_eq!(together.len(), alone.len());
}
