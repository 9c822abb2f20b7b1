//! The bounded set of tenants whose files are open.
//!
//! A hundred thousand tenants may be used in turn with a few dozen handles: the least recently used
//! tenant that nobody works on is closed first. A strict read asks the word of its ledger and not this set, so a tenant whose
//! word was asked since the last look counts as used when it would be closed. One that is being worked on is never closed, since
//! its slot is what keeps two changes of this process apart.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::disk::{Directory, File};
use super::ledger_file::Ledger;
use crate::paths::TenantId;

/// Files that one tenant takes: its folder, its ledger, the word, the lock; and as many again for
/// one that is being worked on while the kept ones are of others.
const HANDLES_PER_TENANT: usize = 8;
/// Threads that one tenant may keep busy or, where its calls hang, may take away from the others.
const THREADS_PER_TENANT: usize = 4;

/// How many tenants a budget of handles allows.
pub(super) fn tenants_for(handles: usize) -> usize {
    (handles / HANDLES_PER_TENANT).max(1)
}

/// A tenant's open ledger.
#[derive(Clone)]
pub(super) struct Opened {
    /// `data/<tenant>`.
    pub(super) directory: Arc<dyn Directory>,
    pub(super) ledger: Arc<Ledger>,
}

/// What this process holds of one tenant.
pub(super) struct Slot {
    pub(super) tenant: TenantId,
    /// One change at a time within this process.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    /// The threads it may use at a time.
    pub(super) threads: Arc<Semaphore>,
    opened: Mutex<Option<Opened>>,
    lock: Mutex<Option<Arc<dyn File>>>,
}

impl Slot {
    fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            turn: Arc::default(),
            threads: Arc::new(Semaphore::new(THREADS_PER_TENANT)),
            opened: Mutex::default(),
            lock: Mutex::default(),
        }
    }

    /// The ledger, if it is open.
    pub(super) fn opened(&self) -> Option<Opened> {
        hold(&self.opened).clone()
    }

    /// Whether the ledger is open, and was read strictly since this was last asked.
    fn was_read(&self) -> bool {
        hold(&self.opened).as_ref().is_some_and(|opened| opened.ledger.was_asked())
    }

    /// Keeps it open, or closes it.
    pub(super) fn set_opened(&self, opened: Option<Opened>) {
        let before = std::mem::replace(&mut *hold(&self.opened), opened);
        drop(before);
    }

    /// Closes everything. Who works on something has it open all the same; a lock stays held until
    /// its holder gives it back.
    pub(super) fn close(&self) {
        self.set_opened(None);
        let lock = hold(&self.lock).take();
        drop(lock);
    }

    /// The lock's file, opened with `open` if it is not.
    pub(super) fn lock_file(
        &self,
        open: impl FnOnce() -> std::io::Result<Arc<dyn File>>,
    ) -> std::io::Result<Arc<dyn File>> {
        let mut lock = hold(&self.lock);
        if let Some(file) = &*lock {
            return Ok(file.clone());
        }
        Ok(lock.insert(open()?).clone())
    }
}

/// The slots by tenant and by age.
pub(super) struct Slots {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_tenant: HashMap<TenantId, (Arc<Slot>, u64)>,
    by_age: BTreeMap<u64, TenantId>,
    next_age: u64,
    /// The most recently used, which nearly always is the next as well.
    newest: Option<Arc<Slot>>,
}

impl Slots {
    /// Room for so many tenants.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// The tenant's slot, now the most recently used.
    pub(super) fn get(&self, tenant: &TenantId) -> Arc<Slot> {
        let mut state = hold(&self.state);
        if let Some(slot) = state.newest.as_ref().filter(|slot| slot.tenant == *tenant) {
            return slot.clone();
        }
        let known = state.by_tenant.get(tenant).cloned();
        let slot = match known {
            Some((slot, age)) => {
                state.is_used(age);
                slot
            }
            None => state.add(Arc::new(Slot::new(tenant.clone()))),
        };
        state.newest = Some(slot.clone());
        let closed = state.take_idle(self.capacity);
        drop(state);
        // Files are closed without keeping the others waiting.
        drop(closed);
        slot
    }

    /// Closes the files of a slot that was just worked on if more tenants are in use than there is
    /// room for: then nothing can be kept for later.
    pub(super) fn close_if_crowded(&self, slot: &Slot) {
        let crowded = hold(&self.state).by_tenant.len() > self.capacity;
        if crowded {
            slot.close();
        }
    }
}

impl State {
    /// Takes out what is too much and not in use, the least recently used first: those that were read meanwhile only if
    /// there are no others.
    fn take_idle(&mut self, capacity: usize) -> Vec<Arc<Slot>> {
        let mut taken = Vec::new();
        for spares in [true, false] {
            let excess = self.by_tenant.len().saturating_sub(capacity);
            let (mut idle, mut read) = (Vec::new(), Vec::new());
            for (age, tenant) in &self.by_age {
                if idle.len() == excess {
                    break;
                }
                if let Some((slot, _)) = self.by_tenant.get(tenant)
                    && Arc::strong_count(slot) == 1
                {
                    if spares && slot.was_read() { read.push(*age) } else { idle.push(*age) }
                }
            }
            let tenants = idle.iter().filter_map(|age| self.by_age.remove(age));
            taken.extend(tenants.filter_map(|tenant| self.by_tenant.remove(&tenant)).map(|(slot, _)| slot));
            for age in read {
                self.is_used(age);
            }
        }
        taken
    }

    /// A tenant that is used for the first time.
    fn add(&mut self, slot: Arc<Slot>) -> Arc<Slot> {
        self.by_tenant.insert(slot.tenant.clone(), (slot.clone(), self.next_age));
        self.by_age.insert(self.next_age, slot.tenant.clone());
        self.next_age += 1;
        slot
    }

    /// The tenant of that age was used just now.
    fn is_used(&mut self, age: u64) {
        let Some((slot, _)) = self.by_age.remove(&age).and_then(|tenant| self.by_tenant.remove(&tenant))
        else {
            return;
        };
        self.add(slot);
    }
}

/// None of the guarded values can be left half changed by a panic.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
