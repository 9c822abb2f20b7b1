//! The library's policy, asked as often as is wanted at the next request: only so has one a request to ask about.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::ownership::{Decision, DefaultPolicy, OwnershipPolicy, Request};

/// The policy.
pub(crate) struct Repeated {
    policy: Arc<dyn OwnershipPolicy>,
    times: Arc<AtomicU64>,
}

impl Repeated {
    /// One that is asked so many times more at the next request, and then no more.
    pub(crate) fn new(times: Arc<AtomicU64>) -> Self {
        Self { policy: Arc::new(DefaultPolicy), times }
    }
}

impl OwnershipPolicy for Repeated {
    fn decide(&self, request: &Request<'_>) -> Decision {
        for _ in 0..self.times.swap(0, Ordering::Relaxed) {
            black_box(black_box(&self.policy).decide(black_box(request)));
        }
        self.policy.decide(request)
    }
}
