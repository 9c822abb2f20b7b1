//! Asking the Linux kernel about a file or directory, without its times.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{self, AtFlags, FileType, StatxFlags};
use rustix::io::Errno;

use super::disk::{EntryKind, Metadata};

/// What that type of file is here.
pub(super) fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Directory,
        _ => EntryKind::Other,
    }
}

/// What is known of a file or directory; of the one that is open, if the name is empty.
pub(super) fn metadata_of(descriptor: impl AsFd, name: &OsStr) -> io::Result<Metadata> {
    found(descriptor, name).map(|(metadata, _)| metadata)
}

/// The same, and how many names it has.
///
/// The times are not asked for: since Linux 6.13 a file whose times were asked for gets new ones with its next write,
/// to the nanosecond, and the next sync has to write them out: after such a question it took half as long again
/// (`docs/performance.md`).
pub(super) fn found(descriptor: impl AsFd, name: &OsStr) -> io::Result<(Metadata, u64)> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
    let wanted = StatxFlags::TYPE | StatxFlags::INO | StatxFlags::SIZE | StatxFlags::NLINK;
    match fs::statx(&descriptor, name, flags, wanted) {
        Err(Errno::NOSYS | Errno::PERM) => found_plainly(descriptor, name, flags),
        found => {
            let found = found?;
            let metadata = Metadata {
                kind: kind_of(FileType::from_raw_mode(found.stx_mode.into())),
                length: found.stx_size,
                identity: (fs::makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino),
            };
            Ok((metadata, found.stx_nlink.into()))
        }
    }
}

/// The same where the kernel refuses that call (some sandboxes).
#[allow(
    clippy::unnecessary_cast,
    clippy::cast_sign_loss,
    clippy::useless_conversion,
    reason = "widths differ by machine"
)]
fn found_plainly(descriptor: impl AsFd, name: &OsStr, flags: AtFlags) -> io::Result<(Metadata, u64)> {
    let stat = fs::statat(descriptor, name, flags)?;
    let metadata = Metadata {
        kind: kind_of(FileType::from_raw_mode(stat.st_mode)),
        length: stat.st_size as u64,
        identity: (stat.st_dev as u64, stat.st_ino as u64),
    };
    Ok((metadata, stat.st_nlink as u64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn either_way_of_asking_about_a_file_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), b"here").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        std::os::unix::fs::symlink("file", folder.path().join("to-file")).unwrap();
        std::fs::hard_link(folder.path().join("file"), folder.path().join("second")).unwrap();
        let directory = std::fs::File::open(folder.path()).unwrap();
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
        let kinds = [
            ("file", EntryKind::File),
            ("folder", EntryKind::Directory),
            ("to-file", EntryKind::Other),
            ("", EntryKind::Directory),
        ];
        for (name, kind) in kinds {
            let asked = found(&directory, OsStr::new(name)).unwrap();
            assert_eq!(
                (asked.0.kind, asked),
                (kind, found_plainly(&directory, OsStr::new(name), flags).unwrap())
            );
        }
        let (metadata, names) = found(&directory, OsStr::new("file")).unwrap();
        assert_eq!((metadata.length, names), (4, 2));
    }
}
