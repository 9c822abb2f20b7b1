//! Why a copy is refused, or what it found.

use jiff::Timestamp;

use super::File;
use crate::error::{Error, ErrorKind};
use crate::ownership::{Action, Resource};

/// What keeps a tenant from being copied; the source of the [`Error`] that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target has a tenant of that name, which is no copy of this one.
    #[error("the target has a tenant of that name")]
    Exists,
    /// Another one of that name is on its way to the target: an earlier life of the source, or one of
    /// another store. It has to be [erased](crate::Tenants::erase) there first.
    #[error("another tenant of that name is on its way to the target")]
    OtherSource,
    /// The target has a whole copy, and the source was changed after it was made.
    #[error("the source was changed after it was copied")]
    SourceWentOn,
    /// The tenant was erased in the target so short a time ago that its last requests may still be on their
    /// way, which would delete files of these names.
    #[error("the tenant was erased in the target too short a time ago")]
    ErasedLately {
        /// When it can be copied.
        until: Timestamp,
    },
    /// The source is being deleted, so that its end is decided: it can be copied, and not be moved, which would
    /// let it live on there. [Restored](crate::Tenants::restore), it can be.
    #[error("the source is being deleted")]
    SourceIsDeleted,
    /// A file of the source is not there, or not what was uploaded.
    #[error("the file is missing in the source, or damaged")]
    SourceFile,
    /// A file is not in the target what was written there.
    #[error("the file in the target is not what was written")]
    TargetFile,
    /// The target's records are not what was written there.
    #[error("the records in the target are not what was written")]
    TargetRecords,
}

impl CopyError {
    const fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists => ErrorKind::AlreadyExists,
            Self::OtherSource | Self::SourceWentOn | Self::ErasedLately { .. } | Self::SourceIsDeleted => {
                ErrorKind::WrongState
            }
            Self::SourceFile | Self::TargetFile | Self::TargetRecords => ErrorKind::Corrupt,
        }
    }
}

/// The error with which a copy is refused.
pub(super) fn refused(action: Action, refusal: CopyError) -> Error {
    Error::new(refusal.kind(), action.as_str()).about(Resource::Tenant.to_string()).with_source(refusal)
}

/// The same about a file.
pub(super) fn damaged(action: Action, (area, name): &File, refusal: CopyError) -> Error {
    let file = Resource::File(*area, name.clone());
    Error::new(refusal.kind(), action.as_str()).about(file.to_string()).with_source(refusal)
}
