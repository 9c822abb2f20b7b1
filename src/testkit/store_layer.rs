//! A wrapper that changes what it wants to and forwards the rest: [`StoreLayer`].

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::forward::tenant_store_methods;
use crate::store::{
    BlobInfo, ByteStream, Capabilities, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed,
    Removed, SetAside, StoreError, TenantStore, Version, ViewKey, ViewPlace,
};

/// Declares the trait and implements the store from one list, so that neither lacks a method.
macro_rules! layer {
    ($($variant:ident $method:ident($($argument:ident: $type:ty),*) -> $answer:ty, $tenant:expr;)*) => {
        /// A layer over a store: it has the store's methods, each of which forwards unless it is written
        /// anew, but for `is_newest`. [`Layered`] makes a [`TenantStore`] of it.
        ///
        /// It is for tests, of hosts (a store that answers as it should not) and of the conformance suite (a
        /// backend that is wrong on purpose). A wrapper that is to be used in earnest implements
        /// [`TenantStore`] itself, so that the compiler tells of a method that was forgotten.
        ///
        /// ```
        /// use tenantry::paths::BlobKey;
        /// use tenantry::store::{MemoryStore, StoreError, TenantStore};
        /// use tenantry::testkit::{Layered, StoreLayer};
        ///
        /// /// Says that it deleted, and forgets to.
        /// struct ForgetsDeletes(MemoryStore);
        ///
        /// #[async_trait::async_trait]
        /// impl StoreLayer for ForgetsDeletes {
        ///     fn inner(&self) -> &dyn TenantStore {
        ///         &self.0
        ///     }
        ///
        ///     async fn delete(&self, _key: &BlobKey) -> Result<(), StoreError> {
        ///         Ok(())
        ///     }
        /// }
        ///
        /// let store = Layered::new(ForgetsDeletes(MemoryStore::new()));
        /// # fn takes_a_store(_: impl TenantStore) {}
        /// # takes_a_store(store);
        /// ```
        #[async_trait]
        pub trait StoreLayer: Send + Sync + 'static {
            /// The store below.
            fn inner(&self) -> &dyn TenantStore;

            /// What is said of the store; forwards.
            fn capabilities(&self) -> Capabilities {
                self.inner().capabilities()
            }

            /// [`TenantStore::is_newest`]; says no, so that a `refresh` written anew is asked.
            fn is_newest(&self, tenant: &TenantId, version: &Version) -> bool {
                let _ = (tenant, version);
                false
            }

            $(
                #[doc = concat!(
                    "[`TenantStore::", stringify!($method), "`]; forwards.\n\n# Errors\nThose of the store below."
                )]
                async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                    self.inner().$method($($argument),*).await
                }
            )*
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<L: StoreLayer> TenantStore for Layered<L> {
            $(
                async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                    self.layer.$method($($argument),*).await
                }
            )*

            fn capabilities(&self) -> Capabilities {
                self.layer.capabilities()
            }

            fn is_newest(&self, tenant: &TenantId, version: &Version) -> bool {
                self.layer.is_newest(tenant, version)
            }
        }
    };
}

tenant_store_methods!(layer:);

/// A store with a [`StoreLayer`] over it.
pub struct Layered<L> {
    layer: L,
}

impl<L: StoreLayer> Layered<L> {
    /// The store that the layer makes.
    #[must_use]
    pub const fn new(layer: L) -> Self {
        Self { layer }
    }
}

impl<L> fmt::Debug for Layered<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").finish_non_exhaustive()
    }
}
