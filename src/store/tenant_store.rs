//! The contract of a backend, method by method.

use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, MarkedTenant, Opened, Outcome,
    Page, Put, Refreshed, Removed, SetAside, SignedUrl, StoreError, UrlRequest, Version, ViewKey, ViewPlace,
};
#[cfg(doc)]
use super::{StoreErrorKind, ViewName};
use crate::paths::{Area, BlobKey, TenantId};

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
/// A wrapper forwards every method, the ones with a default included; one that has something to do before each call says no
/// to [`is_newest`](Self::is_newest), which can't be awaited.
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
