//! Upkeep of all tenants, page by page.
//!
//! Tenants do not wait for one another: a few are seen to at a time, and one that takes too long is left
//! to the next round and reported. Of a tombstone that is settled nothing is asked.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Lifecycle, TenantHeader};
use crate::ownership::Action;
use crate::paths::TenantId;
use crate::store::MarkedTenant;

use super::super::access::Core;
use super::super::erasure::{self, Erasure};
use super::super::tenants::Grace;
use super::{Swept, sweep};

/// How many tenants are listed at a time.
const PAGE: usize = 256;

/// What a sweep of all tenants did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SweptAll {
    /// What was done, over all of them.
    pub swept: Swept,
    /// How many tenants were seen to.
    pub tenants: u64,
    /// Whose sweep failed or took too long.
    pub failed: Vec<(TenantId, Error)>,
}

/// What erasing all that was due did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Erased {
    /// The tenants of which nothing is left.
    pub done: Vec<TenantId>,
    /// Those for which late requests have to be waited for.
    pub waiting: Vec<TenantId>,
    /// Whose erasure failed or took too long; it goes on from there when it is repeated.
    pub failed: Vec<(TenantId, Error)>,
}

/// What a round of all upkeep did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RoundReport {
    /// The sweeps.
    pub swept: Swept,
    /// How many tenants were seen to, of those that are erased already none.
    pub tenants: u64,
    /// The tenants that were erased.
    pub erased: Vec<TenantId>,
    /// How many tenants had their views looked at.
    pub views: u64,
    /// Whose upkeep failed or took too long.
    pub failed: Vec<(TenantId, Error)>,
}

impl Swept {
    fn add(&mut self, other: Self) {
        self.expired += other.expired;
        self.deleted += other.deleted;
        self.forgotten += other.forgotten;
        self.waiting += other.waiting;
    }
}

/// How all tenants are gone through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How many are seen to at a time.
    pub(super) at_once: usize,
    /// How long one may take.
    pub(super) limit: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_once: 4, limit: Duration::from_secs(60) }
    }
}

/// Upkeep for a reason.
pub(super) struct Upkeep<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) reason: &'a str,
    pub(super) pace: Pace,
}

impl Upkeep<'_> {
    /// Does something for every tenant that has a ledger, but for settled tombstones, and hands each answer on.
    async fn each<T, F: Future<Output = Result<T>>>(
        &self,
        operation: &'static str,
        see_to: impl Fn(MarkedTenant) -> F,
        mut answer: impl FnMut(TenantId, Result<T>),
    ) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let page = self.core.guarded.tenants(operation, after.as_deref(), PAGE).await?;
            let unsettled = page.items.into_iter().filter(|found| !self.core.settled.is_listed(found));
            let jobs = unsettled.map(|found| {
                let tenant = found.tenant.clone();
                let job = tokio::time::timeout(self.pace.limit, see_to(found));
                async move {
                    let late = |_| Err(Error::new(ErrorKind::Unavailable, operation).about("took too long"));
                    (tenant, job.await.unwrap_or_else(late))
                }
            });
            let jobs: Vec<_> = jobs.collect();
            let mut answers = stream::iter(jobs).buffer_unordered(self.pace.at_once.max(1));
            while let Some((tenant, result)) = answers.next().await {
                answer(tenant, result);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Sweeps all tenants.
    pub(super) async fn sweep_all(&self) -> Result<SweptAll> {
        let mut all = SweptAll::default();
        let see_to = |found: MarkedTenant| async move { self.sweep(&found.tenant).await };
        let answer = |tenant, result: Result<Option<Swept>>| match result {
            Ok(None) => {}
            Ok(Some(swept)) => {
                all.swept.add(swept);
                all.tenants += 1;
            }
            Err(error) => all.failed.push((tenant, error)),
        };
        self.each(Action::SweepTenant.as_str(), see_to, answer).await?;
        Ok(all)
    }

    /// Sweeps a tenant, if it lives.
    async fn sweep(&self, tenant: &TenantId) -> Result<Option<Swept>> {
        let permit = self.core.gate.operate(self.reason, Action::SweepTenant, tenant);
        match sweep(self.core, &permit).await {
            Ok(swept) => Ok(Some(swept)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Erases the tenants whose grace is over, and goes on with those that are being erased.
    pub(super) async fn erase_due(&self) -> Result<Erased> {
        let mut all = Erased::default();
        let see_to = |found| async move { self.erase(&found).await };
        let answer = |tenant, result| match result {
            Ok(Due::Nothing | Due::Tombstone) => {}
            Ok(Due::Erasure(Erasure::Done(_))) => all.done.push(tenant),
            Ok(Due::Erasure(Erasure::Waiting { .. })) => all.waiting.push(tenant),
            Err(error) => all.failed.push((tenant, error)),
        };
        self.each(Action::EraseTenant.as_str(), see_to, answer).await?;
        Ok(all)
    }

    /// Erases a tenant, if that is due, and clears what is left of one that was.
    async fn erase(&self, found: &MarkedTenant) -> Result<Due> {
        let (action, core, tenant) = (Action::EraseTenant, self.core, &found.tenant);
        // Its header alone says whether anything is to be done at all.
        let Some(header) = core.guarded.header(action.as_str(), tenant).await? else {
            return Ok(Due::Nothing);
        };
        let due = match header.lifecycle {
            Lifecycle::Deleting { until } => until <= core.clock.now(),
            Lifecycle::Erasing { .. } => true,
            Lifecycle::Erased => {
                self.clear(found, &header).await?;
                return Ok(Due::Tombstone);
            }
            Lifecycle::Active | Lifecycle::Arriving => false,
        };
        if !due {
            return Ok(Due::Nothing);
        }
        let permit = core.gate.operate(self.reason, action, tenant);
        match erasure::erase(core, &permit, Grace::Respect).await {
            Ok(erasure) => Ok(Due::Erasure(erasure)),
            // Restored, or erased by somebody else, meanwhile.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                Ok(Due::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// Clears what is left of a tenant that was erased: whoever wrote the tombstone may have ended before that, and
    /// what was on its way then comes later (I7). Once no more can come, it is cleared for the last time.
    async fn clear(&self, found: &MarkedTenant, tombstone: &TenantHeader) -> Result<()> {
        let (action, core) = (Action::EraseTenant, self.core);
        if core.settled.has(found, tombstone) {
            return Ok(());
        }
        let begun = core.clock.now();
        let permit = core.gate.operate(self.reason, action, &found.tenant);
        let tidied = core.guarded.store(&permit).tidy(&found.tenant).await;
        tidied.map_err(|error| Error::store(action.as_str(), error))?;
        // From when on nothing takes a file's name any more, nothing else comes either. Where the receipt does not say
        // when that is, it is cleared in every round.
        if erasure::names_free_from(core, action.as_str(), tombstone).is_ok_and(|until| until < begun) {
            core.settled.remember(found, tombstone);
        }
        Ok(())
    }

    /// Everything that is due, for all tenants.
    pub(super) async fn round(&self) -> Result<RoundReport> {
        let mut report = RoundReport::default();
        let see_to = |found| async move { self.see_to(&found).await };
        let answer = |tenant: TenantId, result: Result<Option<Seen>>| match result {
            Ok(None) => {}
            Ok(Some(seen)) => {
                report.tenants += 1;
                report.swept.add(seen.swept);
                report.views += u64::from(seen.views);
                report.erased.extend(Some(tenant).filter(|_| seen.erased));
            }
            Err(error) => report.failed.push((tenant, error)),
        };
        self.each("upkeep", see_to, answer).await?;
        Ok(report)
    }

    /// Sees to a tenant, unless it was erased.
    async fn see_to(&self, found: &MarkedTenant) -> Result<Option<Seen>> {
        let mut seen = Seen { erased: false, swept: Swept::default(), views: false };
        match self.erase(found).await? {
            Due::Tombstone => return Ok(None),
            Due::Erasure(erasure) => {
                seen.erased = matches!(erasure, Erasure::Done(_));
                return Ok(Some(seen));
            }
            Due::Nothing => {}
        }
        let tenant = &found.tenant;
        let Some(swept) = self.sweep(tenant).await? else { return Ok(Some(seen)) };
        seen.swept = swept;
        if self.core.views.is_behind(tenant) {
            self.core.views.catch_up(tenant).await?;
            seen.views = true;
        }
        Ok(Some(seen))
    }
}

/// Which end of a tenant was due.
enum Due {
    Nothing,
    Erasure(Erasure),
    /// It is behind it.
    Tombstone,
}

/// What was done for one tenant.
struct Seen {
    erased: bool,
    swept: Swept,
    views: bool,
}
