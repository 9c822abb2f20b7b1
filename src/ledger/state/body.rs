//! The bytes of a base, its lines and their index: all in memory, or read part by part when they are touched.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::store::{SnapshotParts, StoreError, StoreErrorKind};

/// So many bytes are read ahead at the most: they take a millisecond where the system has them in memory, and a few where
/// a disk has to be asked.
const AHEAD: usize = 2 << 20;

/// The lines of a snapshot and behind them their index.
pub(super) enum Body {
    Whole { text: Bytes, index: Bytes },
    Parts(Parts),
}

/// A body of which those parts are in memory that were touched.
pub(super) struct Parts {
    source: Arc<dyn SnapshotParts>,
    text_length: usize,
    index_length: usize,
    /// At least 1.
    part_length: usize,
    read: Box<[OnceLock<Bytes>]>,
}

impl Body {
    /// A body whose parts are read when they are touched.
    pub(super) fn of(source: Arc<dyn SnapshotParts>) -> Self {
        let (text_length, index_length) = (source.text_length(), source.index_length());
        let part_length = source.part_length().max(1);
        let parts = (text_length + index_length).div_ceil(part_length);
        let read = (0..parts).map(|_| OnceLock::new()).collect();
        Self::Parts(Parts { source, text_length, index_length, part_length, read })
    }

    /// The same with all of it in memory, if it is not.
    pub(super) fn whole(&self) -> Result<Option<Self>, StoreError> {
        let Self::Parts(parts) = self else { return Ok(None) };
        let (text, index) = parts.source.read_all()?;
        Ok(Some(Self::Whole { text, index }))
    }

    pub(super) const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }

    pub(super) fn text_length(&self) -> usize {
        match self {
            Self::Whole { text, .. } => text.len(),
            Self::Parts(parts) => parts.text_length,
        }
    }

    pub(super) fn index_length(&self) -> usize {
        match self {
            Self::Whole { index, .. } => index.len(),
            Self::Parts(parts) => parts.index_length,
        }
    }

    /// Some of the lines' bytes.
    pub(super) fn text(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, StoreError> {
        match self {
            Self::Whole { text, .. } => text.get(range).map(Cow::Borrowed).ok_or_else(malformed),
            Self::Parts(parts) if range.end <= parts.text_length => parts.bytes(range),
            Self::Parts(_) => Err(malformed()),
        }
    }

    /// The same to be kept: where they stand in one piece, they share it.
    pub(super) fn shared_text(&self, range: Range<usize>) -> Result<Bytes, StoreError> {
        match self {
            Self::Whole { text, .. } if range.start <= range.end && range.end <= text.len() => {
                Ok(text.slice(range))
            }
            Self::Whole { .. } => Err(malformed()),
            Self::Parts(parts) if range.end <= parts.text_length => parts.shared(range),
            Self::Parts(_) => Err(malformed()),
        }
    }

    /// So many of the index's bytes.
    #[inline]
    pub(super) fn index_at<const N: usize>(&self, start: usize) -> Result<[u8; N], StoreError> {
        let (bytes, at) = match self {
            Self::Whole { index, .. } => (Some(index), start),
            Self::Parts(parts) => parts.read_with(parts.text_length.saturating_add(start)),
        };
        match bytes.and_then(|bytes| bytes.get(at..)?.first_chunk()) {
            Some(bytes) => Ok(*bytes),
            None => {
                let bytes = self.index(start..start.saturating_add(N))?;
                bytes.first_chunk().copied().ok_or_else(malformed)
            }
        }
    }

    /// Some of the index's bytes.
    pub(super) fn index(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, StoreError> {
        match self {
            Self::Whole { index, .. } => index.get(range).map(Cow::Borrowed).ok_or_else(malformed),
            Self::Parts(parts) => {
                let before = parts.text_length;
                let at = |offset: usize| before.checked_add(offset).ok_or_else(malformed);
                parts.bytes(at(range.start)?..at(range.end)?)
            }
        }
    }
}

impl Parts {
    /// The part that has the byte at a place, if it was read, and where in it that is.
    #[inline]
    fn read_with(&self, at: usize) -> (Option<&Bytes>, usize) {
        (self.read.get(at / self.part_length).and_then(OnceLock::get), at % self.part_length)
    }

    /// One part, read and checked by its store if it was not touched before.
    fn part(&self, part: usize) -> Result<&Bytes, StoreError> {
        let place = self.read.get(part).ok_or_else(malformed)?;
        if let Some(bytes) = place.get() {
            return Ok(bytes);
        }
        self.read_ahead(part);
        if let Some(bytes) = place.get() {
            return Ok(bytes);
        }
        let bytes = self.source.read(part..part + 1)?;
        Ok(place.get_or_init(|| bytes))
    }

    /// Reads a part with those that come next, where all goes well: what is wrong with another than itself is nothing to
    /// whoever touched this one.
    fn read_ahead(&self, part: usize) {
        let parts = self.ahead(part);
        if parts.len() > 1
            && let Ok(bytes) = self.source.read(parts.clone())
        {
            for (at, place) in self.read[parts].iter().enumerate() {
                let start = at * self.part_length;
                let end = bytes.len().min(start + self.part_length);
                // Somebody else may have been faster.
                let _ = place.set(bytes.slice(start.min(end)..end));
            }
        }
    }

    /// A part with those that probably come next: as many as were read one after the other before it, on one side of it, so
    /// that no more is read for nothing than was for something.
    fn ahead(&self, part: usize) -> Range<usize> {
        let most = (AHEAD / self.part_length).max(1);
        let is_read = |at: &usize| self.read[*at].get().is_some();
        let before = (0..part).rev().take(most).take_while(is_read).count();
        let behind = (part + 1..self.read.len()).take(most).take_while(is_read).count();
        let is_new = |at: &usize| !is_read(at);
        if behind > before {
            part + 1 - (0..=part).rev().take(behind).take_while(is_new).count()..part + 1
        } else {
            part..part + (part..self.read.len()).take(before.max(1)).take_while(is_new).count()
        }
    }

    fn bytes(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, StoreError> {
        if range.start >= range.end {
            return if range.start == range.end { Ok(Cow::default()) } else { Err(malformed()) };
        }
        let length = self.part_length;
        let (first, last) = (range.start / length, (range.end - 1) / length);
        // Before memory is taken for it.
        if last >= self.read.len() {
            return Err(malformed());
        }
        let within = |part: usize| {
            let start = part * length;
            let of_part = range.start.max(start) - start..range.end.min(start + length) - start;
            self.part(part)?.get(of_part).ok_or_else(malformed)
        };
        if first == last {
            return within(first).map(Cow::Borrowed);
        }
        let mut bytes = Vec::with_capacity(range.len());
        for part in first..=last {
            bytes.extend_from_slice(within(part)?);
        }
        Ok(Cow::Owned(bytes))
    }

    /// The same, as a share of the part if it is one.
    fn shared(&self, range: Range<usize>) -> Result<Bytes, StoreError> {
        let length = self.part_length;
        let (part, start) = (range.start / length, range.start % length);
        let end = start + range.len();
        if end > length || range.is_empty() {
            return Ok(self.bytes(range)?.into_owned().into());
        }
        let part = self.part(part)?;
        if end <= part.len() { Ok(part.slice(start..end)) } else { Err(malformed()) }
    }
}

/// What an index says can't be.
pub(super) fn malformed() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "ledger", "the index of the snapshot can't be read")
}
