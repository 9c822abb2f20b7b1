//! The peer: the script that was planned for the first application, the very one that the tests show losing data.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::side::{Outcome, Side, same, wrong};
use crate::tree::{DATABASES, Records, files_moved, tree, write};

/// The variable that names a Python with openpyxl and pandas.
const PYTHON: &str = "TENANTRY_PYTHON";

struct Script {
    python: PathBuf,
    root: PathBuf,
    files: u64,
}

/// What is timed is the program, from its start on.
pub(crate) fn script(folder: &Path) -> Outcome<Box<dyn Side>> {
    let python = std::env::var_os(PYTHON).ok_or_else(|| wrong(format!("{PYTHON} names no Python")))?;
    Ok(Box::new(Script { python: python.into(), root: folder.join("root"), files: 0 }))
}

impl Side for Script {
    fn prepare(&mut self, files: u64) -> Outcome<()> {
        self.files = files;
        write(files, &self.root)
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers/planned_script.py");
        let mut command = Command::new(&self.python);
        command.env("PYTHONUTF8", "1").arg(script).arg(&self.root);
        let done = command.output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        // It ends well whatever happened, and says what did.
        same(&(done.status.success(), said.contains("completed successfully")), &(true, true))
    }

    fn check(&mut self) -> Outcome<()> {
        files_moved(self.files, &self.root)?;
        let should = Records::of(tree(self.files));
        let mut databases = [0; 3];
        for (count, (_, name)) in databases.iter_mut().zip(DATABASES) {
            let text = std::fs::read(self.root.join("data/admin").join(name))?;
            let records: Vec<Value> = serde_json::from_slice(&text)?;
            *count = records.iter().filter(|record| record["owner"].is_string()).count();
        }
        // The workbook stays where it is.
        same(&Records { databases, rows: should.rows }, &should)
    }
}
