//! A store of which one can wait until the library has let go of it: what the library does after its last
//! answer may hold it for a moment, and until then nobody else can have the root alone.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::paths::{Area, BlobKey, TenantId};
use crate::store::forward::{StoreMethod, forward_tenant_store};
use crate::store::{
    BlobInfo, ByteStream, Commit, Fold, Found, Header, Loaded, Outcome, Page, Put, Refreshed, Removed,
    SetAside, TenantStore, Version, ViewKey, ViewPlace,
};

/// A store that says when it is let go of.
pub(super) struct Held {
    // Dropped first.
    store: Arc<dyn TenantStore>,
    _end: oneshot::Sender<()>,
}

/// Waits for that.
pub(super) struct Release(oneshot::Receiver<()>);

impl Held {
    pub(super) fn new(store: Arc<dyn TenantStore>) -> (Self, Release) {
        let (end, ended) = oneshot::channel();
        (Self { store, _end: end }, Release(ended))
    }

    fn inner(&self) -> &dyn TenantStore {
        &*self.store
    }

    #[allow(clippy::unused_self, clippy::unused_async, reason = "what forwarding asks for")]
    async fn before(&self, _: StoreMethod, _: Option<&TenantId>) {}
}

impl Release {
    pub(super) async fn wait(self) {
        // Nothing is ever sent.
        let _ = self.0.await;
    }
}

forward_tenant_store!(Held);
