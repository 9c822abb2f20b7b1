//! What is done to the root's files: moved, never over another; written whole; removed, no link followed.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::seam::Seam;
use crate::migrate::{MigrateError, TreePath, survey};

/// A root's folder, held by this migration alone as long as this lives.
pub(super) struct Root {
    path: PathBuf,
    /// Locked as long as it is open.
    folder: File,
    seam: Seam,
}

impl Root {
    /// Takes the root, unless another migration is at work in it.
    pub(super) fn take(path: &Path, seam: Seam) -> Result<Self, MigrateError> {
        let failed = |error: io::Error| MigrateError::Root(error.kind());
        let folder = File::open(path).map_err(failed)?;
        if !folder.metadata().map_err(failed)?.is_dir() {
            return Err(MigrateError::Root(io::ErrorKind::NotADirectory));
        }
        match folder.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), folder, seam }),
            Err(fs::TryLockError::WouldBlock) => Err(MigrateError::Busy),
            Err(fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The root itself.
    pub(super) const fn folder(&self) -> &File {
        &self.folder
    }

    /// Called before each change.
    pub(super) fn change(&self, path: &TreePath) -> Result<(), MigrateError> {
        self.seam.change().map_err(failed(path))
    }

    /// Holds the store of this root off, as long as what is answered lives: `None` if there never was one.
    pub(super) fn hold_store(&self) -> Result<Option<File>, MigrateError> {
        let path = TreePath::root().join(survey::OWN).join("lock");
        if !self.has(&path)? {
            return Ok(None);
        }
        let lock = self.open(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(fs::TryLockError::WouldBlock) => Err(MigrateError::Busy),
            Err(fs::TryLockError::Error(error)) => Err(MigrateError::Read { path, kind: error.kind() }),
        }
    }

    /// Whether something may lie on another file system than the migration's own folder, so that it can't be moved
    /// there by a rename. (The same file system mounted twice counts as two.)
    pub(super) fn is_elsewhere(&self, path: &TreePath) -> bool {
        let own = TreePath::root().join(survey::OWN);
        let own = if self.has(&own).unwrap_or(false) { own } else { TreePath::root() };
        self.seam.is_across_file_systems() || self.mount_of(path) != self.mount_of(&own)
    }

    /// What tells the mount that a path lies on from others; `None` where that can't be told.
    #[cfg(target_os = "linux")]
    pub(super) fn mount_of(&self, path: &TreePath) -> Option<u64> {
        use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
        // Where the root leads is the host's.
        let is_root = path.as_bytes().is_empty();
        let flags = if is_root { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        let found = statx(CWD, self.at(path).ok()?, flags, StatxFlags::MNT_ID).ok()?;
        (found.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(found.stx_mnt_id)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn mount_of(&self, _: &TreePath) -> Option<u64> {
        None
    }

    /// Whether something is on the same file system as a folder, so that it can be moved there.
    pub(super) fn lies_with(&self, path: &TreePath, folder: &TreePath) -> bool {
        match self.seam.is_across_file_systems() {
            true => path.folder() == *folder,
            false => self.mount_of(path) == self.mount_of(folder),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where that lies.
    pub(super) fn at(&self, path: &TreePath) -> Result<PathBuf, MigrateError> {
        at(&self.path, path)
    }

    /// Whether there is anything at that path.
    pub(super) fn has(&self, path: &TreePath) -> Result<bool, MigrateError> {
        match fs::symlink_metadata(self.at(path)?) {
            Ok(_) => Ok(true),
            // Where there is a file in place of a folder there is nothing in it.
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
                Ok(false)
            }
            Err(error) => Err(MigrateError::Read { path: path.clone(), kind: error.kind() }),
        }
    }

    /// The length of the plain file at that path; `None` if there is none.
    pub(super) fn length(&self, path: &TreePath) -> Result<Option<u64>, MigrateError> {
        match fs::symlink_metadata(self.at(path)?) {
            Ok(found) => Ok(found.is_file().then_some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MigrateError::Read { path: path.clone(), kind: error.kind() }),
        }
    }

    /// Whether there is a folder at that path, and no link to one.
    pub(super) fn is_folder(&self, path: &TreePath) -> Result<bool, MigrateError> {
        Ok(fs::symlink_metadata(self.at(path)?).is_ok_and(|found| found.is_dir()))
    }

    /// Opens a file to be read.
    pub(super) fn open(&self, path: &TreePath) -> Result<File, MigrateError> {
        let failed = |error: io::Error| MigrateError::Read { path: path.clone(), kind: error.kind() };
        survey::open(&self.path, path).map_err(failed)
    }

    /// Moves a file to where there is none.
    pub(super) fn move_file(&self, from: &TreePath, to: &TreePath) -> Result<(), MigrateError> {
        let (source, target) = (self.at(from)?, self.at(to)?);
        self.change(to)?;
        rename_new(&source, &target).map_err(failed(to))
    }

    /// Moves a file to where there is none, or in place of the file that there is.
    pub(super) fn move_over(&self, from: &TreePath, to: &TreePath) -> Result<(), MigrateError> {
        let (source, target) = (self.at(from)?, self.at(to)?);
        self.change(to)?;
        fs::rename(source, target).map_err(failed(to))
    }

    /// Makes a folder for the owner alone, with those above it, where they are missing.
    pub(super) fn make_folder(&self, path: &TreePath) -> Result<(), MigrateError> {
        if path.as_bytes().is_empty() || self.has(path)? {
            return Ok(());
        }
        self.make_folder(&path.folder())?;
        let place = self.at(path)?;
        self.change(path)?;
        fs::create_dir(&place).map_err(failed(path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            self.change(path)?;
            fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).map_err(failed(path))?;
        }
        self.sync_folder(&path.folder())
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_folder(&self, path: &TreePath) -> Result<(), MigrateError> {
        File::open(self.at(path)?).and_then(|folder| folder.sync_all()).map_err(failed(path))
    }

    /// Makes everything durable that was ever written to the file systems of the root and of these folders in it.
    pub(super) fn sync_all<'a>(
        &self,
        folders: impl Iterator<Item = &'a TreePath>,
    ) -> Result<(), MigrateError> {
        sync_file_system(&self.folder).map_err(failed(&TreePath::root()))?;
        let mut synced = BTreeSet::from([self.mount_of(&TreePath::root())]);
        for folder in folders {
            if self.is_folder(folder)? && synced.insert(self.mount_of(folder)) {
                match File::open(self.at(folder)?).and_then(|opened| sync_file_system(&opened)) {
                    // What can't be looked into is not changed.
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                    done => done.map_err(failed(folder))?,
                }
            }
        }
        Ok(())
    }

    /// Writes a file, whole and durable, in place of the one that there is.
    pub(super) fn write(&self, path: &TreePath, bytes: &[u8]) -> Result<(), MigrateError> {
        let new = path.folder().join(&format!(".{}.new", path.name().replaced()));
        let place = self.at(&new)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
        self.change(path)?;
        let written = options.open(&place).and_then(|mut file| {
            self.seam.change()?;
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(failed(path))?;
        self.move_over(&new, path)?;
        self.sync_folder(&path.folder())
    }

    /// The names in a folder; none where there is no folder.
    pub(super) fn list(&self, path: &TreePath) -> Result<Vec<(TreePath, bool)>, MigrateError> {
        let listed = match fs::read_dir(self.at(path)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed,
        };
        let entries = listed.and_then(|entries| {
            entries
                .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?.is_dir()))))
                .collect()
        });
        let entries: Vec<_> =
            entries.map_err(|error| MigrateError::Read { path: path.clone(), kind: error.kind() })?;
        let mut entries: Vec<_> =
            entries.into_iter().map(|(name, is_folder)| (path.child(&name), is_folder)).collect();
        entries.sort();
        Ok(entries)
    }

    /// Removes what is no folder, if it is there.
    pub(super) fn remove_file(&self, path: &TreePath) -> Result<(), MigrateError> {
        let place = self.at(path)?;
        self.change(path)?;
        if_there(fs::remove_file(place)).map_err(failed(path))
    }

    /// Removes a folder, if it is there; `false` if there is something in it.
    pub(super) fn remove_folder(&self, path: &TreePath) -> Result<bool, MigrateError> {
        let place = self.at(path)?;
        self.change(path)?;
        match fs::remove_dir(place) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            removed => if_there(removed).map(|()| true).map_err(failed(path)),
        }
    }

    /// The bytes that are free for whoever may not use the reserve; `None` where that can't be told.
    pub(super) fn free_space(&self) -> Option<u64> {
        #[cfg(unix)]
        return rustix::fs::statvfs(&self.path)
            .ok()
            .map(|found| found.f_bavail.saturating_mul(found.f_frsize));
        #[cfg(not(unix))]
        return None;
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn sync_file_system(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn sync_file_system(folder: &File) -> io::Result<()> {
    folder.sync_all()
}

/// What could not be written, and why.
fn failed(path: &TreePath) -> impl Fn(io::Error) -> MigrateError + '_ {
    |error| MigrateError::Write { path: path.clone(), kind: error.kind() }
}

fn if_there(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Where a path lies beneath a root.
pub(super) fn at(root: &Path, path: &TreePath) -> Result<PathBuf, MigrateError> {
    let refused = || MigrateError::Write { path: path.clone(), kind: io::ErrorKind::InvalidFilename };
    path.beneath(root).ok_or_else(refused)
}

/// Renames, unless something has the new name.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Some file systems have no such rename.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            renamed => return Ok(renamed?),
        }
    }
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}
