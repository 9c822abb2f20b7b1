//! The tree that each side migrates, and what has to be there afterwards.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tenantry::testkit::legacy_trees::{Content, DatabaseKind, EntryKind, LegacyTree};

use crate::side::{Outcome, same, wrong};

/// How many records there are for each file.
const RECORDS: u64 = 5;

/// The folders whose files have records.
pub(crate) const FOLDERS: [&str; 2] = ["videos", "thumbnails"];
/// The databases of these records.
pub(crate) const DATABASES: [(DatabaseKind, &str); 3] = [
    (DatabaseKind::Videos, "video_database.json"),
    (DatabaseKind::Thumbnails, "thumbnail_database.json"),
    (DatabaseKind::LiveStreams, "live_streams.json"),
];

/// The tree of so many files, made once: a round always has as many.
pub(crate) fn tree(files: u64) -> &'static LegacyTree {
    static TREE: OnceLock<LegacyTree> = OnceLock::new();
    TREE.get_or_init(|| LegacyTree::large(files as usize, (files * RECORDS) as usize))
}

/// Writes it into a folder anew, down to the disk, so that no side meets what another one left to be written.
pub(crate) fn write(files: u64, root: &Path) -> Outcome<()> {
    if root.exists() {
        std::fs::remove_dir_all(root)?;
    }
    tree(files).write_to(root)?;
    synced(root)
}

/// Waits until all that was written there is on the disk.
fn synced(root: &Path) -> Outcome<()> {
    let status = Command::new("sync").arg("--file-system").arg(root).status()?;
    if status.success() { Ok(()) } else { Err(wrong(format!("sync ended with {status}"))) }
}

/// How many records of each database there are, and how many rows of the workbook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) databases: [usize; 3],
    pub(crate) rows: usize,
}

impl Records {
    /// Those that were there before.
    pub(crate) fn of(tree: &LegacyTree) -> Self {
        let databases = DATABASES.map(|(kind, _)| {
            let same = tree.databases.iter().filter(|database| database.kind == kind);
            same.map(|database| match &database.content {
                Content::Records(records) => records.len(),
                _ => 0,
            })
            .sum()
        });
        Self { databases, rows: tree.workbook.rows.len() }
    }
}

/// How many files, and a digest of their contents in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Files {
    count: u64,
    digest: u64,
}

impl Files {
    fn add(&mut self, content: &[u8]) {
        let hash = blake3::hash(content);
        let digest = hash.as_bytes()[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        self.count += 1;
        self.digest = self.digest.wrapping_add(digest);
    }

    /// All that lie beneath a folder.
    fn beneath(&mut self, folder: &Path) -> Outcome<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.beneath(&path)?;
            } else {
                self.add(&std::fs::read(path)?);
            }
        }
        Ok(())
    }
}

/// That the files of the tree are all there, none in its old place, and in the folders of users.
pub(crate) fn files_moved(files: u64, root: &Path) -> Outcome<()> {
    let (mut is, mut should) = (Files::default(), Files::default());
    for entry in &tree(files).entries {
        let is_one = FOLDERS.iter().any(|folder| entry.path.starts_with(format!("{folder}/").as_bytes()));
        if let (true, EntryKind::File(bytes)) = (is_one, &entry.kind) {
            should.add(bytes);
        }
    }
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if !path.is_dir() {
                return Err(wrong("a file lies where it lay before"));
            }
            is.beneath(&path)?;
        }
    }
    same(&is, &should)
}
