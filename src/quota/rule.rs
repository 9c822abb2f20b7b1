//! The rule that every commit keeps, and what is announced before a limit is hit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Limits, Plans, effective_limits, usage_of};
use crate::error::{Error, QuotaRefusal, Result};
use crate::ledger::{Draft, State};
use crate::paths::TenantId;

/// The shares of a limit, in per cent, that are announced when they are passed.
const THRESHOLDS: [u64; 2] = [80, 95];

/// A share of a limit was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Threshold {
    /// Whose limit.
    pub tenant: TenantId,
    /// What is limited: `blob_bytes`, `record_bytes`, `files`, `active_streams`, or a collection's name.
    pub dimension: String,
    /// The share, in per cent.
    pub percent: u64,
    /// What is used and reserved now.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// Who is told when a tenant comes near a limit. It is called from the committer and must not wait.
pub trait QuotaSink: Send + Sync + 'static {
    /// A tenant passed a share of a limit, upwards.
    fn passed(&self, threshold: &Threshold);
}

/// Writes thresholds to `tracing`, target `tenantry::quota`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingQuota;

impl QuotaSink for TracingQuota {
    fn passed(&self, threshold: &Threshold) {
        let Threshold { tenant, dimension, percent, used, limit } = threshold;
        tracing::info!(
            target: "tenantry::quota",
            tenant = tenant.as_str(), dimension = dimension.as_str(), percent, used, limit,
            "quota threshold passed",
        );
    }
}

/// Quotas, for the rule that every commit keeps.
pub(crate) struct QuotaRule {
    pub(crate) plans: Arc<Plans>,
    pub(crate) sink: Arc<dyn QuotaSink>,
}

/// Each limited dimension: its name, its limit, and what counts before and after.
fn dimensions(limits: &Limits, before: &State, after: &State) -> Vec<(String, u64, u64, u64)> {
    let mut dimensions = Vec::new();
    if *limits == Limits::unlimited() {
        return dimensions;
    }
    let (before, after) = (usage_of(before), usage_of(after));
    // The limited ones are the same before and after, in the same order.
    let after = after.measures(limits).filter(|measure| measure.limit.is_some());
    for (was, is) in before.measures(limits).filter(|measure| measure.limit.is_some()).zip(after) {
        dimensions.extend(is.limit.map(|limit| (is.dimension.to_owned(), limit, was.used, is.used)));
    }
    dimensions
}

/// I5: what is committed and reserved never exceeds a limit. What a lowered limit left above it may
/// shrink, and may not grow.
pub(crate) fn check(plans: &Plans, before: &State, after: &State) -> Result<()> {
    check_within(&effective_limits(plans, after.header()), before, after)
}

fn check_within(limits: &Limits, before: &State, after: &State) -> Result<()> {
    for (dimension, limit, used, wanted) in dimensions(limits, before, after) {
        if wanted > limit && wanted > used {
            let refusal = QuotaRefusal { dimension, limit, used, requested: wanted - used };
            return Err(Error::over_quota("transaction", refusal));
        }
    }
    Ok(())
}

impl QuotaRule {
    /// See [`check`].
    pub(crate) fn check(&self, before: &State, after: &Draft) -> Result<()> {
        let limits = effective_limits(&self.plans, after.header());
        if limits == Limits::unlimited() {
            return Ok(());
        }
        check_within(&limits, before, after.state())
    }

    /// Announces what a commit passed.
    pub(crate) fn committed(&self, tenant: &TenantId, before: &State, after: &State) {
        let limits = effective_limits(&self.plans, after.header());
        for (dimension, limit, was, used) in dimensions(&limits, before, after) {
            let reached =
                |count: u64, percent: u64| u128::from(count) * 100 >= u128::from(limit) * u128::from(percent);
            let passed =
                THRESHOLDS.into_iter().filter(|&p| used > was && reached(used, p) && !reached(was, p));
            for percent in passed {
                let dimension = dimension.clone();
                let threshold = Threshold { tenant: tenant.clone(), dimension, percent, used, limit };
                // The commit is durable: a sink that panics must not make its outcome unknown.
                let told = catch_unwind(AssertUnwindSafe(|| self.sink.passed(&threshold)));
                if told.is_err() {
                    tracing::error!(target: "tenantry::quota", "the quota sink panicked");
                }
            }
        }
    }
}
