//! The tree that the repository has, with real files, and what a repository can't hold.

use std::fs;
use std::io;
use std::path::Path;

use super::entry::{Entry, EntryKind, write};

/// Where it lies in the repository.
pub const TREE: &str = "examples/legacy/jadwalstream";

/// When everything in a copy was changed that has no time of its own: 2025-11-04 03:00 UTC.
const MODIFIED: i64 = 1_762_225_200;

/// Copies the tree at `from` (the repository's [`TREE`]) into a new folder, and adds what a repository can't hold for
/// every machine: a name that is no UTF-8, names that differ only in case, an empty folder, a file that may not be
/// read, unusual modes and times.
///
/// All times are set, but for those of links and of the folders above what was written, so that two copies have the
/// same.
///
/// # Errors
/// The disk's; and that a name, a link or a mode can't be had on this system.
pub fn committed(from: &Path, to: &Path) -> io::Result<()> {
    let mut entries = Vec::new();
    read(from, "", &mut entries)?;
    entries.push(Entry::folder("").with_modified(MODIFIED, 0));
    for entry in &mut entries {
        match entry.path.as_slice() {
            b"videos/unreadable.mp4" => entry.mode = Some(0),
            b"videos/read-only.mp4" => entry.mode = Some(0o444),
            b"videos/for-everybody.mp4" => entry.mode = Some(0o777),
            b"tokens" => entry.mode = Some(0o700),
            b"videos/before-1970.mp4" => entry.modified = Some((-86_400, 1)),
            b"videos/in-2100.mp4" => entry.modified = Some((4_102_444_800, 0)),
            b"videos/between.mp4" => entry.modified = Some((1, 999_999_999)),
            _ => {}
        }
    }
    let film = entries.iter().find(|entry| entry.path == b"videos/between.mp4");
    let Some(EntryKind::File(film)) = film.map(|entry| entry.kind.clone()) else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let added = [&b"videos/rain\xff\xfe.mp4"[..], b"videos/Forest.mp4", b"videos/forest.MP4"];
    entries.extend(added.map(|path| Entry::file(path, film.clone()).with_modified(MODIFIED, 0)));
    entries.push(Entry::folder("videos/nobody-yet").with_modified(MODIFIED, 0));
    fs::create_dir_all(to)?;
    write(&entries, to)
}

/// All entries beneath a folder of the repository, whose names are text.
fn read(folder: &Path, beneath: &str, entries: &mut Vec<Entry>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidData)?;
        let path = if beneath.is_empty() { name } else { format!("{beneath}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            let target = fs::read_link(entry.path())?;
            entries.push(Entry::link(path, target.to_string_lossy().as_bytes()));
        } else if kind.is_dir() {
            read(&entry.path(), &path, entries)?;
            entries.push(Entry::folder(path).with_modified(MODIFIED, 0));
        } else {
            entries.push(Entry::file(path, fs::read(entry.path())?).with_modified(MODIFIED, 0));
        }
    }
    Ok(())
}
