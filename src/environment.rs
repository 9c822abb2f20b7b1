//! What the library takes from its surroundings, injected so that every history can be replayed:
//! the wall clock and randomness.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A wall clock.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `now` (milliseconds are kept, finer parts dropped).
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millisecond()))
    }

    /// Moves it forward.
    pub fn advance(&self, by: std::time::Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one place that asks the system; a system without randomness can't name anything safely"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system provides randomness");
    }
}

/// The moment after which a put must not publish; it can be moved on while the put runs.
#[derive(Clone)]
pub struct Deadline {
    milliseconds: Arc<AtomicI64>,
    clock: Arc<dyn Clock>,
}

impl Deadline {
    /// A deadline at `at` by `clock`.
    #[must_use]
    pub fn new(at: Timestamp, clock: Arc<dyn Clock>) -> Self {
        Self { milliseconds: Arc::new(AtomicI64::new(at.as_millisecond())), clock }
    }

    /// Moves the deadline on; it never moves back.
    pub fn extend(&self, to: Timestamp) {
        self.milliseconds.fetch_max(to.as_millisecond(), Ordering::SeqCst);
    }

    /// Whether it has passed.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.clock.now().as_millisecond() >= self.milliseconds.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deadline").field(&self.milliseconds.load(Ordering::SeqCst)).finish()
    }
}
