//! What a backend must provide: [`TenantStore`], and the values that pass through it.
//!
//! A store keeps blobs, one ledger per tenant, and little else. It knows nothing of users, roles,
//! records or quotas: commits, snapshots and header texts are opaque bytes to it. Who may do what
//! is decided far above, and only code that holds a permit ever reaches a store.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::environment::Deadline;
pub use crate::paths::Incarnation;
use crate::paths::{Area, BlobKey, FileName, TenantId};

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
mod view;

pub use error::{StoreError, StoreErrorKind};
pub use forward::StoreMethod;
pub use memory::MemoryStore;
pub use parts::{Opened, OpenedSnapshot, SnapshotParts};
pub use presigned::{SignedUrl, UrlPurpose, UrlRequest};
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

/// A backend: blobs, one ledger per tenant, and upkeep.
///
/// # Contract
/// - *Isolation.* Nothing that is done under one tenant's id reads, changes, blocks or slows what
///   lies under another's. Ids are compared whole, never by prefix.
/// - *Durability.* What was answered with success survives a crash at any later instant.
/// - *Linearizability.* For one tenant, a read begun after an answer sees what it rests on, from
///   any process.
/// - *Truth.* `Err` from a method that changes something means that it did not happen and never
///   will, unless the method says otherwise.
///
/// A wrapper forwards every method, the ones with a default included.
#[async_trait]
pub trait TenantStore: Send + Sync + 'static {
    // Blobs.

    /// Writes a blob under a name that was never used: whole from the moment at which it can be seen, and
    /// durable on return. (Between the two a crash may still take it away; no ledger names it yet.)
    ///
    /// # Errors
    /// [`AlreadyExists`](StoreErrorKind::AlreadyExists) if the name is taken (possibly by this
    /// very call, where a request was repeated below), by what is durable then;
    /// [`DeadlinePassed`](StoreErrorKind::DeadlinePassed);
    /// [`Body`](StoreErrorKind::Body) with the stream's error as `source`;
    /// [`Full`](StoreErrorKind::Full); from a backend that is [`fenced`](Capabilities::fenced)
    /// [`NotFound`](StoreErrorKind::NotFound) if the tenant has no such life (the others rest on the deadline,
    /// which is waited for before a life ends); [`OutcomeUnknown`](StoreErrorKind::OutcomeUnknown) if the blob may be there.
    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError>;

    /// Reads a range of a blob. An open stream goes on though the blob be deleted meanwhile, where
    /// the backend can (on object stores: for the reading grace).
    ///
    /// # Errors
    /// [`NotFound`](StoreErrorKind::NotFound), [`OutOfRange`](StoreErrorKind::OutOfRange) if the
    /// range is not within the blob.
    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError>;

    /// What is known of a blob; `None` if there is none.
    ///
    /// # Errors
    /// Whatever kept the store from knowing.
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError>;

    /// Deletes a blob, if it is there.
    ///
    /// # Errors
    /// Whatever kept the store from it; the blob may be gone all the same.
    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError>;

    /// Lists an area in order of name, from after `after`, at most `limit` items.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError>;

    // Ledger.

    /// Reads a tenant's header alone, in one request; `None` if the tenant never existed.
    ///
    /// # Errors
    /// [`Corrupt`](StoreErrorKind::Corrupt), or whatever kept the store from it.
    async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError>;

    /// Reads a tenant's whole ledger; `None` if the tenant never existed.
    ///
    /// # Errors
    /// As for [`header`](Self::header).
    async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError>;

    /// Opens a tenant's ledger, of which the snapshot is read when it is looked at, where the store can: one of
    /// which it keeps the [index](Fold::index). By default it is [loaded](Self::load); both say the same, so a wrapper that
    /// changes the one changes the other.
    ///
    /// # Errors
    /// As for [`header`](Self::header); what is damaged of the snapshot may be found out only when it is looked at.
    async fn open(&self, tenant: &TenantId) -> Result<Option<Opened>, StoreError> {
        Ok(self.load(tenant).await?.map(Opened::from))
    }

    /// Asks what came after `version`.
    ///
    /// # Errors
    /// As for [`header`](Self::header); a ledger that is missing where one was is corrupt.
    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError>;

    /// Whether nothing came after `version`, where the medium tells that at once: what is answered with yes needs no
    /// [`refresh`](Self::refresh), and after a no it is asked. It is called on threads that a runtime needs: whoever may
    /// have to ask another machine, or has something to do before each call, says no, as by default.
    fn is_newest(&self, tenant: &TenantId, version: &Version) -> bool {
        let _ = (tenant, version);
        false
    }

    /// Adds one commit after `base`; with `None`, the first one of a tenant that never existed
    /// (on the local disk the tenant's folders are made with it). A commit whose header has
    /// another incarnation than `base` begins a new life and is allowed on a tombstone only.
    ///
    /// # Errors
    /// The commit did not happen and never will.
    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError>;

    /// Replaces snapshot and commits up to `base` by a new snapshot.
    ///
    /// # Errors
    /// The fold did not happen and never will.
    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError>;

    /// Lists the tenants that have a ledger, tombstones included, in order of name, from after
    /// `after`, at most `limit`.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError>;

    /// Lists tenants as [`tenants`](Self::tenants) does, each with the mark of its ledger where the listing itself
    /// tells that: so upkeep need not ask for those of which it knows that nothing is to be done. By default
    /// without marks.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn marked_tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<MarkedTenant>, StoreError> {
        let Page { items, next } = self.tenants(after, limit).await?;
        let unmarked = |tenant| MarkedTenant { tenant, mark: None };
        Ok(Page { items: items.into_iter().map(unmarked).collect(), next })
    }

    // Upkeep.

    /// Finds out whether the medium keeps this contract, before anything is entrusted to it.
    ///
    /// # Errors
    /// [`Unsupported`](StoreErrorKind::Unsupported) with what is lacking.
    async fn probe(&self) -> Result<(), StoreError>;

    /// Clears what a tenant's ledger no longer names: dead folds, old snapshots and segments; on a
    /// tombstone everything but it, views and what was set aside included. Blobs are not touched,
    /// but for the empty folders of a tombstone.
    ///
    /// # Errors
    /// Whatever kept the store from it; part of it may be done.
    async fn tidy(&self, tenant: &TenantId) -> Result<(), StoreError>;

    /// Takes away all blobs of a tenant at once, in such a way that no put still under way can
    /// publish; called only while the ledger says erasing. Returns how many files and bytes went;
    /// `None` where the backend can't: then the caller lists, deletes and waits.
    ///
    /// # Errors
    /// Whatever kept the store from it; part of it may be done.
    async fn remove_areas(&self, tenant: &TenantId) -> Result<Option<Removed>, StoreError>;

    /// Clears what puts of a tenant left that were begun and never came to an end, because their process was killed:
    /// of all blobs, or of some. It is called when no put of them can be under way any more, and a put that is all the
    /// same may fail by it. By default nothing: for stores on which such a put leaves nothing, or nothing that can be found.
    ///
    /// # Errors
    /// Whatever kept the store from it; part of it may be done.
    async fn clear_unfinished(&self, tenant: &TenantId, only: Option<&[BlobKey]>) -> Result<(), StoreError> {
        let _ = (tenant, only);
        Ok(())
    }

    /// What this backend can do beyond the rest.
    fn capabilities(&self) -> Capabilities;

    /// Reads a view, if it is there.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError>;

    /// Replaces a view atomically: a reader sees the old or the new one whole.
    ///
    /// # Errors
    /// The view is as it was.
    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError>;

    /// Renames a view's file, so that it is kept beside.
    ///
    /// # Errors
    /// The file is where it was.
    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Result<(), StoreError>;

    /// Removes a view, if it is there.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<(), StoreError>;

    /// Lists the files of one of a tenant's folders that were set aside ([`ViewName::Edited`]), in order
    /// of name, from after `after`, at most `limit`. What is no plain file is left out.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError>;

    /// A path at which other programs can read the blob, where the backend has one.
    ///
    /// # Errors
    /// [`NotFound`](StoreErrorKind::NotFound); [`Unsupported`](StoreErrorKind::Unsupported).
    async fn local_path(&self, key: &BlobKey) -> Result<PathBuf, StoreError>;

    /// Signs a URL by which a blob can be read, or written where there is none, without credentials. Nothing
    /// is asked of the blob. What is written by it comes past this store: no deadline and no life of a tenant
    /// is looked at, and a request that began before the URL expired may end after that.
    ///
    /// # Errors
    /// [`Unsupported`](StoreErrorKind::Unsupported) without a signer, or where what a URL allows would not
    /// be all that it can be used for; whatever kept the store from it.
    async fn sign_url(&self, key: &BlobKey, request: UrlRequest) -> Result<SignedUrl, StoreError>;

    /// How many bytes are free on the medium; `None` where nobody can tell.
    ///
    /// # Errors
    /// Whatever kept the store from it.
    async fn free_space(&self) -> Result<Option<u64>, StoreError>;
}

/// What [`TenantStore::remove_areas`] took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}
