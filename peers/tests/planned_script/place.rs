//! A copy of the tree, and the script run on it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tenantry::testkit::legacy_trees::{TREE, committed};

/// The name that is no text.
pub(crate) const NOT_TEXT: &[u8] = b"rain\xff\xfe.mp4";

/// A copy.
pub(crate) struct Place(TempDir);

impl Place {
    /// With everything in it but the name that is no text, at which the script may end (see `interrupted`).
    pub(crate) fn new() -> Self {
        let place = Self::with_all();
        fs::remove_file(place.at("videos").join(OsStr::from_bytes(NOT_TEXT))).unwrap();
        place
    }

    pub(crate) fn with_all() -> Self {
        let folder = tempfile::tempdir().unwrap();
        committed(&Self::repository().join(TREE), folder.path()).unwrap();
        Self(folder)
    }

    pub(crate) fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Runs the script, which has to end well, as it always does; what it says.
    pub(crate) fn run(&self) -> String {
        self.run_steps(5)
    }

    /// The same, stopped after so many steps.
    pub(crate) fn run_steps(&self, steps: usize) -> String {
        let python = std::env::var_os("TENANTRY_PYTHON")
            .expect("TENANTRY_PYTHON names a Python with openpyxl and pandas; cargo xtask test sees to both");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("planned_script.py");
        let mut command = Command::new(python);
        // As where the machine speaks UTF-8, whatever this one does.
        command.env("PYTHONUTF8", "1").env("PYTHONIOENCODING", "utf-8:strict");
        let done = command.arg(script).arg(self.0.path()).arg(steps.to_string()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).symlink_metadata().is_ok()
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.at(path)).unwrap()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path)).unwrap()
    }

    /// The records of a database, with `null` for `NaN` and a question mark for half of an emoji.
    pub(crate) fn records(&self, path: &str) -> Vec<Value> {
        if !self.has(path) {
            return Vec::new();
        }
        let text = self.text(path).replace(": NaN", ": null").replace("\\ud83c\"", "?\"");
        serde_json::from_str(&text).unwrap()
    }

    /// The record of that title.
    pub(crate) fn record(&self, path: &str, title: &str) -> Option<Value> {
        self.records(path).into_iter().find(|record| record["title"] == title)
    }

    /// The contents of all videos, wherever they lie, each once.
    pub(crate) fn videos(&self) -> BTreeSet<Vec<u8>> {
        let mut contents = BTreeSet::new();
        each_file(&self.at("videos"), &mut |path| {
            // One may not be read, unless by root.
            contents.extend(fs::read(path).ok());
        });
        contents
    }
}

fn each_file(folder: &Path, take: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            each_file(&path, take);
        } else if metadata.is_file() {
            take(&path);
        }
    }
}

/// The field of a record as text; nothing of what is no record.
pub(crate) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}
