//! One tenant's place in memory: its newest known state, the transactions that wait, and the
//! committer that runs them.
//!
//! The committer is a task of the library, alive only while something waits. It takes what waits,
//! runs it in order on the newest known state, and makes it one commit. Nobody is answered, not
//! even with a refusal, before the state that the answer rests on is durable and current. Who is
//! likely to be alone lends it his thread for one commit, which spares both a wake-up; where
//! others are about, it waits until all that are ready have come.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;

use super::cache::Shared;
use super::commit_text::{Change, read_commit, write_commit};
use super::draft::Draft;
use super::header::TenantHeader;
use super::state::{BadLine, KeptValues, LazyState, State};
use super::transaction::Job;
use crate::blocking;
use crate::error::{Error, ErrorKind, Result};
use crate::paths::TenantId;
use crate::store::{
    Commit, Fold, FoldKind, Opened, OpenedSnapshot, Outcome, Refreshed, StoreError, StoreErrorKind,
};

/// How many transactions one commit takes at the most.
const BATCH: usize = 128;
/// After how many commits that nobody else was part of it is seen whether somebody would be.
const LOOK_EVERY: u32 = 64;
/// The bytes of a state that are indexed in less time than another thread takes to wake up for it, give
/// or take.
const SHORT: usize = 64 << 10;

pub(super) struct Cell {
    tenant: TenantId,
    shared: Arc<Shared>,
    state: Mutex<Option<Known>>,
    queue: Mutex<Queue>,
    folding: AtomicBool,
    /// The state on the newest fold, for the committer to move to.
    folded: Mutex<Option<LazyState>>,
}

/// The newest state that is known, and when it was the newest.
struct Known {
    state: LazyState,
    at: Timestamp,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    running: bool,
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
    after: State,
    changes: Vec<Change>,
    header_changed: bool,
}

/// A lock whose holder panicked guards nothing half done: every section under it is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cell {
    pub(super) fn new(tenant: TenantId, shared: Arc<Shared>) -> Self {
        Self {
            tenant,
            shared,
            state: Mutex::default(),
            queue: Mutex::default(),
            folding: AtomicBool::new(false),
            folded: Mutex::default(),
        }
    }

    /// Whether anything runs or waits here.
    pub(super) fn is_busy(&self) -> bool {
        lock(&self.queue).running || self.folding.load(Ordering::SeqCst)
    }

    /// The newest state that is known, without asking the store.
    pub(super) fn known(&self) -> Option<LazyState> {
        lock(&self.state).as_ref().map(|known| known.state.clone())
    }

    /// The newest state that is known, if it was the newest so short a time ago. Where the clock was set
    /// back nobody knows.
    pub(super) fn recent(&self, within: Duration) -> Option<LazyState> {
        let now = self.now();
        let known = lock(&self.state);
        let known = known.as_ref()?;
        let age = Duration::try_from(now.duration_since(known.at)).ok()?;
        (age <= within).then(|| known.state.clone())
    }

    fn now(&self) -> Timestamp {
        self.shared.settings.clock.now()
    }

    /// The newest state, as the store has it now.
    pub(super) async fn current(&self) -> Result<LazyState, StoreError> {
        match self.known() {
            Some(state) => self.refresh(state).await,
            None => self.load().await,
        }
    }

    async fn refresh(&self, mut state: LazyState) -> Result<LazyState, StoreError> {
        let Some(known) = state.version() else { return self.load().await };
        let asked = self.now();
        match self.shared.store.refresh(&self.tenant, known).await? {
            Refreshed::Unchanged => {
                self.confirm(&state, asked);
                Ok(state)
            }
            Refreshed::StartOver => self.load().await,
            Refreshed::Commits { version, header, commits } => {
                if let Some(header) = header {
                    state.set_header(Arc::new(TenantHeader::read(&header).map_err(unreadable)?));
                }
                for commit in &commits {
                    apply_commit(&mut state, commit)?;
                }
                state.set_version(version);
                self.take_in(state, asked).await
            }
        }
    }

    async fn load(&self) -> Result<LazyState, StoreError> {
        let asked = self.now();
        let Some(opened) = self.shared.store.open(&self.tenant).await? else {
            return Ok(LazyState::clone(&State::absent()).keeping(self.shared.memory()));
        };
        let Opened { version, header, snapshot, commits } = opened;
        let header = TenantHeader::read(&header).map_err(unreadable)?;
        let state = match snapshot {
            OpenedSnapshot::Parts(parts) => LazyState::open(version, header, parts)?,
            OpenedSnapshot::Whole(lines) => {
                let length = lines.len();
                let read = move || State::read(version, header, lines).map_err(unreadable);
                LazyState::clone(&*aside(length, read).await?)
            }
        };
        let mut state = state.keeping(self.shared.memory());
        for commit in &commits {
            apply_commit(&mut state, commit)?;
        }
        self.take_in(state, asked).await
    }

    /// The same state with all of it read; kept so, if it is still the known one.
    pub(super) async fn whole(&self, state: LazyState) -> Result<State, StoreError> {
        let state = match state.into_whole() {
            Ok(whole) => return Ok(whole),
            Err(state) => state,
        };
        let whole = aside(state.weight(), move || state.whole()).await?;
        if let Some(known) = &mut *lock(&self.state)
            && known.state.number() == whole.number()
            && !known.state.is_whole()
        {
            known.state = LazyState::clone(&whole);
        }
        Ok(whole)
    }

    /// Publishes what was read. Who commits folds, and moves on to the fold; who only reads what others
    /// commit would gather it above its base for ever, and with it the buffers in which it came.
    async fn take_in(&self, mut state: LazyState, asked: Timestamp) -> Result<LazyState, StoreError> {
        if state.wants_base(self.shared.settings.fold_minimum) {
            *lock(&self.folded) = None;
            let weight = state.weight();
            // A state too long for a base stays as it is.
            let rebased = move || {
                let whole = state.whole()?;
                Ok(LazyState::clone(&whole.rebased().unwrap_or(whole)))
            };
            state = aside(weight, rebased).await?;
        }
        self.publish(&state, asked);
        Ok(state)
    }

    /// Notes that the known state was still the newest when that was asked.
    fn confirm(&self, state: &LazyState, asked: Timestamp) {
        if let Some(known) = &mut *lock(&self.state)
            && known.state.number() == state.number()
        {
            known.at = known.at.max(asked);
        }
    }

    /// Makes a durable state the known one, which was the newest when it was asked for; unless a newer one
    /// is known.
    fn publish(&self, state: &LazyState, asked: Timestamp) {
        {
            let mut known = lock(&self.state);
            let before = known.as_ref().map(|known| (known.state.number(), known.at));
            if before.is_some_and(|(number, _)| number > state.number()) {
                return;
            }
            let same = before.filter(|(number, _)| *number == state.number());
            let at = same.map_or(asked, |(_, at)| at.max(asked));
            *known = Some(Known { state: state.clone(), at });
        }
        self.shared.account(&self.tenant, state.weight());
    }

    /// How much is kept of the known state, in bytes, roughly.
    pub(super) fn kept_bytes(&self) -> usize {
        lock(&self.state).as_ref().map_or(0, |known| known.state.kept_bytes())
    }

    /// Lets go of what is kept of the known state, if that is anything, and hands it out: to drop it takes its
    /// time.
    pub(super) fn let_go(&self) -> Option<Arc<KeptValues>> {
        let mut known = lock(&self.state);
        let state = known.as_mut().map(|known| &mut known.state).filter(|state| state.kept_bytes() > 0)?;
        Some(state.let_go())
    }

    /// Forgets the known state: the store has to be asked.
    pub(super) fn forget(&self) {
        *lock(&self.state) = None;
        *lock(&self.folded) = None;
    }

    /// Lets a transaction wait for the committer, and starts that if it is not at work.
    pub(super) fn submit(self: &Arc<Self>, job: Box<dyn Job>) -> Result<()> {
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
        let committer = async move {
            cell.commit_all().await;
            drop(work);
        };
        let runtime = &self.shared.runtime;
        if self.shared.store.capabilities().blocks && !expects_company {
            blocking::begin_here(runtime, committer);
        } else {
            runtime.spawn(committer);
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
                let newest =
                    self.refresh(LazyState::clone(&state)).await.map_err(|error| store_error(&error))?;
                if newest.number() == state.number() {
                    return Ok(state);
                }
            } else if let Some(after) = self.append(&state, ran).await? {
                return Ok(after);
            }
        }
        Err(Error::new(ErrorKind::Contended, "transaction"))
    }

    /// Moves on from a state that still rests on the snapshot before the last fold. Commits that landed
    /// while the fold was made or read keep to the old one, and each would fold again. Here none lands, so
    /// what is missing in the new one can be read.
    async fn move_to_fold(&self) {
        let Some(folded) = lock(&self.folded).take() else { return };
        let minimum = self.shared.settings.fold_minimum;
        if self.known().is_some_and(|known| known.wants_fold(minimum)) && self.refresh(folded).await.is_err()
        {
            self.forget();
        }
    }

    /// Runs a batch, each transaction on what those before it left.
    fn run(&self, state: &State, jobs: &mut [Box<dyn Job>]) -> Ran {
        let now = self.shared.settings.clock.now();
        let mut ran = Ran { after: state.clone(), changes: Vec::new(), header_changed: false };
        for job in jobs {
            let mut draft = Draft::new(ran.after.clone(), now);
            if !job.run(&mut draft) || draft.is_empty() {
                continue;
            }
            if let Err(refusal) = self.shared.settings.rule.check(&ran.after, draft.state()) {
                job.refuse(refusal);
                continue;
            }
            let (after, mut changes, header_changed) = draft.into_parts();
            ran.after = after;
            ran.changes.append(&mut changes);
            ran.header_changed |= header_changed;
        }
        ran
    }

    /// Makes a batch durable: the state after it, or `None` if somebody else came first.
    async fn append(self: &Arc<Self>, before: &State, ran: Ran) -> Result<Option<State>> {
        let Ran { mut after, changes, header_changed } = ran;
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
        let changed = changes.iter().map(|change| change.address().0.clone()).collect();
        let text = write_commit(&changes);
        let bytes = text.len();
        let commit = Commit { header, text };
        let asked = self.now();
        match self.shared.store.append(&self.tenant, before.version(), commit).await {
            Ok(Outcome::Committed(version)) => {
                after.set_version(version);
                after.grow_tail(bytes);
                self.publish(&after, asked);
                self.shared.settings.rule.committed(&self.tenant, before, &after, &changed).await;
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

    /// Folds if commits of this process, or others that it has seen, are more than whoever opens the ledger should
    /// have to read beside the snapshot.
    pub(super) fn leave_short(self: &Arc<Self>) {
        let state = self.known().and_then(|known| known.into_whole().ok());
        if let Some(state) = state.filter(|state| state.is_long(self.shared.settings.fold_minimum)) {
            self.fold(state);
        }
    }

    /// Writes a new snapshot beside running commits. If it does not work out, the next commit
    /// that finds the tail long tries again.
    fn fold(self: &Arc<Self>, state: State) {
        if self.folding.swap(true, Ordering::SeqCst) {
            return;
        }
        let cell = Arc::clone(self);
        let work = self.shared.begin_work();
        let fold = async move {
            let folded = std::panic::AssertUnwindSafe(cell.fold_now(&state)).catch_unwind().await;
            cell.folding.store(false, Ordering::SeqCst);
            let tenant = cell.tenant.as_str();
            match folded {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(target: "tenantry::ledger", tenant, %error, "fold failed"),
                Err(_) => tracing::error!(target: "tenantry::ledger", tenant, "fold panicked"),
            }
            drop(work);
        };
        match self.shared.store.capabilities().blocks {
            true => blocking::begin(&self.shared.runtime, fold),
            false => drop(self.shared.runtime.spawn(fold)),
        }
    }

    async fn fold_now(&self, state: &State) -> Result<(), StoreError> {
        let (Some(version), Some(known)) = (state.version(), state.header()) else { return Ok(()) };
        let header = known.write().map_err(unreadable)?;
        let written = state.clone();
        // What is written need not be read again; what came since does.
        let folded = aside(state.weight(), move || written.folded().map_err(too_long)).await?;
        let (snapshot, index) = folded.base_bytes();
        let fold = Fold { kind: FoldKind::Same, header, snapshot, index };
        match self.shared.store.fold(&self.tenant, version, fold).await? {
            Outcome::Committed(_) => {
                let newest = self.refresh(LazyState::clone(&folded)).await?;
                // When it was the newest, refreshing has noted.
                self.publish(&newest, Timestamp::MIN);
                // A commit that is under way rests on the old one, and publishes what comes after that.
                *lock(&self.folded) = Some(newest);
                self.shared.store.tidy(&self.tenant).await
            }
            Outcome::Conflict => Ok(()),
            Outcome::Unknown(error) => Err(error),
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

/// Does what takes long where `bytes` are many, so that nobody else's task waits for it.
pub(super) async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if bytes <= SHORT {
        return work();
    }
    let lost = |error| {
        StoreError::new(StoreErrorKind::Unavailable, "ledger", "the runtime shut down").with_source(error)
    };
    blocking::run(work).await.map_err(lost)?
}

fn apply_commit(state: &mut LazyState, text: &bytes::Bytes) -> Result<(), StoreError> {
    for change in &read_commit(text).map_err(unreadable)? {
        state.take(change)?;
    }
    state.grow_tail(text.len());
    Ok(())
}

pub(super) fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "ledger", "a text in the ledger can't be read")
        .with_source(error)
}

/// What a state wrote can be read, unless it is too long.
fn too_long(error: BadLine) -> StoreError {
    let detail = "the snapshot would be longer than can be read again";
    StoreError::new(StoreErrorKind::Unsupported, "fold", detail).with_source(error)
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
