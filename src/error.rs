//! The one error of the public API: what was tried, on what, and what the caller can do about it.
//!
//! | kind | what it means | what to do | HTTP |
//! |---|---|---|---|
//! | [`NotFound`](ErrorKind::NotFound) | it does not exist, or must look so | nothing; it may be a foreign one | 404 |
//! | [`Gone`](ErrorKind::Gone) | the tenant this handle was for has ended | begin a new session | 410 |
//! | [`Denied`](ErrorKind::Denied) | visible, but not allowed | ask somebody who may | 403 |
//! | [`AlreadyExists`](ErrorKind::AlreadyExists) | the name or id is taken | choose another | 409 |
//! | [`Referenced`](ErrorKind::Referenced) | something else still needs it | remove that first | 409 |
//! | [`WrongState`](ErrorKind::WrongState) | its status does not allow this step | read it again, then decide | 409 |
//! | [`Suspended`](ErrorKind::Suspended) | the tenant is being deleted, or on its way from one store to another | restore it first, or let it arrive | 409 |
//! | [`RevisionMismatch`](ErrorKind::RevisionMismatch) | it was changed meanwhile | read it again | 412 |
//! | [`InvalidName`](ErrorKind::InvalidName) | a name was refused | correct it; the source says why | 400 |
//! | [`InvalidInput`](ErrorKind::InvalidInput) | a value was refused | correct it; the source says why | 422 |
//! | [`TooLarge`](ErrorKind::TooLarge) | over a limit of size that no quota lifts | send less | 413 |
//! | [`QuotaExceeded`](ErrorKind::QuotaExceeded) | the tenant's quota is used up | delete something, or raise it | 413 |
//! | [`RangeNotSatisfiable`](ErrorKind::RangeNotSatisfiable) | the byte range is not in the file | ask within its length | 416 |
//! | [`BodyFailed`](ErrorKind::BodyFailed) | the bytes to be uploaded stopped with an error | upload again | 400 |
//! | [`Expired`](ErrorKind::Expired) | an upload outlived its reservation | upload again | 408 |
//! | [`Contended`](ErrorKind::Contended) | others were faster too many times | try again; nothing happened | 503 |
//! | [`Busy`](ErrorKind::Busy) | too much waits for this tenant already | try again later; nothing happened | 429 |
//! | [`StorageFull`](ErrorKind::StorageFull) | the medium or its reserve is full | free space | 507 |
//! | [`Unavailable`](ErrorKind::Unavailable) | the medium did not answer; nothing happened | try again | 503 |
//! | [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) | it may or may not have happened, and may still | repeat it under the same idempotency key; or read, and decide once another change has been made | 503 |
//! | [`Corrupt`](ErrorKind::Corrupt) | what is stored can't be right; nothing was guessed | look at the source; restore | 500 |
//! | [`Unsupported`](ErrorKind::Unsupported) | this store can't do that | use another way | 501 |
//! | [`Configuration`](ErrorKind::Configuration) | the builder or the root is not usable | correct it | 500 |
//! | [`Closed`](ErrorKind::Closed) | the library was closed | open it again | 503 |

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::paths::{NameError, visible};
use crate::store::{StoreError, StoreErrorKind};

/// What kind of error it is, and so what a caller can do; see the [table](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the module's table documents each")]
pub enum ErrorKind {
    NotFound,
    Gone,
    Denied,
    AlreadyExists,
    Referenced,
    WrongState,
    Suspended,
    RevisionMismatch,
    InvalidName,
    InvalidInput,
    TooLarge,
    QuotaExceeded,
    RangeNotSatisfiable,
    BodyFailed,
    Expired,
    Contended,
    Busy,
    StorageFull,
    Unavailable,
    OutcomeUnknown,
    Corrupt,
    Unsupported,
    Configuration,
    Closed,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::NotFound,
        Self::Gone,
        Self::Denied,
        Self::AlreadyExists,
        Self::Referenced,
        Self::WrongState,
        Self::Suspended,
        Self::RevisionMismatch,
        Self::InvalidName,
        Self::InvalidInput,
        Self::TooLarge,
        Self::QuotaExceeded,
        Self::RangeNotSatisfiable,
        Self::BodyFailed,
        Self::Expired,
        Self::Contended,
        Self::Busy,
        Self::StorageFull,
        Self::Unavailable,
        Self::OutcomeUnknown,
        Self::Corrupt,
        Self::Unsupported,
        Self::Configuration,
        Self::Closed,
    ];

    /// The HTTP status that fits.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidName | Self::BodyFailed => 400,
            Self::Denied => 403,
            Self::NotFound => 404,
            Self::Expired => 408,
            Self::AlreadyExists | Self::Referenced | Self::WrongState | Self::Suspended => 409,
            Self::Gone => 410,
            Self::RevisionMismatch => 412,
            Self::TooLarge | Self::QuotaExceeded => 413,
            Self::RangeNotSatisfiable => 416,
            Self::InvalidInput => 422,
            Self::Busy => 429,
            Self::Corrupt | Self::Configuration => 500,
            Self::Unsupported => 501,
            Self::Contended | Self::Unavailable | Self::OutcomeUnknown | Self::Closed => 503,
            Self::StorageFull => 507,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Gone => "the tenant has ended",
            Self::Denied => "not allowed",
            Self::AlreadyExists => "exists already",
            Self::Referenced => "still referred to",
            Self::WrongState => "its status does not allow this",
            Self::Suspended => "the tenant is being deleted or moved",
            Self::RevisionMismatch => "changed meanwhile",
            Self::InvalidName => "the name is refused",
            Self::InvalidInput => "the value is refused",
            Self::TooLarge => "too large",
            Self::QuotaExceeded => "over quota",
            Self::RangeNotSatisfiable => "the range is not within the file",
            Self::BodyFailed => "the upload's bytes failed",
            Self::Expired => "the reservation expired",
            Self::Contended => "others were faster, nothing happened",
            Self::Busy => "too much is waiting",
            Self::StorageFull => "no space left",
            Self::Unavailable => "the store is unavailable",
            Self::OutcomeUnknown => "it is not known whether it happened",
            Self::Corrupt => "what is stored is damaged",
            Self::Unsupported => "not supported by this store",
            Self::Configuration => "not usable",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// An error: its [`kind`](Error::kind), the operation, the safe name of what it was about, and the
/// cause as [`source`](StdError::source).
///
/// Its texts carry no secret, no foreign tenant's name and no absolute path.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    subject: Option<String>,
    quota: Option<QuotaRefusal>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// A result with this library's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which limit was hit, and by how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRefusal {
    pub(crate) dimension: String,
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) requested: u64,
}

impl QuotaRefusal {
    /// What is limited: `blob_bytes`, `record_bytes`, `files`, `active_streams`, or a collection's name.
    #[must_use]
    pub fn dimension(&self) -> &str {
        &self.dimension
    }

    /// The limit.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// What was used and reserved before.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.used
    }

    /// How much more was asked for.
    #[must_use]
    pub const fn requested(&self) -> u64 {
        self.requested
    }
}

impl Error {
    /// An error of `kind` in `operation`.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: &'static str) -> Self {
        Self(Box::new(Inner { kind, operation, subject: None, quota: None, source: None }))
    }

    /// The same, saying what it was about; only names that the caller gave or may see. What can't be
    /// seen of it is escaped, and a long one is cut.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(visible(&subject.into()).into_owned());
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    pub(crate) fn over_quota(operation: &'static str, refusal: QuotaRefusal) -> Self {
        let mut error = Self::new(ErrorKind::QuotaExceeded, operation);
        error.0.quota = Some(refusal);
        error
    }

    pub(crate) fn in_operation(mut self, operation: &'static str) -> Self {
        self.0.operation = operation;
        self
    }

    pub(crate) fn name(operation: &'static str, error: NameError) -> Self {
        Self::new(ErrorKind::InvalidName, operation).with_source(error)
    }

    /// What a store said, as the caller has to see it.
    pub(crate) fn store(operation: &'static str, error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::NotFound => ErrorKind::NotFound,
            StoreErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            StoreErrorKind::DeadlinePassed => ErrorKind::Expired,
            StoreErrorKind::Body => ErrorKind::BodyFailed,
            StoreErrorKind::OutOfRange => ErrorKind::RangeNotSatisfiable,
            StoreErrorKind::Full => ErrorKind::StorageFull,
            StoreErrorKind::Unavailable | StoreErrorKind::Locked => ErrorKind::Unavailable,
            StoreErrorKind::OutcomeUnknown => ErrorKind::OutcomeUnknown,
            StoreErrorKind::Corrupt => ErrorKind::Corrupt,
            StoreErrorKind::Unsupported => ErrorKind::Unsupported,
            StoreErrorKind::NewerFormat | StoreErrorKind::PermissionDenied => ErrorKind::Configuration,
        };
        Self::new(kind, operation).with_source(error)
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was tried.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What it was about, if that can be said.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// For [`ErrorKind::QuotaExceeded`]: which limit, and by how much.
    #[must_use]
    pub fn quota(&self) -> Option<&QuotaRefusal> {
        self.0.quota.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.kind)?;
        if let Some(subject) = &self.0.subject {
            write!(f, " ({subject})")?;
        }
        if let Some(quota) = &self.0.quota {
            let QuotaRefusal { dimension, limit, used, requested } = quota;
            write!(f, " ({dimension}: {requested} more than the {used} of {limit})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("subject", &self.0.subject)
            .field("quota", &self.0.quota)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
