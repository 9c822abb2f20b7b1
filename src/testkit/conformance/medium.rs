//! What a backend brings to the suite: a [`Medium`].

use std::sync::Arc;

use async_trait::async_trait;

use crate::store::{StoreError, TenantStore};

/// A medium: a folder, a bucket, a piece of memory. Empty when it is made, gone when it is dropped.
#[async_trait]
pub trait Medium: Send + Sync {
    /// Opens a store over the medium; each call gives another store over the same, as another process
    /// would have it.
    ///
    /// # Errors
    /// Whatever kept it from opening, which fails the sentence.
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError>;
}
