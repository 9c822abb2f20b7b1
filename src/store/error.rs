//! What a store says when something did not work.

use std::error::Error;
use std::fmt;

/// What kind of thing went wrong below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no such blob or tenant.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// The right to publish had ended.
    DeadlinePassed,
    /// The stream to be stored failed; its error is the `source`.
    Body,
    /// The range is not within the blob.
    OutOfRange,
    /// The medium has no space left.
    Full,
    /// The medium did not answer or answered with a fault; trying again may help.
    Unavailable,
    /// What was asked may or may not have happened.
    OutcomeUnknown,
    /// The medium holds something that can't be right; nothing was guessed.
    Corrupt,
    /// The medium was written by a newer version of this library.
    NewerFormat,
    /// The medium or its place lacks something that is needed.
    Unsupported,
    /// The operating system refused access.
    PermissionDenied,
    /// Another process holds what is needed and keeps holding it.
    Locked,
}

/// An error of a store: what was tried, on what, and why it did not work.
///
/// The text names things relative to the store's root and never carries contents.
pub struct StoreError {
    kind: StoreErrorKind,
    operation: &'static str,
    detail: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of `kind` in `operation`; `detail` is a short text that is safe to show.
    #[must_use]
    pub fn new(kind: StoreErrorKind, operation: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, operation, detail: detail.into(), source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What was tried.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// What it was about, and what was found.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Takes out the cause: for a failed body, the stream's own error.
    #[must_use]
    pub fn into_source(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.source
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.detail)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("kind", &self.kind)
            .field("operation", &self.operation)
            .field("detail", &self.detail)
            .field("source", &self.source)
            .finish()
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
