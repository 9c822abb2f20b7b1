//! Faults as data, and the controller that holds them apart from the store.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutOptions, PutPayload};
use tokio::sync::oneshot;

use crate::testkit::fault_rules::{Rule, Rules, window};

/// What kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// A put of a whole object.
    Put,
    /// A get, or a head.
    Get,
    /// A delete of one object.
    Delete,
    /// A listing.
    List,
    /// A copy.
    Copy,
    /// The beginning of an upload in parts.
    BeginParts,
    /// A part.
    Part,
    /// The completion of an upload in parts.
    CompleteParts,
    /// The end of an upload in parts that is given up.
    AbortParts,
}

/// A request on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its kind.
    pub kind: RequestKind,
    /// The object, or the prefix listed.
    pub key: Path,
}

/// How a failed request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// As if nothing had answered, or with a fault of the server's.
    Unavailable,
    /// As if a condition had not held.
    Precondition,
    /// As if it were not allowed.
    Forbidden,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It is done and answered.
    Proceed,
    /// It is not done, and never will be.
    FailBefore(Status),
    /// It is done, and answered as failed.
    FailAfter(Status),
    /// It is answered as failed, and done when [`Faults::deliver`] says so. Only puts and deletes
    /// can come late; others are not done.
    Delay,
    /// It is done and answered, and done once more when [`Faults::deliver`] says so.
    DuplicateLate,
    /// It is done twice at once, and answered as the second time was.
    Repeat,
    /// It is done, and of a get's answer only so many bytes come before the connection breaks. To other
    /// requests nothing happens.
    CutShort(u64),
    /// It waits until [`Faults::answer`] decides.
    Hold,
}

/// Which requests something happens to, and what.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Only requests of that kind, if given.
    pub kind: Option<RequestKind>,
    /// Only requests whose key contains that.
    pub key_contains: String,
    /// How many such requests are spared first.
    pub spare: u64,
    /// How many are affected after those.
    pub affect: u64,
    /// What happens to them.
    pub effect: Effect,
}

/// A put or delete that is still under way though it was answered.
pub(super) enum Late {
    Put { key: Path, payload: PutPayload, options: PutOptions },
    Delete { key: Path },
}

struct Parked {
    request: Request,
    decide: oneshot::Sender<Effect>,
}

#[derive(Default)]
struct State {
    rules: Rules<Fault>,
    stepping: bool,
    parked: VecDeque<Parked>,
    late: Vec<Late>,
    log: Vec<Request>,
}

/// Decides what happens to each request. Clones control the same store.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Faults")
            .field("late", &state.late.len())
            .field("log", &state.log)
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// Adds a fault. Of several that fit a request, the first added decides.
    pub fn inject(&self, fault: Fault) {
        self.state().rules.add(fault);
    }

    /// Makes every request that no fault fits wait for [`answer`](Self::answer), so that a test can
    /// go step by step.
    pub fn step(&self) {
        self.state().stepping = true;
    }

    /// Takes all faults away and lets everything proceed, what waits included.
    pub fn clear(&self) {
        let waiting = {
            let mut state = self.state();
            state.rules.clear();
            state.stepping = false;
            std::mem::take(&mut state.parked)
        };
        for parked in waiting {
            // Whoever gave up waiting needs no answer.
            let _ = parked.decide.send(Effect::Proceed);
        }
    }

    /// The request that has waited longest.
    #[must_use]
    pub fn waiting(&self) -> Option<Request> {
        self.state().parked.front().map(|parked| parked.request.clone())
    }

    /// Decides about the request that has waited longest; false if none waits.
    #[must_use]
    pub fn answer(&self, effect: Effect) -> bool {
        let parked = self.state().parked.pop_front();
        parked.is_some_and(|parked| parked.decide.send(effect).is_ok())
    }

    /// How many requests are still to come late.
    #[must_use]
    pub fn late(&self) -> usize {
        self.state().late.len()
    }

    /// Lets late request number `index` arrive at `objects`, the store below; whatever the answer,
    /// nobody waits for it any more.
    pub async fn deliver(&self, index: usize, objects: &dyn ObjectStore) {
        let late = {
            let mut state = self.state();
            if index >= state.late.len() {
                return;
            }
            state.late.remove(index)
        };
        match late {
            Late::Put { key, payload, options } => drop(objects.put_opts(&key, payload, options).await),
            Late::Delete { key } => drop(objects.delete(&key).await),
        }
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn log(&self) -> Vec<Request> {
        self.state().log.clone()
    }

    /// Decides what happens to a request, which may take until a test says so.
    pub(super) async fn decide(&self, kind: RequestKind, key: &Path) -> Effect {
        let request = Request { kind, key: key.clone() };
        let parked = {
            let mut state = self.state();
            state.log.push(request.clone());
            match state.effect(&request) {
                Effect::Hold => {}
                effect => return effect,
            }
            let (decide, parked) = oneshot::channel();
            state.parked.push_back(Parked { request, decide });
            parked
        };
        parked.await.unwrap_or(Effect::Proceed)
    }

    pub(super) fn keep_late(&self, late: Option<Late>) {
        self.state().late.extend(late);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn effect(&mut self, request: &Request) -> Effect {
        self.rules.decide(request).unwrap_or(if self.stepping { Effect::Hold } else { Effect::Proceed })
    }
}

impl Rule for Fault {
    type Call = Request;
    type Effect = Effect;

    fn fits(&self, request: &Request) -> bool {
        self.kind.is_none_or(|kind| kind == request.kind) && request.key.as_ref().contains(&self.key_contains)
    }

    fn affected(&self) -> Range<u64> {
        window(self.spare, self.affect)
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

/// The error with which a failed request is answered.
pub(super) fn failure(status: Status, key: &Path) -> ObjectError {
    let (path, source) = (key.to_string(), "an injected fault".into());
    match status {
        Status::Unavailable => ObjectError::Generic { store: "FaultyObjects", source },
        Status::Precondition => ObjectError::Precondition { path, source },
        Status::Forbidden => ObjectError::PermissionDenied { path, source },
    }
}
