//! The calls that a disk sees, as data: for counting them, and for saying which are to fail.

use std::io;

/// Which call of the seam it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each bears the name of the call")]
pub enum OperationKind {
    OpenDirectory,
    CreateDirectory,
    OpenFile,
    CreateFile,
    CreateUnnamed,
    Link,
    Rename,
    RemoveFile,
    RemoveDirectory,
    Entries,
    /// What is known of a name.
    Metadata,
    SyncDirectory,
    FreeSpace,
    Read,
    Write,
    SetLength,
    /// What is known of an open file.
    FileMetadata,
    SyncFile,
    StartWriteback,
    Lock,
    Unlock,
}

impl OperationKind {
    /// Whether the disk is another before and after it: where a crash makes a difference.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::CreateDirectory
                | Self::CreateFile
                | Self::Link
                | Self::Rename
                | Self::RemoveFile
                | Self::RemoveDirectory
                | Self::SyncDirectory
                | Self::Write
                | Self::SetLength
                | Self::SyncFile
        )
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The process that made it.
    pub process: usize,
    /// Which call.
    pub kind: OperationKind,
    /// On what, relative to the root: the name a file bears now, `…/?` for one without.
    pub path: String,
}

/// Which calls are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    kind: OperationKind,
    process: Option<usize>,
    name: Name,
    nth: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Any,
    EndsWith(String),
    Contains(String),
}

impl Matching {
    /// Every call of this kind.
    #[must_use]
    pub const fn every(kind: OperationKind) -> Self {
        Self { kind, process: None, name: Name::Any, nth: None }
    }

    /// Only those of this process.
    #[must_use]
    pub const fn by(mut self, process: usize) -> Self {
        self.process = Some(process);
        self
    }

    /// Only those on a path that ends so.
    #[must_use]
    pub fn ending(mut self, suffix: &str) -> Self {
        self.name = Name::EndsWith(suffix.to_owned());
        self
    }

    /// Only those on a path that contains this.
    #[must_use]
    pub fn containing(mut self, fragment: &str) -> Self {
        self.name = Name::Contains(fragment.to_owned());
        self
    }

    /// Only the nth of all these from now on, counted from 0.
    #[must_use]
    pub const fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    fn meets(&self, operation: &Operation) -> bool {
        let name = match &self.name {
            Name::Any => true,
            Name::EndsWith(suffix) => operation.path.ends_with(suffix),
            Name::Contains(fragment) => operation.path.contains(fragment),
        };
        name && self.kind == operation.kind && self.process.is_none_or(|process| process == operation.process)
    }
}

/// What is to happen instead of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with EIO and does nothing; of a sync, what it was to save is forsaken.
    InputOutput,
    /// It fails for want of space and does nothing.
    Full,
    /// It fails for want of permission (EACCES) and does nothing.
    Denied,
    /// It fails because everything is read-only (EROFS) and does nothing.
    ReadOnly,
    /// A write writes its first half and fails for want of space; anything else is as with `Full`.
    Short,
    /// It does all it should, and then fails with EIO all the same.
    Late,
    /// It claims success and does nothing. Of metadata calls: the identity is answered as one
    /// that is the same for all files.
    Omitted,
}

impl Fault {
    /// The error that the caller sees, if it sees one.
    pub(super) fn error(self) -> Option<io::Error> {
        match self {
            Self::InputOutput | Self::Late => Some(input_output()),
            Self::Full | Self::Short => Some(io::ErrorKind::StorageFull.into()),
            Self::Denied => Some(io::ErrorKind::PermissionDenied.into()),
            Self::ReadOnly => Some(io::ErrorKind::ReadOnlyFilesystem.into()),
            Self::Omitted => None,
        }
    }
}

/// EIO.
pub(super) fn input_output() -> io::Error {
    io::Error::from_raw_os_error(5)
}

/// A fault, where it is to happen, and how often that place was passed.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) matching: Matching,
    pub(super) fault: Fault,
    pub(super) met: u64,
}

impl Rule {
    /// Whether it applies to this call, which is counted.
    pub(super) fn applies(&mut self, operation: &Operation) -> bool {
        if !self.matching.meets(operation) {
            return false;
        }
        self.met += 1;
        self.matching.nth.is_none_or(|nth| self.met == nth + 1)
    }
}
