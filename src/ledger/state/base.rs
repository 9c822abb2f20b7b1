//! The loaded snapshot: its text in one shared buffer, with an index over it.
//!
//! A line is a JSON array `[section, id, order, [[index, key], …], record]`. Opening reads the
//! frame of each line; the record in it stays text.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Entry, IndexKey};
use crate::json_error::JsonError;

/// A line as serde reads it.
#[derive(Deserialize)]
pub(in crate::ledger) struct Line<'a>(
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
    pub(in crate::ledger) u64,
    #[serde(borrow)] pub(in crate::ledger) Vec<LineKey<'a>>,
    #[serde(borrow)] pub(in crate::ledger) &'a RawValue,
);

/// A key of a line. In a plain pair serde would copy each text, which nobody then counts as memory.
#[derive(Deserialize)]
pub(in crate::ledger) struct LineKey<'a>(
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
);

/// A piece of text: in the buffer where it stands there unescaped, else on its own.
#[derive(Debug)]
enum Piece {
    Slice(u32, u32),
    Owned(Box<str>),
}

#[derive(Debug)]
struct BaseEntry {
    line: (u32, u32),
    record: (u32, u32),
    order: u64,
    section: Piece,
    id: Piece,
}

#[derive(Debug)]
struct BaseKey {
    entry: u32,
    index: Piece,
    key: Piece,
}

/// The snapshot and its indexes.
#[derive(Debug, Default)]
pub(super) struct Base {
    text: Bytes,
    /// In order of (section, order): the order of the lines.
    entries: Vec<BaseEntry>,
    /// Positions in `entries`, in order of (section, id).
    by_id: Vec<u32>,
    /// In order of (index, key, section, order).
    by_key: Vec<BaseKey>,
}

/// What is wrong with a snapshot's text: the line, counted from 1, that is none or out of order.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the snapshot can't be read")]
pub(in crate::ledger) struct BadLine {
    pub(in crate::ledger) line: usize,
    #[source]
    pub(in crate::ledger) source: Option<JsonError>,
}

impl Base {
    /// Indexes a snapshot's text.
    pub(super) fn read(text: Bytes) -> Result<Self, BadLine> {
        let mut base = Self::default();
        let mut start = 0;
        let bad = |line, source| BadLine { line, source };
        if u32::try_from(text.len()).is_err() {
            return Err(bad(0, None));
        }
        while start < text.len() {
            let number = base.entries.len() + 1;
            let length =
                text[start..].iter().position(|&byte| byte == b'\n').ok_or_else(|| bad(number, None))?;
            base.read_line(&text, start..start + length).map_err(|source| bad(number, source))?;
            start += length + 1;
        }
        base.text = text;
        let ordered = |at: usize| at == 0 || base.order_key(at - 1) < base.order_key(at);
        if let Some(at) = base.positions().find(|&at| !ordered(at)) {
            return Err(bad(at + 1, None));
        }
        base.sort();
        Ok(base)
    }

    fn read_line(&mut self, text: &Bytes, range: Range<usize>) -> Result<(), Option<JsonError>> {
        let source = std::str::from_utf8(&text[range.clone()]).map_err(|_| None)?;
        let Line(section, id, order, keys, record) =
            serde_json::from_str(source).map_err(|error| Some(error.into()))?;
        let piece = |part: &Cow<'_, str>| match part {
            Cow::Borrowed(part) => {
                let (from, to) = span(text, part);
                Piece::Slice(from, to)
            }
            Cow::Owned(part) => Piece::Owned(part.as_str().into()),
        };
        let entry = u32_of(self.entries.len());
        self.entries.push(BaseEntry {
            line: (u32_of(range.start), u32_of(range.end)),
            record: span(text, record.get()),
            order,
            section: piece(&section),
            id: piece(&id),
        });
        for LineKey(index, key) in &keys {
            self.by_key.push(BaseKey { entry, index: piece(index), key: piece(key) });
        }
        Ok(())
    }

    fn sort(&mut self) {
        let mut by_id: Vec<u32> = (0..u32_of(self.entries.len())).collect();
        by_id.sort_by(|&a, &b| self.id_key(a).cmp(&self.id_key(b)));
        self.by_id = by_id;
        let mut by_key = std::mem::take(&mut self.by_key);
        by_key.sort_by(|a, b| self.index_key(a).cmp(&self.index_key(b)));
        self.by_key = by_key;
    }

    fn str<'a>(&'a self, piece: &'a Piece) -> &'a str {
        match piece {
            Piece::Slice(from, to) => self.slice(*from, *to),
            Piece::Owned(text) => text,
        }
    }

    fn slice(&self, from: u32, to: u32) -> &str {
        std::str::from_utf8(&self.text[from as usize..to as usize]).unwrap_or_default()
    }

    fn id_key(&self, at: u32) -> (&str, &str) {
        let entry = &self.entries[at as usize];
        (self.str(&entry.section), self.str(&entry.id))
    }

    fn order_key(&self, at: usize) -> (&str, u64) {
        let entry = &self.entries[at];
        (self.str(&entry.section), entry.order)
    }

    fn index_key<'a>(&'a self, key: &'a BaseKey) -> (&'a str, &'a str, &'a str, u64) {
        let (section, order) = self.order_key(key.entry as usize);
        (self.str(&key.index), self.str(&key.key), section, order)
    }

    fn key_pair<'a>(&'a self, key: &'a BaseKey) -> (&'a str, &'a str) {
        (self.str(&key.index), self.str(&key.key))
    }

    /// The entry of that id.
    pub(super) fn get(&self, section: &str, id: &str) -> Option<Entry> {
        let at = self.by_id.binary_search_by(|&at| self.id_key(at).cmp(&(section, id))).ok()?;
        Some(self.entry(self.by_id[at] as usize))
    }

    /// Whether there is an entry of that id.
    pub(super) fn contains(&self, section: &str, id: &str) -> bool {
        self.by_id.binary_search_by(|&at| self.id_key(at).cmp(&(section, id))).is_ok()
    }

    /// The positions of a section's entries whose order lies in `orders`.
    pub(super) fn range(&self, section: &str, orders: Range<u64>) -> Range<usize> {
        let at = |order| {
            self.entries.partition_point(|entry| (self.str(&entry.section), entry.order) < (section, order))
        };
        at(orders.start)..at(orders.end).max(at(orders.start))
    }

    /// The keys of the entry of that id: read from its line, since they are seldom asked for.
    pub(super) fn keys(&self, section: &str, id: &str) -> Vec<IndexKey> {
        let at = self.by_id.binary_search_by(|&at| self.id_key(at).cmp(&(section, id)));
        let line = at.ok().map(|at| self.line(self.by_id[at] as usize));
        let read = line.and_then(|line| serde_json::from_slice::<Line<'_>>(line).ok());
        let keys = read.map(|Line(_, _, _, keys, _)| keys).unwrap_or_default();
        keys.iter().map(|LineKey(index, key)| IndexKey::new(index, key)).collect()
    }

    /// All positions.
    pub(super) fn positions(&self) -> Range<usize> {
        0..self.entries.len()
    }

    /// The entry at a position.
    pub(super) fn entry(&self, at: usize) -> Entry {
        let entry = &self.entries[at];
        let text = self.text.slice(entry.record.0 as usize..entry.record.1 as usize);
        Entry { order: entry.order, id: self.str(&entry.id).into(), keys: None, text }
    }

    pub(super) fn id(&self, at: usize) -> &str {
        self.str(&self.entries[at].id)
    }

    pub(super) fn section(&self, at: usize) -> &str {
        self.str(&self.entries[at].section)
    }

    pub(super) fn order(&self, at: usize) -> u64 {
        self.entries[at].order
    }

    /// The whole line at a position, without its end.
    pub(super) fn line(&self, at: usize) -> &[u8] {
        let (from, to) = self.entries[at].line;
        &self.text[from as usize..to as usize]
    }

    /// The positions of the entries that carry a key of an index, in every section.
    pub(super) fn find<'a>(&'a self, wanted: &'a IndexKey) -> impl Iterator<Item = usize> + 'a {
        let wanted = (&*wanted.index, &*wanted.key);
        let first = self.by_key.partition_point(|key| self.key_pair(key) < wanted);
        let found = self.by_key[first..].iter().take_while(move |key| self.key_pair(key) == wanted);
        found.map(|key| key.entry as usize)
    }

    /// The bytes of memory it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        self.text.len()
            + self.entries.capacity() * size_of::<BaseEntry>()
            + self.by_id.capacity() * size_of::<u32>()
            + self.by_key.capacity() * size_of::<BaseKey>()
    }

    pub(super) fn text_length(&self) -> usize {
        self.text.len()
    }
}

fn u32_of(length: usize) -> u32 {
    // A longer text was refused before anything of it was read.
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Where a part of the buffer stands in it.
fn span(text: &Bytes, part: &str) -> (u32, u32) {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    (u32_of(start), u32_of(start + part.len()))
}
