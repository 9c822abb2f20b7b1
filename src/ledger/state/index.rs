//! The index of a snapshot's lines, as bytes: so it can be kept beside them, and is used as it lies there.
//!
//! ```text
//! entries   order: u64, line: u32, record: u32, id: u32, length of the id: u32; in order of (section, order)
//! slots     a part of an id's hash: u32, entry counted from 1: u32; a power of two of them, 0 is nobody's
//! keys      a part of a key's hash: u32, entry: u32; in order
//! contents  JSON: how many of each, the hash's key, the sections and what they hold
//! its length: u32
//! ```
//!
//! Numbers are little-endian; a place is an offset in the lines. Neither ids nor keys stand in it: whether what is
//! found is what was looked for is seen in the lines.

use serde::{Deserialize, Serialize};

use super::body::{Body, malformed};
use super::keyed_hash::{self, HashKey};
use crate::blocking::giving_way;
use crate::ledger::tally::Tally;
use crate::store::StoreError;

/// The bytes of an entry.
const ENTRY: usize = 24;
/// The bytes of a slot, and of a key.
const PAIR: usize = 8;
/// The bytes of the contents' length.
const LENGTH: usize = 4;
/// So many slots take a tenth of a millisecond, give or take.
const SLOTS: usize = 8192;

/// An entry: where its parts begin. Its line ends before the next one begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexEntry {
    pub(super) order: u64,
    pub(super) line: u32,
    pub(super) record: u32,
    pub(super) id: u32,
    /// How long the id is; [`UNUSUAL`](Self::UNUSUAL) if its line has to be read to know of its parts.
    pub(super) id_length: u32,
}

impl IndexEntry {
    /// The length of no id.
    pub(super) const UNUSUAL: u32 = u32::MAX;

    #[inline]
    pub(super) fn of(bytes: &[u8; ENTRY]) -> Self {
        Self {
            order: u64::from(u32_at(bytes, 0)) | u64::from(u32_at(bytes, 4)) << 32,
            line: u32_at(bytes, 8),
            record: u32_at(bytes, 12),
            id: u32_at(bytes, 16),
            id_length: u32_at(bytes, 20),
        }
    }
}

/// A section and what it holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct IndexedSection {
    pub(super) name: String,
    /// How many entries this section and those before it have.
    pub(super) end: usize,
    /// The order of its last entry.
    pub(super) last: u64,
    pub(super) tally: Tally,
}

/// What stands at an index's end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) entries: usize,
    slots: usize,
    keys: usize,
    hash: HashKey,
    pub(super) sections: Vec<IndexedSection>,
}

/// An index in the making.
pub(super) struct IndexWriter {
    bytes: Vec<u8>,
    contents: Contents,
    ids: Vec<u64>,
    keys: Vec<(u32, u32)>,
}

impl IndexWriter {
    /// One with a key that nobody knows.
    pub(super) fn new() -> Self {
        Self::keyed(keyed_hash::fresh_key())
    }

    /// One with the key of another.
    pub(super) fn keyed(hash: HashKey) -> Self {
        let contents = Contents { hash, ..Contents::default() };
        Self { bytes: Vec::new(), contents, ids: Vec::new(), keys: Vec::new() }
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.contents.entries
    }

    /// The hash's key.
    pub(super) const fn hash_key(&self) -> HashKey {
        self.contents.hash
    }

    /// Adds an entry of a section with its id, the [marks](key_mark) of its keys, and its record, which is counted;
    /// `None` if it is out of order.
    pub(super) fn push(
        &mut self,
        section: &str,
        entry: IndexEntry,
        id: &[u8],
        marks: impl Iterator<Item = u32>,
        record: &[u8],
    ) -> Option<()> {
        self.count(section, entry.order, record)?;
        // There are no more of them than the lines have bytes, which fit.
        let at = u32::try_from(self.contents.entries).unwrap_or(u32::MAX);
        let IndexEntry { order, line, record, id: id_at, id_length } = entry;
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&order.to_le_bytes());
        for (place, number) in bytes[8..].chunks_exact_mut(4).zip([line, record, id_at, id_length]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        self.bytes.extend_from_slice(&bytes);
        self.ids.push(keyed_hash::hash(self.contents.hash, id));
        self.keys.extend(marks.map(|mark| (mark, at)));
        self.contents.entries += 1;
        Some(())
    }

    /// Counts an entry in its section, unless it is out of order.
    fn count(&mut self, name: &str, order: u64, record: &[u8]) -> Option<()> {
        let end = self.contents.entries + 1;
        let sections = &mut self.contents.sections;
        match sections.last() {
            Some(section) if section.name == name => {
                if section.last >= order {
                    return None;
                }
            }
            Some(section) if *section.name > *name => return None,
            _ => sections.push(IndexedSection {
                name: name.to_owned(),
                end,
                last: order,
                tally: Tally::default(),
            }),
        }
        let section = sections.last_mut()?;
        (section.end, section.last) = (end, order);
        section.tally.add(name, record);
        Some(())
    }

    /// The index's bytes, and what stands at their end.
    pub(super) fn finish(self) -> (Vec<u8>, Contents) {
        let Self { mut bytes, mut contents, ids, mut keys } = self;
        // A quarter of them is free at the least.
        contents.slots = (ids.len() + ids.len() / 3 + 1).next_power_of_two();
        let mut slots = vec![(0, 0); contents.slots];
        for (position, hash) in giving_way((1_u32..).zip(ids), SLOTS) {
            let mut at = contents.first_slot(hash);
            while slots[at].1 != 0 {
                at = contents.next_slot(at);
            }
            slots[at] = (mark(hash), position);
        }
        keys.sort_unstable();
        keys.dedup();
        contents.keys = keys.len();
        let pairs = PAIR * (slots.len() + keys.len());
        bytes.reserve_exact(pairs + LENGTH + 128 * (contents.sections.len() + 1));
        for (mark, entry) in giving_way(slots.into_iter().chain(keys), SLOTS) {
            bytes.extend_from_slice(&mark.to_le_bytes());
            bytes.extend_from_slice(&entry.to_le_bytes());
        }
        let before = bytes.len();
        // Numbers and texts always serialise, and a vector takes them.
        let _ = serde_json::to_writer(&mut bytes, &contents);
        let length = u32::try_from(bytes.len() - before).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        (bytes, contents)
    }
}

/// What stands in an index of a key of an entry.
pub(super) fn key_mark(hash: HashKey, index: &[u8], key: &[u8]) -> u32 {
    mark(keyed_hash::hash_pair(hash, index, key))
}

/// The part of a hash that stands in an index.
#[allow(clippy::cast_possible_truncation, reason = "a part of a hash")]
const fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32
}

impl Contents {
    /// Reads what stands at the end of an index.
    pub(super) fn read(body: &Body) -> Result<Self, StoreError> {
        let end = body.index_length().checked_sub(LENGTH).ok_or_else(malformed)?;
        let length = u32_at(&body.index(end..end + LENGTH)?, 0) as usize;
        let start = end.checked_sub(length).ok_or_else(malformed)?;
        let contents: Self = serde_json::from_slice(&body.index(start..end)?)
            .map_err(|error| malformed().with_source(crate::json_error::JsonError::from(error)))?;
        let sizes = [(contents.entries, ENTRY), (contents.slots, PAIR), (contents.keys, PAIR)];
        let sum =
            sizes.iter().try_fold(0_usize, |sum, (count, size)| sum.checked_add(count.checked_mul(*size)?));
        let ends: Vec<usize> = contents.sections.iter().map(|section| section.end).collect();
        let fits = sum == Some(start)
            && contents.slots.is_power_of_two()
            && contents.entries < contents.slots
            && ends.is_sorted()
            && ends.last().copied().unwrap_or(0) == contents.entries;
        if fits { Ok(contents) } else { Err(malformed()) }
    }

    /// Sees that what is found by ids and keys is some entry, and that looking for an id comes to an end, in all of an
    /// index; hands out its entries.
    pub(super) fn checked<'a>(&self, index: &'a [u8]) -> Result<&'a [[u8; ENTRY]], StoreError> {
        let (entries, pairs) = index.split_at_checked(self.entries * ENTRY).ok_or_else(malformed)?;
        let (slots, keys) = pairs.split_at_checked(self.slots * PAIR).ok_or_else(malformed)?;
        let keys = keys.get(..self.keys * PAIR).ok_or_else(malformed)?;
        let position = |pair: &[u8; PAIR]| u32_at(pair, 4) as usize;
        // All of them are looked at, so that it can be done many at a time.
        let mut free = false;
        let mut all_are_entries = true;
        for at in slots.as_chunks().0.iter().map(position) {
            free |= at == 0;
            all_are_entries &= at <= self.entries;
        }
        for at in keys.as_chunks().0.iter().map(position) {
            all_are_entries &= at < self.entries;
        }
        if free && all_are_entries { Ok(entries.as_chunks().0) } else { Err(malformed()) }
    }

    fn first_slot(&self, hash: u64) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "a part of a hash")]
        let at = hash as usize;
        at & (self.slots - 1)
    }

    const fn next_slot(&self, at: usize) -> usize {
        (at + 1) & (self.slots - 1)
    }

    /// The entry at a position.
    pub(super) fn entry(&self, body: &Body, at: usize) -> Result<IndexEntry, StoreError> {
        if at >= self.entries {
            return Err(malformed());
        }
        Ok(IndexEntry::of(&body.index_at(at * ENTRY)?))
    }

    /// The same, and where the line of the next one begins, if there is one.
    pub(super) fn entry_and_next(
        &self,
        body: &Body,
        at: usize,
    ) -> Result<(IndexEntry, Option<u32>), StoreError> {
        if at + 1 >= self.entries {
            return Ok((self.entry(body, at)?, None));
        }
        let bytes = body.index_at::<{ 2 * ENTRY }>(at * ENTRY)?;
        let ([entry, next], _) = bytes.as_chunks::<ENTRY>() else { return Err(malformed()) };
        Ok((IndexEntry::of(entry), Some(IndexEntry::of(next).line)))
    }

    #[inline]
    fn pair(body: &Body, start: usize) -> Result<(u32, u32), StoreError> {
        let bytes = body.index_at::<PAIR>(start)?;
        Ok((u32_at(&bytes, 0), u32_at(&bytes, 4)))
    }

    /// One of the keys: its mark, and the entry that has it.
    fn key(&self, body: &Body, at: usize) -> Result<(u32, u32), StoreError> {
        Self::pair(body, self.entries * ENTRY + self.slots * PAIR + at * PAIR)
    }

    /// The hash's key.
    pub(super) const fn hash_key(&self) -> HashKey {
        self.hash
    }

    /// All entries that have keys with the marks of these, in order of entry.
    pub(super) fn marks(&self, body: &Body) -> Result<Vec<(u32, u32)>, StoreError> {
        let keys = (0..self.keys).map(|at| self.key(body, at).map(|(mark, entry)| (entry, mark)));
        let mut marks = keys.collect::<Result<Vec<_>, _>>()?;
        marks.sort_unstable();
        Ok(marks)
    }

    /// The first position that may be that of an id, and `is` says it is.
    pub(super) fn find_id(
        &self,
        body: &Body,
        id: &[u8],
        is: impl Fn(usize) -> Result<bool, StoreError>,
    ) -> Result<Option<usize>, StoreError> {
        if self.entries == 0 {
            return Ok(None);
        }
        let hash = keyed_hash::hash(self.hash, id);
        let mut at = self.first_slot(hash);
        for _ in 0..self.slots {
            let (found, position) = Self::pair(body, self.entries * ENTRY + at * PAIR)?;
            let Some(position) = position.checked_sub(1) else { return Ok(None) };
            if found == mark(hash) && is(position as usize)? {
                return Ok(Some(position as usize));
            }
            at = self.next_slot(at);
        }
        Err(malformed())
    }

    /// The positions that may be those of entries with a key, in order.
    pub(super) fn find_key(&self, body: &Body, index: &[u8], key: &[u8]) -> Result<Vec<usize>, StoreError> {
        let wanted = key_mark(self.hash, index, key);
        let pair = |at: usize| self.key(body, at);
        let (mut from, mut to) = (0, self.keys);
        while from < to {
            let middle = from.midpoint(to);
            if pair(middle)?.0 < wanted { from = middle + 1 } else { to = middle }
        }
        let mut found = Vec::new();
        for at in from..self.keys {
            let (mark, entry) = pair(at)?;
            if mark != wanted {
                break;
            }
            found.push(entry as usize);
        }
        Ok(found)
    }
}

#[inline]
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
