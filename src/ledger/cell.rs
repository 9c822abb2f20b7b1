//! One tenant's place in memory: its newest known state, and how that is kept as new as the store's.
//!
//! What changes it is the [`committer`]'s, which has the transactions that wait; new snapshots are made by
//! [`folding`].

mod committer;
mod folding;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::cache::Shared;
use super::commit_text::read_commit;
use super::header::TenantHeader;
use super::state::{LazyState, State};
use crate::blocking;
use crate::paths::TenantId;
use crate::store::{Opened, OpenedSnapshot, Refreshed, StoreError, StoreErrorKind};
use committer::Queue;

/// The bytes of a state that are indexed in less time than another thread takes to wake up for it, give
/// or take.
const SHORT: usize = 64 << 10;

pub(super) struct Cell {
    tenant: TenantId,
    shared: Arc<Shared>,
    state: Mutex<Option<Known>>,
    queue: Mutex<Queue>,
    folding: AtomicBool,
    /// Whether anything was committed from here.
    committed: AtomicBool,
    /// The state on the newest fold, for the committer to move to.
    folded: Mutex<Option<Arc<LazyState>>>,
}

/// The newest state that is known, and when it was the newest.
struct Known {
    state: Arc<LazyState>,
    at: Timestamp,
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
            committed: AtomicBool::new(false),
            folded: Mutex::default(),
        }
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whether anything runs or waits here.
    pub(super) fn is_busy(&self) -> bool {
        lock(&self.queue).running || self.folding.load(Ordering::SeqCst)
    }

    /// The newest state that is known, without asking the store.
    pub(super) fn known(&self) -> Option<Arc<LazyState>> {
        lock(&self.state).as_ref().map(|known| Arc::clone(&known.state))
    }

    /// The newest state that is known, if it was the newest so short a time ago. Where the clock was set
    /// back nobody knows.
    pub(super) fn recent(&self, within: Duration) -> Option<Arc<LazyState>> {
        if !self.shared.dates.swap(true, Ordering::Relaxed) {
            return None;
        }
        let now = self.now();
        let known = lock(&self.state);
        let known = known.as_ref()?;
        let age = Duration::try_from(now.duration_since(known.at)).ok()?;
        (age <= within).then(|| Arc::clone(&known.state))
    }

    fn now(&self) -> Timestamp {
        self.shared.settings.clock.now()
    }

    /// When the store is asked: for who wants to know how long ago that was, and of no interest to anybody before one
    /// did.
    fn asked(&self) -> Timestamp {
        if self.shared.dates.load(Ordering::Relaxed) { self.now() } else { Timestamp::MIN }
    }

    /// The newest state, as the store has it now.
    pub(super) async fn current(&self) -> Result<Arc<LazyState>, StoreError> {
        match self.known() {
            Some(state) => self.refresh(state).await,
            None => self.load_apart().await,
        }
    }

    async fn refresh(&self, state: Arc<LazyState>) -> Result<Arc<LazyState>, StoreError> {
        let Some(known) = state.version() else { return self.load_apart().await };
        let asked = self.asked();
        if self.shared.store.is_newest(&self.tenant, known) {
            self.confirm(&state, asked);
            return Ok(state);
        }
        match self.shared.store.refresh(&self.tenant, known).await? {
            Refreshed::Unchanged => {
                self.confirm(&state, asked);
                Ok(state)
            }
            Refreshed::StartOver => self.load_apart().await,
            Refreshed::Commits { version, header, commits } => {
                let mut state = Arc::unwrap_or_clone(state);
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

    /// [Loads](Self::load), in a place of its own: whoever only may have to makes no room for it.
    fn load_apart(&self) -> BoxFuture<'_, Result<Arc<LazyState>, StoreError>> {
        Box::pin(self.load())
    }

    async fn load(&self) -> Result<Arc<LazyState>, StoreError> {
        let asked = self.asked();
        let Some(opened) = self.shared.store.open(&self.tenant).await? else {
            return Ok(Arc::new(LazyState::clone(&State::absent()).keeping(self.shared.memory())));
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
    pub(super) async fn whole(&self, state: Arc<LazyState>) -> Result<State, StoreError> {
        if state.is_whole() {
            return state.whole();
        }
        let whole = aside(state.weight(), move || state.whole()).await?;
        if let Some(known) = &mut *lock(&self.state)
            && known.state.number() == whole.number()
            && !known.state.is_whole()
        {
            known.state = whole.shared();
        }
        Ok(whole)
    }

    /// Publishes what was read. Who commits folds, and moves on to the fold; who only reads what others
    /// commit would gather it above its base for ever, and with it the buffers in which it came.
    async fn take_in(&self, state: LazyState, asked: Timestamp) -> Result<Arc<LazyState>, StoreError> {
        let mut state = Arc::new(state);
        if state.wants_base(self.shared.settings.fold_minimum) {
            *lock(&self.folded) = None;
            let weight = state.weight();
            // A state too long for a base stays as it is.
            let rebased = move || {
                let whole = state.whole()?;
                Ok(whole.rebased().unwrap_or(whole).shared())
            };
            state = aside(weight, rebased).await?;
        }
        self.publish(&state, asked);
        Ok(state)
    }

    /// Notes that the known state was still the newest when that was asked.
    fn confirm(&self, state: &LazyState, asked: Timestamp) {
        if asked == Timestamp::MIN {
            return;
        }
        if let Some(known) = &mut *lock(&self.state)
            && known.state.number() == state.number()
        {
            known.at = known.at.max(asked);
        }
    }

    /// Makes a durable state the known one, which was the newest when it was asked for; unless a newer one
    /// is known.
    fn publish(&self, state: &Arc<LazyState>, asked: Timestamp) {
        // It goes when nobody waits for the lock: what is kept of it may be much.
        let _before = {
            let mut known = lock(&self.state);
            let before = known.as_ref().map(|known| (known.state.number(), known.at));
            if before.is_some_and(|(number, _)| number > state.number()) {
                return;
            }
            let same = before.filter(|(number, _)| *number == state.number());
            let at = same.map_or(asked, |(_, at)| at.max(asked));
            known.replace(Known { state: Arc::clone(state), at })
        };
        self.shared.account(&self.tenant, state.weight());
    }

    /// How much is kept of the known state, in bytes, roughly.
    pub(super) fn kept_bytes(&self) -> usize {
        lock(&self.state).as_ref().map_or(0, |known| known.state.kept_bytes())
    }

    /// Lets go of what is kept of the known state, if that is anything, and hands it out: to drop it takes its
    /// time.
    pub(super) fn let_go(&self) -> Option<Arc<LazyState>> {
        let mut known = lock(&self.state);
        let state = known.as_mut().map(|known| &mut known.state).filter(|state| state.kept_bytes() > 0)?;
        let emptied = Arc::new(state.emptied());
        Some(std::mem::replace(state, emptied))
    }

    /// Forgets the known state: the store has to be asked.
    pub(super) fn forget(&self) {
        *lock(&self.state) = None;
        *lock(&self.folded) = None;
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
