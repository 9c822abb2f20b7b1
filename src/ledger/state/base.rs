//! The loaded snapshot: its lines, with an [index](super::index) over them.
//!
//! Indexing reads the [frame](super::frame) of each line; the record in it stays text. Where the index came with the
//! lines, and both are read part by part, anything asked of it may meet a part that is damaged.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::body::{Body, malformed};
use super::frame::{Frame, LineKey};
use super::index::{Contents, IndexEntry, IndexWriter, IndexedSection, key_mark};
use super::keyed_hash::HashKey;
use super::{IndexKey, Section};
use crate::json_error::JsonError;
use crate::ledger::tally::Tally;
use crate::store::{SnapshotParts, StoreError};

/// The snapshot and its index.
pub(super) struct Base {
    body: Body,
    contents: Contents,
    /// In their order, and where the entries of each stand.
    sections: Vec<(Section, Range<usize>)>,
}

impl Default for Base {
    fn default() -> Self {
        let (index, contents) = IndexWriter::new().finish();
        Self::new(Body::Whole { text: Bytes::new(), index: index.into() }, contents)
    }
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
    fn new(body: Body, contents: Contents) -> Self {
        let starts = std::iter::once(0).chain(contents.sections.iter().map(|section| section.end));
        let sections = starts.zip(&contents.sections);
        let sections = sections.map(|(start, section)| (Section::named(&section.name), start..section.end));
        Self { sections: sections.collect(), body, contents }
    }

    /// Indexes a snapshot's text.
    pub(super) fn read(text: Bytes) -> Result<Self, BadLine> {
        Self::read_with(IndexWriter::new(), text)
    }

    /// The same by an index that is begun.
    pub(super) fn read_with(mut index: IndexWriter, text: Bytes) -> Result<Self, BadLine> {
        let mut start = 0;
        // Looked at before: to index what is too long would take as long.
        u32::try_from(text.len()).map_err(|_| BadLine { line: 0, source: None })?;
        while start < text.len() {
            let number = index.len() + 1;
            let end = memchr::memchr(b'\n', &text[start..]).ok_or(BadLine { line: number, source: None })?;
            add_line(&mut index, &text, start..start + end)?;
            start += end + 1;
        }
        Self::of_lines(text, index)
    }

    /// Lines that are indexed.
    pub(super) fn of_lines(text: Bytes, index: IndexWriter) -> Result<Self, BadLine> {
        u32::try_from(text.len()).map_err(|_| BadLine { line: 0, source: None })?;
        let (index, contents) = index.finish();
        // It may be kept for long, so without the room in which it was made.
        Ok(Self::new(Body::Whole { text, index: index.into_boxed_slice().into() }, contents))
    }

    /// A snapshot with its index, of which each part is read when it is touched.
    pub(super) fn open(parts: Arc<dyn SnapshotParts>) -> Result<Self, StoreError> {
        let body = Body::of(parts);
        let contents = Contents::read(&body)?;
        Ok(Self::new(body, contents))
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.body.is_whole()
    }

    /// The same with all of it in memory and looked at, if it is not.
    pub(super) fn whole(&self) -> Result<Option<Self>, StoreError> {
        let Some(body) = self.body.whole()? else { return Ok(None) };
        let contents = Contents::read(&body)?;
        let whole = Self::new(body, contents);
        whole.check()?;
        Ok(Some(whole))
    }

    /// Sees that every entry stands in order and lies within the lines. That the index was made of these very lines is
    /// what their digests say: to look at each would fetch all of them from memory once more.
    fn check(&self) -> Result<(), StoreError> {
        let index = self.body.index(0..self.body.index_length())?;
        let entries = self.contents.checked(&index)?;
        let line_at = |at: usize| entries.get(at).map(|entry| IndexEntry::of(entry).line as usize);
        for (_, positions) in &self.sections {
            let mut before = None;
            for at in positions.clone() {
                let entry = IndexEntry::of(entries.get(at).ok_or_else(malformed)?);
                let next = line_at(at + 1).unwrap_or(self.text_length());
                let end = next.checked_sub(1).ok_or_else(malformed)?;
                let (line, id, record) = (entry.line as usize, entry.id as usize, entry.record as usize);
                let within = if entry.id_length == IndexEntry::UNUSUAL {
                    self.id(at)?;
                    line < end && self.record(at)?.end < end
                } else {
                    line < id && id + entry.id_length as usize <= record && record < end
                };
                if !(within && before.is_none_or(|before| before < entry.order)) {
                    return Err(malformed());
                }
                before = Some(entry.order);
            }
        }
        Ok(())
    }

    /// The lines and their index, if they are in memory.
    pub(super) fn bytes(&self) -> Option<(&Bytes, &Bytes)> {
        match &self.body {
            Body::Whole { text, index } => Some((text, index)),
            Body::Parts(_) => None,
        }
    }

    /// The key of the hash by which ids and keys are found.
    pub(super) const fn hash_key(&self) -> HashKey {
        self.contents.hash_key()
    }

    /// The entries that have keys, by position, each with the mark of one.
    pub(super) fn marks(&self) -> Result<Vec<(u32, u32)>, StoreError> {
        self.contents.marks(&self.body)
    }

    /// Where the parts of an entry stand.
    pub(super) fn entry(&self, at: usize) -> Result<IndexEntry, StoreError> {
        self.contents.entry(&self.body, at)
    }

    /// The positions of a section's entries.
    fn section_range(&self, section: &str) -> Range<usize> {
        let found = self.sections.iter().find(|(name, _)| name.as_str() == section);
        found.map_or(0..0, |(_, range)| range.clone())
    }

    /// The position of the entry of that id. Of some it may be `known` whether it is theirs: their lines are not looked
    /// at.
    pub(super) fn position(
        &self,
        section: &str,
        id: &str,
        known: impl Fn(usize) -> Option<bool>,
    ) -> Result<Option<usize>, StoreError> {
        let range = self.section_range(section);
        if range.is_empty() {
            return Ok(None);
        }
        self.contents.find_id(&self.body, id.as_bytes(), |at| {
            if !range.contains(&at) {
                return Ok(false);
            }
            match known(at) {
                Some(is) => Ok(is),
                None => Ok(*self.id_bytes(at, &self.entry(at)?)? == *id.as_bytes()),
            }
        })
    }

    /// The positions of a section's entries whose order lies in `orders`.
    pub(super) fn range(&self, section: &str, orders: Range<u64>) -> Result<Range<usize>, StoreError> {
        let range = self.section_range(section);
        let first = |order: u64| {
            if order == 0 {
                return Ok(range.start);
            }
            let (mut from, mut to) = (range.start, range.end);
            while from < to {
                let middle = from.midpoint(to);
                if self.order(middle)? < order { from = middle + 1 } else { to = middle }
            }
            Ok(from)
        };
        let start = first(orders.start)?;
        let end = if orders.end == u64::MAX { range.end } else { first(orders.end)? };
        Ok(start..end.max(start))
    }

    /// The keys of the entry at a position: read from its line, since they are seldom asked for.
    pub(super) fn keys(&self, at: usize) -> Result<Vec<IndexKey>, StoreError> {
        let (line, mut keys) = (self.line(at)?, Vec::new());
        Frame::read(&line, &mut keys).map_err(|_| malformed())?;
        Ok(keys.iter().map(|LineKey(index, key)| IndexKey::new(index, key)).collect())
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.contents.entries
    }

    /// The sections in their order, and the positions of the entries of each.
    pub(super) fn sections(&self) -> &[(Section, Range<usize>)] {
        &self.sections
    }

    /// What each section holds, and the order of its last entry.
    pub(super) fn held(&self) -> impl Iterator<Item = (&Section, Tally, u64)> {
        let held = self.sections.iter().zip(&self.contents.sections);
        held.map(|((section, _), IndexedSection { tally, last, .. })| (section, *tally, *last))
    }

    /// The section of the entry at a position.
    pub(super) fn section(&self, at: usize) -> Option<&Section> {
        let behind = self.sections.partition_point(|(_, range)| range.end <= at);
        self.sections.get(behind).map(|(section, _)| section)
    }

    /// Reads what is needed for an entry to be looked at: what is asked of it from then on is there.
    #[inline(never)]
    pub(super) fn touch(&self, at: usize) -> Result<(), StoreError> {
        if self.is_whole() {
            return Ok(());
        }
        let (entry, end) = self.entry_and_end(at)?;
        // With the line the record is there.
        self.body.text(entry.line as usize..end)?;
        if entry.id_length == IndexEntry::UNUSUAL {
            self.record(at)?;
        }
        text_of(self.id_bytes(at, &entry)?).map(drop)
    }

    /// Where the record at a position stands in the text.
    fn record(&self, at: usize) -> Result<Range<usize>, StoreError> {
        let (entry, end) = self.entry_and_end(at)?;
        if entry.id_length != IndexEntry::UNUSUAL {
            return Ok(entry.record as usize..end.saturating_sub(1));
        }
        let (line, start) = (self.line(at)?, entry.line as usize);
        let frame = Frame::read(&line, &mut Vec::new()).map_err(|_| malformed())?;
        Ok(start + frame.record.0..start + frame.record.1)
    }

    /// The record at a position.
    pub(super) fn text(&self, at: usize) -> Result<Bytes, StoreError> {
        self.body.shared_text(self.record(at)?)
    }

    /// The id of the entry at a position, which is that.
    fn id_bytes(&self, at: usize, entry: &IndexEntry) -> Result<Cow<'_, [u8]>, StoreError> {
        if entry.id_length != IndexEntry::UNUSUAL {
            let start = entry.id as usize;
            return self.body.text(start..start + entry.id_length as usize);
        }
        let line = self.line(at)?;
        let frame = Frame::read(&line, &mut Vec::new()).map_err(|_| malformed())?;
        Ok(frame.id.into_owned().into_bytes().into())
    }

    pub(super) fn id(&self, at: usize) -> Result<Cow<'_, str>, StoreError> {
        text_of(self.id_bytes(at, &self.entry(at)?)?)
    }

    pub(super) fn order(&self, at: usize) -> Result<u64, StoreError> {
        Ok(self.entry(at)?.order)
    }

    /// Where the parts of an entry stand, and where its line ends.
    fn entry_and_end(&self, at: usize) -> Result<(IndexEntry, usize), StoreError> {
        let (entry, next) = self.contents.entry_and_next(&self.body, at)?;
        let next = next.map_or(self.text_length(), |line| line as usize);
        Ok((entry, next.checked_sub(1).ok_or_else(malformed)?))
    }

    fn line_range(&self, at: usize) -> Result<Range<usize>, StoreError> {
        let (entry, end) = self.entry_and_end(at)?;
        Ok(entry.line as usize..end)
    }

    /// The whole line at a position, without its end.
    pub(super) fn line(&self, at: usize) -> Result<Cow<'_, [u8]>, StoreError> {
        self.body.text(self.line_range(at)?)
    }

    /// The positions of the entries that carry a key of an index, in every section, in order.
    pub(super) fn find(&self, wanted: &IndexKey) -> Result<Vec<usize>, StoreError> {
        let may = self.contents.find_key(&self.body, wanted.index.as_bytes(), wanted.key.as_bytes())?;
        let mut found = Vec::with_capacity(may.len());
        for at in may {
            let (line, mut keys) = (self.line(at)?, Vec::new());
            Frame::read(&line, &mut keys).map_err(|_| malformed())?;
            if keys.iter().any(|LineKey(index, key)| **index == *wanted.index && **key == *wanted.key) {
                found.push(at);
            }
        }
        Ok(found)
    }

    /// The bytes of memory it takes, roughly, once all of it was touched.
    pub(super) fn weight(&self) -> usize {
        self.body.text_length() + self.body.index_length()
    }

    pub(super) fn text_length(&self) -> usize {
        self.body.text_length()
    }
}

fn text_of(id: Cow<'_, [u8]>) -> Result<Cow<'_, str>, StoreError> {
    match id {
        Cow::Borrowed(id) => std::str::from_utf8(id).map(Cow::Borrowed).map_err(|_| malformed()),
        Cow::Owned(id) => String::from_utf8(id).map(Cow::Owned).map_err(|_| malformed()),
    }
}

/// Reads a line of a text, and adds it to the text's index.
pub(super) fn add_line(index: &mut IndexWriter, text: &[u8], line: Range<usize>) -> Result<(), BadLine> {
    let bad = |source| BadLine { line: index.len() + 1, source };
    let (start, mut keys) = (line.start, Vec::new());
    let line = &text[line];
    let frame = Frame::read(line, &mut keys).map_err(bad)?;
    let hash = index.hash_key();
    let marks = keys.iter().map(|LineKey(index, key)| key_mark(hash, index.as_bytes(), key.as_bytes()));
    let record = &line[frame.record.0..frame.record.1];
    let entry = entry(text, start, line.len(), &frame);
    let bad = BadLine { line: index.len() + 1, source: None };
    index.push(&frame.section, entry, frame.id.as_bytes(), marks, record).ok_or(bad)
}

/// Where the parts of a line stand that begins there and is so long.
fn entry(text: &[u8], start: usize, length: usize, frame: &Frame<'_>) -> IndexEntry {
    let (line, record) = (u32_of(start), u32_of(start + frame.record.0));
    match &frame.id {
        Cow::Borrowed(id) if frame.record.1 + 1 == length => {
            let at = id.as_ptr() as usize - text.as_ptr() as usize;
            IndexEntry { order: frame.order, line, record, id: u32_of(at), id_length: u32_of(id.len()) }
        }
        _ => IndexEntry { order: frame.order, line, record, id: 0, id_length: IndexEntry::UNUSUAL },
    }
}

/// A place in the lines.
pub(super) fn u32_of(length: usize) -> u32 {
    // Nothing comes of a longer text.
    u32::try_from(length).unwrap_or(u32::MAX)
}
