//! A server that speaks like S3, for the tests and for trying things out: SeaweedFS, installed into an
//! environment of its own under `target/servers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::Project;
use crate::python;
use crate::report::Failure;
use crate::seaweed::Server;

/// Which version; in the project's root.
const REQUIREMENTS: &str = "servers/requirements.txt";

/// The port of a server that was brought up, so that it is found again.
const PORT: u16 = 8333;

fn folder(project: &Project) -> PathBuf {
    project.target.join("servers")
}

/// The server's program, installed unless it is.
fn program(project: &Project) -> Result<PathBuf, Failure> {
    let python = python::environment(project, "servers/python", REQUIREMENTS)?;
    let program = python.parent().map(|folder| folder.join("weed")).filter(|program| program.is_file());
    program.ok_or_else(|| Failure::new(format!("{REQUIREMENTS} brought no program weed")))
}

/// A server for the tests, with empty folders, and its program.
pub(crate) fn start(project: &Project) -> Result<(Server, PathBuf), Failure> {
    let program = program(project)?;
    let folder = folder(project).join("tests");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok((Server::start(&program, &folder, None)?, program))
}

/// Starts a server that stays, and says how the library gets to it.
pub(crate) fn up(project: &Project) -> Result<(), Failure> {
    let (program, folder) = (program(project)?, folder(project).join("up"));
    if running(&folder).is_some() {
        return Err(Failure::new("it is up already; `cargo xtask s3 down` stops it"));
    }
    let server = Server::start(&program, &folder, Some(PORT))?;
    std::fs::write(folder.join("process"), server.process().to_string())?;
    for (name, value) in server.environment() {
        println!("export {name}='{value}'");
    }
    server.leave();
    Ok(())
}

/// The process of the server that was brought up, if it is there still.
fn running(folder: &Path) -> Option<String> {
    let process = std::fs::read_to_string(folder.join("process")).ok()?;
    let command = std::fs::read_to_string(format!("/proc/{process}/cmdline")).ok()?;
    command.contains("weed").then_some(process)
}

/// Stops it, and removes what it held.
pub(crate) fn down(project: &Project) -> Result<(), Failure> {
    let folder = folder(project).join("up");
    let process = running(&folder).ok_or_else(|| Failure::new("it is not up"))?;
    let status = Command::new("kill").args(["-9", &process]).status()?;
    if !status.success() {
        return Err(Failure::new(format!("kill ended with {status}")));
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
