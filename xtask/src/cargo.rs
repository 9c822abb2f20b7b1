//! Cargo, run from the project's root.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::report::Failure;

/// A call of the cargo that runs this program.
pub(crate) struct Cargo<'a> {
    root: &'a Path,
}

impl<'a> Cargo<'a> {
    /// Calls from `root`.
    pub(crate) fn at(root: &'a Path) -> Self {
        Self { root }
    }

    /// A call that is shown and has to succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        self.run_with(arguments, &[])
    }

    /// The same, with these environment variables.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Failure> {
        for (name, value) in environment {
            print!("{name}='{value}' ");
        }
        println!("cargo {}", arguments.join(" "));
        let status = self.command(arguments).envs(environment.iter().copied()).status()?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("it ended with {status}"))) }
    }

    /// What a call that has to succeed writes to its standard output; its errors are shown.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(Failure::new(format!("cargo {} ended with {}", arguments.join(" "), output.status)));
        }
        String::from_utf8(output.stdout)
            .map_err(|_| Failure::new(format!("cargo {} wrote no UTF-8", arguments.join(" "))))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.root);
        command
    }
}
