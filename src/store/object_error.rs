//! How an object store's error becomes a [`StoreError`].
//!
//! The source is kept only where it helps to find a fault of the medium; the texts of the others
//! repeat the object's key and say nothing more.

use object_store::Error as ObjectError;

use super::{StoreError, StoreErrorKind};

/// The error of `operation` on `subject`, a short text that is safe to show.
///
/// That what has to be there is gone, the bucket for one, is a fault: who asks for something that need
/// not be there looks at the object store's error first.
pub(super) fn from_object(operation: &'static str, subject: &str, error: ObjectError) -> StoreError {
    let (kind, found) = match &error {
        ObjectError::NotFound { .. } => (StoreErrorKind::Unavailable, "is gone meanwhile"),
        ObjectError::AlreadyExists { .. } => (StoreErrorKind::AlreadyExists, "is there already"),
        ObjectError::NotSupported { .. } | ObjectError::NotImplemented { .. } => {
            (StoreErrorKind::Unsupported, "asks for what the object store does not support")
        }
        ObjectError::PermissionDenied { .. } | ObjectError::Unauthenticated { .. } => {
            (StoreErrorKind::PermissionDenied, "was refused by the object store")
        }
        _ => (StoreErrorKind::Unavailable, "could not be reached"),
    };
    let error_text = StoreError::new(kind, operation, format!("{subject} {found}"));
    match kind {
        StoreErrorKind::AlreadyExists => error_text,
        _ => error_text.with_source(error),
    }
}
