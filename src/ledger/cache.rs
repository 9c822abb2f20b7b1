//! The ledgers of all tenants: which of their states are in memory, and what all of it may take.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::cell::{Cell, aside, unreadable};
use super::draft::Draft;
use super::freshness::Freshness;
use super::header::TenantHeader;
use super::memory::Memory;
use super::state::{LazyState, Section, State};
use super::transaction::{Answer, Meanwhile, Transaction};
use crate::environment::{Clock, Entropy};
use crate::error::{Error, ErrorKind, Result};
use crate::paths::TenantId;
use crate::store::{Fold, FoldKind, Outcome, StoreError, StoreErrorKind, TenantStore};

/// What every commit has to keep, whatever made it, and who is told of it.
pub(crate) trait CommitRule: Send + Sync + 'static {
    /// Whether a transaction may lead from one state to the other. Who can tell without a look at what the draft
    /// changed spares a copy of it.
    fn check(&self, before: &State, after: &Draft) -> Result<()>;
    /// A commit is durable, and `changed` are the sections that it changed. Its callers are answered,
    /// and the tenant's next commit begins, once what this gives is done, if it gives anything.
    fn committed<'a>(
        &'a self,
        tenant: &'a TenantId,
        before: &State,
        after: &State,
        changed: &[&Section],
    ) -> Option<BoxFuture<'a, ()>>;
}

/// How ledgers behave.
pub(crate) struct LedgerSettings {
    /// The memory that all states together may take, in bytes, roughly.
    pub(crate) memory: usize,
    /// The bytes of commits below which no new snapshot is written.
    pub(crate) fold_minimum: usize,
    /// How many transactions of one tenant may wait.
    pub(crate) queue: usize,
    /// How often a batch is tried before it is said to be contended.
    pub(crate) attempts: u32,
    /// How new what is read has to be where nobody asks for it otherwise.
    pub(crate) freshness: Freshness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) rule: Arc<dyn CommitRule>,
}

/// What the ledgers of all tenants share.
pub(crate) struct Shared {
    pub(super) store: Arc<dyn TenantStore>,
    pub(super) settings: LedgerSettings,
    pub(super) runtime: Handle,
    cells: Mutex<Cells>,
    memory: Arc<Memory>,
    closed: AtomicBool,
    working: AtomicUsize,
    idle: Notify,
    /// Whether it is noted when a state was the newest: as soon as anybody asked for one of a certain age.
    pub(super) dates: AtomicBool,
}

#[derive(Default)]
struct Cells {
    by_tenant: HashMap<TenantId, Slot>,
    /// The least recently used first.
    by_use: BTreeMap<u64, TenantId>,
    clock: u64,
    /// The most recently used, which nearly always is the next as well.
    newest: Option<Arc<Cell>>,
}

struct Slot {
    cell: Arc<Cell>,
    used: u64,
    weight: usize,
}

/// What a tenant's place takes beside its state, in bytes: with its header and profile, its nodes in the maps and
/// what the store has open of it. An empty tenant was counted to take 2,470 in all, and one with records, the first
/// of its process, up to 5,200 beside its texts; of these the state counts 1,024 itself.
const EMPTY_WEIGHT: usize = 3 << 10;

/// What had to go to make room. It is dropped where no lock is held: that takes its time.
#[derive(Default)]
struct Gone {
    kept: Vec<Arc<LazyState>>,
    slots: Vec<Slot>,
}

/// Work that `close` waits for; it ends when this is dropped. What outlives who began it has a part in the ledgers.
pub(crate) struct Work<S: Deref<Target = Shared> = Arc<Shared>>(S);

impl<S: Deref<Target = Shared>> Drop for Work<S> {
    fn drop(&mut self) {
        // Nobody waits before more is refused.
        if self.0.working.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.closed.load(Ordering::SeqCst) {
            self.0.idle.notify_waiters();
        }
    }
}

impl Shared {
    fn cells(&self) -> MutexGuard<'_, Cells> {
        // Every section under this lock leaves it whole.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_work(self: &Arc<Self>) -> Work {
        Self::work(Arc::clone(self))
    }

    fn work<S: Deref<Target = Self>>(shared: S) -> Work<S> {
        shared.working.fetch_add(1, Ordering::SeqCst);
        Work(shared)
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Notes what a tenant's state takes, and lets go of those least recently used beyond the
    /// budget. What is let go is read again when it is wanted.
    pub(super) fn account(&self, tenant: &TenantId, weight: usize) {
        let mut cells = self.cells();
        let Some(slot) = cells.by_tenant.get_mut(tenant) else { return };
        let before = std::mem::replace(&mut slot.weight, weight + EMPTY_WEIGHT);
        self.memory.changed(before, weight + EMPTY_WEIGHT);
        let gone = cells.evict(&self.memory, tenant);
        drop(cells);
        drop(gone);
    }

    /// The places of all tenants, those most recently used first.
    pub(super) fn all_cells(&self) -> Vec<Arc<Cell>> {
        let cells = self.cells();
        let tenants = cells.by_use.values().rev();
        tenants.filter_map(|tenant| Some(Arc::clone(&cells.by_tenant.get(tenant)?.cell))).collect()
    }

    /// Refuses what comes from now on.
    pub(super) fn refuse_more(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Waits until all work that was begun has ended; to be asked once [more is refused](Self::refuse_more).
    pub(super) async fn idle(&self) {
        loop {
            let mut notified = std::pin::pin!(self.idle.notified());
            notified.as_mut().enable();
            if self.working.load(Ordering::SeqCst) == 0 {
                return;
            }
            notified.await;
        }
    }

    /// A tenant's place, which is now the one most recently used.
    fn cell(self: &Arc<Self>, tenant: &TenantId) -> Arc<Cell> {
        let mut cells = self.cells();
        let cell = cells.touch(tenant, || {
            self.memory.changed(0, EMPTY_WEIGHT);
            Cell::new(tenant.clone(), Arc::clone(self))
        });
        let gone = cells.evict(&self.memory, tenant);
        drop(cells);
        drop(gone);
        cell
    }
}

impl Cells {
    fn touch(&mut self, tenant: &TenantId, make: impl FnOnce() -> Cell) -> Arc<Cell> {
        if let Some(cell) = self.newest.as_ref().filter(|cell| cell.tenant() == tenant) {
            return Arc::clone(cell);
        }
        self.clock += 1;
        let now = self.clock;
        let cell = if let Some(slot) = self.by_tenant.get_mut(tenant) {
            let named = self.by_use.remove(&slot.used).unwrap_or_else(|| tenant.clone());
            slot.used = now;
            self.by_use.insert(now, named);
            Arc::clone(&slot.cell)
        } else {
            let cell = Arc::new(make());
            let slot = Slot { cell: Arc::clone(&cell), used: now, weight: EMPTY_WEIGHT };
            self.by_tenant.insert(tenant.clone(), slot);
            self.by_use.insert(now, tenant.clone());
            cell
        };
        self.newest = Some(Arc::clone(&cell));
        cell
    }

    /// Makes room where there is too little.
    fn evict(&mut self, memory: &Memory, keep: &TenantId) -> Option<Gone> {
        if !memory.is_short() && memory.excess() == 0 {
            return None;
        }
        let mut gone = Gone::default();
        if memory.is_short() {
            self.let_go(memory, keep, &mut gone);
        }
        self.evict_states(memory, keep, &mut gone);
        memory.made_room();
        Some(gone)
    }

    /// Has the others let go of what they keep, where one keeps as much as it may and they have a part of that.
    fn let_go(&self, memory: &Memory, keep: &TenantId, gone: &mut Gone) {
        let own = self.by_tenant.get(keep).map_or(0, |slot| slot.cell.kept_bytes());
        let (surplus, mut made) = (memory.surplus(own), 0);
        for tenant in self.by_use.values().filter(|tenant| *tenant != keep) {
            if made >= surplus {
                break;
            }
            let kept = self.by_tenant.get(tenant).and_then(|slot| slot.cell.let_go());
            made += kept.as_ref().map_or(0, |kept| kept.kept_bytes());
            gone.kept.extend(kept);
        }
    }

    /// Lets go of states until what they take is no excess, the least recently used first.
    fn evict_states(&mut self, memory: &Memory, keep: &TenantId, gone: &mut Gone) {
        let mut made: usize = gone.kept.iter().map(|kept| kept.kept_bytes()).sum();
        let mut busy = Vec::new();
        while memory.excess() > made {
            let Some((used, tenant)) = self.by_use.pop_first() else { break };
            let is_busy = |slot: &Slot| tenant == *keep || slot.cell.is_busy();
            if self.by_tenant.get(&tenant).is_some_and(is_busy) {
                busy.push((used, tenant));
            } else if let Some(slot) = self.by_tenant.remove(&tenant) {
                self.newest = self.newest.take().filter(|newest| !Arc::ptr_eq(newest, &slot.cell));
                memory.changed(slot.weight, 0);
                made += slot.cell.kept_bytes();
                gone.slots.push(slot);
            }
        }
        self.by_use.extend(busy);
    }
}

/// The ledgers of all tenants of a store.
#[derive(Clone)]
pub(crate) struct Ledger {
    owner: Arc<Owner>,
    /// What these are used during: closing lets it come to its end.
    during: Option<Arc<Work>>,
}

/// What the ledgers share, for those who are not part of it. A cell holds what is shared, and that
/// holds the cells: so that the store is let go with the last of the ledgers, this parts them.
struct Owner(Arc<Shared>);

impl Deref for Owner {
    type Target = Arc<Shared>;

    fn deref(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let cells = std::mem::take(&mut *self.cells());
        drop(cells);
    }
}

impl Ledger {
    /// Ledgers over a store, with committers on the runtime of the caller.
    pub(crate) fn new(store: Arc<dyn TenantStore>, settings: LedgerSettings, runtime: Handle) -> Self {
        let memory = Arc::new(Memory::new(settings.memory));
        let dates = AtomicBool::new(settings.freshness != Freshness::Strict);
        let owner = Arc::new(Owner(Arc::new(Shared {
            store,
            settings,
            memory,
            runtime,
            cells: Mutex::default(),
            closed: AtomicBool::new(false),
            working: AtomicUsize::new(0),
            idle: Notify::new(),
            dates,
        })));
        Self { owner, during: None }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.owner
    }

    /// The store below; for those who hold a permit.
    pub(crate) fn store(&self) -> &Arc<dyn TenantStore> {
        &self.owner.store
    }

    pub(super) fn cell(&self, tenant: &TenantId) -> Arc<Cell> {
        self.owner.cell(tenant)
    }

    /// The same ledgers during some work: for that, they are not closed before it ends.
    pub(crate) fn during(&self, work: &Arc<Work>) -> Self {
        Self { owner: Arc::clone(&self.owner), during: Some(Arc::clone(work)) }
    }

    /// Begins what `close` is to wait for, unless it is over with that.
    pub(crate) fn begin_apart(&self, operation: &'static str) -> Result<Work> {
        self.begun(operation, Arc::clone(self.shared()))
    }

    /// The same for as long as these ledgers are held.
    pub(super) fn begin(&self, operation: &'static str) -> Result<Work<&Shared>> {
        self.begun(operation, &**self.shared())
    }

    fn begun<S: Deref<Target = Shared>>(&self, operation: &'static str, shared: S) -> Result<Work<S>> {
        // Work begins before the question whether it may, and `close` asks the other way round: so it
        // either waits for this or refuses it.
        let work = Shared::work(shared);
        if self.during.is_none() && self.owner.closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Closed, operation));
        }
        Ok(work)
    }

    /// Lets go of a tenant's state in memory: it is read from the store when it is wanted.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.cell(tenant).forget();
    }

    /// Runs a transaction and waits until the state that its answer rests on is durable. The
    /// function may run again, on a newer state.
    ///
    /// If the caller goes away, a transaction that was not yet taken is withdrawn; one that was
    /// taken goes on.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        function: impl FnMut(&mut Draft) -> Result<T> + Send + 'static,
    ) -> Result<(T, State)> {
        self.transact_while(Meanwhile::Waits, operation, tenant, function).await
    }

    /// The same, said what the caller does meanwhile.
    pub(crate) async fn transact_while<T: Send + 'static>(
        &self,
        meanwhile: Meanwhile,
        operation: &'static str,
        tenant: &TenantId,
        function: impl FnMut(&mut Draft) -> Result<T> + Send + 'static,
    ) -> Result<(T, State)> {
        let _work = self.begin(operation)?;
        let (transaction, answer) = Transaction::new(function);
        let submitted = self.cell(tenant).submit(Box::new(transaction), meanwhile);
        submitted.map_err(|error| error.in_operation(operation))?;
        match answer.await {
            Ok(Answer::Value(value, state)) => Ok((value, state)),
            Ok(Answer::Refused(error)) => Err(error.in_operation(operation)),
            Ok(Answer::Panicked(panic)) => std::panic::resume_unwind(panic),
            // The committer ended without a word: its runtime is gone, or the store panicked.
            Err(_) => Err(Error::new(ErrorKind::OutcomeUnknown, operation)),
        }
    }

    /// Replaces a tenant's whole state by a header and nothing else, if nothing came since
    /// `state`; `false` if something did.
    pub(crate) async fn clear(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        state: &State,
        header: &TenantHeader,
    ) -> Result<bool> {
        self.replace(operation, tenant, state, header, bytes::Bytes::new()).await
    }

    /// The same by a header and what a snapshot says. No rule is asked, and nobody is told.
    pub(crate) async fn replace(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        state: &State,
        header: &TenantHeader,
        snapshot: bytes::Bytes,
    ) -> Result<bool> {
        let _work = self.begin(operation)?;
        let Some(version) = state.version() else { return Ok(false) };
        if u32::try_from(snapshot.len()).is_err() {
            // It could not be read again.
            return Err(Error::new(ErrorKind::TooLarge, operation).about("snapshot"));
        }
        let header = header
            .write()
            .map_err(|error| Error::new(ErrorKind::InvalidInput, operation).with_source(error))?;
        let (lines, read) = (snapshot.clone(), |lines| State::index_of(lines).map_err(unreadable));
        let index = match snapshot.is_empty() {
            true => bytes::Bytes::new(),
            false => {
                aside(snapshot.len(), move || read(lines)).await.map_err(|e| Error::store(operation, e))?
            }
        };
        let fold = Fold { kind: FoldKind::Replace, header, snapshot, index };
        let outcome = self.owner.store.fold(tenant, version, fold).await;
        self.cell(tenant).forget();
        match outcome.map_err(|error| Error::store(operation, error))? {
            Outcome::Committed(_) => Ok(true),
            Outcome::Conflict => Ok(false),
            Outcome::Unknown(error) => {
                let error = StoreError::new(StoreErrorKind::OutcomeUnknown, "fold", error.to_string());
                Err(Error::store(operation, error))
            }
        }
    }
}
