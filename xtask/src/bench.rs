//! `cargo xtask bench`: the benchmarks. They are a package of their own, so that nobody builds
//! their dependencies by accident.

use crate::cargo::Cargo;
use crate::project::Project;
use crate::report::Failure;

/// Runs them; `arguments` are handed on to cargo.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let project = Project::read()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Cargo::at(&project.root).run(&[&["bench", "--package", "tenantry-bench"], arguments.as_slice()].concat())
}
