//! Processes killed (SIGKILL) at random moments of every phase of their work, over and over on one
//! root.
//!
//! After each kill the root is opened again, and everything that was acknowledged is there byte for
//! byte; what was under way is there whole or not at all. What is guarded against: an answer before
//! its durability, a reader that believes what no word covers, a recovery or a fold that drops
//! something, an upload or an erasure that shows its half.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/child.rs"]
mod child;
#[path = "kill/examine.rs"]
mod examine;
#[path = "kill/expected.rs"]
mod expected;
#[path = "kill/story.rs"]
mod story;
#[path = "kill/worker.rs"]
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use child::Process;
use examine::examine;
use expected::Expected;
use story::{Dice, Phase, Said};

/// How many kills there are at the least, and at the least in each phase.
const KILLS: u32 = 200;
const KILLS_PER_PHASE: u32 = 10;
/// When it is given up to reach those.
const ROUNDS: u64 = 600;
/// The seed of all that is random here; a failure names the round.
const SEED: u64 = 20_251_104;

/// Not a test of its own: what a process does until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_part_of_a_process() {
    let Some((root, seed)) = child::told() else { return };
    worker::work(&root, seed).await;
}

/// Runs a process, kills it in the phase that is aimed at, and hears everything that it said. Returns
/// the phases that it died in.
fn run_and_kill(root: &Path, dice: &mut Dice, aim: Phase, expected: &mut Expected) -> BTreeSet<Phase> {
    let mut process = Process::start("the_part_of_a_process", root, dice.next());
    let mut open = BTreeMap::<Phase, u32>::new();
    let mut before_aim = dice.below(8);
    let mut killed = false;
    while let Some(line) = process.next_line() {
        match serde_json::from_str(&line).unwrap() {
            Said::Begins(phase) => {
                *open.entry(phase).or_default() += 1;
                if phase == aim && !killed {
                    killed = before_aim == 0;
                    before_aim = before_aim.saturating_sub(1);
                    if killed {
                        // Somewhere between the beginning of the phase and a little after its end.
                        (0..dice.below(100_000)).for_each(|_| std::hint::spin_loop());
                        process.kill();
                    }
                }
            }
            Said::Ended(phase) => *open.entry(phase).or_default() -= 1,
            Said::Will(step) => expected.will(step),
            Said::Did(step) => expected.did(step),
        }
    }
    assert!(killed, "the process ended by itself");
    assert!(!process.finish());
    open.into_iter().filter(|(_, count)| *count > 0).map(|(phase, _)| phase).collect()
}

#[tokio::test]
async fn what_was_acknowledged_survives_two_hundred_kills_in_every_phase() {
    let folder = tempfile::tempdir().unwrap();
    story::prepare(folder.path()).await;
    let mut dice = Dice::new(SEED);
    let mut expected = Expected::default();
    let mut kills: BTreeMap<Phase, u32> = Phase::ALL.iter().map(|phase| (*phase, 0)).collect();
    let mut between = 0;
    let enough = |kills: &BTreeMap<Phase, u32>, between: u32| {
        kills.values().sum::<u32>() + between >= KILLS
            && kills.values().all(|count| *count >= KILLS_PER_PHASE)
    };
    let mut round = 0;
    while !enough(&kills, between) {
        assert!(round < ROUNDS, "too few kills in some phase: {kills:?}");
        round += 1;
        let aim = *kills.iter().min_by_key(|(_, count)| **count).unwrap().0;
        let phases = run_and_kill(folder.path(), &mut dice, aim, &mut expected);
        // A kill counts once: in the phase that was aimed at, if it was still under way.
        match Some(&aim).filter(|aim| phases.contains(aim)).or_else(|| phases.first()) {
            Some(phase) => *kills.get_mut(phase).unwrap() += 1,
            None => between += 1,
        }
        println!("round {round}: aimed at {aim:?}, hit {phases:?}");
        examine(folder.path(), &mut expected).await;
    }
    println!("kills by phase: {kills:?}, between phases: {between}, acknowledged: {}", expected.acknowledged);
    assert!(expected.acknowledged > u64::from(KILLS), "hardly anything was done between the kills");
}
