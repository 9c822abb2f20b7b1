//! `cargo xtask test`: everything that has to hold, in one command, the cheap and telling steps first.
//!
//! Tests and examples are built by calls that select the same packages and features, so that the
//! library is built once for all of them.

use std::process::ExitCode;

use crate::cargo::Cargo;
use crate::counts::Then;
use crate::project::{PACKAGE, Project};
use crate::report::{Failure, Report};
use crate::{budget, counts, example, python, s3};

/// The package whose tests run other programs, and what they are.
pub(crate) const PEERS: (&str, &str) = ("tenantry-peers", "peers/requirements.txt");

/// The variable that says where they are.
pub(crate) const PYTHON: &str = "TENANTRY_PYTHON";

/// The package whose tests talk to a server.
const SERVERS: &str = "tenantry-servers";

/// The tool that makes tenants of a folder, one of whose tests talks to that server, too.
const TOOL: &str = "tenantry-example-migrate";

/// Runs all steps.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let project = Project::read()?;
    let cargo = Cargo::at(&project.root);
    let mut report = Report::default();

    report.step("format", || cargo.run(&["fmt", "--all", "--check"]));
    report.step("dependency budget", || budget::check(&project));
    report.step("lints", || {
        cargo.run(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    });
    for features in selections(&project.features) {
        let name =
            if features.is_empty() { "without features" } else { &format!("feature {features} alone") };
        report.step(name, || {
            let library = ["check", "--package", PACKAGE, "--lib", "--no-default-features", "--features"];
            cargo.run(&[&library[..], &[&features]].concat())
        });
    }
    report.step("documentation", || {
        cargo.run_with(
            &["doc", "--workspace", "--no-deps", "--all-features"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        )
    });
    report.step("tests", || cargo.run(&["test", "--no-fail-fast"]));
    for name in &project.examples {
        report.step(&format!("example {name}"), || example::run(&project, name));
    }
    report.step("other programs", || {
        let python = python::environment(&project, "python", PEERS.1)?;
        let python = python.to_str().ok_or_else(|| Failure::new("the target folder's name is no text"))?;
        cargo.run_with(&["test", "--package", PEERS.0], &[(PYTHON, python)])
    });
    report.step("a server that speaks like S3", || {
        let (server, program) = s3::start(&project)?;
        let mut environment = server.environment().to_vec();
        environment.push(("TENANTRY_SEAWEED", program.display().to_string()));
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        cargo.run_with(&["test", "--package", SERVERS], &environment)?;
        let bucket = ["test", "--package", TOOL, "--features", "s3", "--test", "bucket"];
        cargo.run_with(&bucket, &environment)?;
        // What the guide and the documentation show of it.
        cargo.run(&["test", "--doc", "--package", PACKAGE, "--features", "s3"])?;
        let tour = ["run", "--quiet", "--features", "s3", "--example", "tour", "--", "--store", "s3"];
        cargo.run_with(&tour, &environment)
    });
    report.step("instructions and allocations", || counts::run(&project, Then::Compare));
    // What they depend on is built last, and by nobody who did not ask for it. Their tests run them.
    for package in &project.example_packages {
        report.step(package, || cargo.run(&["test", "--package", package]));
    }
    Ok(report.finish())
}

/// No feature at all, and each by itself.
fn selections(features: &[String]) -> Vec<String> {
    let alone = features.iter().filter(|feature| *feature != "default").cloned();
    std::iter::once(String::new()).chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_checked_alone_and_none_too() {
        let features = ["default", "s3", "testkit", "xlsx"].map(str::to_owned);
        assert_eq!(selections(&features), ["", "s3", "testkit", "xlsx"]);
    }
}
