//! Values in places that are counted from 0: whoever has the newest state adds one without a copy of anything.
//!
//! States share the chunks in which they stand. A place is taken once; it counts in the states that are long enough,
//! and the others don't see it. Where a place is taken already, since somebody else went on from the same state, or is
//! to have something else, the chunk is copied.

use std::array::from_fn;
use std::sync::{Arc, OnceLock};

use rpds::VectorSync;

/// How many values have their places in one piece of memory.
const CHUNK: usize = 32;

type Chunk<T> = [OnceLock<T>; CHUNK];

/// So many values.
#[derive(Debug, Clone)]
pub(super) struct Places<T> {
    chunks: VectorSync<Arc<Chunk<T>>>,
    length: usize,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { chunks: VectorSync::new_sync(), length: 0 }
    }
}

impl<T: Clone> Places<T> {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// The value at a place.
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        if at < self.length { self.chunks.get(at / CHUNK)?[at % CHUNK].get() } else { None }
    }

    /// Adds a value behind all others.
    pub(super) fn push(&mut self, value: T) {
        let (chunk, at) = (self.length / CHUNK, self.length);
        if at.is_multiple_of(CHUNK) {
            self.chunks.push_back_mut(Arc::new(from_fn(|_| OnceLock::new())));
        }
        self.length += 1;
        if let Some(taken) = self.chunks.get(chunk).and_then(|chunk| chunk[at % CHUNK].set(value).err()) {
            self.set(at, taken);
        }
    }

    /// Puts another value at a place, in a copy of its chunk.
    pub(super) fn set(&mut self, at: usize, value: T) {
        let first = at - at % CHUNK;
        let mut copy: Chunk<T> =
            from_fn(|place| self.get(first + place).cloned().map_or_else(OnceLock::new, OnceLock::from));
        copy[at % CHUNK] = OnceLock::from(value);
        self.chunks.set_mut(at / CHUNK, Arc::new(copy));
    }
}
