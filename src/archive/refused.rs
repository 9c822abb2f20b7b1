//! Why an archive is refused.

use crate::paths::CollectionName;

/// Why an archive can't be imported. It is the source of the error with which the import is refused; nothing
/// of the archive is kept then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It does not begin as a tenant's archive does.
    #[error("it is no archive of a tenant")]
    NotAnArchive,
    /// It is of a version that is not known.
    #[error("it is an archive of version {version}, which is not known")]
    Version {
        /// That version.
        version: u64,
    },
    /// What its manifest says can't be.
    #[error("its manifest is wrong: {reason}")]
    Manifest {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is of another tenant than it was said to be.
    #[error("it is another tenant's archive")]
    OtherTenant,
    /// There are records or files in the tenant already, or uploads under way.
    #[error("the tenant is not empty")]
    NotEmpty,
    /// Something else comes where the manifest says that this entry does: another name or length, a
    /// folder, a link.
    #[error("there is something else in place of {entry}")]
    Unexpected {
        /// The entry that was to come.
        entry: String,
    },
    /// An entry is not what was archived.
    #[error("{entry} has another checksum")]
    Checksum {
        /// The entry.
        entry: String,
    },
    /// It ends before all has come that the manifest names.
    #[error("it ends too early")]
    Truncated,
    /// More comes than the manifest names.
    #[error("there is something after its end")]
    TooMuch,
    /// The host has made no kind known for a collection, so nobody can say what its records are.
    #[error("the kind of {collection} is not known")]
    UnknownKind {
        /// The collection.
        collection: CollectionName,
    },
    /// A record can't be kept: it is none, names another owner, has an id that another has, or is
    /// refused by its type.
    #[error("record {line} of {collection} is refused: {reason}")]
    Record {
        /// The collection.
        collection: CollectionName,
        /// The line in which it stands, from 1 on.
        line: u64,
        /// Why.
        reason: String,
    },
    /// A file could not have been uploaded: its extension, its length or its content.
    #[error("{entry} is no file that may be stored: {reason}")]
    File {
        /// The entry.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No record refers to a file.
    #[error("no record refers to {entry}")]
    Unreferenced {
        /// The entry.
        entry: String,
    },
}
