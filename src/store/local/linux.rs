//! The seam to the disk by the Linux kernel.
//!
//! The kernel itself is told to stay beneath the directory and to follow no link (`openat2`).
//! Where it refuses that call (old kernels, some sandboxes), `O_NOFOLLOW` says the same, because a
//! name is always a single component.

use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice, IoSliceMut};
use std::num::NonZeroU64;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags, pread, preadv2, pwritev};

use super::asking::{found, kind_of, metadata_of};
use super::disk::{Access, Directory, EntryKind, File, Metadata};

/// A directory that the kernel holds open, fit to be synced.
pub(super) struct KernelDirectory(OwnedFd);

/// A file that the kernel holds open.
struct KernelFile(std::fs::File);

/// File systems whose locks, syncs or renames depend on another machine, by `statfs` type.
const NETWORK_TYPES: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564C, "NCP"),
    (0x00C3_6400, "Ceph"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x0BD0_0BD0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x786F_4256, "VirtualBox shared folder"),
];

/// What a type of file system is called, if it is one of those.
pub(super) fn network_type(file_system: u32) -> Option<&'static str> {
    NETWORK_TYPES.iter().find(|(number, _)| *number == file_system).map(|(_, name)| *name)
}

impl KernelDirectory {
    /// Opens a directory by an ordinary path: the one place where links are followed, because the
    /// host names the root.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(fs::open(path, flags, Mode::empty())?))
    }

    /// The type of file system it lies on, by `statfs`.
    pub(super) fn file_system(&self) -> io::Result<u32> {
        let found = fs::fstatfs(&self.0)?.f_type;
        // The type is 32 bits wide; on some machines it comes sign-extended.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        Ok(found as u32)
    }

    fn open_beneath(&self, name: &str, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        single_component(name)?;
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match fs::openat2(&self.0, name, flags, mode, resolve) {
            Err(Errno::NOSYS | Errno::PERM) => self.open_plainly(name, flags, mode),
            other => Ok(other?),
        }
    }

    /// The last of these names, of which each is beneath the one before, if the system has all of them in memory.
    fn open_cached(&self, names: &[&str], flags: OFlags) -> Option<OwnedFd> {
        names.iter().try_for_each(|name| single_component(name)).ok()?;
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let resolve = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::CACHED;
        // Several steps at once: so only where the kernel itself keeps to what is beneath and follows no link.
        fs::openat2(&self.0, names.join("/"), flags, Mode::empty(), resolve).ok()
    }

    /// The same where the kernel refuses that call.
    fn open_plainly(&self, name: &str, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        Ok(fs::openat(&self.0, name, flags, mode)?)
    }
}

/// Refuses whatever is not one step down.
fn single_component(name: &str) -> io::Result<()> {
    if matches!(name, "" | "." | "..") || name.bytes().any(|b| b == b'/' || b == 0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a single name"));
    }
    Ok(())
}

/// What stands where a plain file was expected.
fn not_plain() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a plain file")
}

/// How a file is opened. A planted pipe must not make the call wait for its other end.
fn flags_of(access: Access) -> OFlags {
    OFlags::NONBLOCK
        | match access {
            Access::Read => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
        }
}

/// What was opened, if it is a plain file and, where it is written in place, has one name: with a second one it would be
/// written there too, wherever that is.
fn plain_file(descriptor: OwnedFd, access: Access) -> io::Result<(Arc<dyn File>, Metadata)> {
    let (metadata, names) = found(&descriptor, OsStr::new(""))?;
    if metadata.kind != EntryKind::File || (access == Access::ReadWrite && names > 1) {
        return Err(not_plain());
    }
    if access == Access::ReadWrite {
        // What is written in place is read over and over, and each read would ask the clock for the time of the last one.
        // That is refused to who is not the owner, and does no harm.
        let _ = fs::fcntl_setfl(&descriptor, OFlags::NONBLOCK | OFlags::NOATIME);
    }
    Ok((Arc::new(KernelFile(descriptor.into())), metadata))
}

impl Directory for KernelDirectory {
    fn open_directory(&self, name: &str) -> io::Result<Arc<dyn Directory>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        Ok(Arc::new(Self(self.open_beneath(name, flags, Mode::empty())?)))
    }

    fn create_directory(&self, name: &str, mode: u32) -> io::Result<()> {
        single_component(name)?;
        Ok(fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?)
    }

    fn open_file(&self, name: &str, access: Access) -> io::Result<Arc<dyn File>> {
        match self.open_beneath(name, flags_of(access), Mode::empty()) {
            Err(error) if is_not_plain(&error) => Err(not_plain()),
            other => Ok(plain_file(other?, access)?.0),
        }
    }

    fn open_resident_directory(&self, name: &str) -> Option<Arc<dyn Directory>> {
        let opened = self.open_cached(&[name], OFlags::RDONLY | OFlags::DIRECTORY)?;
        Some(Arc::new(Self(opened)))
    }

    fn open_resident(&self, names: &[&str], access: Access) -> Option<(Arc<dyn File>, Metadata)> {
        plain_file(self.open_cached(names, flags_of(access))?, access).ok()
    }

    fn create_file(&self, name: &str, mode: u32) -> io::Result<Arc<dyn File>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let opened = self.open_beneath(name, flags, Mode::from_raw_mode(mode))?;
        Ok(plain_file(opened, Access::ReadWrite)?.0)
    }

    fn create_unnamed(&self, mode: u32) -> io::Result<Option<Arc<dyn File>>> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        match fs::openat(&self.0, ".", flags, Mode::from_raw_mode(mode)) {
            Ok(descriptor) => Ok(Some(plain_file(descriptor, Access::ReadWrite)?.0)),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn link(&self, file: &dyn File, name: &str) -> io::Result<()> {
        single_component(name)?;
        let Some(file) = file.as_any().downcast_ref::<KernelFile>() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file of another disk"));
        };
        match fs::linkat(&file.0, "", &self.0, name, AtFlags::EMPTY_PATH) {
            // That way needs a capability on many kernels; the other needs /proc.
            Err(Errno::NOENT | Errno::PERM | Errno::ACCESS | Errno::INVAL) => {
                let path = format!("/proc/self/fd/{}", file.0.as_raw_fd());
                Ok(fs::linkat(fs::CWD, path, &self.0, name, AtFlags::SYMLINK_FOLLOW)?)
            }
            other => Ok(other?),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        single_component(from)?;
        single_component(to)?;
        Ok(fs::renameat(&self.0, from, &self.0, to)?)
    }

    fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
        single_component(from)?;
        single_component(to)?;
        match fs::renameat_with(&self.0, from, &self.0, to, RenameFlags::NOREPLACE) {
            // Not every file system can; a second name fails as well if the new one exists.
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::linkat(&self.0, from, &self.0, to, AtFlags::empty())?;
                Ok(fs::unlinkat(&self.0, from, AtFlags::empty())?)
            }
            other => Ok(other?),
        }
    }

    fn remove_file(&self, name: &str) -> io::Result<()> {
        single_component(name)?;
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    fn remove_directory(&self, name: &str) -> io::Result<()> {
        single_component(name)?;
        Ok(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    fn entries(&self) -> io::Result<Vec<(OsString, EntryKind)>> {
        let mut entries = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match metadata_of(&self.0, OsStr::from_bytes(name)) {
                    Ok(metadata) => metadata.kind,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                },
                known => kind_of(known),
            };
            entries.push((OsString::from_vec(name.to_vec()), kind));
        }
        Ok(entries)
    }

    fn metadata(&self, name: &str) -> io::Result<Metadata> {
        single_component(name)?;
        metadata_of(&self.0, OsStr::new(name))
    }

    fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.0)?)
    }

    fn free_space(&self) -> io::Result<u64> {
        let found = fs::fstatvfs(&self.0)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }
}

/// Whether opening failed because of what stands there rather than because of the disk.
fn is_not_plain(error: &io::Error) -> bool {
    [Errno::LOOP, Errno::ISDIR, Errno::NXIO, Errno::XDEV]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

impl File for KernelFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            // Not the C library's call, which sees each time whether the thread was cancelled.
            match pread(&self.0, rest, offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn read_resident(&self, buffer: &mut [u8], offset: u64) -> usize {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let mut rest = [IoSliceMut::new(rest)];
            // Any error, also where the file system can't tell, means to read as usual.
            match preadv2(&self.0, &mut rest, offset + done as u64, ReadWriteFlags::NOWAIT) {
                Ok(count) if count > 0 => done += count,
                _ => break,
            }
        }
        done
    }

    fn write_parts_at(&self, mut parts: &mut [IoSlice<'_>], mut offset: u64) -> io::Result<()> {
        // Those that are empty are left out: of them alone nothing would be left to write.
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match pwritev(&self.0, parts, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    IoSlice::advance_slices(&mut parts, count);
                    offset += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn metadata(&self) -> io::Result<Metadata> {
        metadata_of(&self.0, OsStr::new(""))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn start_writeback(&self, offset: u64, length: u64) {
        // Linux begins to write dirty pages out when told that they won't be needed. Being a hint,
        // nothing rests on its success.
        let length = NonZeroU64::new(length);
        let _ = fs::fadvise(&self.0, offset, length, fs::Advice::DontNeed);
    }

    fn try_lock(&self) -> io::Result<bool> {
        free(self.0.try_lock())
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        free(self.0.try_lock_shared())
    }

    fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn free(tried: Result<(), std::fs::TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

/// The folder in which a root is to lie.
pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the folder of a root that does not exist yet; whether it was made here.
pub(super) fn create_root(path: &Path) -> io::Result<bool> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        made => Ok(made.is_ok()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, KernelDirectory) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), b"here").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        symlink("file", folder.path().join("to-file")).unwrap();
        symlink("folder", folder.path().join("to-folder")).unwrap();
        let opened = KernelDirectory::open(folder.path()).unwrap();
        (folder, opened)
    }

    #[test]
    fn a_link_is_not_followed_by_either_way_of_opening() {
        let (_folder, directory) = folder();
        let (file, folder) = (OFlags::RDONLY, OFlags::RDONLY | OFlags::DIRECTORY);
        let plain = OFlags::CLOEXEC | OFlags::NOFOLLOW;
        for (name, flags, opens) in [
            ("file", file, true),
            ("folder", folder, true),
            ("to-file", file, false),
            ("to-folder", folder, false),
        ] {
            assert_eq!(directory.open_beneath(name, flags, Mode::empty()).is_ok(), opens, "{name}");
            assert_eq!(directory.open_plainly(name, flags | plain, Mode::empty()).is_ok(), opens, "{name}");
        }
        assert_eq!(directory.metadata("to-file").unwrap().kind, EntryKind::Other);
    }

    #[test]
    fn a_name_that_is_more_than_one_step_is_refused() {
        let (_folder, directory) = folder();
        for name in ["", ".", "..", "folder/..", "/etc/passwd", "fi\0le"] {
            let refused = directory.open_file(name, Access::Read).err().unwrap();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{name:?}");
            assert!(directory.remove_file(name).is_err() && directory.rename("file", name).is_err());
            assert!(directory.create_directory(name, 0o700).is_err() && directory.metadata(name).is_err());
        }
        assert_eq!(directory.metadata("file").unwrap().length, 4);
    }

    #[test]
    fn a_file_with_a_second_name_is_read_and_never_written() {
        let (folder, directory) = folder();
        std::fs::hard_link(folder.path().join("file"), folder.path().join("folder/second")).unwrap();
        assert!(directory.open_file("file", Access::Read).is_ok());
        assert!(directory.open_resident(&["file"], Access::Read).is_some());
        assert!(directory.open_resident(&["file"], Access::ReadWrite).is_none());
        let refused = directory.open_file("file", Access::ReadWrite).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn what_is_opened_on_the_spot_is_a_plain_file_behind_no_link() {
        let (root, directory) = folder();
        std::fs::write(root.path().join("folder/inside"), b"inside").unwrap();
        symlink("inside", root.path().join("folder/to-inside")).unwrap();
        std::fs::create_dir(root.path().join("folder/deeper")).unwrap();
        // From here on the system has the names in memory.
        for name in ["inside", "to-inside", "deeper"] {
            directory.open_directory("folder").unwrap().metadata(name).unwrap();
        }
        let (file, metadata) = directory.open_resident(&["folder", "inside"], Access::Read).unwrap();
        let mut read = [0; 6];
        assert_eq!((file.read_at(&mut read, 0).unwrap(), metadata.length, &read), (6, 6, b"inside"));
        for (folder, name) in [
            ("folder", "to-inside"),
            ("to-folder", "inside"),
            ("folder", "deeper"),
            ("folder", "missing"),
            ("folder", "../file"),
            ("..", "file"),
            ("folder/deeper", ".."),
        ] {
            assert!(directory.open_resident(&[folder, name], Access::Read).is_none(), "{folder}/{name}");
        }
        assert!(directory.open_resident_directory("folder").is_some());
        for name in ["file", "to-folder", "missing", "..", "folder/deeper"] {
            assert!(directory.open_resident_directory(name).is_none(), "{name}");
        }
    }

    #[test]
    fn an_unnamed_file_gets_a_name_once() {
        let (_folder, directory) = folder();
        let Some(file) = directory.create_unnamed(0o600).unwrap() else { return };
        file.write_at(b"unnamed", 0).unwrap();
        let taken = directory.link(&*file, "file").unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        directory.link(&*file, "new").unwrap();
        assert_eq!(directory.metadata("new").unwrap().identity, file.metadata().unwrap().identity);
    }

    #[test]
    fn what_is_no_plain_file_is_said_to_be_none() {
        let (_folder, directory) = folder();
        for name in ["folder", "to-file", "to-folder"] {
            for access in [Access::Read, Access::ReadWrite] {
                let refused = directory.open_file(name, access).err().unwrap();
                assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{name}");
            }
        }
    }
}
