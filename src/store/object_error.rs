//! How an object store's error becomes a [`StoreError`].
//!
//! Its own texts are not passed on: they hold the server's address, the bucket, and what the server answered,
//! which repeats what it was sent, credentials included (I10). What of them helps to find a fault is the
//! source: [`ObjectFault`].

use std::error::Error;
use std::io;

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
    because_of(StoreError::new(kind, operation, format!("{subject} {found}")), &error)
}

/// The same error with what can be said of its cause.
pub(super) fn because_of(error: StoreError, cause: &ObjectError) -> StoreError {
    match ObjectFault::of(cause) {
        Some(fault) => error.with_source(fault),
        None => error,
    }
}

/// What can be said of an object store's error: statuses, codes and kinds, and no text that came from elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ObjectFault(String);

impl ObjectFault {
    fn of(error: &ObjectError) -> Option<Self> {
        let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |&cause| cause.source());
        let words: Vec<String> = causes.filter_map(said).collect();
        (!words.is_empty()).then(|| Self(words.join(", ")))
    }
}

/// What can be said of one cause, without those below it.
fn said(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return Some(error.kind().to_string());
    }
    #[cfg(feature = "s3")]
    if let Some(error) = cause.downcast_ref::<object_store::client::HttpError>() {
        return Some(format!("HTTP client: {:?}", error.kind()));
    }
    // The type is not public; what follows is the status, and then the answer's body.
    let text = cause.to_string();
    let answer = text.strip_prefix("Server returned non-2xx status code: ")?;
    let status: u16 = answer.get(..3)?.parse().ok()?;
    Some(match code(answer) {
        Some(code) => format!("HTTP status {status}, {code}"),
        None => format!("HTTP status {status}"),
    })
}

/// The code in the body of S3's answer, such as `NoSuchBucket`.
fn code(answer: &str) -> Option<&str> {
    let (code, _) = answer.split_once("<Code>")?.1.split_once("</Code>")?;
    (code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(code)
}
