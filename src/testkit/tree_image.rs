//! A picture of a folder, to show that something changed nothing, or put everything back.
//!
//! It holds every entry beneath the folder and the folder itself: the bytes of its path, what it is, its mode, the
//! time of its last change to the nanosecond, its length, and the digest of its content or the target of its link.
//! Links are looked at and never followed. What may not be read is pictured as that.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// What a folder was like when [`TreeImage::of`] looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeImage {
    entries: BTreeMap<Vec<u8>, Pictured>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pictured {
    content: Content,
    /// The permission bits; 0 where a system has none.
    mode: u32,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Folder,
    UnreadableFolder,
    File { bytes: u64, digest: blake3::Hash },
    UnreadableFile { bytes: u64 },
    Link { target: Vec<u8> },
    Other,
}

impl TreeImage {
    /// Looks at a folder and at all that is beneath it.
    ///
    /// # Errors
    /// Those of the disk, but for what may not be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut entries = BTreeMap::new();
        picture(folder, Vec::new(), &mut entries)?;
        Ok(Self { entries })
    }

    /// The first thing, in the order of paths, in which a later picture differs from this one, as a sentence.
    #[must_use]
    pub fn difference(&self, later: &Self) -> Option<String> {
        let paths = self.entries.keys().chain(later.entries.keys());
        let first = paths.filter(|path| self.entries.get(*path) != later.entries.get(*path)).min()?;
        let name = shown(first);
        Some(match (self.entries.get(first), later.entries.get(first)) {
            (Some(before), Some(after)) => before.difference(after, &name),
            (Some(before), None) => format!("{name} was {} and is gone", before.content.called()),
            (None, _) => format!("{name} was not there before"),
        })
    }

    /// The picture without what is at a path, relative to the folder, and beneath it.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        let beneath = format!("{path}/");
        self.entries.retain(|at, _| at != path.as_bytes() && !at.starts_with(beneath.as_bytes()));
        self
    }

    /// The paths, relative to the folder, in order; the folder's own is empty.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.keys().map(Vec::as_slice)
    }
}

impl Pictured {
    fn difference(&self, after: &Self, name: &str) -> String {
        let (was, is) = (&self.content, &after.content);
        if was.called() != is.called() {
            return format!("{name} was {} and is {}", was.called(), is.called());
        }
        match (was, is) {
            (Content::File { bytes: before, .. }, Content::File { bytes, .. }) if was != is => {
                format!("{name} has another content: {before} bytes were there, {bytes} are")
            }
            (Content::Link { target: before }, Content::Link { target }) if was != is => {
                format!("{name} led to {} and leads to {}", shown(before), shown(target))
            }
            _ if was != is => format!("{name} has another length"),
            _ if self.mode != after.mode => {
                format!("{name} had the mode {:o} and has {:o}", self.mode, after.mode)
            }
            _ => {
                let text = |(seconds, nanos): (i64, i64)| format!("{seconds}.{nanos:09}");
                format!("{name} was changed at {} and then at {}", text(self.modified), text(after.modified))
            }
        }
    }
}

impl Content {
    const fn called(&self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::UnreadableFolder => "a folder that may not be read",
            Self::File { .. } => "a file",
            Self::UnreadableFile { .. } => "a file that may not be read",
            Self::Link { .. } => "a link",
            Self::Other => "neither file nor folder nor link",
        }
    }
}

fn picture(at: &Path, name: Vec<u8>, entries: &mut BTreeMap<Vec<u8>, Pictured>) -> io::Result<()> {
    let metadata = fs::symlink_metadata(at)?;
    let content = content(at, &metadata)?;
    let is_folder = matches!(content, Content::Folder);
    entries.insert(name.clone(), Pictured { content, mode: mode(&metadata), modified: modified(&metadata)? });
    if is_folder {
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let mut inner = name.clone();
            if !inner.is_empty() {
                inner.push(b'/');
            }
            inner.extend_from_slice(&bytes_of(&entry.file_name()));
            picture(&entry.path(), inner, entries)?;
        }
    }
    Ok(())
}

fn content(at: &Path, metadata: &Metadata) -> io::Result<Content> {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Ok(Content::Link { target: bytes_of(fs::read_link(at)?.as_os_str()) });
    }
    let denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    if kind.is_dir() {
        return match fs::read_dir(at) {
            Err(error) if denied(&error) => Ok(Content::UnreadableFolder),
            listed => listed.map(|_| Content::Folder),
        };
    }
    if !kind.is_file() {
        return Ok(Content::Other);
    }
    let mut hasher = blake3::Hasher::new();
    let read = fs::File::open(at).and_then(|mut file| io::copy(&mut file, &mut hasher));
    match read {
        Err(error) if denied(&error) => Ok(Content::UnreadableFile { bytes: metadata.len() }),
        read => read.map(|bytes| Content::File { bytes, digest: hasher.finalize() }),
    }
}

/// A path for people: quoted, and with escapes where it is no text.
fn shown(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok("") => "the folder itself".to_owned(),
        Ok(text) => format!("{text:?}"),
        Err(_) => format!("\"{}\"", path.escape_ascii()),
    }
}

#[cfg(unix)]
fn bytes_of(name: &OsStr) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()
}

#[cfg(not(unix))]
fn bytes_of(name: &OsStr) -> Vec<u8> {
    name.as_encoded_bytes().to_vec()
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777
}

#[cfg(not(unix))]
fn mode(metadata: &Metadata) -> u32 {
    u32::from(metadata.permissions().readonly())
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "it fails elsewhere")]
fn modified(metadata: &Metadata) -> io::Result<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Ok((metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(not(unix))]
fn modified(metadata: &Metadata) -> io::Result<(i64, i64)> {
    let since = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok((i64::try_from(since.as_secs()).unwrap_or(i64::MAX), i64::from(since.subsec_nanos())))
}
