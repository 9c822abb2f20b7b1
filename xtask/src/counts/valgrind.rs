//! Valgrind's tool callgrind, which counts the instructions of a program: the one of the system, or one that is unpacked
//! below `target/tools`, so that nothing of the machine is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::run;
use crate::project::Project;
use crate::report::Failure;

const NEEDED: &str = "counting instructions needs valgrind, and Debian's package could not be unpacked; install it \
                      (on Debian and Ubuntu: `apt-get install valgrind`)";

/// How the line of a dump begins that says why it was made.
const TRIGGER: &str = "desc: Trigger: --dump-after=";
/// And the line that has the sum.
const TOTAL: &str = "totals: ";

/// A valgrind that works here.
pub(super) struct Valgrind {
    program: PathBuf,
    /// Where its tools are, if not where it was built for.
    tools: Option<PathBuf>,
}

impl Valgrind {
    /// The one of the system, or else one unpacked from Debian's package, whose archive apt fetches.
    pub(super) fn find(project: &Project) -> Result<Self, Failure> {
        let own = project.target.join("tools/valgrind");
        let unpacked =
            Self { program: own.join("usr/bin/valgrind"), tools: Some(own.join("usr/libexec/valgrind")) };
        let system = Self { program: PathBuf::from("valgrind"), tools: None };
        if system.works() {
            return Ok(system);
        }
        if !unpacked.works() {
            println!("valgrind is not installed; Debian's package is unpacked into target/tools");
            unpack(&own).map_err(|failure| Failure::new(format!("{NEEDED}: {failure}")))?;
        }
        if unpacked.works() { Ok(unpacked) } else { Err(Failure::new(NEEDED)) }
    }

    fn works(&self) -> bool {
        let tried = self.command().args(["--tool=callgrind", "--version"]).output();
        tried.is_ok_and(|output| output.status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.tools.iter().map(|tools| ("VALGRIND_LIB", tools)));
        command
    }

    /// A call to which a program and its arguments are to be added, and which writes into a file what a function of it
    /// takes, with all that it calls and what goes on meanwhile.
    pub(super) fn call(&self, function: &str, file: &Path) -> Command {
        let mut command = self.command();
        // Quiet, since the library falls back where valgrind does not know a call of the system.
        command.args(["-q", "--tool=callgrind", "--log-file=/dev/null"]);
        command.args([format!("--zero-before={function}"), format!("--dump-after={function}")]);
        command.arg(format!("--callgrind-out-file={}", file.display()));
        command
    }
}

/// Fetches the package and unpacks it, as any user.
fn unpack(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    run(Command::new("apt-get").args(["download", "valgrind"]).current_dir(folder))?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg").arg("-x").arg(&path).arg(folder))?;
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The instructions that the function took: what was counted after it goes into the file, what it took into one beside
/// it.
pub(super) fn total(file: &Path, function: &str) -> Result<u64, Failure> {
    let mut dump = file.as_os_str().to_owned();
    dump.push(".1");
    std::fs::rename(&dump, file)
        .map_err(|_| Failure::new(format!("callgrind has not seen {function} return")))?;
    total_of(&std::fs::read_to_string(file)?, function)
}

fn total_of(dump: &str, function: &str) -> Result<u64, Failure> {
    let rest = |start: &str| dump.lines().find_map(|line| line.strip_prefix(start));
    let total = rest(TOTAL).and_then(|total| total.trim().parse().ok());
    total
        .filter(|_| rest(TRIGGER) == Some(function))
        .ok_or_else(|| Failure::new(format!("callgrind has not counted {function}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_function() {
        let dump = "version: 1\ndesc: Trigger: --dump-after=a::b\nevents: Ir\ntotals: 250\n";
        assert_eq!(total_of(dump, "a::b").ok(), Some(250));
        assert!(total_of(dump, "a::c").is_err());
        assert!(total_of("desc: Trigger: Program termination\ntotals: 250\n", "a::b").is_err());
    }
}
