//! The local store on a disk that crashes, fails, and lets two processes meet anywhere: what was
//! acknowledged is there ever after, what the ledger showed too, and nothing is there by half (I3,
//! I4, I9).
//!
//! The mutation tests show that these tests can tell: each step of the protocol left out, and each
//! sync, is found out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "crash/explore.rs"]
mod explore;
#[path = "crash/machine.rs"]
mod machine;
#[path = "crash/model.rs"]
mod model;
#[path = "crash/mutations.rs"]
mod mutations;

use explore::{Moment, Seen, Setting};
use model::Act;

const LEDGER: &[Moment] = &[
    (0, Act::Create),
    (0, Act::Commit("one")),
    (1, Act::Commit("two, which is longer than the line before it")),
    (1, Act::Fold),
    (0, Act::Long(9_000)),
    (0, Act::Replace(&["new", "state"])),
    (1, Act::Commit("last")),
];

const BLOBS: &[Moment] =
    &[(0, Act::Create), (0, Act::Put("a.mp4", 3_000)), (1, Act::Put("b.jpg", 40)), (1, Act::Delete("a.mp4"))];

const VIEWS: &[Moment] = &[
    (0, Act::Create),
    (0, Act::View("schedules.json", "[]")),
    (1, Act::View("schedules.json", "[{\"id\":\"one\"}]")),
    (0, Act::View("token.json", "{}")),
    (1, Act::RemoveView("schedules.json")),
];

const LIVES: &[Moment] = &[
    (0, Act::Create),
    (0, Act::Put("a.mp4", 3_000)),
    (1, Act::View("schedules.json", "[]")),
    (0, Act::Bury),
    (1, Act::RemoveAreas),
    (0, Act::Tidy),
    (1, Act::Rebirth),
    (0, Act::Commit("again")),
];

/// Two processes that know a tenant with two commits.
const KNOWN: &[Moment] = &[(0, Act::Create), (1, Act::Commit("one"))];

fn blobs_with_hidden_names() -> Setting {
    Setting { without_unnamed_files: true, ..Setting::of(BLOBS) }
}

/// That nothing was wrong, and that it was not nothing that was looked at.
#[track_caller]
fn holds(explored: Result<Seen, String>, at_least: usize) {
    let seen = explored.unwrap_or_else(|violation| panic!("{violation}"));
    assert!(seen.disks >= at_least, "only {seen:?}");
}

#[test]
fn a_crash_loses_nothing_of_a_ledger_that_was_acknowledged() {
    holds(Setting::of(LEDGER).crash_everywhere(), 1_000);
}

#[test]
fn a_crash_leaves_blobs_absent_or_whole() {
    holds(Setting::of(BLOBS).crash_everywhere(), 200);
    holds(blobs_with_hidden_names().crash_everywhere(), 200);
}

#[test]
fn a_crash_leaves_views_old_or_new() {
    holds(Setting::of(VIEWS).crash_everywhere(), 300);
}

#[test]
fn a_crash_brings_nothing_of_an_erased_life_back() {
    holds(Setting::of(LIVES).crash_everywhere(), 800);
}

#[test]
fn others_go_on_after_a_kill_in_the_middle_of_a_ledger_change() {
    holds(Setting::of(LEDGER).kill_everywhere(&[]), 80);
    holds(Setting::of(LEDGER).kill_everywhere(&[Act::Commit("after")]), 80);
    holds(Setting::of(LEDGER).kill_everywhere(&[Act::Fold, Act::Commit("after")]), 80);
}

#[test]
fn others_go_on_after_a_kill_in_the_middle_of_a_blob_a_view_or_an_erasure() {
    holds(Setting::of(BLOBS).kill_everywhere(&[Act::Put("c.mp4", 9)]), 40);
    holds(blobs_with_hidden_names().kill_everywhere(&[Act::Put("c.mp4", 9), Act::Tidy]), 40);
    holds(Setting::of(VIEWS).kill_everywhere(&[Act::View("stream_mapping.json", "{ }")]), 40);
    holds(Setting::of(LIVES).kill_everywhere(&[Act::Commit("after")]), 80);
}

#[test]
fn some_order_explains_what_two_processes_leave_that_meet_in_a_ledger() {
    let meet = |act, others: &[Act]| holds(Setting::of(KNOWN).interleave_everywhere(act, others), 10);
    meet(Act::Fold, &[Act::Commit("two"), Act::Fold]);
    meet(Act::Commit("mine"), &[Act::Commit("two")]);
    meet(Act::Commit("mine"), &[Act::Fold, Act::Commit("two")]);
    meet(Act::Replace(&["mine"]), &[Act::Commit("two")]);
    meet(Act::Commit("mine"), &[Act::Bury, Act::Rebirth]);
}

#[test]
fn some_order_explains_what_two_processes_leave_that_meet_in_blobs_or_views() {
    let meet = |act, others: &[Act]| holds(Setting::of(KNOWN).interleave_everywhere(act, others), 10);
    meet(Act::Put("a.mp4", 100), &[Act::Put("a.mp4", 50)]);
    meet(Act::Put("a.mp4", 100), &[Act::Bury, Act::RemoveAreas, Act::Rebirth]);
    meet(Act::View("schedules.json", "[1]"), &[Act::Bury, Act::Tidy]);
    meet(Act::View("schedules.json", "[1]"), &[Act::View("schedules.json", "[2]"), Act::Tidy]);
}

#[test]
fn who_tidies_takes_nothing_away_from_those_at_work() {
    let hidden = Setting { without_unnamed_files: true, ..Setting::of(KNOWN) };
    for act in
        [Act::Fold, Act::Replace(&["mine"]), Act::View("schedules.json", "[1]"), Act::Put("a.mp4", 100)]
    {
        let seen = hidden.interleave_everywhere(act, &[Act::Tidy]).unwrap_or_else(|what| panic!("{what}"));
        assert!(seen.stops >= 10 && seen.refused == 0, "{act:?}: {seen:?}");
    }
}

#[test]
fn whatever_fails_in_a_ledger_the_answer_is_true() {
    holds(Setting::of(LEDGER).fail_everywhere(), 500);
}

#[test]
fn whatever_fails_in_blobs_and_views_the_answer_is_true() {
    holds(Setting::of(BLOBS).fail_everywhere(), 300);
    holds(blobs_with_hidden_names().fail_everywhere(), 300);
    holds(Setting::of(VIEWS).fail_everywhere(), 300);
}

#[test]
fn whatever_fails_in_an_erasure_the_answer_is_true() {
    holds(Setting::of(LIVES).fail_everywhere(), 500);
}
