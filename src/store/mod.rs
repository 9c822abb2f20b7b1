//! What a backend must provide: [`TenantStore`], and the values that pass through it.
//!
//! A store keeps blobs, one ledger per tenant, and little else. It knows nothing of users, roles,
//! records or quotas: commits, snapshots and header texts are opaque bytes to it. Who may do what
//! is decided far above, and only code that holds a permit ever reaches a store.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;

use crate::environment::Deadline;
pub use crate::paths::Incarnation;
use crate::paths::{FileName, TenantId};

mod debug;
mod error;
pub(crate) mod forward;
pub mod head_ledger;
pub mod local;
pub mod memory;
pub mod object;
mod object_error;
mod parts;
mod presigned;
#[cfg(feature = "s3")]
pub mod s3;
mod tenant_store;
mod view;

pub use error::{StoreError, StoreErrorKind};
pub use forward::StoreMethod;
pub use memory::MemoryStore;
pub use parts::{Opened, OpenedSnapshot, SnapshotParts};
pub use presigned::{SignedUrl, UrlPurpose, UrlRequest};
pub use tenant_store::TenantStore;
pub use view::{SetAside, ViewKey, ViewName, ViewPlace};

/// A file's bytes on their way.
pub type ByteStream = BoxStream<'static, std::io::Result<Bytes>>;

/// The few facts about a tenant that can be read without its records.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Which life of the tenant this is.
    pub incarnation: Incarnation,
    /// Whether the tenant has been erased: then only this header is left of it.
    pub tombstone: bool,
    /// What the library keeps here: one line of JSON of at most 8 KiB, opaque to a store.
    pub text: Bytes,
}

impl fmt::Debug for Header {
    /// The text is left out: it holds names that people chose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("incarnation", &self.incarnation)
            .field("tombstone", &self.tombstone)
            .finish_non_exhaustive()
    }
}

/// A point in one tenant's history, with whatever its store needs to go on from there.
#[derive(Clone)]
pub struct Version {
    /// The life it belongs to.
    pub incarnation: Incarnation,
    /// How many commits there were, those of earlier lives included: it never goes back.
    pub number: u64,
    token: Arc<dyn Any + Send + Sync>,
}

impl Version {
    /// A version with the store's own `token`, which only that store looks into.
    #[must_use]
    pub fn new(incarnation: Incarnation, number: u64, token: Arc<dyn Any + Send + Sync>) -> Self {
        Self { incarnation, number, token }
    }

    /// The store's own token, if it is of that type.
    #[must_use]
    pub fn token<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.token.downcast_ref()
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("incarnation", &self.incarnation)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// A whole ledger as it was read.
#[derive(Clone)]
pub struct Loaded {
    /// The version that all of it together makes.
    pub version: Version,
    /// The header as of that version.
    pub header: Header,
    /// The number of the last commit that the snapshot contains; 0 if there is none.
    pub snapshot_number: u64,
    /// The snapshot: lines, each ended by `\n`; empty at first.
    pub snapshot: Bytes,
    /// The texts of the commits since, oldest first.
    pub commits: Vec<Bytes>,
}

/// What a refresh found.
#[derive(Clone)]
pub enum Refreshed {
    /// The version is still the newest.
    Unchanged,
    /// These commits came since, oldest first; none if the ledger was only written shorter.
    Commits {
        /// The newest version.
        version: Version,
        /// The header, if one of the commits changed it.
        header: Option<Header>,
        /// Their texts.
        commits: Vec<Bytes>,
    },
    /// What came since can't be told piece by piece: load again.
    StartOver,
}

/// One commit on its way to the store.
#[derive(Clone)]
pub struct Commit {
    /// The header from this commit on, if it changes it. Required for the first commit of a life.
    pub header: Option<Header>,
    /// One line of JSON without line breaks, opaque to a store.
    pub text: Bytes,
}

/// How an append or a fold ended.
#[derive(Debug)]
pub enum Outcome {
    /// It is durable, and this is the version it made.
    Committed(Version),
    /// Somebody else came first; nothing of it will ever be seen.
    Conflict,
    /// It may or may not have happened, and the store could not find out.
    Unknown(StoreError),
}

/// A new snapshot for a ledger.
#[derive(Clone)]
pub struct Fold {
    /// Whether it says the same as what it replaces.
    pub kind: FoldKind,
    /// The header as of this snapshot.
    pub header: Header,
    /// Lines, each ended by `\n`.
    pub snapshot: Bytes,
    /// An index of these lines, opaque to a store. It is for [`TenantStore::open`]: a store that reads a snapshot
    /// whole there need not keep it. Empty where nobody made one.
    pub index: Bytes,
}

/// What a fold does to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldKind {
    /// The state at the base's number, written shorter. Commits that came after the base are
    /// carried over behind it.
    Same,
    /// A new state, with the number after the base's; a conflict if anything came after the base.
    Replace,
}

/// What a put is to write.
pub struct Put {
    /// The life of the tenant in which the blob was reserved.
    pub incarnation: Incarnation,
    /// The bytes. If the stream fails, nothing is published. Its end may be a while in coming when all bytes are there, since
    /// it may wait for an append of the same tenant: a put holds nothing that an append needs.
    pub body: ByteStream,
    /// The length, where it is known beforehand; a hint, not a check. Who has as many bytes can make them durable before
    /// the body's end.
    pub length_hint: Option<u64>,
    /// When the right to publish ends.
    pub deadline: Deadline,
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").field("length_hint", &self.length_hint).finish_non_exhaustive()
    }
}

/// What a store knows of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its length in bytes.
    pub length: u64,
}

/// Something found in a tenant's area: a blob, or whatever somebody else put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name as it is there; bytes that are no UTF-8 replaced.
    pub name: String,
    /// The name as a file name, if it is one and names a plain file.
    pub file: Option<FileName>,
    /// Its length in bytes.
    pub length: u64,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds, in order of name.
    pub items: Vec<T>,
    /// Where to go on, if there is more: the `after` of the next call.
    pub next: Option<String>,
}

/// A tenant as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedTenant {
    /// Which.
    pub tenant: TenantId,
    /// A text that is another after each change of the tenant's ledger and never comes back, if the listing tells one.
    pub mark: Option<String>,
}

/// What a backend can do beyond what every backend must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// A blob can be opened by a path.
    pub local_path: bool,
    /// The free space is known.
    pub free_space: bool,
    /// Views are written as commits land, rather than only on request.
    pub live_views: bool,
    /// No put can publish after its deadline or after its tenant's areas were removed, and a deleted
    /// blob stays readable for those who have it open: so nothing needs to be waited for. A store that signs
    /// URLs to write by is not.
    pub fenced: bool,
    /// URLs can be signed, by which blobs are read and written without credentials.
    pub signs_urls: bool,
    /// Calls block threads of the runtime's blocking pool, so that work which is about to make some had
    /// better begin on one.
    pub blocks: bool,
    /// How long a request may be on its way before it is given up, if the backend knows. The
    /// [request life](crate::Settings::request_life) must not be shorter: what late requests could still do
    /// is waited for as long as that. Zero says that no request outlives the call that made it: then nothing that a
    /// put which was answered could still do is waited for.
    pub longest_request: Option<Duration>,
}

/// What [`TenantStore::remove_areas`] took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}
