//! `cargo xtask audit`: what others know about the dependencies, and what a release would change
//! for hosts. It needs a network; its tools are installed into `target/tools` when they are missing.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::cargo::Cargo;
use crate::project::{PACKAGE, Project};
use crate::report::{Failure, Report};

/// Runs all steps.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let project = Project::read()?;
    let mut report = Report::default();
    report.step("licences, bans and sources", || {
        Tool::find(&project, "cargo-deny")?.run(&["check", "licenses", "bans", "sources"])
    });
    report.step("advisories", || {
        Tool::find(&project, "cargo-deny")?.run(&["check", "advisories"]).map_err(|failure| {
            Failure::new(format!("{failure}; if the database could not be fetched, try again with a network"))
        })
    });
    report.step("public face", || match last_release(&project.root)? {
        None => {
            println!("there is no release yet to compare with");
            Ok(())
        }
        Some(tag) => {
            let compare = ["semver-checks", "--package", PACKAGE, "--all-features", "--baseline-rev", &tag];
            Tool::find(&project, "cargo-semver-checks")?.run(&compare)
        }
    });
    Ok(report.finish())
}

/// The newest version tag that this history contains.
fn last_release(root: &Path) -> Result<Option<String>, Failure> {
    let output = Command::new("git")
        .args(["tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned))
}

/// A program that is there or was just installed.
struct Tool<'a> {
    program: PathBuf,
    root: &'a Path,
}

impl<'a> Tool<'a> {
    fn find(project: &'a Project, name: &str) -> Result<Self, Failure> {
        let tools = project.target.join("tools");
        let own = tools.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let root = &project.root;
        if own.is_file() {
            return Ok(Self { program: own, root });
        }
        if Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()) {
            return Ok(Self { program: PathBuf::from(name), root });
        }
        println!("{name} is not installed; building it takes some minutes");
        // A relative folder keeps the machine's paths out of what is printed.
        let folder = tools.strip_prefix(root).unwrap_or(&tools).to_string_lossy().into_owned();
        Cargo::at(root).run(&["install", "--locked", "--root", &folder, name]).map_err(|failure| {
            Failure::new(format!("{name} could not be installed (is the registry reachable?): {failure}"))
        })?;
        Ok(Self { program: own, root })
    }

    fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        let status = Command::new(&self.program).args(arguments).current_dir(self.root).status()?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("it ended with {status}"))) }
    }
}
