//! Tenants in one [redb](https://www.redb.org) database: an example of a backend of another kind, to copy from.
//!
//! redb is a key-value store in one file, whose transactions are atomic, durable and one at a time. That makes
//! the hard half of a backend short: a commit that is to land only on the version that it was made for is one
//! write transaction that looks first. What is left to think of:
//!
//! - *Calls block*, so they run on the runtime's blocking threads (`database`).
//! - *Large things come in pieces*: a blob is written in chunks, none of which anybody sees before the one
//!   transaction that gives the blob its name (`blobs`).
//! - *Truth*: an error of a commit leaves open whether it happened, and is told so.
//!
//! A database is opened by one process at a time, and all its tenants share one writer: short transactions
//! keep them from holding each other up for long.

mod blobs;
mod database;
mod ledger;
pub mod medium;
mod views;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tenantry::paths::{Area, BlobKey, TenantId};
use tenantry::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed,
    Removed, SetAside, SignedUrl, StoreError, StoreErrorKind, TenantStore, UrlRequest, Version, ViewKey,
    ViewPlace,
};

use self::database::{Shared, Transaction};

/// A [`TenantStore`] in a redb database. A clone is the same store.
#[derive(Clone)]
pub struct RedbStore {
    shared: Arc<Shared>,
}

impl RedbStore {
    /// Opens the database at `path`, or makes it.
    ///
    /// # Errors
    /// [`Locked`](StoreErrorKind::Locked) if somebody else has it open;
    /// [`Corrupt`](StoreErrorKind::Corrupt); whatever kept it from opening.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        Self::opened(move || redb::Database::create(&path)).await
    }

    /// The store in whatever `open` opens; it is asked again after an error of the file.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub async fn opened(
        open: impl Fn() -> Result<redb::Database, redb::DatabaseError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let shared = Shared::open(open).await?;
        // Nobody goes on with an upload that was under way when the database was last closed.
        shared.write("open", blobs::clear_uploads).await?;
        Ok(Self { shared })
    }
}

#[async_trait]
impl TenantStore for RedbStore {
    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        blobs::put(&self.shared, key, put).await
    }

    async fn get(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        blobs::get(&self.shared, key.clone(), range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, StoreError> {
        let key = key.clone();
        self.shared.read("head", move |reading| blobs::head(reading, &key)).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.shared.write("delete", move |writing| blobs::delete(writing, &key)).await
    }

    async fn list(
        &self,
        tenant: &TenantId,
        area: Area,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Found>, StoreError> {
        let (tenant, after) = (tenant.clone(), after.map(str::to_owned));
        let list = move |reading: &_| blobs::list(reading, &tenant, area, after.as_deref(), limit);
        self.shared.read("list", list).await
    }

    async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError> {
        let tenant = tenant.clone();
        self.shared.read("header", move |reading| ledger::header(reading, &tenant)).await
    }

    async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
        let tenant = tenant.clone();
        self.shared.read("load", move |reading| ledger::load(reading, &tenant)).await
    }

    async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError> {
        let (tenant, version) = (tenant.clone(), version.clone());
        self.shared.read("refresh", move |reading| ledger::refresh(reading, &tenant, &version)).await
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        let (tenant, base) = (tenant.clone(), base.cloned());
        let append = move |writing: &_| ledger::append(writing, &tenant, base.as_ref(), &commit);
        outcome(self.shared.write("append", append).await)
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        let (tenant, base) = (tenant.clone(), base.clone());
        outcome(self.shared.write("fold", move |writing| ledger::fold(writing, &tenant, &base, &fold)).await)
    }

    async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantId>, StoreError> {
        let after = after.map(str::to_owned);
        self.shared.read("tenants", move |reading| ledger::tenants(reading, after.as_deref(), limit)).await
    }

    /// redb says by itself whether its file can be worked with: an empty transaction asks.
    async fn probe(&self) -> Result<(), StoreError> {
        self.shared.write("probe", |_| Ok(Transaction::Commit(()))).await
    }

    async fn tidy(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        let tidy = move |writing: &_| match ledger::is_tombstone(writing, &tenant)? {
            true => views::remove_all(writing, &tenant),
            // What a fold replaced went with it.
            false => Ok(Transaction::Abort(())),
        };
        self.shared.write("tidy", tidy).await
    }

    async fn remove_areas(&self, tenant: &TenantId) -> Result<Option<Removed>, StoreError> {
        let tenant = tenant.clone();
        self.shared.write("remove areas", move |writing| blobs::remove_all(writing, &tenant)).await.map(Some)
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        // The transaction that publishes a blob looks at deadline, life and areas; whoever reads goes on in
        // a transaction of before.
        capabilities.fenced = true;
        capabilities.blocks = true;
        capabilities
    }

    async fn read_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<Option<Bytes>, StoreError> {
        let (tenant, view) = (tenant.clone(), view.clone());
        self.shared.read("read view", move |reading| views::read(reading, &tenant, &view)).await
    }

    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError> {
        let (tenant, view) = (tenant.clone(), view.clone());
        self.shared.write("put view", move |writing| views::put(writing, &tenant, &view, &content)).await
    }

    async fn rename_view(&self, tenant: &TenantId, from: &ViewKey, to: &ViewKey) -> Result<(), StoreError> {
        let (tenant, from, to) = (tenant.clone(), from.clone(), to.clone());
        self.shared.write("rename view", move |writing| views::rename(writing, &tenant, &from, &to)).await
    }

    async fn remove_view(&self, tenant: &TenantId, view: &ViewKey) -> Result<(), StoreError> {
        let (tenant, view) = (tenant.clone(), view.clone());
        self.shared.write("remove view", move |writing| views::remove(writing, &tenant, &view)).await
    }

    async fn list_edited(
        &self,
        tenant: &TenantId,
        place: ViewPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<SetAside>, StoreError> {
        let (tenant, after) = (tenant.clone(), after.map(str::to_owned));
        let list = move |reading: &_| views::list_edited(reading, &tenant, place, after.as_deref(), limit);
        self.shared.read("list edited views", list).await
    }

    async fn local_path(&self, _key: &BlobKey) -> Result<PathBuf, StoreError> {
        let detail = "a blob in a database has no path";
        Err(StoreError::new(StoreErrorKind::Unsupported, "local path", detail))
    }

    async fn sign_url(&self, _key: &BlobKey, _request: UrlRequest) -> Result<SignedUrl, StoreError> {
        let detail = "a blob in a database has no URL";
        Err(StoreError::new(StoreErrorKind::Unsupported, "sign url", detail))
    }

    async fn free_space(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
}

/// Of a commit whose end is not known, nobody is told that it failed.
fn outcome(answer: Result<Outcome, StoreError>) -> Result<Outcome, StoreError> {
    match answer {
        Err(error) if error.kind() == StoreErrorKind::OutcomeUnknown => Ok(Outcome::Unknown(error)),
        answer => answer,
    }
}
