//! Counts what a side syncs, so that nobody wins by not syncing: one more round under `strace`, after the timed ones.

use std::path::PathBuf;
use std::process::Command;

use super::Measuring;
use crate::program::output;
use crate::report::Failure;

/// The calls by which something is made durable. (Nothing here opens a file with `O_SYNC`, or writes through a map.)
const SYNCS: [&str; 4] = ["fsync", "fdatasync", "syncfs", "msync"];
/// The call between two of which the round lies.
const MARK: &str = "getppid";

/// A `strace` that works here.
pub(super) struct Tracer;

impl Tracer {
    /// One, if it is installed and may trace.
    pub(super) fn find() -> Option<Self> {
        let tried = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output().ok()?;
        tried.status.success().then_some(Self)
    }

    /// How many syncs one operation of a side takes, counted over a round.
    pub(super) fn count(&self, program: &Measuring<'_>, group: &str, side: &str) -> Result<f64, Failure> {
        let (measuring, folder) = (program.program(group)?, program.emptied()?);
        let trace: PathBuf = folder.join("trace");
        let calls = format!("trace={MARK},{}", SYNCS.join(","));
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "--seccomp-bpf", "-e", &calls, "-e", "signal=none", "-o"]).arg(&trace);
        command.arg(measuring.get_program()).args(["once", group, side]).arg(folder.join("side"));
        command.arg(program.scale);
        command.envs(measuring.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said: serde_json::Value = serde_json::from_str(&output(&mut command)?)?;
        let operations = said["operations"].as_f64().ok_or_else(|| Failure::new("it did nothing"))?;
        let syncs = between_marks(&std::fs::read_to_string(&trace)?)
            .ok_or_else(|| Failure::new("the round is not seen in the trace"))?;
        std::fs::remove_dir_all(folder)?;
        Ok(syncs as f64 / operations)
    }
}

/// The syncs that began between the two marks. A call that another interrupts takes two lines, of which the first
/// counts.
fn between_marks(trace: &str) -> Option<usize> {
    let called = |line: &str| {
        let call = line.split_whitespace().nth(1)?.split('(').next()?.to_owned();
        (call == MARK || SYNCS.contains(&call.as_str())).then_some(call)
    };
    let calls: Vec<String> = trace.lines().filter_map(called).collect();
    let first = calls.iter().position(|call| call == MARK)?;
    let last = calls.iter().rposition(|call| call == MARK).filter(|last| *last > first)?;
    Some(calls[first..last].iter().filter(|call| *call != MARK).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syncs_count_between_the_marks_and_once_each() {
        let trace = "\
11 fsync(3) = 0
11 getppid() = 1
12 fdatasync(4 <unfinished ...>
13 fsync(6) = 0
12 <... fdatasync resumed>) = 0
11 getppid() = 1
11 fsync(3) = 0
";
        assert_eq!(between_marks(trace), Some(2));
    }

    #[test]
    fn a_trace_without_both_marks_tells_nothing() {
        assert_eq!(between_marks("11 fsync(3) = 0\n"), None);
        assert_eq!(between_marks("11 getppid() = 1\n11 fsync(3) = 0\n"), None);
    }
}
