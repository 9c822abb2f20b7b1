//! The snapshot of a ledger file and its index, in parts that have a digest each: so that what is touched can be
//! checked without the rest.
//!
//! The digests stand behind the index, and a checksum of all of them in the first line.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::frame::Checksum;
use super::read::{self, FileHead};
use super::{Ledger, Site};
use crate::blocking::{self, giving_way};
use crate::store::local::disk::File;
use crate::store::local::failure::{corrupt, failed};
use crate::store::local::memory::{self, Memory};
use crate::store::{Opened, OpenedSnapshot, SnapshotParts, StoreError};

/// The bytes of a part: little to read for one record, and enough to be hashed at full speed.
pub(super) const PART: usize = 32 * 1024;
/// The bytes of a digest.
const DIGEST: usize = 16;
/// How many parts are read before they are hashed, where all are: few enough for the processor to still have them.
const AT_ONCE: usize = 16;
/// So many are hashed in a tenth of a millisecond, give or take.
const IN_A_ROW: usize = 8;

/// From so many bytes on two threads read and hash all parts: with less, one would have begun when the other is done.
const SHARED: usize = 4 << 20;

/// The digests of the parts that these make together, one after the other.
pub(super) fn digests(snapshot: &[u8], index: &[u8]) -> Vec<u8> {
    let length = snapshot.len() + index.len();
    let mut digests = Vec::with_capacity(digests_length(length));
    for start in giving_way((0..length).step_by(PART), IN_A_ROW) {
        let end = length.min(start + PART);
        let lines = &snapshot[start.min(snapshot.len())..end.min(snapshot.len())];
        let behind = |at: usize| at.saturating_sub(snapshot.len());
        digests.extend(Checksum::of(&[lines, &index[behind(start)..behind(end)]]).bytes());
    }
    digests
}

/// How many bytes the digests of so many bytes have.
pub(super) const fn digests_length(length: usize) -> usize {
    length.div_ceil(PART) * DIGEST
}

/// The parts of one ledger file. It stays open, so that a fold which replaces it takes nothing away.
pub(super) struct Parts {
    file: Arc<dyn File>,
    /// Its name, relative to the root.
    place: String,
    /// Where the lines begin.
    start: u64,
    text: usize,
    index: usize,
    digests: Bytes,
    /// The right to keep the file open, where it is kept.
    _open: Option<OwnedSemaphorePermit>,
}

impl Parts {
    pub(super) fn of(
        site: Site<'_>,
        file: &Arc<dyn File>,
        head: &FileHead,
        open: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, StoreError> {
        let damaged = |at| corrupt("read ledger", site.ledger(), at, "the snapshot is damaged");
        // A length beyond the file's end is damage, found before memory is taken for it.
        let metadata = file.metadata().map_err(|error| failed("read ledger", site.ledger(), error))?;
        if metadata.length < head.end.offset {
            return Err(damaged(head.snapshot.start));
        }
        let width = |range: &Range<u64>| read::width(range.start, range.end);
        let digests = read::range(site, &**file, head.digests.start, width(&head.digests))?;
        if Checksum::of_piece(&digests) != head.digests_checksum {
            return Err(damaged(head.digests.start));
        }
        Ok(Self {
            file: Arc::clone(file),
            place: site.ledger(),
            start: head.snapshot.start,
            text: width(&head.snapshot),
            index: width(&head.index),
            digests,
            _open: open,
        })
    }

    /// The lines, and the index.
    fn halves(&self, bytes: Bytes) -> (Bytes, Bytes) {
        let mut text = bytes;
        let index = text.split_off(self.text);
        (text, index)
    }

    /// How many bytes all parts have.
    const fn length(&self) -> usize {
        self.text + self.index
    }

    fn check(&self, part: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let digest = self.digests.get(part * DIGEST..(part + 1) * DIGEST);
        if digest == Some(&Checksum::of_piece(bytes).bytes()[..]) {
            return Ok(());
        }
        let at = self.start + (part * PART) as u64;
        Err(corrupt("read ledger", &self.place, at, "the snapshot is damaged"))
    }

    /// All parts, if they are few and the system has them in memory.
    fn resident(&self) -> Result<Option<Bytes>, StoreError> {
        if self.length() > AT_ONCE * PART {
            return Ok(None);
        }
        let mut bytes = vec![0; self.length()];
        if self.file.read_resident(&mut bytes, self.start) < bytes.len() {
            return Ok(None);
        }
        self.check_all(0, &bytes)?;
        Ok(Some(bytes.into()))
    }

    /// Fills `bytes`, which are all parts, on two threads if they are many.
    fn fill_all(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        if bytes.len() < SHARED {
            return self.fill(0, bytes);
        }
        // Each takes the next ones when it has done some: a machine that does something else as well slows one down.
        let left = Mutex::new(bytes.chunks_mut(memory::LARGE).enumerate());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let fill = || {
            while let Some((at, bytes)) = next() {
                self.fill(at * (memory::LARGE / PART), bytes)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(fill);
            let own = fill();
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            own.and(other)
        })
    }

    /// Fills `bytes`, which are whole parts from that one on, but for the last of all.
    fn fill(&self, first: usize, bytes: &mut [u8]) -> Result<(), StoreError> {
        for (batch, bytes) in bytes.chunks_mut(AT_ONCE * PART).enumerate() {
            let first = first + batch * AT_ONCE;
            self.read_at(first, bytes)?;
            self.check_all(first, bytes)?;
        }
        Ok(())
    }

    /// Checks bytes that are whole parts from that one on, but for the last of all.
    fn check_all(&self, first: usize, bytes: &[u8]) -> Result<(), StoreError> {
        bytes.chunks(PART).enumerate().try_for_each(|(at, part)| self.check(first + at, part))
    }

    fn read_at(&self, first: usize, bytes: &mut [u8]) -> Result<(), StoreError> {
        let offset = self.start + (first * PART) as u64;
        let count = self.file.read_at(bytes, offset);
        match count.map_err(|error| failed("read ledger", &self.place, error))? {
            count if count == bytes.len() => Ok(()),
            _ => Err(failed("read ledger", &self.place, io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

impl SnapshotParts for Parts {
    fn text_length(&self) -> usize {
        self.text
    }

    fn index_length(&self) -> usize {
        self.index
    }

    fn part_length(&self) -> usize {
        PART
    }

    fn read(&self, parts: Range<usize>) -> Result<Bytes, StoreError> {
        let place = |part: usize| part.saturating_mul(PART).min(self.length());
        let mut memory = Memory::of(place(parts.end).saturating_sub(place(parts.start)));
        for (batch, bytes) in memory.filling().chunks_mut(AT_ONCE * PART).enumerate() {
            let first = parts.start + batch * AT_ONCE;
            let resident = self.file.read_resident(bytes, self.start + (first * PART) as u64);
            if resident < bytes.len() {
                blocking::here(|| self.read_at(first, bytes))?;
            }
            self.check_all(first, bytes)?;
        }
        Ok(memory.filled())
    }

    fn read_all(&self) -> Result<(Bytes, Bytes), StoreError> {
        let bytes = match self.resident()? {
            Some(bytes) => bytes,
            None => {
                let mut memory = Memory::of(self.length());
                blocking::here(|| self.fill_all(memory.filling()))?;
                memory.filled()
            }
        };
        Ok(self.halves(bytes))
    }
}

/// Reads and checks the snapshot and its index.
pub(super) fn all(
    site: Site<'_>,
    file: &Arc<dyn File>,
    head: &FileHead,
) -> Result<(Bytes, Bytes), StoreError> {
    let parts = Parts::of(site, file, head, None)?;
    if !site.resident {
        return parts.read_all();
    }
    let waits = || failed("read ledger", site.ledger(), io::ErrorKind::WouldBlock.into());
    Ok(parts.halves(parts.resident()?.ok_or_else(waits)?))
}

impl Ledger {
    /// Everything up to what is known but for the snapshot, which is read part by part; whole if it has no index, is
    /// short, or there is no leave to keep its file open.
    pub(in crate::store::local) fn open(
        &self,
        site: Site<'_>,
        open: Option<OwnedSemaphorePermit>,
    ) -> Result<Opened, StoreError> {
        let is_short = self.head.index.end - self.head.snapshot.start <= PART as u64;
        if is_short || self.head.index.is_empty() || open.is_none() {
            return Ok(self.load(site)?.into());
        }
        let known = self.known();
        let parts = Parts::of(site, &self.file, &self.head, open)?;
        let commits = self.commits(site, &known)?;
        let snapshot = OpenedSnapshot::Parts(Arc::new(parts));
        Ok(Opened { version: self.version(&known), header: known.header, snapshot, commits })
    }
}
