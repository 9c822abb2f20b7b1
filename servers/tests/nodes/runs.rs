//! The runs: some processes each, of which one is killed and one works through the proxy.

use std::sync::Arc;

use futures::StreamExt;
use tenantry::environment::SystemClock;
use tenantry_servers::disturbing::{Disturbance, DisturbingProxy, Rule, Tally};

use crate::audit::audit;
use crate::child::{self, Process};
use crate::examine::{Left, examine};
use crate::history::History;
use crate::support;
use crate::words::{self, Dice, Ledger, Part, Said};
use crate::work;

const RUNS: u64 = 50;
/// How many take place at a time.
const AT_ONCE: usize = 2;
const PROCESSES: u64 = 4;
/// How many steps a task takes that is not killed.
const STEPS: u64 = 16;
/// The seed of all that is random here; a failure names the run.
const SEED: u64 = 20_251_104;
/// Which process works through the proxy.
const DISTURBED: u64 = 1;

/// Not a test of its own: what one of the processes does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_part_of_a_process() {
    if child::told().is_none() {
        return;
    }
    let part = serde_json::from_str(&child::hear()).unwrap();
    work::work(&part).await;
}

/// What the proxy does, of a thousand requests, and twice as often to those that change something.
const DISTURBANCES: [(Disturbance, u64); 8] = [
    (Disturbance::DropRequest, 20),
    (Disturbance::CutRequest, 20),
    (Disturbance::Delay, 30),
    (Disturbance::Duplicate, 30),
    (Disturbance::DuplicateLate, 30),
    (Disturbance::DropAnswer, 30),
    (Disturbance::Unavailable, 30),
    (Disturbance::CutAnswer, 30),
];

fn disturbances() -> Vec<Rule> {
    let rule = |(what, per_mille)| Rule::sometimes(what, per_mille);
    let to_all = DISTURBANCES.into_iter().map(rule);
    let to_puts = DISTURBANCES.into_iter().map(rule).map(|rule| Rule { method: Some("PUT"), ..rule });
    // A long file is published by one request, of which there are few.
    let to_completions = [Disturbance::DropRequest, Disturbance::DropAnswer, Disturbance::Unavailable];
    let to_completions = to_completions.map(|what| Rule {
        method: Some("POST"),
        target: "uploadId=".to_owned(),
        ..Rule::sometimes(what, 200)
    });
    to_completions.into_iter().chain(to_puts).chain(to_all).collect()
}

/// Hears everything that a process says, and kills it once it told of so many calls of the store.
fn hear(mut process: Process, number: u64, kill_after: Option<u64>) -> History {
    let mut history = History::default();
    let mut calls = 0;
    while let Some(line) = process.next_line() {
        match serde_json::from_str(&line).unwrap() {
            Said::Ready => panic!("it was ready before"),
            Said::Will { task, at, did } => history.will((number, task), at, did),
            Said::Was { task, at, told } => history.was((number, task), at, told),
            Said::Call => {
                calls += 1;
                if kill_after == Some(calls) {
                    process.kill();
                }
            }
        }
    }
    assert_eq!(process.finish(), kill_after.is_none(), "process {number}");
    history
}

/// What was seen over some runs.
#[derive(Debug, Default)]
struct Seen {
    tally: Tally,
    left: Left,
    events: usize,
    unknown: u64,
    nothing: u64,
}

/// Starts a process, which then waits for the word to go.
fn start(part: &Part) -> Process {
    let mut process = Process::start("runs::the_part_of_a_process", part.place.as_ref(), part.number);
    process.tell(&serde_json::to_string(part).unwrap());
    process
}

/// Lets all processes work beside each other, one until it is killed; what they were told.
async fn work_together(parts: Vec<Part>, proxy: &DisturbingProxy, kill_after: u64) -> History {
    let started = tokio::task::spawn_blocking(move || {
        let mut processes: Vec<_> = parts.into_iter().map(|part| (start(&part), part)).collect();
        for (process, _) in &mut processes {
            let said = process.next_line().map(|line| serde_json::from_str(&line).unwrap());
            assert!(matches!(said, Some(Said::Ready)), "{said:?}");
        }
        processes
    });
    let mut processes = started.await.unwrap();
    proxy.disturb(disturbances());
    processes.iter_mut().for_each(|(process, _)| process.tell("go"));
    let heard = processes.into_iter().map(|(process, part)| {
        let kill_after = Some(kill_after).filter(|_| part.steps.is_none());
        tokio::task::spawn_blocking(move || hear(process, part.number, kill_after))
    });
    let mut history = History::default();
    for heard in heard.collect::<Vec<_>>() {
        history.add(heard.await.unwrap());
    }
    proxy.settle().await;
    history
}

async fn run(number: u64) -> Seen {
    let mut dice = Dice::new(SEED + number);
    let ledger = if number.is_multiple_of(2) { Ledger::Kept } else { Ledger::Folded };
    let (place, server) = (support::prefix(), words::server());
    words::prepare(&words::open(words::store(&place, &server, ledger), ledger, Arc::new(SystemClock)).await)
        .await;
    let port = server.rsplit_once(':').unwrap().1.parse().unwrap();
    let proxy = DisturbingProxy::before(port, dice.next()).await.unwrap();
    let (seed, killed, kill_after) = (dice.next(), dice.below(PROCESSES), 20 + dice.below(100));
    let part = |number: u64| {
        let proxy = format!("http://127.0.0.1:{}", proxy.port());
        let endpoint = if number == DISTURBED { proxy } else { server.clone() };
        let steps = Some(STEPS).filter(|_| number != killed);
        Part { place: place.clone(), endpoint, seed, number, steps, ledger }
    };
    let mut history = work_together((0..PROCESSES).map(part).collect(), &proxy, kill_after).await;
    let mut left = Left::default();
    examine(&place, ledger, &mut history, &mut left).await;
    history.examine();
    if ledger == Ledger::Kept {
        audit(&words::store(&place, &server, ledger), &history).await;
    }
    let History { events, unknown, nothing, .. } = history;
    Seen { tally: proxy.tally(), left, events: events.len(), unknown, nothing }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_are_linearizable_and_quota_is_exact_whatever_befalls_nodes_and_requests() {
    let mut all = Seen::default();
    let runs = (0..RUNS).map(|number| async move {
        // A task of its own, so that a failure is that of a run.
        (number, tokio::spawn(run(number)).await)
    });
    let mut runs = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some((number, seen)) = runs.next().await {
        let seen = seen.unwrap_or_else(|failure| panic!("run {number} of seed {SEED}: {failure}"));
        for (what, count) in seen.tally {
            *all.tally.entry(what).or_default() += count;
        }
        all.left.reservations += seen.left.reservations;
        all.left.dooms += seen.left.dooms;
        all.events += seen.events;
        all.unknown += seen.unknown;
        all.nothing += seen.nothing;
    }
    println!("{all:?}");
    for (what, _) in DISTURBANCES {
        let method = if what == Disturbance::CutAnswer { "GET" } else { "PUT" };
        let count = all.tally.get(&(what, method.to_owned())).copied().unwrap_or(0);
        assert!(count >= RUNS / 5, "{what:?} befell a {method} {count} times");
    }
    assert!(all.left.reservations > 0 && all.left.dooms > 0, "dead processes left nothing: {all:?}");
    assert!(all.nothing > 0, "nothing ever failed: {all:?}");
}
