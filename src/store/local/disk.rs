//! The seam between the local store and the operating system's files.
//!
//! Everything the local store does to a disk goes through [`Directory`] and [`File`]: once by the
//! kernel, and in tests by a simulated disk that keeps live and durable bytes apart. A handle is
//! the authority to act within one directory: names are single components, links are never
//! followed, and nothing leads out.

use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// What lies behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A directory.
    Directory,
    /// A link, a socket, a device: nothing the store ever makes.
    Other,
}

/// What is known of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: EntryKind,
    /// Its length in bytes.
    pub length: u64,
    /// The device and inode: equal for two handles exactly if they are the same file.
    pub identity: (u64, u64),
}

/// Whether a file is opened to be read only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// An open directory.
///
/// Errors are the operating system's; `NotFound`, `AlreadyExists`, `NotADirectory`,
/// `DirectoryNotEmpty` and `StorageFull` can be told by [`io::Error::kind`]. A link in the way is an
/// error, whatever it points to.
pub trait Directory: Send + Sync {
    /// Opens a directory beneath this one.
    fn open_directory(&self, name: &str) -> io::Result<Arc<dyn Directory>>;
    /// Makes a directory with these permission bits.
    fn create_directory(&self, name: &str, mode: u32) -> io::Result<()>;
    /// Opens a plain file; anything else is `InvalidData`, a link included, and to be written also a
    /// file that has a second name.
    fn open_file(&self, name: &str, access: Access) -> io::Result<Arc<dyn File>>;
    /// Opens a directory beneath this one, if that takes no look at the disk: if the system has its name in memory.
    /// `None` says nothing: whatever the reason, the ordinary way tells it.
    fn open_resident_directory(&self, name: &str) -> Option<Arc<dyn Directory>>;
    /// The same for a plain file: the last of these names, of which each is beneath the one before, as
    /// [`open_directory`](Self::open_directory) and [`open_file`](Self::open_file) would one after the other. Also what is
    /// known of it.
    fn open_resident(&self, names: &[&str], access: Access) -> Option<(Arc<dyn File>, Metadata)>;
    /// Makes a file that must not exist yet, open for reading and writing.
    fn create_file(&self, name: &str, mode: u32) -> io::Result<Arc<dyn File>>;
    /// Makes a file without a name, to be published by [`link`](Self::link). `None` where the file
    /// system has none: then the caller uses a hidden name and [`rename_new`](Self::rename_new).
    fn create_unnamed(&self, mode: u32) -> io::Result<Option<Arc<dyn File>>>;
    /// Gives an unnamed file of this directory its name; fails if the name exists.
    fn link(&self, file: &dyn File, name: &str) -> io::Result<()>;
    /// Renames within this directory; what bore the new name is replaced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Renames within this directory; fails if the new name exists.
    fn rename_new(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file, or a link itself.
    fn remove_file(&self, name: &str) -> io::Result<()>;
    /// Removes an empty directory.
    fn remove_directory(&self, name: &str) -> io::Result<()>;
    /// The names in it, in no order, without `.` and `..`.
    fn entries(&self) -> io::Result<Vec<(OsString, EntryKind)>>;
    /// What is known of a name in it, a link itself included.
    fn metadata(&self, name: &str) -> io::Result<Metadata>;
    /// Makes the names in it durable.
    fn sync(&self) -> io::Result<()>;
    /// How many bytes an ordinary user may still write on its file system.
    fn free_space(&self) -> io::Result<u64>;
}

/// An open file.
pub trait File: Send + Sync + std::any::Any {
    /// Reads at an offset; returns fewer bytes only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Reads what is in memory already, without waiting for the disk; says how many bytes from the first on.
    fn read_resident(&self, buffer: &mut [u8], offset: u64) -> usize;
    /// Writes parts one after the other, from an offset on, and all at once as far as the system can, which may keep
    /// in larger pieces what comes in one write. After an error any of it may be written.
    fn write_parts_at(&self, parts: &mut [IoSlice<'_>], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes` at an offset; after an error any part may be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_parts_at(&mut [IoSlice::new(bytes)], offset)
    }
    /// Cuts it off or extends it with zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// What is known of it.
    fn metadata(&self) -> io::Result<Metadata>;
    /// Makes contents and length durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Asks the system to begin writing a range out; a hint.
    fn start_writeback(&self, offset: u64, length: u64);
    /// Takes the exclusive lock of this file, across processes, if it is free.
    fn try_lock(&self) -> io::Result<bool>;
    /// Takes the lock of this file together with others who share it, if nobody holds it alone.
    fn try_lock_shared(&self) -> io::Result<bool>;
    /// Gives the lock back; dropping the last handle does so too.
    fn unlock(&self) -> io::Result<()>;
    /// For [`Directory::link`], which needs its own kind of file.
    fn as_any(&self) -> &dyn std::any::Any;
}
