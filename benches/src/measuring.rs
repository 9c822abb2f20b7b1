//! What a measuring program does for `xtask`: says which groups there are, lets the sides of one take turns, or does one
//! round of one side. What it measures goes to its standard output as JSON, a group a line.
//!
//! ```text
//! PROGRAM names
//! PROGRAM measure GROUP FOLDER ROUNDS full|quick
//! PROGRAM once GROUP SIDE FOLDER full|quick
//! ```
//!
//! `once` does one round of one side between two calls of `getppid`, by which one who traces its calls knows where the
//! round begins and ends.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use crate::side::{Group, Outcome, Side, timed, wrong};

/// Does what the program's arguments ask for.
pub(crate) fn program(groups: &[Group]) -> ExitCode {
    match run(groups, &std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(groups: &[Group], arguments: &[String]) -> Outcome<()> {
    let find = |name: &str| {
        let found = groups.iter().find(|group| group.name == name);
        found.ok_or_else(|| wrong(format!("there is no group {name}")))
    };
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["names"] => {
            for group in groups {
                let sides: Vec<&str> = group.sides.iter().map(|(name, ..)| *name).collect();
                println!("{}", json!({ "group": group.name, "sides": sides }));
            }
            Ok(())
        }
        ["measure", group, folder, rounds, scale] => {
            measure(find(group)?, Path::new(folder), rounds.parse()?, scale_of(scale)?)
        }
        ["once", group, side, folder, scale] => once(find(group)?, side, Path::new(folder), scale_of(scale)?),
        _ => Err(wrong("`cargo xtask bench` says how this is called")),
    }
}

/// Which of a group's numbers of operations.
fn scale_of(name: &str) -> Outcome<usize> {
    ["full", "quick"].iter().position(|scale| *scale == name).ok_or_else(|| wrong("full or quick"))
}

/// Makes all sides ready, lets them take turns (each round another begins), and looks at what they did.
fn measure(group: &Group, folder: &Path, rounds: usize, scale: usize) -> Outcome<()> {
    let mut sides: Vec<Box<dyn Side>> = Vec::new();
    for (name, make, _) in &group.sides {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        sides.push(make(&folder).map_err(|error| wrong(format!("{name} is not made ready: {error}")))?);
    }
    let shares: Vec<(u64, u64)> =
        group.sides.iter().map(|(.., one_of)| group.share(scale, *one_of)).collect();
    let mut seconds = vec![Vec::new(); sides.len()];
    // A round that does not count, then those that do.
    for round in 0..=rounds {
        let mut taken = vec![Duration::ZERO; sides.len()];
        for turn in 0..group.turns {
            for next in 0..sides.len() {
                let at = (round + next) % sides.len();
                if turn < shares[at].1 {
                    taken[at] += timed(sides[at].as_mut(), shares[at].0)
                        .map_err(|error| wrong(format!("{} failed: {error}", group.sides[at].0)))?;
                }
            }
        }
        if round > 0 {
            for (at, (operations, turns)) in shares.iter().enumerate() {
                seconds[at].push(taken[at].as_secs_f64() / (operations * turns) as f64);
            }
        }
    }
    for (side, (name, ..)) in sides.iter_mut().zip(&group.sides) {
        side.check().map_err(|error| wrong(format!("{name} did something else: {error}")))?;
    }
    let all = group
        .sides
        .iter()
        .zip(&seconds)
        .map(|((name, ..), seconds)| json!({ "side": name, "rounds": seconds }));
    println!("{}", json!({ "group": group.name, "sides": all.collect::<Vec<_>>() }));
    Ok(())
}

/// One round of one side.
fn once(group: &Group, side: &str, folder: &Path, scale: usize) -> Outcome<()> {
    let found = group.sides.iter().find(|(name, ..)| *name == side);
    let (name, make, one_of) = found.ok_or_else(|| wrong(format!("{} has no side {side}", group.name)))?;
    let (each, turns) = group.share(scale, *one_of);
    let operations = each * turns;
    std::fs::create_dir_all(folder)?;
    let mut side = make(folder)?;
    side.prepare(operations)?;
    mark();
    side.run(operations)?;
    mark();
    side.check()?;
    println!("{}", json!({ "group": group.name, "side": name, "operations": operations }));
    Ok(())
}

/// A call of the system that nothing else here makes.
fn mark() {
    std::hint::black_box(std::os::unix::process::parent_id());
}
