//! A server that speaks like S3, for the tests and for trying things out: SeaweedFS, installed into an
//! environment of its own under `target/servers`.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::program;
use crate::project::Project;
use crate::python;
use crate::report::Failure;
use crate::seaweed::Server;

/// Which version; in the project's root.
const REQUIREMENTS: &str = "servers/requirements.txt";

/// How often it is looked whether a server that was stopped is gone, and the pause between two looks.
const LOOKS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

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

/// `s3 up [--port N]` or `s3 down`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["up"] => up(&Project::read()?, None),
        ["up", "--port", port] => {
            let port = port.parse().ok().filter(|port| *port > 0);
            up(&Project::read()?, Some(port.ok_or_else(|| Failure::new("--port takes a number above 0"))?))
        }
        ["down"] => down(&Project::read()?),
        _ => Err(Failure::new("s3 knows `up`, `up --port N` and `down`")),
    }
}

/// Starts a server that stays, at the given port or any that is free, and says how the library gets to it: as a shell
/// reads it, the address in a comment.
fn up(project: &Project, port: Option<u16>) -> Result<(), Failure> {
    let (program, folder) = (program(project)?, folder(project).join("up"));
    if let Some(up) = Up::running(&folder) {
        let address = address(up.port);
        return Err(Failure::new(format!("it is up already, at {address}; `cargo xtask s3 down` stops it")));
    }
    if let Some(port) = port {
        // A server that finds another there says so at length.
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| Failure::new(format!("port {port} is not to be had: {error}")))?;
    }
    let server = Server::start(&program, &folder, port)?;
    let started = started(server.process()).ok_or_else(|| Failure::new("it ended at once"))?;
    let up = Up { process: server.process(), started, port: server.port() };
    std::fs::write(folder.join(Up::FILE), up.to_text())?;
    println!("# It listens at {} until `cargo xtask s3 down`.", address(up.port));
    for (name, value) in server.environment() {
        println!("export {name}='{value}'");
    }
    server.leave();
    Ok(())
}

/// Stops it and no other, and removes what it held.
fn down(project: &Project) -> Result<(), Failure> {
    let folder = folder(project).join("up");
    let up = Up::running(&folder).ok_or_else(|| Failure::new("it is not up"))?;
    program::run(Command::new("kill").args(["-9", &up.process.to_string()]))?;
    for _ in 0..LOOKS {
        // Until then it may still write.
        if Up::running(&folder).is_none() {
            std::fs::remove_dir_all(folder)?;
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(Failure::new("it does not end"))
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A server that was brought up.
#[derive(Debug, PartialEq, Eq)]
struct Up {
    process: u32,
    /// When it began, by the kernel's count: another process may have its number by now.
    started: u64,
    port: u16,
}

impl Up {
    /// In the folder of what it holds.
    const FILE: &str = "process";

    fn to_text(&self) -> String {
        format!("{} {} {}\n", self.process, self.started, self.port)
    }

    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace();
        let process = numbers.next()?.parse().ok()?;
        let started = numbers.next()?.parse().ok()?;
        Some(Self { process, started, port: numbers.next()?.parse().ok()? })
    }

    /// The one that was brought up, if it is there still.
    fn running(folder: &Path) -> Option<Self> {
        let up = Self::read(&std::fs::read_to_string(folder.join(Self::FILE)).ok()?)?;
        (started(up.process) == Some(up.started)).then_some(up)
    }
}

/// When a process began; nothing of one that has ended.
fn started(process: u32) -> Option<u64> {
    started_of(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The same of what the kernel says of it. What ended is listed until its parent looks.
fn started_of(stat: &str) -> Option<u64> {
    // The second field is the program's name, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let has_ended = matches!(fields.first(), Some(&"Z" | &"X"));
    if has_ended { None } else { fields.get(19)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel says of a process in this state.
    fn stat(state: &str) -> String {
        format!("77 (we) ed) {state} 1 77 77 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 4321 1000000 500\n")
    }

    #[test]
    fn a_process_began_when_the_kernel_says_whatever_its_name() {
        assert_eq!(started_of(&stat("S")), Some(4321));
        assert_eq!(started_of(&stat("Z")), None);
        assert_eq!(started_of(""), None);
    }

    #[test]
    fn a_process_that_has_the_number_of_another_is_not_the_one_that_was_brought_up() {
        let folder = std::env::temp_dir().join(format!("tenantry-xtask-{}", std::process::id()));
        let process = std::process::id();
        let began = started(process).unwrap_or_default();
        let running = |started| {
            let up = Up { process, started, port: 1 };
            let written = std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(folder.join(Up::FILE), up.to_text()));
            (written.is_ok(), Up::running(&folder) == Some(up))
        };
        assert_eq!((running(began), running(began + 1)), ((true, true), (true, false)));
        assert!(std::fs::remove_dir_all(folder).is_ok());
    }
}
