//! A backend on S3 and what speaks like it: [`S3Store`], with the feature `s3`.
//!
//! It is [`ObjectTenantStore`] over three clients of
//! [`object_store`]: for the ledgers, for uploads and for downloads, each with the time-outs that fit
//! what it carries, and none of which repeats a request by itself. What it needs of the server is
//! probed when a `Tenantry` is opened, and what only URLs to upload by need, when the first is asked for.

mod options;
mod signer;
mod unfinished;
mod url;

use std::fmt;

use bytes::Bytes;

use super::forward::{StoreMethod, forward_tenant_store};
use super::object::ObjectTenantStore;
use super::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, Version, ViewKey, ViewPlace,
};
use crate::paths::{Area, BlobKey, TenantId};

pub use options::{BodyChecksum, S3Error, S3Options};

/// A [`TenantStore`](super::TenantStore) in a bucket of S3, or of a server that speaks like it and honours
/// `If-Match` and `If-None-Match: *` on PUT. Any number of processes and machines may work on it at once.
///
/// It signs URLs. One that is signed with a session's credentials ends with them, if that is earlier; and none
/// carries a key of the application's own for encryption (SSE-C), without which such files are not read.
///
/// It can't be cloned: a host gives it away and never gets it back.
///
/// ```no_run
/// use tenantry::store::s3::{S3Options, S3Store};
/// use tenantry::{Tenantry, record::SecretText};
///
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let options = S3Options::new("my-bucket")
///     .region("eu-central-1")
///     .credentials("an access key", &SecretText::new("its secret"))
///     .prefix("tenants");
/// let tenantry = Tenantry::builder(S3Store::new(options)?).open().await?;
///
/// // With the credentials of the environment (`AWS_ACCESS_KEY_ID`, …):
/// let options = S3Options::from_url("s3://my-bucket/tenants?region=eu-central-1")?;
/// # Ok(())
/// # }
/// ```
pub struct S3Store {
    store: ObjectTenantStore,
}

impl S3Store {
    /// A store with these options. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`S3Error`]: which option is missing or can't be.
    pub fn new(options: S3Options) -> Result<Self, S3Error> {
        Ok(Self { store: options.build()? })
    }

    const fn inner(&self) -> &ObjectTenantStore {
        &self.store
    }

    #[allow(clippy::unused_async, reason = "other wrappers wait here")]
    async fn before(&self, _method: StoreMethod, _tenant: Option<&TenantId>) {}
}

impl fmt::Debug for S3Store {
    /// Bucket, address and credentials are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").finish_non_exhaustive()
    }
}

forward_tenant_store!(S3Store);
