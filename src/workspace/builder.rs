//! How a [`Tenantry`] is made: settings apart from injected parts.

use std::sync::Arc;
use std::time::Duration;

use crate::environment::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Freshness, Ledger, LedgerSettings};
use crate::ownership::{AuditSink, DefaultPolicy, Gate, OwnershipPolicy, TracingAudit};
use crate::paths::CollectionName;
use crate::quota::{Plans, QuotaRule, QuotaSink, TracingQuota};
use crate::record::{Entity, RecordLimits};
use crate::store::{StoreError, StoreErrorKind, TenantStore};

use super::access::{Core, Guarded};
use super::dooms::Pins;
use super::kinds::Kinds;
use super::profile::is_time_zone;
use super::stored_files::LONGEST_URL;
use super::tenantry::Tenantry;
use super::upkeep::{Maintenance, Settled};
use super::views::{Rules, ViewMode, ViewWriter};

/// How a [`Tenantry`] behaves. Start from [`Settings::default`] and change what is to differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The memory that the states of all tenants together may take, in bytes, roughly: 256 MiB.
    pub memory: usize,
    /// How new what is only read has to be: strictly what was committed before. A workspace can be asked for
    /// otherwise ([`Workspace::reading`](super::Workspace::reading)).
    pub freshness: Freshness,
    /// How many transactions of one tenant may wait before more are refused as busy: 10,000.
    pub queue: usize,
    /// How often a transaction is tried against others before it is said to be contended: 32.
    pub attempts: u32,
    /// The bytes of commits below which a ledger is not folded: 64 KiB.
    pub fold_minimum: usize,
    /// The time zone of new tenants, by its IANA name: `Asia/Jakarta`.
    pub time_zone: String,
    /// What a record may be.
    pub record_limits: RecordLimits,
    /// The extensions that videos may have, in lower case: mp4, avi, mov, wmv, flv, mkv.
    pub video_extensions: Vec<String>,
    /// How long a thumbnail may be, in bytes: 10 MiB.
    pub thumbnail_bytes: u64,
    /// How long an upload's reservation holds before it must be renewed: an hour. Uploads under way
    /// renew theirs.
    pub reservation_life: Duration,
    /// How long a URL to upload by may be good for: an hour; seven days at the most.
    pub upload_url_life: Duration,
    /// How long an upload by URL may take that began just before the URL expired: 3 hours. Stores look at a URL when a
    /// request begins, and wait for slow clients; for so long the quota is held, and what is deleted or erased
    /// is watched. An upload that takes longer may leave a file of which no ledger knows.
    pub late_upload: Duration,
    /// By how much an upload of unknown length grows its reservation at a time: 8 MiB.
    pub reservation_step: u64,
    /// The bytes that uploads leave free on the medium: 256 MiB. Commits and deletes may use them.
    pub free_space_reserve: u64,
    /// How long a tenant can be restored after it was deleted: 30 days.
    pub grace: Duration,
    /// On stores without a fence of their own: how long a request may live on its way: 10 minutes.
    pub request_life: Duration,
    /// On such stores: by how much the clocks of nodes may differ: a minute.
    pub clock_skew: Duration,
    /// On such stores: for how long after its deletion a file can still be read by those who have it
    /// open: 5 minutes.
    pub reading_grace: Duration,
    /// How many answers to requests with an idempotency key are kept per tenant: 256.
    pub kept_requests: usize,
    /// How long such an answer may be as JSON, in bytes: 64 KiB.
    pub answer_bytes: usize,
    /// When views are written, on stores where they are kept up: soon after a commit.
    pub views: ViewMode,
    /// How long after a commit that is, so that the views are written once for many commits: 200 ms.
    pub view_delay: Duration,
    /// How long a view that somebody edited may be to be adopted, in bytes: 16 MiB.
    pub edited_view_bytes: u64,
    /// How long a workbook may be to be imported, in bytes: 16 MiB; unpacked eight times as long.
    #[cfg(feature = "xlsx")]
    pub workbook_bytes: u64,
    /// How many rows of a workbook may be the tenant's that imports it: 50,000.
    #[cfg(feature = "xlsx")]
    pub workbook_rows: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let extensions = ["mp4", "avi", "mov", "wmv", "flv", "mkv"];
        Self {
            memory: 256 << 20,
            freshness: Freshness::Strict,
            queue: 10_000,
            attempts: 32,
            fold_minimum: 64 << 10,
            time_zone: "Asia/Jakarta".to_owned(),
            record_limits: RecordLimits::default(),
            video_extensions: extensions.map(str::to_owned).to_vec(),
            thumbnail_bytes: 10 << 20,
            reservation_life: Duration::from_secs(3600),
            upload_url_life: Duration::from_secs(3600),
            late_upload: Duration::from_secs(3 * 3600),
            reservation_step: 8 << 20,
            free_space_reserve: 256 << 20,
            grace: Duration::from_secs(30 * 24 * 3600),
            request_life: Duration::from_secs(600),
            clock_skew: Duration::from_secs(60),
            reading_grace: Duration::from_secs(300),
            kept_requests: 256,
            answer_bytes: 64 << 10,
            views: ViewMode::default(),
            view_delay: Duration::from_millis(200),
            edited_view_bytes: 16 << 20,
            #[cfg(feature = "xlsx")]
            workbook_bytes: 16 << 20,
            #[cfg(feature = "xlsx")]
            workbook_rows: 50_000,
        }
    }
}

impl Settings {
    fn validate(&self) -> Result<()> {
        let refuse = |what: &str| Err(Error::new(ErrorKind::Configuration, "open").about(what));
        if !is_time_zone(&self.time_zone) {
            return refuse("time_zone");
        }
        if self.queue == 0 || self.attempts == 0 {
            return refuse("queue and attempts must be at least 1");
        }
        if self.reservation_life.is_zero() || self.reservation_step == 0 {
            return refuse("reservation_life and reservation_step must be more than nothing");
        }
        if self.upload_url_life > LONGEST_URL {
            return refuse("upload_url_life must be at most seven days");
        }
        let lower = |extension: &String| {
            !extension.is_empty() && extension.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if !self.video_extensions.iter().all(lower) {
            return refuse("video_extensions must be lower case letters and digits");
        }
        Ok(())
    }
}

/// Collects what a [`Tenantry`] is made of.
pub struct Builder {
    store: Arc<dyn TenantStore>,
    settings: Settings,
    policy: Arc<dyn OwnershipPolicy>,
    audit: Arc<dyn AuditSink>,
    plans: Plans,
    quota_sink: Arc<dyn QuotaSink>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kinds: Kinds,
    /// The first collection for which two kinds were given.
    twice: Option<CollectionName>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Builder {
    /// Begins with a store, which is given away: from here on it is reached with a permit only.
    pub fn new(store: impl TenantStore) -> Self {
        Self::over(Arc::new(store))
    }

    /// The same with a store that was given away already.
    pub(crate) fn over(store: Arc<dyn TenantStore>) -> Self {
        Self {
            store,
            settings: Settings::default(),
            policy: Arc::new(DefaultPolicy),
            audit: Arc::new(TracingAudit),
            plans: Plans::new(),
            quota_sink: Arc::new(TracingQuota),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            kinds: Kinds::own(),
            twice: None,
        }
    }

    /// Sets how it behaves.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets who decides; [`DefaultPolicy`] otherwise.
    #[must_use]
    pub fn policy(mut self, policy: impl OwnershipPolicy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Sets where decisions are recorded; [`TracingAudit`] otherwise.
    #[must_use]
    pub fn audit(mut self, audit: impl AuditSink) -> Self {
        self.audit = Arc::new(audit);
        self
    }

    /// Sets the plans; nobody is limited otherwise.
    #[must_use]
    pub fn plans(mut self, plans: Plans) -> Self {
        self.plans = plans;
        self
    }

    /// Sets who is told when a tenant comes near a limit; [`TracingQuota`] otherwise.
    #[must_use]
    pub fn quota_sink(mut self, sink: impl QuotaSink) -> Self {
        self.quota_sink = Arc::new(sink);
        self
    }

    /// Sets the clock; the system's otherwise.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the randomness; the system's otherwise.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Makes a kind of the host's own known, so that references in its records can be cleared. The
    /// library's own kinds are known.
    #[must_use]
    pub fn kind<E: Entity>(mut self) -> Self {
        if !self.kinds.add::<E>() {
            self.twice.get_or_insert_with(E::collection);
        }
        self
    }

    /// Checks settings and store, and opens. To be called within a tokio runtime, on which the
    /// library's committers then run.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if a setting is out of range, a plan that a role has by default
    /// is missing, a collection has two kinds, a store's request may take longer than
    /// [`request_life`](Settings::request_life), or there is no runtime; [`ErrorKind::Unsupported`] if the store's medium lacks
    /// what the store needs, with what that is as its subject; whatever else kept the store from being probed. Nothing is changed.
    pub async fn open(self) -> Result<Tenantry> {
        self.settings.validate()?;
        if let Some(plan) = self.plans.dangling_default() {
            return Err(Error::new(ErrorKind::Configuration, "open").about(format!("plan {plan}")));
        }
        if let Some(collection) = self.twice {
            let about = format!("two kinds for {collection}");
            return Err(Error::new(ErrorKind::Configuration, "open").about(about));
        }
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|error| Error::new(ErrorKind::Configuration, "open").with_source(error))?;
        let longest = self.store.capabilities().longest_request;
        if longest.is_some_and(|longest| longest > self.settings.request_life) {
            let about = "request_life is shorter than the store's longest request";
            return Err(Error::new(ErrorKind::Configuration, "open").about(about));
        }
        self.store.probe().await.map_err(not_opened)?;
        let plans = Arc::new(self.plans);
        let live = self.store.capabilities().live_views;
        let (mode, delay) = (self.settings.views, self.settings.view_delay);
        let views = Arc::new(ViewWriter::new(mode, delay, live, runtime.clone()));
        let quota = QuotaRule { plans: Arc::clone(&plans), sink: self.quota_sink };
        let ledger_settings = LedgerSettings {
            memory: self.settings.memory,
            fold_minimum: self.settings.fold_minimum,
            queue: self.settings.queue,
            attempts: self.settings.attempts,
            freshness: self.settings.freshness,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            rule: Arc::new(Rules { quota, views: Arc::clone(&views) }),
        };
        let ledger = Ledger::new(self.store, ledger_settings, runtime.clone());
        Ok(Tenantry::of(Core {
            guarded: Guarded::new(ledger),
            gate: Gate::new(self.policy, self.audit, Arc::clone(&self.clock)),
            settings: self.settings,
            plans,
            clock: self.clock,
            entropy: self.entropy,
            runtime,
            pins: Pins::default(),
            views,
            kinds: self.kinds,
            maintenance: Maintenance::default(),
            settled: Settled::default(),
        }))
    }
}

/// Why a store was refused; what it lacks is told at once.
fn not_opened(error: StoreError) -> Error {
    let lacks = Some(error.detail().to_owned()).filter(|_| error.kind() == StoreErrorKind::Unsupported);
    let refused = Error::store("open", error);
    match lacks {
        Some(lacks) => refused.about(lacks),
        None => refused,
    }
}
