//! Steps run one after another, each under a heading, and what is said of them in the end.
//!
//! A failed step does not stop the next: one run tells everything that is wrong.

use std::fmt;
use std::process::ExitCode;
use std::time::Instant;

/// Why something failed, in words for whoever ran it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure for this reason.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("unexpected JSON: {error}"))
    }
}

/// The steps so far and how they went.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: Vec<String>,
}

impl Report {
    /// Runs one step and remembers how it went.
    #[allow(clippy::disallowed_methods, reason = "how long a step took is for people, nothing depends on it")]
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce() -> Result<(), Failure>) {
        println!("\n=== {name}");
        let begun = Instant::now();
        let outcome = run();
        let seconds = begun.elapsed().as_secs();
        match outcome {
            Ok(()) => {
                println!("--- passed: {name} ({seconds} s)");
                self.passed += 1;
            }
            Err(failure) => {
                println!("--- FAILED: {name} ({seconds} s): {failure}");
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Names the failed steps, counts as the last thing said, and fails if any did.
    pub(crate) fn finish(self) -> ExitCode {
        println!();
        for name in &self.failed {
            println!("FAILED: {name}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_whole_and_lets_the_next_run() {
        let mut report = Report::default();
        let mut ran = false;
        report.step("first", || Err(Failure::new("broken")));
        report.step("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        assert_eq!((report.passed, report.failed.as_slice()), (1, &["first".to_owned()][..]));
        assert_eq!(report.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn steps_that_all_pass_pass_as_a_whole() {
        let mut report = Report::default();
        report.step("only", || Ok(()));
        assert_eq!(report.finish(), ExitCode::SUCCESS);
    }
}
