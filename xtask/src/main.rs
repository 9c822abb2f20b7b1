//! The project's own commands, run as `cargo xtask <command>`; they need nothing but Rust.
//!
//! Here is only the choice between them: [`mod@test`] is what every change has to pass, [`mod@bench`]
//! measures, [`audit`] asks about the dependencies and the public face.

mod audit;
mod bench;
mod budget;
mod cargo;
mod example;
mod project;
mod python;
mod report;
mod test;

use std::process::ExitCode;

use crate::report::Failure;

const HELP: &str = "\
cargo xtask <command>

  test     everything that has to hold: format, lints, features one by one, docs, tests, examples,
           the dependency budget
  bench    the benchmarks; what follows is handed to them (cargo xtask bench -- insert)
  audit    advisories and licences of the dependencies, the public face against the last release;
           installs its tools into target/tools
  help     this text
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let outcome = match (command.as_deref(), rest.as_slice()) {
        (Some("test"), []) => test::run(),
        (Some("bench"), rest) => bench::run(rest).map(|()| ExitCode::SUCCESS),
        (Some("audit"), []) => audit::run(),
        (Some("help" | "--help" | "-h"), _) => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Failure::new(format!("no such command\n\n{HELP}"))),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
