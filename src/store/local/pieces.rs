//! What blobs are read into: pieces of memory that are used again, since new ones cost about as much as
//! reading into them.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// How long a piece is.
pub(super) const PIECE: usize = 1 << 20;
/// How many pieces are kept while nobody needs them.
const KEPT: usize = 8;

/// Pieces that nobody needs now.
#[derive(Default)]
pub(super) struct Pieces(Mutex<Vec<Vec<u8>>>);

/// Memory to read into; dropped, it can be used again.
pub(super) struct Piece {
    bytes: Vec<u8>,
    length: usize,
    pieces: Arc<Pieces>,
}

impl Pieces {
    /// Memory for so many bytes, at most [`PIECE`]. What was in it before is there still.
    pub(super) fn take(self: &Arc<Self>, length: usize) -> Piece {
        // Little is not worth a whole piece.
        let kept = if length > PIECE / 2 { self.kept().pop() } else { None };
        let whole = if length > PIECE / 2 { PIECE } else { length };
        Piece { bytes: kept.unwrap_or_else(|| vec![0; whole]), length, pieces: self.clone() }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        // Every section under this lock leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Piece {
    pub(super) fn filling(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// The bytes, once all of them are read.
    pub(super) fn filled(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut kept = self.pieces.kept();
        if self.bytes.len() == PIECE && kept.len() < KEPT {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}
