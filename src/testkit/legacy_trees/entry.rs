//! The files, folders and links of a legacy tree, and how they come onto a disk.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One entry that is no database, no workbook and not `users.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path in the tree, its components with `/` between them; the folders above it are made for it.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits; `None` leaves them as the system gives them.
    pub mode: Option<u32>,
    /// When it was changed: seconds since 1970 and nanoseconds; `None` leaves it as the system gives it.
    pub modified: Option<(i64, u32)>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A file of these bytes.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// A link that leads to this target.
    Link(Vec<u8>),
}

impl Entry {
    /// A file.
    pub(super) fn file(path: impl Into<Vec<u8>>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), kind: EntryKind::File(bytes.into()), mode: None, modified: None }
    }

    /// A folder.
    pub(super) fn folder(path: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), kind: EntryKind::Folder, mode: None, modified: None }
    }

    /// A link.
    pub(super) fn link(path: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), kind: EntryKind::Link(target.into()), mode: None, modified: None }
    }

    pub(super) const fn with_mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    pub(super) const fn with_modified(mut self, seconds: i64, nanos: u32) -> Self {
        self.modified = Some((seconds, nanos));
        self
    }
}

/// Writes entries beneath a folder: first what they hold, then times and modes, the innermost first, since
/// making an entry changes its folder's time, and a mode may keep from doing either.
pub(super) fn write(entries: &[Entry], root: &Path) -> io::Result<()> {
    for entry in entries {
        let at = root.join(path_of(&entry.path)?);
        if let Some(folder) = at.parent() {
            fs::create_dir_all(folder)?;
        }
        match &entry.kind {
            EntryKind::File(bytes) => fs::write(at, bytes)?,
            EntryKind::Folder => fs::create_dir_all(at)?,
            EntryKind::Link(target) => link(&path_of(target)?, &at)?,
        }
    }
    let mut inwards: Vec<&Entry> = entries.iter().collect();
    inwards.sort_by(|one, other| other.path.cmp(&one.path));
    for entry in inwards {
        let at = root.join(path_of(&entry.path)?);
        if let Some((seconds, nanos)) = entry.modified {
            File::open(&at)?.set_times(FileTimes::new().set_modified(moment(seconds, nanos)?))?;
        }
        if let Some(mode) = entry.mode {
            set_mode(&at, mode)?;
        }
    }
    Ok(())
}

fn moment(seconds: i64, nanos: u32) -> io::Result<SystemTime> {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    let moment = second.and_then(|at| at.checked_add(Duration::from_nanos(u64::from(nanos))));
    moment.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "it fails elsewhere")]
fn path_of(bytes: &[u8]) -> io::Result<PathBuf> {
    Ok(PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> io::Result<PathBuf> {
    let text = std::str::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::Unsupported))?;
    Ok(PathBuf::from(text))
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn link(_target: &Path, _at: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn set_mode(at: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_at: &Path, _mode: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
