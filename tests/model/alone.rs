//! I1 itself: without the others' operations, a tenant's observations are the same.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::ending;
use crate::generate::{self, Admins};
use crate::place::Place;
use crate::reference::Model;
use crate::step::{Act, Name, ROOT, Step};
use crate::system::{Shown, System};

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

fn histories() -> impl Strategy<Value = Vec<(u32, Step)>> {
    let steps = prop::collection::vec(generate::later_step(&Model::new(false), Admins::One), 1..90);
    steps.prop_map(|steps| {
        let all = generate::beginning().into_iter().chain(steps.into_iter().filter(keeps_apart));
        let ending = ending::look(WATCHED, WATCHED).into_iter().chain(ending::find(WATCHED, WATCHED));
        (1..).zip(all.chain(ending)).collect()
    })
}

fn compare(place: fn() -> Place, history: &[(u32, Step)]) {
    let together = observe(place(), history, Others::Present);
    let alone = observe(place(), history, Others::Absent);
    for (together, alone) in together.iter().zip(&alone) {
        assert_eq!(together, alone, "step {:?}", history.iter().find(|(number, _)| *number == alone.0));
    }
    assert_eq!(together.len(), alone.len());
}

proptest! {
    #![proptest_config(Config { cases: 32, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() })]

    #[test]
    fn in_memory_a_tenant_cannot_tell_whether_others_are_there(history in histories()) {
        compare(Place::memory, &history);
    }

    #[test]
    fn on_the_disk_a_tenant_cannot_tell_whether_others_are_there(history in histories()) {
        compare(Place::local, &history);
    }
}
