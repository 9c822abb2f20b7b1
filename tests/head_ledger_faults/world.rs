//! Two nodes over one object store, run request by request in an order that somebody chooses.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tenantry::store::TenantStore;
use tenantry::store::head_ledger::Step;
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::faulty_objects::{Effect, Faults, FaultyObjects, RequestKind, Status};

use crate::node::{Act, Node, Sizes, observe, store, tenant};
use crate::truth::{Checked, Truth};

/// Decides at every fork.
pub trait Chooser {
    /// A number below `options`, which is more than one.
    fn choose(&mut self, options: usize) -> usize;
}

/// A short history: what is done beforehand without faults, and what the nodes do at once.
#[derive(Debug, Clone)]
pub struct History<'a> {
    pub before: &'a [Act],
    pub nodes: [&'a [Act]; 2],
    pub sizes: Sizes,
}

/// How much may go wrong in one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How often the other node comes in while one is at work.
    pub switches: u32,
    /// How many requests go wrong.
    pub faults: u32,
}

/// What can come next.
#[derive(Debug, Clone, Copy)]
enum Move {
    Proceed,
    Switch,
    Fault(Effect),
    /// The node stops for good, its request not done.
    Stop,
    /// A late request of that node arrives.
    Deliver(usize, usize),
}

const PUT_FAULTS: &[Move] = &[
    Move::Fault(Effect::FailBefore(Status::Unavailable)),
    Move::Fault(Effect::FailBefore(Status::Precondition)),
    Move::Fault(Effect::FailAfter(Status::Unavailable)),
    Move::Fault(Effect::Delay),
    Move::Fault(Effect::DuplicateLate),
    Move::Fault(Effect::Repeat),
    Move::Stop,
];
const DELETE_FAULTS: &[Move] = &[
    Move::Fault(Effect::FailAfter(Status::Unavailable)),
    Move::Fault(Effect::Delay),
    Move::Fault(Effect::DuplicateLate),
];
const READ_FAULTS: &[Move] = &[Move::Fault(Effect::FailBefore(Status::Unavailable))];

type Work = Pin<Box<dyn Future<Output = Checked>>>;

struct Seat {
    faults: Faults,
    /// `None` once it is done or stopped.
    work: Option<Work>,
}

pub struct World {
    objects: Arc<InMemory>,
    observer: ObjectTenantStore,
    truth: Arc<Mutex<Truth>>,
    seats: Vec<Seat>,
    current: usize,
    limits: Limits,
    seen: Option<String>,
    outage: Option<(usize, Effect)>,
    /// Whether a life may begin: what such a beginning leaves behind when it is given up lies beyond
    /// the tombstone's counts, and is cleared once the next has counted on.
    begins: bool,
}

impl World {
    pub fn new(history: &History<'_>, limits: Limits, without: Option<Step>) -> Self {
        let objects = Arc::new(InMemory::new());
        let truth = Arc::new(Mutex::new(Truth::default()));
        let observer = store(Arc::clone(&objects) as _, 0, history.sizes, None);
        let begins = history.nodes.concat().contains(&Act::Recreate);
        let (seats, seen) = (Vec::new(), None);
        let mut world =
            Self { objects, observer, truth, seats, current: 0, limits, seen, outage: None, begins };
        world.prepare(history);
        for (seed, (name, script)) in (1..).zip("AB".chars().zip(history.nodes)) {
            let (objects, faults) = FaultyObjects::new(Arc::clone(&world.objects) as _);
            faults.step();
            let store = store(Arc::new(objects), seed, history.sizes, without);
            let node = Node::new(name, store, Arc::clone(&world.truth));
            world.seats.push(Seat { faults, work: Some(Box::pin(node.run(script.to_vec()))) });
        }
        world
    }

    /// From that request on, all of the first node's requests fail so.
    pub fn with_outage(self, from: usize, effect: Effect) -> Self {
        Self { outage: Some((from, effect)), ..self }
    }

    /// Does what comes before, step by step so that nothing escapes the observer.
    fn prepare(&mut self, history: &History<'_>) {
        let (objects, faults) = FaultyObjects::new(Arc::clone(&self.objects) as _);
        faults.step();
        let node = Node::new('P', store(Arc::new(objects), 99, history.sizes, None), Arc::clone(&self.truth));
        self.seats = vec![Seat { faults, work: Some(Box::pin(node.run(history.before.to_vec()))) }];
        loop {
            let waits = self.poll(0).unwrap();
            self.observe().unwrap();
            if !waits {
                break;
            }
            self.answer(Effect::Proceed);
        }
        self.seats.clear();
    }

    /// Lets a node go on until it waits for a request; false if it is done.
    fn poll(&mut self, seat: usize) -> Result<bool, String> {
        let seat = &mut self.seats[seat];
        let Some(work) = &mut seat.work else { return Ok(false) };
        if seat.faults.waiting().is_some() {
            return Ok(true);
        }
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Ok(true),
            Poll::Ready(checked) => {
                seat.work = None;
                checked.map(|()| false)
            }
        }
    }

    /// Takes in the head, if it is another than before.
    fn observe(&mut self) -> Checked {
        let key = Path::from(format!("heads/{}", tenant()));
        let now = self.objects.head(&key).now_or_never().unwrap().ok().and_then(|found| found.e_tag);
        if now != self.seen {
            self.seen = now;
            let state = observe(&self.observer).now_or_never().unwrap()?;
            self.truth.lock().unwrap().observe(state)?;
        }
        Ok(())
    }

    /// Runs until nothing is under way any more; an error is a violation.
    pub fn run(mut self, chooser: &mut dyn Chooser) -> Checked {
        let quiet = self.outage.is_none();
        let allowed = (self.limits.switches, self.limits.faults);
        loop {
            let waiting = [self.poll(0)?, self.poll(1)?];
            // A node that has gone on may have had its request done.
            self.observe()?;
            if waiting == [false, false] {
                break;
            }
            if !waiting[self.current] {
                self.current = 1 - self.current;
            }
            let moves = self.moves(waiting[1 - self.current]);
            let chosen = if moves.len() > 1 { chooser.choose(moves.len()) } else { 0 };
            self.apply(moves[chosen])?;
        }
        self.finish()?;
        let undisturbed = allowed == (self.limits.switches, self.limits.faults);
        match self.truth.lock().unwrap().unknown() {
            1.. if undisturbed && quiet => {
                Err("an outcome was unknown though nothing was in the way".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn moves(&self, other_waits: bool) -> Vec<Move> {
        let mut moves = vec![Move::Proceed];
        if other_waits && self.limits.switches > 0 {
            moves.push(Move::Switch);
        }
        // In an outage so many come late that all of them come at the end.
        for (seat, node) in self.seats.iter().enumerate().filter(|_| self.outage.is_none()) {
            moves.extend((0..node.faults.late()).map(|late| Move::Deliver(seat, late)));
        }
        if self.limits.faults > 0 {
            let waiting = self.seats[self.current].faults.waiting();
            moves.extend(match waiting.map(|request| request.kind) {
                Some(RequestKind::Put) => PUT_FAULTS,
                Some(RequestKind::Delete) => DELETE_FAULTS,
                _ => READ_FAULTS,
            });
        }
        moves
    }

    fn apply(&mut self, chosen: Move) -> Checked {
        match chosen {
            Move::Proceed => self.answer(match self.outage {
                Some((from, effect)) if self.current == 0 && self.seats[0].faults.log().len() > from => {
                    effect
                }
                _ => Effect::Proceed,
            }),
            Move::Switch => {
                self.limits.switches -= 1;
                self.current = 1 - self.current;
            }
            Move::Fault(effect) => {
                self.limits.faults -= 1;
                self.answer(effect);
            }
            Move::Stop => {
                self.limits.faults -= 1;
                self.seats[self.current].work = None;
            }
            Move::Deliver(seat, late) => {
                self.seats[seat].faults.deliver(late, &*self.objects).now_or_never().unwrap();
            }
        }
        self.observe()
    }

    /// Has the current node's request done, and no more than that, so that each step is observed.
    fn answer(&mut self, effect: Effect) {
        assert!(self.seats[self.current].faults.answer(effect));
    }

    /// Lets all that is late arrive, tidies, and sees that all answers were true.
    fn finish(&mut self) -> Checked {
        for seat in 0..self.seats.len() {
            while self.seats[seat].faults.late() > 0 {
                self.apply(Move::Deliver(seat, 0))?;
            }
        }
        let truth = self.truth.lock().unwrap();
        truth.answers_were_true()?;
        self.observer.tidy(&tenant()).now_or_never().unwrap().map_err(|error| format!("{error:?}"))?;
        let found = observe(&self.observer).now_or_never().unwrap()?;
        if found.as_ref() != truth.last() {
            return Err(format!("{found:?} is left of {:?}", truth.last()));
        }
        if found.is_some_and(|state| state.tombstone) && !self.begins {
            let left = self.objects.list(None).count().now_or_never().unwrap();
            if left != 1 {
                return Err(format!("{left} objects are left with a tombstone"));
            }
        }
        Ok(())
    }
}
