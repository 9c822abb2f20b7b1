//! What the root was like before the first change: which names there were, and the folders' modes and times.
//!
//! Files are moved, which leaves their own modes and times as they are; but the time of a folder changes with
//! what is put into it and taken away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;

use serde::{Deserialize, Serialize};

use super::disk::Root;
use super::mark::Mark;
use crate::migrate::documented::FOLDERS;
use crate::migrate::survey::OWN;
use crate::migrate::{MigrateError, TreePath};

/// The root as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// The root's own folder.
    root: Folder,
    /// The folders in it in which a migration changes something.
    folders: BTreeMap<TreePath, Folder>,
    /// What else there was in them.
    others: BTreeSet<TreePath>,
}

/// A folder's mode and the time at which it was changed, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Folder {
    mode: u32,
    modified: i64,
}

impl Before {
    /// Looks at the root.
    pub(super) fn of(root: &Root) -> Result<Self, MigrateError> {
        let top = TreePath::root();
        let mut before =
            Self { root: folder(root, &top)?, folders: BTreeMap::new(), others: BTreeSet::new() };
        for (path, is_folder) in root.list(&top)? {
            let is_changed = FOLDERS.iter().any(|name| path.as_bytes() == name.as_bytes());
            match is_folder {
                true if is_changed || path.as_bytes() == OWN.as_bytes() => before.add(root, &path)?,
                _ => {
                    before.others.insert(path);
                }
            }
        }
        Ok(before)
    }

    fn add(&mut self, root: &Root, path: &TreePath) -> Result<(), MigrateError> {
        self.folders.insert(path.clone(), folder(root, path)?);
        let entries = match root.list(path) {
            // What can't be looked into is not changed.
            Err(MigrateError::Read { kind: io::ErrorKind::PermissionDenied, .. }) => Vec::new(),
            entries => entries?,
        };
        for (path, is_folder) in entries {
            match is_folder {
                true => self.add(root, &path)?,
                false => {
                    self.others.insert(path);
                }
            }
        }
        Ok(())
    }

    /// The folders in the root in which something may have been changed.
    pub(super) fn folders(&self) -> impl Iterator<Item = &TreePath> {
        self.folders.keys()
    }

    /// Makes the folders again that are missing by now.
    pub(super) fn make_folders(&self, root: &Root) -> Result<(), MigrateError> {
        self.folders.keys().try_for_each(|path| root.make_folder(path))
    }

    /// Whether that was there.
    pub(super) fn has(&self, path: &TreePath) -> bool {
        self.folders.contains_key(path) || self.others.contains(path)
    }

    /// What the folders were like that change first and last: the root and the library's own.
    pub(super) fn mark(&self) -> Mark {
        Mark { root: self.root, own: self.folders.get(&TreePath::root().join(OWN)).copied() }
    }

    /// Gives the folders in the root back the modes and times that they had, those deep down first.
    pub(super) fn restore(&self, root: &Root) -> Result<(), MigrateError> {
        self.folders.iter().rev().try_for_each(|(path, facts)| facts.restore(root, path))
    }
}

impl Folder {
    /// Gives a folder back the mode and time that it had.
    pub(super) fn restore(self, root: &Root, path: &TreePath) -> Result<(), MigrateError> {
        if !root.has(path)? || folder(root, path)? == self {
            return Ok(());
        }
        root.change(path)?;
        match restore(&root.at(path)?, self) {
            // Whoever owns it may: nothing that is in it depends on that.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            restored => {
                restored.map_err(|error| MigrateError::Write { path: path.clone(), kind: error.kind() })
            }
        }
    }
}

fn folder(root: &Root, path: &TreePath) -> Result<Folder, MigrateError> {
    let metadata = fs::symlink_metadata(root.at(path)?);
    let metadata = metadata.map_err(|error| MigrateError::Read { path: path.clone(), kind: error.kind() })?;
    Ok(facts(&metadata))
}

#[cfg(unix)]
fn facts(metadata: &Metadata) -> Folder {
    use std::os::unix::fs::MetadataExt;
    let modified = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
    Folder { mode: metadata.mode() & 0o7777, modified }
}

#[cfg(not(unix))]
fn facts(_: &Metadata) -> Folder {
    Folder { mode: 0, modified: 0 }
}

#[cfg(unix)]
fn restore(place: &std::path::Path, facts: Folder) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
    if fs::symlink_metadata(place)?.mode() & 0o7777 != facts.mode {
        fs::set_permissions(place, fs::Permissions::from_mode(facts.mode))?;
    }
    let modified = Timespec {
        tv_sec: facts.modified.div_euclid(1_000_000_000),
        tv_nsec: facts.modified.rem_euclid(1_000_000_000),
    };
    let times =
        Timestamps { last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }, last_modification: modified };
    Ok(utimensat(CWD, place, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(not(unix))]
fn restore(_: &std::path::Path, _: Folder) -> io::Result<()> {
    Ok(())
}
