//! What a host opens for each run, and with what.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use crate::environment::{Clock, Entropy, ManualClock};
use crate::store::TenantStore;
use crate::testkit::histories::Note;
use crate::{Builder, Tenantry};

/// When histories begin, in seconds since 1970.
const BEGINNING: i64 = 1_762_225_200;

/// Why a world could not be opened.
pub type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// The clock and the randomness of one run. A world has to be opened with both, so that what is told apart
/// is what others did, and not the time of day.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub(super) clock: Arc<ManualClock>,
    pub(super) entropy: Arc<StepEntropy>,
}

impl Surroundings {
    pub(super) fn new() -> Self {
        let beginning = Timestamp::from_second(BEGINNING).unwrap_or_default();
        Self { clock: Arc::new(ManualClock::new(beginning)), entropy: Arc::default() }
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The randomness.
    #[must_use]
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        self.entropy.clone()
    }

    /// The beginning of a library over `store`, with this clock and this randomness, for a host to go on
    /// with.
    #[must_use]
    pub fn builder(&self, store: impl TenantStore) -> Builder {
        Tenantry::builder(store).clock(self.clock()).entropy(self.entropy()).kind::<Note>()
    }
}

/// Randomness that begins anew with each step: what a step draws does not depend on those before it, which
/// others may have made.
#[derive(Debug, Default)]
pub(super) struct StepEntropy {
    step: AtomicU64,
    drawn: AtomicU64,
}

impl StepEntropy {
    pub(super) fn begin(&self, step: u64) {
        self.step.store(step, Ordering::SeqCst);
        self.drawn.store(0, Ordering::SeqCst);
    }
}

impl Entropy for StepEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.step.load(Ordering::SeqCst).to_be_bytes());
        hasher.update(&drawn.to_be_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

/// A library that was opened for one run, and what has to stay as long as it: a folder, say.
pub struct World {
    pub(super) tenantry: Tenantry,
    kept: Vec<Box<dyn Any + Send>>,
}

impl World {
    /// A world of that library.
    #[must_use]
    pub const fn new(tenantry: Tenantry) -> Self {
        Self { tenantry, kept: Vec::new() }
    }

    /// The same, with something that is dropped with it.
    #[must_use]
    pub fn keeping(mut self, what: impl Any + Send) -> Self {
        self.kept.push(Box::new(what));
        self
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}
