//! What was made of entries, kept beside them: who reads an entry again as the same type need not make it again.
//!
//! What is kept is a function of the entry's text and of a type, and nothing else: who may read the one may read
//! the other, and whether somebody may is decided for each read, above. It is of any type, since the ledger knows
//! none; the first type that an entry was read as has the place. It says of which entry it is, so that who looks
//! for that need not look at its line.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::ledger::memory::{Memory, Room};

/// What can be made of an entry's text and kept.
pub(crate) trait OfEntry: Any + Send + Sync {
    /// Whether that is the id that the text says.
    fn is_of(&self, id: &str) -> bool;
}

/// Something that was made of an entry's text.
pub(crate) type Kept = Arc<dyn OfEntry>;

/// What is kept, if it is of that type.
#[inline(always)]
pub(crate) fn kept_as<T: OfEntry>(kept: &Kept) -> Option<Arc<T>> {
    let kept: Arc<dyn Any + Send + Sync> = Arc::<dyn OfEntry>::clone(kept);
    kept.downcast().ok()
}

/// How many entries have their places in one piece of memory.
const CHUNK: usize = 64;

type Chunk = [OnceLock<Kept>; CHUNK];

/// What is kept of the entries of a base, by their positions: each value has the id of its entry.
pub(in crate::ledger) struct KeptValues {
    chunks: Box<[OnceLock<Box<Chunk>>]>,
    room: Room,
}

impl KeptValues {
    /// Places for so many entries, with nothing in them.
    pub(super) fn new(entries: usize, memory: &Arc<Memory>) -> Self {
        let chunks = (0..entries.div_ceil(CHUNK)).map(|_| OnceLock::new()).collect();
        Self { chunks, room: Room::new(memory) }
    }

    /// The same without anything in them.
    pub(super) fn emptied(&self) -> Self {
        Self::new(self.chunks.len() * CHUNK, self.room.memory())
    }

    /// The same values once more, if there is room, or nothing.
    pub(super) fn copied(&self) -> Self {
        let copy = self.emptied();
        if copy.room.grow(self.bytes()) {
            for (from, to) in self.chunks.iter().zip(&copy.chunks) {
                from.get().map(|chunk| to.set(chunk.clone()));
            }
        }
        copy
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        self.room.memory()
    }

    /// What the places take before anything is in them, in bytes.
    pub(super) fn places(&self) -> usize {
        size_of_val(&*self.chunks)
    }

    /// What it takes that is in them, in bytes.
    pub(in crate::ledger) fn bytes(&self) -> usize {
        self.room.bytes()
    }

    /// What is kept of the entry at a position.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&Kept> {
        self.chunks.get(at / CHUNK)?.get()?[at % CHUNK].get()
    }

    /// Keeps something of the entry at a position, if there is room and nothing yet.
    pub(super) fn keep(&self, at: usize, value: Kept, bytes: usize) {
        let Some(chunk) = self.chunks.get(at / CHUNK) else { return };
        let bytes = if chunk.get().is_none() { bytes + size_of::<Chunk>() } else { bytes };
        if !self.room.grow(bytes) {
            return;
        }
        let chunk = chunk.get_or_init(|| Box::new(std::array::from_fn(|_| OnceLock::new())));
        if chunk[at % CHUNK].set(value).is_err() {
            // Somebody was faster; and if the places were made for this, they have counted them too.
            self.room.shrink(bytes);
        }
    }
}

/// The place for what is kept of one entry above the base.
#[derive(Default)]
pub(super) struct KeptValue(OnceLock<(Kept, Room)>);

impl KeptValue {
    #[inline]
    pub(super) fn get(&self) -> Option<&Kept> {
        self.0.get().map(|(value, _)| value)
    }

    /// Keeps something, if there is room and nothing yet.
    pub(super) fn keep(&self, value: Kept, bytes: usize, memory: &Arc<Memory>) {
        let room = Room::new(memory);
        if self.0.get().is_none() && room.grow(bytes) {
            // If somebody was faster, this goes, and its room with it.
            let _ = self.0.set((value, room));
        }
    }
}

impl fmt::Debug for KeptValues {
    /// What is kept is left out: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptValues").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl fmt::Debug for KeptValue {
    /// The same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptValue").finish_non_exhaustive()
    }
}
