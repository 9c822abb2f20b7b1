//! Other programs that are run and have to succeed.

use std::process::{Command, Stdio};

use crate::report::Failure;

/// Runs one that is shown.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("it ended with {status}"))) }
}

/// What one writes to its standard output; its errors are shown.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(Failure::new(format!("it ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::new("it wrote no UTF-8"))
}
