//! What lies in the tree: every entry with its kind, and of the files that matter length, time and digest.
//!
//! Only reads. Links, devices, sockets and pipes are neither followed nor opened. Files that migration has
//! nothing to do with are named and not read, so that an application's own log may grow meanwhile.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

use super::documented;
use super::earlier::Earlier;
use super::planner::SurveyProgress;
use super::{Digest, MigrateError, TreePath};

/// What is found at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A device, a socket, a pipe.
    Special,
}

/// What a file matters for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// For nothing.
    Nothing,
    /// What it holds is stored as it is.
    Bytes,
    /// It holds records.
    Records,
}

/// Which files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// None: what there is, how long and how old, tells already much.
    Nothing,
    /// All that matter.
    All,
    /// Those that hold records: enough to tell whether the tree is still as it was.
    Records,
}

/// One entry of the tree.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: TreePath,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
    pub(super) modified: Timestamp,
    /// Whether it is one of those that matter, if it can be read.
    matter: Matter,
    /// Of the files that were read.
    pub(super) digest: Option<Digest>,
    /// What kept it from being read or listed.
    pub(super) unreadable: Option<io::ErrorKind>,
    /// Whether it is not there any more, since an earlier migration took it.
    pub(super) is_taken: bool,
}

/// The whole tree, in the order of the paths.
pub(super) struct Survey {
    pub(super) root: PathBuf,
    pub(super) entries: Vec<Entry>,
    /// The folders' names of tenants that have a ledger.
    pub(super) ledgers: BTreeSet<String>,
    /// What earlier migrations did; not where nothing is read.
    pub(super) earlier: Earlier,
    /// What lies in those tenants' folders, by folder, tenant and name: nothing else is looked at of it.
    pub(super) kept: Vec<(&'static str, String, String)>,
}

/// The library's own folder in the root.
pub(super) const OWN: &str = ".tenantry";
/// The most threads that read at once.
const THREADS: usize = 4;

impl Survey {
    /// Walks the tree and reads what matters; but of files of bytes that are as long and as old as in a known
    /// survey, its digest is taken.
    pub(super) fn take(
        root: &Path,
        reading: Reading,
        known: Option<&Self>,
        is_database: &dyn Fn(&str) -> bool,
        progress: &(dyn Fn(SurveyProgress) + Send + Sync),
    ) -> Result<Self, MigrateError> {
        let ledgers = with_ledgers(root);
        let kept = kept(root, &ledgers);
        let mut survey =
            Self { root: root.to_owned(), entries: Vec::new(), ledgers, kept, earlier: Earlier::default() };
        let listed = list(root).map_err(|error| MigrateError::Root(error.kind()))?;
        if reading != Reading::Nothing {
            survey.earlier = Earlier::of(root)?;
        }
        survey.add(&TreePath::root(), listed);
        survey.entries.sort_by(|one, other| one.path.cmp(&other.path));
        for entry in &mut survey.entries {
            entry.matter = matter(entry, is_database);
            let before = known.and_then(|known| known.entry(&entry.path));
            let same =
                before.filter(|before| (before.bytes, before.modified) == (entry.bytes, entry.modified));
            if entry.matter == Matter::Bytes {
                entry.digest = same.and_then(|same| same.digest);
            }
        }
        survey.digest(reading, progress);
        survey.add_taken(is_database);
        Ok(survey)
    }

    /// Adds what is not there any more, where nothing else is now.
    fn add_taken(&mut self, is_database: &dyn Fn(&str) -> bool) {
        let mut all = Vec::new();
        for (path, taken) in self.earlier.taken.iter().filter(|(path, _)| self.entry(path).is_none()) {
            let original = taken.original.as_ref().and_then(|original| original.beneath(&self.root));
            let metadata = original.and_then(|original| fs::symlink_metadata(original).ok());
            let mut entry = Entry {
                path: path.clone(),
                kind: Kind::File,
                bytes: taken.bytes,
                modified: metadata.as_ref().map_or(Timestamp::UNIX_EPOCH, modified),
                matter: Matter::Nothing,
                digest: Some(taken.digest),
                unreadable: None,
                is_taken: true,
            };
            entry.matter = matter(&entry, is_database);
            // Whoever removed what was kept of it does without what it tells.
            if taken.original.is_none() || metadata.is_some() {
                all.push(entry);
            }
        }
        self.entries.extend(all);
        self.entries.sort_by(|one, other| one.path.cmp(&other.path));
    }

    fn add(&mut self, folder: &TreePath, listed: Vec<(std::ffi::OsString, io::Result<fs::Metadata>)>) {
        for (name, metadata) in listed {
            let path = folder.child(&name);
            // The library's own.
            if path.as_bytes() == OWN.as_bytes() {
                continue;
            }
            let mut entry = Entry {
                path,
                kind: Kind::Special,
                bytes: 0,
                modified: Timestamp::UNIX_EPOCH,
                matter: Matter::Nothing,
                digest: None,
                unreadable: metadata.as_ref().err().map(io::Error::kind),
                is_taken: false,
            };
            if let Ok(metadata) = &metadata {
                entry.kind = kind(metadata);
                entry.bytes = if entry.kind == Kind::File { metadata.len() } else { 0 };
                entry.modified = modified(metadata);
            }
            let inside = entry.kind == Kind::Folder && self.is_looked_into(&entry.path);
            if inside {
                let beneath = entry.path.beneath(&self.root);
                match beneath.ok_or(io::Error::from(io::ErrorKind::InvalidFilename)).and_then(|at| list(&at))
                {
                    Ok(listed) => self.add(&entry.path.clone(), listed),
                    Err(error) => entry.unreadable = Some(error.kind()),
                }
            }
            self.entries.push(entry);
        }
    }

    /// Whether a folder is one of those that the application keeps its files in.
    fn is_looked_into(&self, path: &TreePath) -> bool {
        let parts: Vec<Option<&str>> = path.parts().map(super::tree_path::TreeName::as_str).collect();
        let has_ledger =
            |name: &str| documented::tenant(name).is_ok_and(|tenant| self.ledgers.contains(tenant.as_str()));
        let of_tenant = |name: &str| documented::is_scope(name) && !has_ledger(name);
        match *parts {
            [Some(folder)] => documented::FOLDERS.contains(&folder),
            [Some("videos"), Some("done")] => true,
            [_, Some(name)] => of_tenant(name),
            [Some("videos"), Some(name), Some("done")] => of_tenant(name),
            _ => false,
        }
    }

    /// Reads the files that matter, a few at a time.
    fn digest(&mut self, reading: Reading, progress: &(dyn Fn(SurveyProgress) + Send + Sync)) {
        let is_read = |at: &usize| match self.entries[*at].matter {
            Matter::Nothing => false,
            Matter::Bytes => reading == Reading::All && self.entries[*at].digest.is_none(),
            Matter::Records => reading != Reading::Nothing,
        };
        let wanted: Vec<usize> = (0..self.entries.len()).filter(is_read).collect();
        let total: u64 = wanted.iter().map(|at| self.entries[*at].bytes).sum();
        let (next, read, files) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let results = Mutex::new(Vec::with_capacity(wanted.len()));
        let say = || {
            progress(SurveyProgress {
                bytes: read.load(Ordering::Relaxed),
                total_bytes: total,
                files: files.load(Ordering::Relaxed),
                total_files: wanted.len() as u64,
            });
        };
        say();
        let (entries, root) = (&self.entries, &self.root);
        let work = || {
            let mut buffer = vec![0; 1 << 18];
            while let Some(&at) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = digest(root, &entries[at], &mut buffer, |bytes| {
                    read.fetch_add(bytes, Ordering::Relaxed);
                    say();
                });
                files.fetch_add(1, Ordering::Relaxed);
                results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        say();
        for (at, result) in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
            match result {
                Ok(digest) => self.entries[at].digest = Some(digest),
                Err(error) => self.entries[at].unreadable = Some(error.kind()),
            }
        }
    }

    /// What tells this state of the tree from any other, as far as migration has to do with it: what there is,
    /// when each file that matters was changed, and what stands in those that hold records.
    pub(super) fn fingerprint(&self) -> Digest {
        let described = self.entries.iter().map(|entry| {
            let kind = match entry.kind {
                Kind::File => "file",
                Kind::Folder => "folder",
                Kind::Link => "link",
                Kind::Special => "special",
            };
            let digest = entry.digest.filter(|_| entry.matter == Matter::Records);
            let digest = digest.map(|digest| digest.to_string()).unwrap_or_default();
            let changed = match entry.matter {
                Matter::Nothing => String::new(),
                _ => format!("{digest} {} {}", entry.bytes, entry.modified.as_nanosecond()),
            };
            [entry.path.as_bytes(), b"\0", kind.as_bytes(), b" ", changed.as_bytes()].concat()
        });
        let described: Vec<Vec<u8>> = described.collect();
        Digest::of_parts(described.iter().map(Vec::as_slice))
    }

    /// The entry at a path.
    pub(super) fn entry(&self, path: &TreePath) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// What stands in a file, as it was surveyed.
    pub(super) fn read(&self, entry: &Entry) -> Result<Vec<u8>, MigrateError> {
        let taken = self.earlier.taken.get(&entry.path).filter(|_| entry.is_taken);
        let original = taken.and_then(|taken| taken.original.as_ref());
        let bytes = read(&self.root, original.unwrap_or(&entry.path))?;
        match entry.digest == Some(Digest::of(&bytes)) {
            true => Ok(bytes),
            false => Err(MigrateError::Changed(entry.path.clone())),
        }
    }
}

/// What stands in a file beneath a root.
pub(super) fn read(root: &Path, path: &TreePath) -> Result<Vec<u8>, MigrateError> {
    let failed = |error: io::Error| MigrateError::Read { path: path.clone(), kind: error.kind() };
    let mut bytes = Vec::new();
    open(root, path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// A folder's entries, none of them followed.
fn list(folder: &Path) -> io::Result<Vec<(std::ffi::OsString, io::Result<fs::Metadata>)>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| (entry.file_name(), entry.metadata()))).collect()
}

/// The names of the tenants' folders in which there is a ledger.
fn with_ledgers(root: &Path) -> BTreeSet<String> {
    let listed = list(&root.join("data")).unwrap_or_default();
    let names = listed.into_iter().filter_map(|(name, _)| name.into_string().ok());
    let has_ledger =
        |name: &String| fs::symlink_metadata(root.join("data").join(name).join("ledger")).is_ok();
    names.filter(has_ledger).collect()
}

/// The names of the files of those tenants.
fn kept(root: &Path, ledgers: &BTreeSet<String>) -> Vec<(&'static str, String, String)> {
    let folders = ["videos", "thumbnails", "tokens"].into_iter();
    let places = folders.flat_map(|folder| ledgers.iter().map(move |tenant| (folder, tenant)));
    let named = places.flat_map(|(folder, tenant)| {
        let listed = list(&root.join(folder).join(tenant)).unwrap_or_default();
        let names = listed.into_iter().filter_map(|(name, _)| name.into_string().ok());
        names.map(move |name| (folder, tenant.clone(), name))
    });
    named.collect()
}

fn kind(metadata: &fs::Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_file() {
        Kind::File
    } else {
        Kind::Special
    }
}

pub(super) fn modified(metadata: &fs::Metadata) -> Timestamp {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What a file matters for.
fn matter(entry: &Entry, is_database: &dyn Fn(&str) -> bool) -> Matter {
    if entry.kind != Kind::File || entry.unreadable.is_some() {
        return Matter::Nothing;
    }
    let mut parts = entry.path.parts();
    let (folder, name) = (parts.next(), entry.path.name());
    let database = || name.as_str().is_some_and(is_database).then_some(Matter::Records);
    let matter = match folder.and_then(super::tree_path::TreeName::as_str) {
        _ if parts.next().is_none() => database(),
        Some("data") => database(),
        Some("tokens") => (!documented::is_residue(name)).then_some(Matter::Records),
        // A record may name what looks left over.
        _ => (!documented::is_of_system(name)).then_some(Matter::Bytes),
    };
    matter.unwrap_or(Matter::Nothing)
}

fn digest(
    root: &Path,
    entry: &Entry,
    buffer: &mut [u8],
    mut progress: impl FnMut(u64),
) -> io::Result<Digest> {
    let mut file = open(root, &entry.path)?;
    let mut hasher = blake3::Hasher::new();
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(length) => {
                hasher.update(buffer.get(..length).unwrap_or_default());
                progress(length as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens a file for reading: not what its name or a folder's leads to, should a link stand there now, and never
/// waiting for somebody at the other end of a pipe. Where the root leads is the host's.
#[cfg(unix)]
pub(super) fn open(root: &Path, path: &TreePath) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let (plain, folder) = (OFlags::RDONLY | OFlags::CLOEXEC, OFlags::DIRECTORY);
    let mut at = rustix::fs::open(root, plain | folder, Mode::empty())?;
    let mut parts = path.parts().peekable();
    while let Some(part) = parts.next() {
        let kind = if parts.peek().is_some() { folder } else { OFlags::NONBLOCK };
        at = openat(&at, part.as_bytes(), plain | OFlags::NOFOLLOW | kind, Mode::empty())?;
    }
    plain_file(at.into())
}

#[cfg(not(unix))]
pub(super) fn open(root: &Path, path: &TreePath) -> io::Result<File> {
    let beneath = path.beneath(root).ok_or(io::ErrorKind::InvalidFilename)?;
    plain_file(File::open(beneath)?)
}

fn plain_file(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}
