//! The loaded snapshot: its text in one shared buffer, with an index over it.
//!
//! Opening reads the [frame](super::frame) of each line; the record in it stays text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;

use super::by_id::ById;
use super::frame::{Frame, LineKey};
use super::{IndexKey, Section};
use crate::json_error::JsonError;

/// A piece of text: in the buffer where it stands there unescaped, else on its own.
#[derive(Debug)]
enum Piece {
    Slice(u32, u32),
    Owned(Box<str>),
}

/// An entry: where its parts begin. Its line ends before the next one begins.
#[derive(Debug)]
struct BaseEntry {
    order: u64,
    line: u32,
    record: u32,
    id: u32,
    /// How long the id is; [`UNUSUAL`] if what else there is to know stands apart.
    id_length: u32,
}

/// The length of no id.
const UNUSUAL: u32 = u32::MAX;

/// What can't be told of an entry by where its parts begin.
#[derive(Debug)]
struct Unusual {
    id: Box<str>,
    record_end: u32,
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
    unusual: HashMap<u32, Unusual>,
    /// In their order, and where the entries of each stand.
    sections: Vec<(Section, Range<usize>)>,
    by_id: ById,
    /// In order of (index, key, entry).
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
        let bad = |line, source| BadLine { line, source };
        if u32::try_from(text.len()).is_err() {
            return Err(bad(0, None));
        }
        let (mut base, mut keys, mut start) = (Self::default(), Vec::new(), 0);
        while start < text.len() {
            let number = base.entries.len() + 1;
            let length = memchr::memchr(b'\n', &text[start..]).ok_or_else(|| bad(number, None))?;
            let line = start..start + length;
            let frame = Frame::read(&text[line], &mut keys).map_err(|source| bad(number, source))?;
            base.add(&text, start, length, &frame).ok_or_else(|| bad(number, None))?;
            let (at, piece) = (u32_of(number - 1), |part| piece(&text, part));
            let found = keys.drain(..).map(|LineKey(index, key)| (piece(index), piece(key)));
            base.by_key.extend(found.map(|(index, key)| BaseKey { entry: at, index, key }));
            start += length + 1;
        }
        base.text = text;
        base.entries.shrink_to_fit();
        base.by_id = ById::new(base.positions().map(|at| base.id(at).as_bytes()));
        let mut by_key = std::mem::take(&mut base.by_key);
        by_key.sort_unstable_by(|a, b| (base.pair(a), a.entry).cmp(&(base.pair(b), b.entry)));
        by_key.shrink_to_fit();
        base.by_key = by_key;
        Ok(base)
    }

    /// Adds a line that begins there and is so long, unless it is out of order.
    fn add(&mut self, text: &Bytes, start: usize, length: usize, frame: &Frame<'_>) -> Option<()> {
        let at = self.entries.len();
        match self.sections.last_mut() {
            Some((section, range)) if *section.as_str() == *frame.section => {
                if self.entries.last().is_some_and(|last| last.order >= frame.order) {
                    return None;
                }
                range.end = at + 1;
            }
            Some((section, _)) if *section.as_str() > *frame.section => return None,
            _ => self.sections.push((Section::named(&frame.section), at..at + 1)),
        }
        let end = start + length;
        let record = (start + frame.record.0, start + frame.record.1);
        let (id, id_length) = match &frame.id {
            Cow::Borrowed(id) if record.1 + 1 == end => (span(text, id).0, u32_of(id.len())),
            id => {
                let unusual = Unusual { id: id.as_ref().into(), record_end: u32_of(record.1) };
                self.unusual.insert(u32_of(at), unusual);
                (0, UNUSUAL)
            }
        };
        let (line, record) = (u32_of(start), u32_of(record.0));
        self.entries.push(BaseEntry { order: frame.order, line, record, id, id_length });
        Some(())
    }

    fn bytes<'a>(&'a self, piece: &'a Piece) -> &'a [u8] {
        match piece {
            Piece::Slice(from, to) => &self.text[*from as usize..*to as usize],
            Piece::Owned(text) => text.as_bytes(),
        }
    }

    fn pair<'a>(&'a self, key: &'a BaseKey) -> (&'a [u8], &'a [u8]) {
        (self.bytes(&key.index), self.bytes(&key.key))
    }

    fn unusual(&self, at: usize) -> Option<&Unusual> {
        match self.entries[at].id_length {
            UNUSUAL => self.unusual.get(&u32_of(at)),
            _ => None,
        }
    }

    /// The positions of a section's entries.
    fn section_range(&self, section: &str) -> Range<usize> {
        let found = self.sections.iter().find(|(name, _)| name.as_str() == section);
        found.map_or(0..0, |(_, range)| range.clone())
    }

    /// The position of the entry of that id.
    pub(super) fn position(&self, section: &str, id: &str) -> Option<usize> {
        let range = self.section_range(section);
        self.by_id.find(id.as_bytes(), |at| range.contains(&at) && self.id_bytes(at) == id.as_bytes())
    }

    /// The positions of a section's entries whose order lies in `orders`.
    pub(super) fn range(&self, section: &str, orders: Range<u64>) -> Range<usize> {
        let range = self.section_range(section);
        let entries = &self.entries[range.clone()];
        let at = |order| range.start + entries.partition_point(|entry| entry.order < order);
        at(orders.start)..at(orders.end).max(at(orders.start))
    }

    /// The keys of the entry at a position: read from its line, since they are seldom asked for.
    pub(super) fn keys(&self, at: usize) -> Vec<IndexKey> {
        let mut keys = Vec::new();
        match Frame::read(self.line(at), &mut keys) {
            Ok(_) => keys.iter().map(|LineKey(index, key)| IndexKey::new(index, key)).collect(),
            Err(_) => Vec::new(), // it was read before
        }
    }

    /// All positions.
    pub(super) fn positions(&self) -> Range<usize> {
        0..self.entries.len()
    }

    /// The sections in their order, and the positions of the entries of each.
    pub(super) fn sections(&self) -> &[(Section, Range<usize>)] {
        &self.sections
    }

    /// The section of the entry at a position.
    pub(super) fn section(&self, at: usize) -> Option<&Section> {
        let behind = self.sections.partition_point(|(_, range)| range.end <= at);
        self.sections.get(behind).map(|(section, _)| section)
    }

    /// Where the record at a position stands in the text.
    fn record(&self, at: usize) -> Range<usize> {
        let end = self.unusual(at).map_or_else(|| self.line_end(at) - 1, |entry| entry.record_end as usize);
        self.entries[at].record as usize..end
    }

    /// The record at a position.
    pub(super) fn text(&self, at: usize) -> Bytes {
        self.text.slice(self.record(at))
    }

    /// How long the record at a position is.
    pub(super) fn record_length(&self, at: usize) -> usize {
        self.record(at).len()
    }

    fn id_bytes(&self, at: usize) -> &[u8] {
        let entry = &self.entries[at];
        match self.unusual(at) {
            Some(entry) => entry.id.as_bytes(),
            None => &self.text[entry.id as usize..][..entry.id_length as usize],
        }
    }

    pub(super) fn id(&self, at: usize) -> &str {
        // It was one when the line was read.
        std::str::from_utf8(self.id_bytes(at)).unwrap_or_default()
    }

    pub(super) fn order(&self, at: usize) -> u64 {
        self.entries[at].order
    }

    fn line_end(&self, at: usize) -> usize {
        self.entries.get(at + 1).map_or(self.text.len(), |next| next.line as usize) - 1
    }

    /// The whole line at a position, without its end.
    pub(super) fn line(&self, at: usize) -> &[u8] {
        &self.text[self.entries[at].line as usize..self.line_end(at)]
    }

    /// The positions of the entries that carry a key of an index, in every section.
    pub(super) fn find<'a>(&'a self, wanted: &'a IndexKey) -> impl Iterator<Item = usize> + 'a {
        let wanted = (wanted.index.as_bytes(), wanted.key.as_bytes());
        let first = self.by_key.partition_point(|key| self.pair(key) < wanted);
        let found = self.by_key[first..].iter().take_while(move |key| self.pair(key) == wanted);
        found.map(|key| key.entry as usize)
    }

    /// The bytes of memory it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        // An entry of a hash map, with its text.
        const APART: usize = 128;
        self.text.len()
            + self.entries.capacity() * size_of::<BaseEntry>()
            + self.unusual.len() * APART
            + self.by_id.weight()
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

fn piece(text: &Bytes, part: Cow<'_, str>) -> Piece {
    match part {
        Cow::Borrowed(part) => {
            let (from, to) = span(text, part);
            Piece::Slice(from, to)
        }
        Cow::Owned(part) => Piece::Owned(part.into()),
    }
}
