//! What all states together may take, and how much of it they do.
//!
//! There are two kinds: the states, which have to be somewhere, and what was [kept](super::state::Kept) beside
//! their entries to save work, which has not. So the second kind never takes more than is left, nor more than
//! half of all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The memory of all ledgers, in bytes, roughly.
#[derive(Debug)]
pub(crate) struct Memory {
    budget: usize,
    states: AtomicUsize,
    kept: AtomicUsize,
    /// See [`is_short`](Self::is_short).
    short: AtomicBool,
}

impl Memory {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, states: AtomicUsize::new(0), kept: AtomicUsize::new(0), short: AtomicBool::new(false) }
    }

    /// Memory in which nothing is kept.
    pub(super) fn none() -> Self {
        Self::new(0)
    }

    /// A part by which what is kept makes room: so that room is not made for one value at a time.
    fn part(&self) -> usize {
        self.budget / 16
    }

    /// What is kept of all tenants' entries.
    fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// A state that took so much takes so much now.
    pub(super) fn changed(&self, before: usize, now: usize) {
        self.states.fetch_add(now, Ordering::Relaxed);
        self.states.fetch_sub(before, Ordering::Relaxed);
    }

    /// By how much states and what is kept beside them are too much; a little sooner, if something could not be
    /// kept for want of room.
    pub(super) fn excess(&self) -> usize {
        let short = if self.is_short() { 2 * self.part() } else { 0 };
        let all = self.states.load(Ordering::Relaxed).saturating_add(self.kept());
        all.saturating_sub(self.budget - short)
    }

    /// Whether something was not kept for want of room since somebody last made some.
    pub(super) fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    /// How much the rest had better let go of what is kept, since somebody who keeps `own` had no room for more.
    pub(super) fn surplus(&self, own: usize) -> usize {
        if !self.is_short() {
            return 0;
        }
        self.kept().saturating_sub(own).saturating_sub(self.part())
    }

    /// Room was made for who wanted some, as far as there was any.
    pub(super) fn made_room(&self) {
        self.short.store(false, Ordering::Relaxed);
    }

    /// Takes room for something to be kept, if there is any.
    fn take(&self, bytes: usize) -> bool {
        let kept = self.kept.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let all = kept.saturating_add(self.states.load(Ordering::Relaxed));
        // A part is left free, so that not each state that is loaded makes others let go.
        let fits = kept <= self.budget / 2 && all <= self.budget - self.part();
        if !fits {
            self.give_back(bytes);
            self.short.store(true, Ordering::Relaxed);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.kept.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Room that was taken in the memory for what is kept; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl Room {
    /// No room yet.
    pub(super) fn new(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), bytes: AtomicUsize::new(0) }
    }

    /// In which memory it is.
    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// How much it is.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes so much more, if there is any.
    pub(super) fn grow(&self, bytes: usize) -> bool {
        let grown = self.memory.take(bytes);
        if grown {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        grown
    }

    /// Gives so much of it back.
    pub(super) fn shrink(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.memory.give_back(bytes);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_takes_neither_more_than_half_nor_what_is_not_left() {
        let memory = Arc::new(Memory::new(1600));
        let room = Room::new(&memory);
        assert!(room.grow(800));
        assert!(!room.grow(1), "more than half");
        room.shrink(800);
        memory.changed(0, 1000);
        assert!(room.grow(500));
        assert!(!room.grow(1), "a part of what is left stays free");
        assert_eq!((room.bytes(), memory.kept()), (500, 500));
        drop(room);
        assert_eq!(memory.kept(), 0);
    }

    #[test]
    fn who_has_no_room_is_made_some_by_those_who_keep_more_than_a_part() {
        let memory = Arc::new(Memory::new(1600));
        let (own, others) = (Room::new(&memory), Room::new(&memory));
        assert!(own.grow(500) && others.grow(300));
        assert_eq!(memory.surplus(own.bytes()), 0, "nobody wants any");
        assert!(!own.grow(100));
        assert_eq!(memory.surplus(own.bytes()), 200);
        memory.made_room();
        assert_eq!(memory.surplus(own.bytes()), 0);
    }
}
