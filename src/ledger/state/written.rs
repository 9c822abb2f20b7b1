//! The whole state as a new snapshot: its lines, and with them their index.
//!
//! The index says what reading the lines anew, by the same key of the hash, would say; but where the parts of a line stand
//! is known of one that was just written, and of one that is copied the index of the base says it.

use bytes::Bytes;

use super::base::{BadLine, Base, add_line, u32_of};
use super::found::Place;
use super::index::{IndexEntry, IndexWriter, key_mark};
use super::list::Direction;
use super::{Entry, Section, State};
use crate::blocking::giving_way;
use crate::ledger::commit_text::{Places, push_line, write_line};
use crate::store::StoreError;

/// So many lines take a tenth of a millisecond, give or take.
const LINES: usize = 128;

impl State {
    /// The entries in the order in which they are written, with their sections.
    fn lines(&self) -> impl Iterator<Item = (&Section, Place<'_>)> {
        self.sections().into_iter().flat_map(|section| {
            let entries = self.entries(section.as_str(), Direction::InOrder, None);
            entries.map(move |found| (section, found.place))
        })
    }

    /// What stands behind all of them: where counting goes on.
    fn last_line(&self) -> Vec<u8> {
        let mut line = write_line(&Section::META, "next", self.next_order, &[], b"{}");
        line.push(b'\n');
        line
    }

    fn room(&self) -> Vec<u8> {
        Vec::with_capacity(self.base.text_length() + self.layer_bytes)
    }

    /// The state as a snapshot's text: unchanged lines of the base are copied as they stand.
    pub(in crate::ledger) fn write_snapshot(&self) -> Bytes {
        let mut text = self.room();
        for (section, place) in self.lines() {
            match place {
                Place::Below(at, _) => text.extend_from_slice(&self.base.line(at).unwrap_or_default()),
                Place::Above(stored) => {
                    push_entry(&mut text, section, &stored.entry);
                }
            }
            text.push(b'\n');
        }
        text.extend(self.last_line());
        // It may be kept for long, so without the room for what was replaced.
        text.into_boxed_slice().into()
    }

    /// The same with its index.
    pub(super) fn write_base(&self) -> Result<Base, BadLine> {
        let text = self.room();
        let index = IndexWriter::keyed(self.base.hash_key());
        // All of it was read.
        let marks = self.base.marks().unwrap_or_default();
        let mut writer = BaseWriter { base: &self.base, text, index, marks: &marks };
        for (section, place) in giving_way(self.lines(), LINES) {
            match place {
                Place::Below(at, _) => writer.copy(section, at)?,
                Place::Above(stored) => writer.write(section, &stored.entry)?,
            }
        }
        writer.add(&self.last_line())?;
        Base::of_lines(writer.text.into_boxed_slice().into(), writer.index)
    }
}

fn push_entry(text: &mut Vec<u8>, section: &Section, entry: &Entry) -> Option<Places> {
    let keys = entry.keys.as_deref().unwrap_or_default();
    push_line(text, section, &entry.id, entry.order, keys, &entry.text)
}

/// A new base in the making.
struct BaseWriter<'a> {
    /// The one before.
    base: &'a Base,
    text: Vec<u8>,
    index: IndexWriter,
    /// Its entries that have keys, with the marks of those, which are not written yet.
    marks: &'a [(u32, u32)],
}

impl BaseWriter<'_> {
    /// Copies an entry of the base before. They come in order.
    fn copy(&mut self, section: &Section, at: usize) -> Result<(), BadLine> {
        let unread = |_: StoreError| self.bad();
        let old = self.base.entry(at).map_err(unread)?;
        let line = self.base.line(at).map_err(unread)?;
        let start = self.text.len();
        self.text.extend_from_slice(&line);
        let end = self.text.len();
        self.text.push(b'\n');
        let marks = marks_of(&mut self.marks, u32_of(at));
        if old.id_length == IndexEntry::UNUSUAL {
            return add_line(&mut self.index, &self.text, start..end);
        }
        // A place is in a text of which nothing comes if it is longer than that.
        let moved = |place: u32| u32_of(start).saturating_add(place - old.line);
        let new = IndexEntry { line: moved(old.line), record: moved(old.record), id: moved(old.id), ..old };
        let id = &self.text[new.id as usize..][..old.id_length as usize];
        let record = &self.text[new.record as usize..end - 1];
        let marks = marks.iter().map(|(_, mark)| *mark);
        self.index.push(section.as_str(), new, id, marks, record).ok_or_else(|| self.bad())
    }

    /// Writes an entry of above the base.
    fn write(&mut self, section: &Section, entry: &Entry) -> Result<(), BadLine> {
        let start = self.text.len();
        let places = push_entry(&mut self.text, section, entry);
        let end = self.text.len();
        self.text.push(b'\n');
        let Some(Places { id, record }) = places else {
            return add_line(&mut self.index, &self.text, start..end);
        };
        let hash = self.index.hash_key();
        let keys = entry.keys.iter().flat_map(|keys| keys.iter());
        let marks = keys.map(|key| key_mark(hash, key.index().as_bytes(), key.key().as_bytes()));
        let (line, id_length) = (u32_of(start), u32_of(entry.id.len()));
        let new = IndexEntry { order: entry.order, line, record: u32_of(record), id: u32_of(id), id_length };
        let pushed = self.index.push(section.as_str(), new, entry.id.as_bytes(), marks, &entry.text);
        pushed.ok_or_else(|| self.bad())
    }

    /// Adds a line that is written, with its end.
    fn add(&mut self, line: &[u8]) -> Result<(), BadLine> {
        let start = self.text.len();
        self.text.extend_from_slice(line);
        add_line(&mut self.index, &self.text, start..self.text.len() - 1)
    }

    /// The line that is being written can't be.
    fn bad(&self) -> BadLine {
        BadLine { line: self.index.len() + 1, source: None }
    }
}

/// Takes the marks of an entry's keys from those that are left.
fn marks_of<'a>(left: &mut &'a [(u32, u32)], at: u32) -> &'a [(u32, u32)] {
    let start = left.iter().take_while(|(entry, _)| *entry < at).count();
    let end = start + left[start..].iter().take_while(|(entry, _)| *entry == at).count();
    let (before, rest) = left.split_at(end);
    *left = rest;
    &before[start..]
}
