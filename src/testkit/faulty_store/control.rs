//! The controller that holds the faults apart from the store.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::fault::{Call, Effect, Fault, Truthful, Until};
use crate::paths::TenantId;
use crate::store::StoreMethod;
use crate::testkit::fault_rules::Rules;

/// How often everything else may have its turn before what is held counts as stuck.
const PATIENCE: usize = 256;

/// A fault that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// To which call of all, counted from 0.
    pub number: u64,
    /// What was called.
    pub call: Call,
    /// What happened to it.
    pub effect: Effect,
}

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}, {}, {}", self.number, self.call, self.effect)
    }
}

/// A call that is to be made later; nobody waits for its answer.
pub(super) type Late = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// What waits, and from when on.
#[derive(Clone)]
struct Waiting {
    number: u64,
    call: Call,
    until: Until,
    /// How many calls for the tenant were answered before.
    answered: u64,
}

#[derive(Default)]
struct State {
    rules: Rules<Fault>,
    calls: u64,
    /// How many calls for each tenant were answered.
    answered: BTreeMap<Option<TenantId>, u64>,
    /// The last call to be answered, by method and tenant.
    newest: BTreeMap<(StoreMethod, Option<TenantId>), u64>,
    held: Vec<Waiting>,
    injected: Vec<Injected>,
}

impl State {
    fn answered(&self, call: &Call) -> u64 {
        self.answered.get(&call.tenant).copied().unwrap_or_default()
    }

    fn is_due(&self, waiting: &Waiting) -> bool {
        match waiting.until {
            Until::Released => false,
            Until::Calls(calls) => self.answered(&waiting.call) >= waiting.answered.saturating_add(calls),
            Until::Overtaken => {
                let key = (waiting.call.method, waiting.call.tenant.clone());
                self.newest.get(&key).is_some_and(|newest| *newest > waiting.number)
            }
        }
    }

    fn is_held(&self, number: u64) -> bool {
        self.held.iter().any(|held| held.number == number && !self.is_due(held))
    }

    /// Something that changes whenever anything goes on.
    fn progress(&self) -> (u64, u64, usize) {
        (self.calls, self.answered.values().sum(), self.held.len())
    }
}

#[derive(Default)]
struct Shared {
    state: watch::Sender<State>,
    late: Mutex<Vec<(Waiting, Late)>>,
}

/// Decides what happens to each call. Clones control the same store.
#[derive(Clone, Default)]
pub struct Faults(Arc<Shared>);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("held", &self.held())
            .field("late", &self.late())
            .field("injected", &self.injected())
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// Adds a fault. Of several that affect a call, the first added decides.
    pub fn inject(&self, fault: Fault) {
        self.change(|state| state.rules.add(fault));
    }

    /// Takes all faults away and releases what is held. What is to come late still is.
    pub fn clear(&self) {
        self.change(|state| {
            state.rules.clear();
            state.held.clear();
        });
    }

    /// The faults that happened so far, in order: what a test looks at to see that it tested something.
    #[must_use]
    pub fn injected(&self) -> Vec<Injected> {
        self.0.state.borrow().injected.clone()
    }

    /// The calls that are held, the longest first.
    #[must_use]
    pub fn held(&self) -> Vec<Call> {
        self.0.state.borrow().held.iter().map(|held| held.call.clone()).collect()
    }

    /// Waits until at least so many calls are held.
    pub async fn holding(&self, count: usize) {
        // The sender is this value, so that waiting can't fail.
        let _ = self.0.state.subscribe().wait_for(|state| state.held.len() >= count).await;
    }

    /// Lets the call go on that has been held the longest; false if none is held.
    pub fn release(&self) -> bool {
        let mut released = false;
        self.change(|state| {
            released = !state.held.is_empty();
            state.held.drain(..usize::from(released));
        });
        released
    }

    /// The calls that are still to be made, in the order in which they were answered.
    #[must_use]
    pub fn late(&self) -> Vec<Call> {
        self.lates().iter().map(|(waiting, _)| waiting.call.clone()).collect()
    }

    /// Makes late call number `index` now; false if there is none.
    pub async fn deliver(&self, index: usize) -> bool {
        let late = {
            let mut lates = self.lates();
            (index < lates.len()).then(|| lates.remove(index))
        };
        let Some((_, late)) = late else { return false };
        late().await;
        true
    }

    /// Makes all late calls now, one after the other.
    pub async fn deliver_all(&self) {
        while self.deliver(0).await {}
    }

    /// Does `work`, and releases the call that has been held the longest whenever everything else stands
    /// still, so that no plan makes it wait for ever. Where tasks run on other threads, a call may be
    /// released a little early.
    pub async fn release_when_stuck<F: Future>(&self, work: F) -> F::Output {
        tokio::select! {
            biased;
            done = work => done,
            never = self.release_stuck() => match never {},
        }
    }

    async fn release_stuck(&self) -> Infallible {
        loop {
            self.holding(1).await;
            let before = self.0.state.borrow().progress();
            for _ in 0..PATIENCE {
                tokio::task::yield_now().await;
            }
            if self.0.state.borrow().progress() == before {
                self.release();
            }
        }
    }

    /// Decides about a call, after what is due before it was made and what holds it is over.
    pub(super) async fn begin(&self, method: StoreMethod, tenant: Option<&TenantId>) -> UnderWay {
        self.deliver_due().await;
        let call = Call { method, tenant: tenant.cloned() };
        let (mut number, mut effect) = (0, None);
        self.change(|state| {
            (number, effect) = (state.calls, state.rules.decide(&call));
            state.calls += 1;
        });
        let under_way = UnderWay { faults: self.clone(), number, call, effect };
        if let Some(Effect::Truthful(Truthful::Hold(until))) = effect {
            under_way.happened();
            let waiting = under_way.waiting(until, 0);
            self.change(|state| state.held.push(waiting));
            // As in `holding`.
            let _ = self.0.state.subscribe().wait_for(|state| !state.is_held(number)).await;
            self.change(|state| state.held.retain(|held| held.number != number));
        }
        under_way
    }

    async fn deliver_due(&self) {
        loop {
            let due = {
                let (state, mut lates) = (self.0.state.borrow(), self.lates());
                let due = lates.iter().position(|(waiting, _)| state.is_due(waiting));
                due.map(|due| lates.remove(due))
            };
            let Some((_, late)) = due else { return };
            late().await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.state.send_modify(change);
    }

    fn lates(&self) -> MutexGuard<'_, Vec<(Waiting, Late)>> {
        self.0.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was decided about. Dropping it says that it was answered, or given up.
pub(super) struct UnderWay {
    faults: Faults,
    number: u64,
    call: Call,
    effect: Option<Effect>,
}

impl UnderWay {
    pub(super) const fn effect(&self) -> Option<Effect> {
        self.effect
    }

    /// Notes that the effect came about.
    pub(super) fn happened(&self) {
        self.noting()();
    }

    /// The same for where it comes about later.
    pub(super) fn noting(&self) -> impl FnOnce() + Send + 'static + use<> {
        let (faults, number, call, effect) =
            (self.faults.clone(), self.number, self.call.clone(), self.effect);
        move || {
            if let Some(effect) = effect {
                faults.change(|state| state.injected.push(Injected { number, call, effect }));
            }
        }
    }

    /// Keeps a call to be made later.
    pub(super) fn keep(&self, until: Until, late: Late) {
        // This call itself is still to be answered.
        let waiting = self.waiting(until, 1);
        self.faults.lates().push((waiting, late));
    }

    fn waiting(&self, until: Until, own: u64) -> Waiting {
        let answered = self.faults.0.state.borrow().answered(&self.call) + own;
        Waiting { number: self.number, call: self.call.clone(), until, answered }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self { faults, number, call, .. } = self;
        faults.change(|state| {
            *state.answered.entry(call.tenant.clone()).or_default() += 1;
            let newest = state.newest.entry((call.method, call.tenant.clone())).or_default();
            *newest = (*newest).max(*number);
            // One that is given up while it is held waits no more.
            state.held.retain(|held| held.number != *number);
        });
    }
}
