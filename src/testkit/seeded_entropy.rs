//! Randomness that can be had again.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::environment::Entropy;

/// An [`Entropy`] that gives the same bytes for the same seed; for tests.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// The bytes of `seed`, from the beginning.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_be_bytes());
        hasher.update(&drawn.to_be_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}
