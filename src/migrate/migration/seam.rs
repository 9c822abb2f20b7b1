//! Where a test can stop a migration, or have it fail, before each change that it makes past the store.

use std::io;
use std::sync::Arc;

use crate::store::TenantStore;

/// Wraps a store.
#[cfg(feature = "testkit")]
pub(super) type OverStore = dyn Fn(Arc<dyn TenantStore>) -> Arc<dyn TenantStore> + Send + Sync;

/// What a test has happen; nothing otherwise.
#[derive(Clone, Default)]
pub(super) struct Seam {
    #[cfg(feature = "testkit")]
    pub(super) before_change: Option<Arc<dyn Fn() -> io::Result<()> + Send + Sync>>,
    /// What the root's own store is wrapped in.
    #[cfg(feature = "testkit")]
    pub(super) over_store: Option<Arc<OverStore>>,
    /// Whether no two folders of the root are to lie on one file system.
    #[cfg(feature = "testkit")]
    pub(super) across_file_systems: bool,
}

impl Seam {
    /// Called before each change of the root.
    #[allow(
        clippy::unused_self,
        clippy::missing_const_for_fn,
        reason = "without the testkit nothing happens"
    )]
    pub(super) fn change(&self) -> io::Result<()> {
        #[cfg(feature = "testkit")]
        if let Some(before_change) = &self.before_change {
            return before_change();
        }
        Ok(())
    }

    /// The root's own store, as it is to be used.
    #[allow(
        clippy::unused_self,
        clippy::missing_const_for_fn,
        reason = "without the testkit it stays as it is"
    )]
    pub(super) fn store(&self, store: Arc<dyn TenantStore>) -> Arc<dyn TenantStore> {
        #[cfg(feature = "testkit")]
        if let Some(over_store) = &self.over_store {
            return over_store(store);
        }
        store
    }

    /// Whether everything lies on a file system of its own.
    #[allow(clippy::unused_self, reason = "constant without the testkit")]
    pub(super) const fn is_across_file_systems(&self) -> bool {
        #[cfg(feature = "testkit")]
        return self.across_file_systems;
        #[cfg(not(feature = "testkit"))]
        return false;
    }
}
