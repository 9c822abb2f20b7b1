//! The committer of one tenant: a task of the library, alive only while something waits.
//!
//! It takes what waits, runs it in order on the newest known state, and makes it one commit. Nobody is
//! answered, not even with a refusal, before the state that the answer rests on is durable and current.
//! Who is likely to be alone lends it his thread for one commit, which spares both a wake-up, or, if he has something else to
//! do meanwhile, until that blocks; where others are about, it waits until all that are ready have come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;

use super::{Cell, lock};
use crate::blocking;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::commit_text::{Change, write_commit};
use crate::ledger::draft::Draft;
use crate::ledger::state::{Section, State};
use crate::ledger::transaction::{Job, Meanwhile};
use crate::store::{Commit, Outcome, StoreError, StoreErrorKind};

/// How many transactions one commit takes at the most.
const BATCH: usize = 128;
/// After how many commits that nobody else was part of it is seen whether somebody would be.
const LOOK_EVERY: u32 = 64;

/// The transactions that wait for the committer.
#[derive(Default)]
pub(super) struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    pub(super) running: bool,
    /// How many commits in a row had one transaction only, with nobody waiting after them.
    alone: u32,
}

impl Queue {
    /// Whether the next one is taken to be alone as well. Several callers in one task can't come before
    /// the first of them has its answer if that gets it at once, so now and then it does not.
    fn expects_company(&self) -> bool {
        self.alone == 0 || self.alone.is_power_of_two() || self.alone.is_multiple_of(LOOK_EVERY)
    }
}

/// What running a batch gave.
struct Ran {
    /// When it ran: before the store is asked.
    began: Timestamp,
    after: State,
    changes: Vec<Change>,
    header_changed: bool,
}

impl Cell {
    /// Lets a transaction wait for the committer, and starts that if it is not at work.
    pub(in crate::ledger) fn submit(self: &Arc<Self>, job: Box<dyn Job>, meanwhile: Meanwhile) -> Result<()> {
        let expects_company = {
            let mut queue = lock(&self.queue);
            if queue.jobs.len() >= self.shared.settings.queue {
                return Err(Error::new(ErrorKind::Busy, "transaction"));
            }
            queue.jobs.push_back(job);
            if queue.running {
                return Ok(());
            }
            queue.running = true;
            queue.expects_company()
        };
        let cell = Arc::clone(self);
        let work = self.shared.begin_work();
        let committer = Box::pin(async move {
            cell.commit_all().await;
            drop(work);
        });
        let runtime = &self.shared.runtime;
        match meanwhile {
            _ if expects_company || !self.shared.store.capabilities().blocks => {
                drop(runtime.spawn(committer))
            }
            Meanwhile::Waits => blocking::begin_here(runtime, committer),
            Meanwhile::GoesOn => blocking::begin_beside(runtime, committer),
        }
        Ok(())
    }

    async fn commit_all(self: &Arc<Self>) {
        while let Some(mut jobs) = self.take_jobs() {
            let batch = std::panic::AssertUnwindSafe(self.commit_batch(&mut jobs));
            let outcome = batch.catch_unwind().await;
            // Seen before anybody is answered: who was alone may be back at once.
            let company = self.had_company(jobs.len());
            match outcome {
                Ok(Ok(state)) => answer_all(jobs, &state),
                Ok(Err(error)) => fail_all(jobs, &error),
                // A store that panics fails this batch, whose callers then see that nobody answers.
                Err(_) => {
                    self.forget();
                    drop(jobs);
                }
            }
            if company {
                // Those who were just answered come again once they have run, and who lent his thread
                // gets it back.
                blocking::leave().await;
                tokio::task::yield_now().await;
            }
        }
    }

    /// What waits, as much as one commit takes; if nothing does, the committer ends.
    fn take_jobs(&self) -> Option<Vec<Box<dyn Job>>> {
        let mut queue = lock(&self.queue);
        queue.jobs.retain(|job| !job.is_withdrawn());
        let take = queue.jobs.len().min(BATCH);
        if take == 0 {
            queue.running = false;
            return None;
        }
        Some(queue.jobs.drain(..take).collect())
    }

    /// Notes whether a commit of so many transactions had company.
    fn had_company(&self, count: usize) -> bool {
        let mut queue = lock(&self.queue);
        let company = count > 1 || !queue.jobs.is_empty();
        queue.alone = if company { 0 } else { queue.alone.saturating_add(1) };
        company
    }

    /// Makes a batch one commit: the state on which its answers rest, or why all of it failed.
    async fn commit_batch(self: &Arc<Self>, jobs: &mut [Box<dyn Job>]) -> Result<State> {
        self.move_to_fold().await;
        for attempt in 0..self.shared.settings.attempts {
            if attempt > 1 {
                self.back_off(attempt).await;
            }
            // What was found out after the transactions were taken is current for them.
            let known = if attempt == 0 { self.known() } else { None };
            let (state, current) = match known {
                Some(state) => (state, false),
                None => (self.current().await.map_err(|error| store_error(&error))?, true),
            };
            // What a transaction is told has to be there.
            let state = self.whole(state).await.map_err(|error| store_error(&error))?;
            let ran = self.run(&state, jobs);
            if ran.changes.is_empty() && !ran.header_changed {
                if current {
                    return Ok(state);
                }
                let newest = self.refresh(state.shared()).await.map_err(|error| store_error(&error))?;
                if newest.number() == state.number() {
                    return Ok(state);
                }
            } else if let Some(after) = self.append(&state, ran).await? {
                return Ok(after);
            }
        }
        Err(Error::new(ErrorKind::Contended, "transaction"))
    }

    /// Runs a batch, each transaction on what those before it left.
    fn run(&self, state: &State, jobs: &mut [Box<dyn Job>]) -> Ran {
        let mut ran =
            Ran { began: self.now(), after: state.clone(), changes: Vec::new(), header_changed: false };
        for job in jobs {
            let mut draft = Draft::new(ran.after.clone(), ran.began);
            if !job.run(&mut draft) || draft.is_empty() {
                continue;
            }
            if let Err(refusal) = self.shared.settings.rule.check(&ran.after, &draft) {
                job.refuse(refusal);
                continue;
            }
            let (after, mut changes, header_changed) = draft.into_parts();
            match after {
                Some(after) => ran.after = after,
                None => changes.iter().for_each(|change| ran.after.apply(change)),
            }
            ran.changes.append(&mut changes);
            ran.header_changed |= header_changed;
        }
        ran
    }

    /// Makes a batch durable: the state after it, or `None` if somebody else came first.
    async fn append(self: &Arc<Self>, before: &State, ran: Ran) -> Result<Option<State>> {
        let Ran { began, mut after, changes, header_changed } = ran;
        let header =
            match after.header() {
                Some(header) if header_changed => {
                    let written = header.write();
                    Some(written.map_err(|error| {
                        Error::new(ErrorKind::InvalidInput, "transaction").with_source(error)
                    })?)
                }
                Some(_) => None,
                None => return Err(Error::new(ErrorKind::NotFound, "transaction")),
            };
        let text = write_commit(&changes);
        let bytes = text.len();
        let commit = Commit { header, text };
        match self.shared.store.append(&self.tenant, before.version(), commit).await {
            Ok(Outcome::Committed(version)) => {
                self.committed.store(true, Ordering::Relaxed);
                after.set_version(version);
                after.grow_tail(bytes);
                self.publish(&after.shared(), began);
                let rule = &self.shared.settings.rule;
                if let Some(rest) = rule.committed(&self.tenant, before, &after, &sections(&changes)) {
                    rest.await;
                }
                if after.wants_fold(self.shared.settings.fold_minimum) {
                    self.fold(after.clone());
                }
                Ok(Some(after))
            }
            Ok(Outcome::Conflict) => Ok(None),
            Ok(Outcome::Unknown(error)) => {
                self.forget();
                Err(Error::new(ErrorKind::OutcomeUnknown, "transaction").with_source(error))
            }
            Err(error) => {
                if error.kind() == StoreErrorKind::Corrupt {
                    self.forget();
                }
                Err(store_error(&error))
            }
        }
    }

    /// Waits a little before another attempt, longer each time and never quite as long as others.
    async fn back_off(&self, attempt: u32) {
        let mut random = [0_u8; 2];
        self.shared.settings.entropy.fill(&mut random);
        let ceiling = 1_u64 << attempt.min(6);
        let micros = ceiling * 1000 * u64::from(u16::from_be_bytes(random)) / u64::from(u16::MAX);
        blocking::pause(Duration::from_micros(micros)).await;
    }
}

/// The sections that are changed.
fn sections(changes: &[Change]) -> Vec<&Section> {
    let mut sections = Vec::new();
    for (section, _) in changes.iter().map(Change::address) {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

/// A store's error for one of several callers.
fn store_error(error: &StoreError) -> Error {
    let copy = StoreError::new(error.kind(), error.operation(), error.detail());
    let copy = match std::error::Error::source(error) {
        Some(source) => copy.with_source(source.to_string()),
        None => copy,
    };
    Error::store("transaction", copy)
}

fn answer_all(jobs: Vec<Box<dyn Job>>, state: &State) {
    for job in jobs {
        alone(|| job.answer(state));
    }
}

fn fail_all(jobs: Vec<Box<dyn Job>>, error: &Error) {
    for job in jobs {
        alone(|| job.fail(error.clone()));
    }
}

/// Tells one caller. What ends with its transaction is its own, and if that panics the others have their
/// answers all the same.
fn alone(tell: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(tell)).is_err() {
        tracing::error!(target: "tenantry::ledger", "what a transaction held panicked when it was dropped");
    }
}
