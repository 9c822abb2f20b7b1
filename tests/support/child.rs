//! Processes for tests: a test binary runs itself again, as one of its own tests.
#![allow(dead_code, reason = "each test that shares it uses a part")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Names the root on which a child is to work; a test that plays the child's part looks for it.
const ROOT: &str = "TENANTRY_TEST_ROOT";
/// What else it is told.
const PART: &str = "TENANTRY_TEST_PART";

/// Marks the child's lines, among those of the test harness.
const MARK: &str = "@ ";

/// What a child is told; `None` in the test run itself, where the child's part has nothing to do.
pub(crate) fn told() -> Option<(PathBuf, u64)> {
    let part = std::env::var(PART).ok()?;
    Some((std::env::var_os(ROOT)?.into(), part.parse().expect("a number")))
}

/// Says a line to the parent. It is one write, so that a kill leaves no half of it.
pub(crate) fn say(line: &str) {
    // The harness may have begun a line.
    let text = format!("\n{MARK}{line}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
}

/// Waits for a line of the parent.
pub(crate) fn hear() -> String {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("the parent speaks");
    line
}

/// A process under way.
pub(crate) struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Process {
    /// Runs the test named `name` of this binary in a process of its own.
    pub(crate) fn start(name: &str, root: &Path, part: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture", "--test-threads=1"])
            .env(ROOT, root)
            .env(PART, part.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary runs again");
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from }
    }

    /// Says a line to the child.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.to, "{line}").expect("the child listens");
    }

    /// The child's next line; `None` once it has ended.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.from.read_line(&mut line).expect("the child's words can be read") == 0 {
                return None;
            }
            if let Some(said) = line.strip_prefix(MARK) {
                return Some(said.trim_end_matches('\n').to_owned());
            }
        }
    }

    /// Kills the child at once (SIGKILL).
    #[allow(dead_code, reason = "not every binary kills")]
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
    }

    /// Waits until the child has ended; whether its test passed.
    pub(crate) fn finish(mut self) -> bool {
        drop(self.to);
        self.child.wait().expect("a child ends").success()
    }
}
