//! A ledger over nothing but conditional puts of small objects: [`HeadLedger`].
//!
//! One small *head* object per tenant is replaced by compare-and-swap on its ETag. It holds the
//! last commits and names the immutable snapshot and segments before them. One commit is one
//! conditional put, a warm read one conditional get; nothing is listed or locked.
//!
//! What the medium must guarantee: an object appears whole or not at all; a put that asks that
//! nothing be there, or that the ETag be as given, is refused otherwise; a read sees the last
//! write that was answered; no ETag comes back while the content differs. What it need not: that
//! an answer arrives, that a request is done once, or soon, or that a status tells the truth.
//!
//! The client should not repeat requests by itself (`max_retries: 0` in `object_store`'s own
//! ones): then its time-outs bound how long a request can live. What was sent and not answered is
//! settled here.
//!
//! The adapter keeps no state of a tenant; what an append needs travels in the [`Version`].

mod append;
mod fold;
mod head;
mod objects;
mod omission;
mod read;
mod swap;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, UpdateVersion};

pub use omission::Step;

use self::head::Head;
use self::objects::{Kind, parse_name};
use self::omission::Omission;
use super::object_error::from_object;
use super::{Header, StoreError, Version};
use crate::environment::Entropy;
use crate::paths::TenantId;

/// Sizes and limits of a [`HeadLedger`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HeadLedgerSettings {
    /// How many bytes of commits the head holds before they become a segment. Default: 32 KiB.
    pub tail_bytes: usize,
    /// How many ids of commits the head keeps, by which a writer learns what became of an
    /// unanswered commit. Default: 128.
    pub ids_kept: usize,
    /// How often a request is sent before its outcome is called unknown. Default: 6.
    pub attempts: u32,
    /// The pause after the first attempt, doubled after each; up to half of it is left to chance.
    /// Default: 20 ms.
    pub backoff: Duration,
}

impl Default for HeadLedgerSettings {
    fn default() -> Self {
        Self { tail_bytes: 32 * 1024, ids_kept: 128, attempts: 6, backoff: Duration::from_millis(20) }
    }
}

/// The ledger half of a store over an object store: heads are `<heads>/<tenant>`, so that whoever lists them
/// lists the tenants, and what they name lies under `<parts>/<tenant>/`.
pub struct HeadLedger {
    objects: Arc<dyn ObjectStore>,
    heads: Path,
    parts: Path,
    entropy: Arc<dyn Entropy>,
    settings: HeadLedgerSettings,
    omission: Omission,
}

impl fmt::Debug for HeadLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadLedger").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A head as it was read or written, and what a swap needs to replace it.
#[derive(Debug, Clone)]
struct Known {
    etag: UpdateVersion,
    head: Arc<Head>,
}

impl Known {
    fn version(&self) -> Version {
        let token = Token { known: Some(self.clone()) };
        Version::new(self.head.header.incarnation, self.head.number, Arc::new(token))
    }
}

/// What a [`Version`] carries.
#[derive(Debug)]
struct Token {
    /// The head of just that number; `None` if only a later one was ever seen.
    known: Option<Known>,
}

impl HeadLedger {
    /// A ledger with its heads under `heads` and all else under `parts`, two folders that differ;
    /// `entropy` makes names and ids.
    #[must_use]
    pub fn new(
        objects: Arc<dyn ObjectStore>,
        heads: Path,
        parts: Path,
        entropy: Arc<dyn Entropy>,
        settings: HeadLedgerSettings,
    ) -> Self {
        Self { objects, heads, parts, entropy, settings, omission: Omission::default() }
    }

    /// The same with one step of the protocol left out, to show that tests notice.
    #[cfg(feature = "testkit")]
    #[doc(hidden)]
    #[must_use]
    pub fn leaving_out(mut self, step: Step) -> Self {
        self.omission = Omission::of(step);
        self
    }

    /// Reads a tenant's header: one request, whether the tenant exists or not.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), or whatever kept the store from it.
    pub async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError> {
        Ok(self.read_head(tenant).await?.map(|known| known.head.header.clone()))
    }

    /// Clears what the head no longer names. Returns whether the tenant is a tombstone.
    ///
    /// Names are listed first and judged by a head read after: what that head has counted and does
    /// not name, no head ever will.
    ///
    /// # Errors
    /// Whatever kept the store from it; part of it may be done.
    pub async fn tidy(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let failed = |error| from_object("tidy", "the tenant's ledger", error);
        let folder = self.parts.clone().join(tenant.as_str());
        let found: Vec<_> = self.objects.list(Some(&folder)).try_collect().await.map_err(failed)?;
        let Some(known) = self.read_head(tenant).await? else { return Ok(false) };
        let head = &known.head;
        for object in found {
            let Some(name) = object.location.filename() else { continue };
            let Some((kind, count)) = parse_name(name) else { continue };
            let counted = match kind {
                Kind::Snapshot => count <= head.snapshot_count,
                Kind::Segment => count <= head.segment_count,
            };
            if !counted || head.names(name) || head.previous.iter().any(|previous| previous == name) {
                continue;
            }
            match self.objects.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(head.header.tombstone)
    }

    fn head_key(&self, tenant: &TenantId) -> Path {
        self.heads.clone().join(tenant.as_str())
    }

    /// Where an object lies that a head names.
    fn key(&self, tenant: &TenantId, name: &str) -> Path {
        self.parts.clone().join(tenant.as_str()).join(name)
    }

    /// 128 random bits as text.
    fn random(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.entropy.fill(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }

    /// 64 random bits as text: a commit's id has to differ only from the others that could have had
    /// the same number.
    fn id(&self) -> String {
        let mut bytes = [0_u8; 8];
        self.entropy.fill(&mut bytes);
        format!("{:016x}", u64::from_be_bytes(bytes))
    }

    /// Waits before attempt number `attempt`; the first does not wait.
    async fn pause(&self, attempt: u32) {
        if attempt == 0 || self.settings.backoff.is_zero() {
            return;
        }
        let full = self.settings.backoff.saturating_mul(1 << (attempt - 1).min(6));
        let mut chance = [0_u8; 1];
        self.entropy.fill(&mut chance);
        let spared = full.mul_f64(f64::from(chance[0]) / 512.0);
        tokio::time::sleep(full.saturating_sub(spared)).await;
    }
}
