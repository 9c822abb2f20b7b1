//! Who signs the URLs of an object store.

use async_trait::async_trait;
use object_store::path::Path;

use crate::store::{SignedUrl, StoreError, UrlRequest};

/// Signs URLs of an object store, by which requests are made without credentials.
///
/// `S3Store` (feature `s3`) has one. For another object store an application brings its own,
/// over `object_store`'s `Signer` for instance.
///
/// # Contract
/// - A URL is good for the one object and the one method, and for nothing else, whatever query or headers
///   are added to the request: to write by it must not mean to read, or to copy, another object (S3 dispatches a
///   PUT with the header `x-amz-copy-source` as a copy, with the signer's rights).
/// - [`creates_only`](SignedUrl::creates_only) is said only where the request carries a condition that is
///   signed with it, and that the object store honours.
/// - It ends when it was asked to, by the object store's clock.
#[async_trait]
pub trait UrlSigner: Send + Sync + 'static {
    /// Signs a URL for the object at `location`.
    ///
    /// # Errors
    /// [`Unsupported`](crate::store::StoreErrorKind::Unsupported) for what this object store can't do, or
    /// must not be used for; whatever kept it from signing.
    async fn sign(&self, location: &Path, request: &UrlRequest) -> Result<SignedUrl, StoreError>;
}
