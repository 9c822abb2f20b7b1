//! Does an operation some times, for `cargo xtask counts` to count the instructions of it, and says how many times.
//!
//! ```text
//! tenantry-instructions names
//! tenantry-instructions OPERATION FOLDER
//! ```

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

use std::path::Path;
use std::process::ExitCode;

use operations::{Operation, Operations};
use side::{Outcome, wrong};

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["names"] => Operation::ALL.iter().for_each(|(name, ..)| println!("{name}")),
        [name, folder] => {
            let found = Operation::ALL.iter().find(|(operation, ..)| operation == name);
            let (_, operation, times) =
                found.ok_or_else(|| wrong(format!("there is no operation {name}")))?;
            counted(&mut Operations::new(Path::new(folder))?, *operation, *times)?;
            println!("{times}");
        }
        _ => return Err(wrong("`cargo xtask counts` says how this is called")),
    }
    Ok(())
}

/// What is counted: from where this is called to where it returns, on all threads. It is found by this name.
#[inline(never)]
fn counted(operations: &mut Operations, operation: Operation, times: u64) -> Outcome<()> {
    operations.run(operation, times)
}
