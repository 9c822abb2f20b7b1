//! A simulated file: the bytes that programs see, and what of them a crash may leave.

use super::choice::Chooser;
use super::journal::{Fate, Journal};

/// A file's bytes; trailing zeros take no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Contents {
    bytes: Vec<u8>,
    length: u64,
}

impl Contents {
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut all = self.bytes.clone();
        all.resize(index(self.length), 0);
        all
    }

    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> usize {
        let count = index(self.length.saturating_sub(offset)).min(buffer.len());
        let stored = self.bytes.get(index(offset)..).unwrap_or_default();
        let stored = &stored[..stored.len().min(count)];
        buffer[..stored.len()].copy_from_slice(stored);
        buffer[stored.len()..count].fill(0);
        count
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        self.length = self.length.max(offset + bytes.len() as u64);
        let significant = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let start = index(offset);
        if significant > 0 && self.bytes.len() < start + significant {
            self.bytes.resize(start + significant, 0);
        }
        let stored = bytes.len().min(self.bytes.len().saturating_sub(start));
        if stored > 0 {
            self.bytes[start..start + stored].copy_from_slice(&bytes[..stored]);
        }
    }

    pub(super) fn set_length(&mut self, length: u64) {
        self.length = length;
        self.bytes.truncate(index(length));
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// What was done to a file since it was last made durable.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Length(u64),
}

impl Change {
    fn apply(&self, contents: &mut Contents) {
        match self {
            Self::Write { offset, bytes } => contents.write(bytes, *offset),
            Self::Length(length) => contents.set_length(*length),
        }
    }

    /// The range that it writes, if it writes one.
    fn range(&self) -> Option<(u64, u64)> {
        match self {
            Self::Write { offset, bytes } => Some((*offset, offset + bytes.len() as u64)),
            Self::Length(_) => None,
        }
    }
}

/// What a crash makes of one write that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survival {
    Whole,
    Lost,
    /// Its first half.
    FirstHalf,
    /// All but its last byte.
    AllButLast,
    /// Its second half; what lies before is as it was.
    SecondHalf,
    /// The length grew, and the bytes did not come.
    OnlyLength,
}

impl Survival {
    const ALL: [Self; 6] =
        [Self::Whole, Self::Lost, Self::FirstHalf, Self::AllButLast, Self::SecondHalf, Self::OnlyLength];

    fn apply(self, change: &Change, contents: &mut Contents) {
        let Change::Write { offset, bytes } = change else {
            if self == Self::Whole {
                change.apply(contents);
            }
            return;
        };
        let middle = bytes.len() / 2;
        match self {
            Self::Whole => contents.write(bytes, *offset),
            Self::Lost => {}
            Self::FirstHalf => contents.write(&bytes[..middle], *offset),
            Self::AllButLast => contents.write(&bytes[..bytes.len().saturating_sub(1)], *offset),
            Self::SecondHalf => contents.write(&bytes[middle..], offset + middle as u64),
            Self::OnlyLength => {
                let length = contents.length().max(offset + bytes.len() as u64);
                contents.set_length(length);
            }
        }
    }
}

/// A simulated file.
#[derive(Debug, Clone, Default)]
pub(super) struct FileState {
    pub(super) live: Contents,
    durable: Contents,
    changes: Journal<Change>,
}

impl FileState {
    /// A file that is as durable as it is visible.
    pub(super) fn durable(contents: Contents) -> Self {
        Self { live: contents.clone(), durable: contents, changes: Journal::default() }
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64, tracked: bool) {
        self.live.write(bytes, offset);
        if tracked {
            self.changes.push(Change::Write { offset, bytes: bytes.to_vec() });
        }
    }

    pub(super) fn set_length(&mut self, length: u64, tracked: bool) {
        self.live.set_length(length);
        if tracked {
            self.changes.push(Change::Length(length));
        }
    }

    /// A sync that succeeds.
    pub(super) fn sync(&mut self) {
        for change in self.changes.sync() {
            change.apply(&mut self.durable);
        }
    }

    /// A sync that fails.
    pub(super) fn forsake(&mut self) {
        self.changes.forsake();
    }

    /// What a crash leaves. Later writes are decided first, so that no question is asked about a
    /// write that a later one covers.
    pub(super) fn after_crash(&self, chooser: &mut dyn Chooser) -> Contents {
        let mut survivals = Vec::new();
        let mut covered: Vec<(u64, u64)> = Vec::new();
        for (change, fate) in self.changes.iter().rev() {
            let hidden = change
                .range()
                .is_some_and(|(start, end)| covered.iter().any(|(from, to)| *from <= start && end <= *to));
            let survival = match (fate, hidden) {
                (Fate::Durable, _) => Survival::Whole,
                (_, true) => Survival::Lost,
                (_, false) => Survival::ALL[chooser.choose(survival_count(change))],
            };
            if let (Survival::Whole, Some(range)) = (survival, change.range()) {
                covered.push(range);
            }
            survivals.push(survival);
        }
        let mut contents = self.durable.clone();
        for ((change, _), survival) in self.changes.iter().zip(survivals.into_iter().rev()) {
            survival.apply(change, &mut contents);
        }
        contents
    }
}

/// How many of [`Survival::ALL`] make a difference.
fn survival_count(change: &Change) -> usize {
    match change {
        Change::Write { bytes, .. } if bytes.len() > 1 => Survival::ALL.len(),
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::choice::Exhaustive;
    use super::*;

    fn outcomes(file: &FileState) -> BTreeSet<Vec<u8>> {
        let mut chooser = Exhaustive::default();
        let mut all = BTreeSet::new();
        loop {
            all.insert(file.after_crash(&mut chooser).to_vec());
            if !chooser.advance() {
                return all;
            }
        }
    }

    #[test]
    fn zeros_at_the_end_are_read_back_and_overwritten() {
        let mut contents = Contents::default();
        contents.write(&[0; 8], 0);
        contents.write(b"ab", 3);
        contents.write(&[0; 3], 4);
        assert_eq!(contents.to_vec(), [0, 0, 0, b'a', 0, 0, 0, 0]);
        contents.set_length(2);
        contents.set_length(5);
        assert_eq!(contents.to_vec(), [0; 5]);
        let mut buffer = [9; 4];
        assert_eq!(contents.read(&mut buffer, 3), 2);
        assert_eq!(buffer, [0, 0, 9, 9]);
    }

    #[test]
    fn a_synced_write_has_one_outcome_and_an_unsynced_one_several() {
        let mut file = FileState::default();
        file.write(b"aaaa", 0, true);
        file.sync();
        assert_eq!(outcomes(&file), [b"aaaa".to_vec()].into());
        file.write(b"bbbb", 2, true);
        let expected: [&[u8]; 6] = [b"aabbbb", b"aaaa", b"aabb", b"aabbb", b"aaaabb", b"aaaa\0\0"];
        let expected: BTreeSet<_> = expected.iter().map(|bytes| bytes.to_vec()).collect();
        // The second half alone leaves what lies before as it was.
        assert_eq!(outcomes(&file), expected);
    }

    #[test]
    fn a_sync_after_a_failed_one_does_not_save_what_the_failed_one_dropped() {
        let mut file = FileState::default();
        file.write(b"a", 0, true);
        file.forsake();
        file.write(b"b", 1, true);
        file.sync();
        assert_eq!(outcomes(&file), [b"ab".to_vec(), b"\0b".to_vec()].into());
    }
}
