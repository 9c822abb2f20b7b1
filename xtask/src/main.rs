//! The project's own commands, run as `cargo xtask <command>`; they need nothing but Rust.
//!
//! Here is only the choice between them: [`mod@test`] is what every change has to pass, [`mod@bench`]
//! measures, [`mod@counts`] counts, [`audit`] asks about the dependencies and the public face.

mod audit;
mod bench;
mod budget;
mod cargo;
mod counts;
mod example;
mod program;
mod project;
mod python;
mod report;
mod s3;
#[allow(dead_code, unreachable_pub, reason = "the tests of servers use the rest")]
#[path = "../../servers/src/seaweed.rs"]
mod seaweed;
mod test;

use std::process::ExitCode;

use crate::counts::Then;
use crate::project::Project;
use crate::report::Failure;

const HELP: &str = "\
cargo xtask <command>

  test     everything that has to hold: format, lints, features one by one, docs, tests, examples,
           the dependency budget
  bench    the library beside what else one could use and beside the bare system, in turn, in one run;
           --case NAME (again for more), --rounds N, --quick, --json, --plot FILE (an SVG)
  counts   instructions and allocations of single operations against what was accepted before;
           --accept makes what is counted now what is accepted
  s3       s3 up: starts a server that speaks like S3, for trying things out, at a free port or at
           --port N, and prints how to get to it; s3 down: stops it
  audit    advisories and licences of the dependencies, the public face against the last release;
           installs its tools into target/tools
  help     this text
";

fn main() -> ExitCode {
    match choose() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the arguments ask for.
fn choose() -> Result<ExitCode, Failure> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let is_help = |argument: &String| ["--help", "-h"].contains(&argument.as_str());
    if command.as_deref() == Some("help") || command.iter().chain(&rest).any(is_help) {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    match (command.as_deref(), rest.as_slice()) {
        (Some("test"), []) => test::run(),
        (Some("bench"), rest) => bench::run(rest),
        (Some("counts"), []) => counts::run(&Project::read()?, Then::Compare).map(|()| ExitCode::SUCCESS),
        (Some("counts"), [what]) if what == "--accept" => {
            counts::run(&Project::read()?, Then::Accept).map(|()| ExitCode::SUCCESS)
        }
        (Some("audit"), []) => audit::run(),
        (Some("s3"), rest) => s3::run(rest).map(|()| ExitCode::SUCCESS),
        _ => Err(Failure::new(format!("no such command\n\n{HELP}"))),
    }
}
