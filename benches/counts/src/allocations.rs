//! Counts what is allocated: by an operation, what is kept of a record in memory, and what is while many tenants are read. It says so as the measuring program
//! of `cargo xtask bench` does, a group of numbers in a line of JSON.
//!
//! ```text
//! tenantry-allocations allocations|memory FOLDER
//! tenantry-allocations tenants-memory FOLDER full|quick
//! ```

#[path = "../../src/made.rs"]
mod made;
mod memory;
mod operations;
mod place;
#[allow(dead_code, reason = "the benchmarks use the rest")]
#[path = "../../src/record.rs"]
mod record;
#[path = "../../src/repeated.rs"]
mod repeated;
#[allow(dead_code, reason = "the benchmarks use the rest")]
#[path = "../../src/side.rs"]
mod side;
mod tenants;

use std::alloc::System;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use operations::{LIST, Operation, Operations, PAGE};
use side::{Outcome, wrong};

#[global_allocator]
static ALLOCATED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many times each operation is done.
const TIMES: u64 = 100;
/// How often that is counted.
const COUNTS: usize = 3;

/// What is in use, in bytes: what was allocated, as it was asked for, and beside it the memory that was had in large
/// pages from the system itself.
fn live() -> Outcome<usize> {
    let stats = ALLOCATED.stats();
    Ok(stats.bytes_allocated - stats.bytes_deallocated + in_large_pages()?)
}

/// The length of all mappings for which large pages were asked.
fn in_large_pages() -> Outcome<usize> {
    let (mut sum, mut length) = (0, 0);
    for line in std::fs::read_to_string("/proc/self/smaps")?.lines() {
        match line.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            ["Size:", kilobytes, _] => length = kilobytes.parse::<usize>()? << 10,
            ["VmFlags:", flags @ ..] if flags.contains(&"hg") => sum += length,
            _ => {}
        }
    }
    Ok(sum)
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(sides) => {
            println!("{sides}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<Value> {
    let sides = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["allocations", folder, ..] => by_operation(Path::new(folder))?,
        ["memory", folder, ..] => memory::by_record(Path::new(folder))?,
        ["tenants-memory", folder, scale] => tenants::by_number(Path::new(folder), *scale == "quick")?,
        _ => return Err(wrong("`cargo xtask bench` says how this is called")),
    };
    let sides: Vec<Value> =
        sides.into_iter().map(|(side, number)| json!({ "side": side, "rounds": [number] })).collect();
    Ok(json!({ "group": arguments[0], "sides": sides }))
}

/// How often one operation of each kind allocates, a growing vector each time that it does; and what of a page's and a
/// list's is one record's.
fn by_operation(folder: &Path) -> Outcome<Vec<(String, f64)>> {
    let mut operations = Operations::new(folder)?;
    let mut counted = Vec::new();
    for (name, operation, _) in Operation::ALL {
        let mut count = |times| {
            let before = ALLOCATED.stats();
            operations.run(operation, times)?;
            let after = ALLOCATED.stats();
            Outcome::Ok(after.allocations - before.allocations + after.reallocations - before.reallocations)
        };
        // The least of some: what an operation before has others do may not be over yet.
        let mut least = |times| {
            let counts = (0..COUNTS).map(|_| count(times)).collect::<Outcome<Vec<_>>>()?;
            Outcome::Ok(counts.into_iter().min().unwrap_or_default())
        };
        let none = least(0)?;
        let each = least(TIMES)?.saturating_sub(none) as f64 / TIMES as f64;
        let records = match operation {
            Operation::Page => Some(PAGE),
            Operation::List => Some(LIST),
            _ => None,
        };
        counted.extend(records.map(|records| (format!("{name}-record"), each / records as f64)));
        counted.push((name.to_owned(), each));
    }
    Ok(counted)
}
