//! How the operating system's errors become a store's: the one place where they are told apart.

use std::fmt::Display;
use std::io;

use crate::store::{StoreError, StoreErrorKind};

/// The error of `operation` on `place`, which is named relative to the root.
///
/// That what has to be there is gone is a fault, and no answer to a question for it.
pub(super) fn failed(operation: &'static str, place: impl Display, error: io::Error) -> StoreError {
    match failed_to_find(operation, &place, error) {
        gone if gone.kind() == StoreErrorKind::NotFound => {
            StoreError::new(StoreErrorKind::Unavailable, operation, format!("{place}: gone meanwhile"))
                .with_source(gone)
        }
        error => error,
    }
}

/// The same of something that was asked for and need not be there.
pub(super) fn failed_to_find(operation: &'static str, place: impl Display, error: io::Error) -> StoreError {
    let (kind, what) = classify(&error);
    StoreError::new(kind, operation, format!("{place}: {what}")).with_source(error)
}

/// Something that can't be right, at a byte of a file.
pub(super) fn corrupt(operation: &'static str, place: impl Display, at: u64, what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, operation, format!("{place}: at byte {at}: {what}"))
}

/// An operation that may or may not have happened, because of `cause`.
pub(super) fn unknown(cause: StoreError) -> StoreError {
    let text = format!("it may or may not have happened; {}", cause.detail());
    StoreError::new(StoreErrorKind::OutcomeUnknown, cause.operation(), text).with_source(cause)
}

fn classify(error: &io::Error) -> (StoreErrorKind, &'static str) {
    use io::ErrorKind as Io;
    match error.kind() {
        Io::NotFound => (StoreErrorKind::NotFound, "not there"),
        Io::AlreadyExists => (StoreErrorKind::AlreadyExists, "the name is taken"),
        Io::StorageFull => (StoreErrorKind::Full, "no space is left on the disk"),
        Io::QuotaExceeded => (StoreErrorKind::Full, "the disk quota of the operating system is used up"),
        Io::FileTooLarge => (StoreErrorKind::Full, "the file system allows no file of that size"),
        Io::PermissionDenied => (StoreErrorKind::PermissionDenied, "the operating system refused access"),
        Io::ReadOnlyFilesystem => (StoreErrorKind::PermissionDenied, "the file system is read-only"),
        Io::NotADirectory => (StoreErrorKind::Corrupt, "not a folder (links are not followed)"),
        Io::InvalidData | Io::IsADirectory => {
            (StoreErrorKind::Corrupt, "not a plain file (links are not followed)")
        }
        Io::DirectoryNotEmpty => (StoreErrorKind::Unavailable, "the folder is not empty"),
        Io::Unsupported => (StoreErrorKind::Unsupported, "the file system can't do that"),
        _ if is_link(error) => (StoreErrorKind::Corrupt, "a link, which is not followed"),
        _ => (StoreErrorKind::Unavailable, "the operating system reports a fault"),
    }
}

/// Whether the kernel met a link; the standard library has no stable name for that answer.
fn is_link(error: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    return error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// The answer to a question whose `NotFound` is an answer as well.
pub(super) fn if_there<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
