//! Copies of the repository's tree, and the tool called on them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{TREE, committed};

/// A copy of the repository's tree, within a folder of its own.
pub(crate) struct Tree {
    folder: TempDir,
}

/// What the tool ended with and said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Tree {
    /// As it is in the repository: two things are in the way.
    pub(crate) fn unsolved() -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(TREE);
        committed(&from, &tree.root()).unwrap();
        // To anybody but root it is in the way, too.
        fs::set_permissions(tree.root().join("videos/unreadable.mp4"), PermissionsExt::from_mode(0o600))
            .unwrap();
        tree
    }

    /// With the damaged database out of the way; `--leave` does the rest.
    pub(crate) fn new() -> Self {
        let tree = Self::unsolved();
        let damaged = tree.root().join("data/user123/live_streams.json");
        fs::rename(&damaged, damaged.with_extension("json.backup")).unwrap();
        tree
    }

    /// The same with so many videos more.
    pub(crate) fn with_videos(count: usize) -> Self {
        let tree = Self::new();
        for number in 0..count {
            fs::write(tree.root().join(format!("videos/more-{number}.mp4")), format!("video {number}"))
                .unwrap();
        }
        tree
    }

    /// Of one tenant with one video.
    pub(crate) fn of_one_video() -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(tree.root().join("videos")).unwrap();
        fs::write(tree.root().join("videos/a.mp4"), "bytes").unwrap();
        fs::write(tree.root().join("video_database.json"), r#"[{"id": "1", "filename": "a.mp4"}]"#).unwrap();
        fs::write(tree.root().join("users.json"), "{}").unwrap();
        tree
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("jadwalstream")
    }

    /// A place beside the tree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn image(&self) -> TreeImage {
        TreeImage::of(&self.root()).unwrap()
    }

    /// The call of a command on this tree.
    pub(crate) fn call(&self, command: &str, arguments: &[&str]) -> Command {
        let mut call = Command::new(env!("CARGO_BIN_EXE_migrate"));
        call.arg(command).arg("--root").arg(self.root()).args(arguments);
        call
    }

    /// Calls it, with nobody at a terminal.
    pub(crate) fn migrate(&self, command: &str, arguments: &[&str]) -> Said {
        Said::of(self.call(command, arguments).stdin(std::process::Stdio::null()).output().unwrap())
    }

    /// Applies what there is, which has to succeed.
    pub(crate) fn apply(&self, arguments: &[&str]) -> Said {
        self.migrate("apply", &[&["--yes", "--leave"], arguments].concat()).succeeds()
    }

    /// Where the migration stands.
    pub(crate) fn phase(&self) -> String {
        let status = self.migrate("status", &["--json"]).succeeds().document();
        status["phase"].as_str().unwrap().to_owned()
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It ended with that code, told that, and nothing on the standard output.
    #[track_caller]
    pub(crate) fn is_refused(&self, code: i32, told: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.error.contains(told), "{self:?}");
        assert_eq!(self.out, "");
    }

    /// All that it printed, as one JSON document.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// That nothing differs between two pictures.
#[track_caller]
pub(crate) fn assert_same(before: &TreeImage, after: &TreeImage) {
    assert_eq!(before.difference(after), None);
}
