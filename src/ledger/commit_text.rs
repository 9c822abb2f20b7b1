//! The text of a commit, and of a snapshot's line.
//!
//! A commit is a JSON array of changes: `[section, id, order, [[index, key], …], record]` puts an
//! entry, `[section, id]` removes one.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::state::{Frame, IndexKey, LineKey, Section};
use crate::json_error::JsonError;

/// About what stands around a record: its section, its id, its order and a key.
const FRAME: usize = 128;

/// One change of one entry.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Put {
        section: Section,
        id: Arc<str>,
        order: u64,
        keys: Arc<[IndexKey]>,
        text: Bytes,
        /// Whether it is known that there is none of that id: whoever applies it need not look.
        is_new: bool,
    },
    Remove {
        section: Section,
        id: Arc<str>,
    },
}

impl Change {
    /// Which entry it changes.
    pub(super) fn address(&self) -> (&Section, &Arc<str>) {
        match self {
            Self::Put { section, id, .. } | Self::Remove { section, id } => (section, id),
        }
    }

    /// About how long its text is.
    fn length(&self) -> usize {
        match self {
            Self::Put { text, .. } => text.len() + FRAME,
            Self::Remove { .. } => FRAME,
        }
    }
}

/// Writes a commit's text; one line.
pub(super) fn write_commit(changes: &[Change]) -> Bytes {
    let length = changes.iter().map(Change::length).sum::<usize>();
    let mut text = Vec::with_capacity(length + 2);
    text.push(b'[');
    for (at, change) in changes.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        match change {
            Change::Put { section, id, order, keys, text: record, .. } => {
                push_line(&mut text, section, id, *order, keys, record);
            }
            Change::Remove { section, id } => {
                text.push(b'[');
                push_json(&mut text, section.as_str());
                text.push(b',');
                push_json(&mut text, id);
                text.push(b']');
            }
        }
    }
    text.push(b']');
    text.into()
}

/// Writes one entry as a line, without its end.
pub(super) fn write_line(
    section: &Section,
    id: &str,
    order: u64,
    keys: &[IndexKey],
    record: &[u8],
) -> Vec<u8> {
    let mut line = Vec::with_capacity(record.len() + FRAME);
    push_line(&mut line, section, id, order, keys, record);
    line
}

/// Where the parts of a line stand in the text to which it was added.
pub(super) struct Places {
    pub(super) id: usize,
    pub(super) record: usize,
}

/// Adds one entry as a line, without its end. Says where its parts stand if it is spelled as most are: nothing in
/// its frame is escaped, and its record is an object with nothing around it.
pub(super) fn push_line(
    line: &mut Vec<u8>,
    section: &Section,
    id: &str,
    order: u64,
    keys: &[IndexKey],
    record: &[u8],
) -> Option<Places> {
    line.push(b'[');
    let mut usual = push_json(line, section.as_str());
    line.push(b',');
    let id_at = line.len() + 1;
    usual &= push_json(line, id);
    line.push(b',');
    // A number always serialises, and a vector takes it.
    let _ = serde_json::to_writer(&mut *line, &order);
    line.extend_from_slice(b",[");
    for (at, IndexKey { index, key }) in keys.iter().enumerate() {
        line.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        usual &= push_json(line, index);
        line.push(b',');
        usual &= push_json(line, key);
        line.push(b']');
    }
    line.extend_from_slice(b"],");
    let places = Places { id: id_at, record: line.len() };
    usual &= record.first() == Some(&b'{') && record.last() == Some(&b'}');
    line.extend_from_slice(record);
    line.push(b']');
    usual.then_some(places)
}

/// Reads a commit's text. The records share the buffer.
pub(super) fn read_commit(text: &Bytes) -> Result<Vec<Change>, JsonError> {
    let changes: Vec<&RawValue> = serde_json::from_slice(text)?;
    changes.into_iter().map(|change| read_change(text, change.get())).collect()
}

fn read_change(buffer: &Bytes, change: &str) -> Result<Change, JsonError> {
    #[derive(Deserialize)]
    struct Removal(String, String);
    let mut keys = Vec::new();
    match Frame::read(change.as_bytes(), &mut keys) {
        Ok(Frame { section, id, order, record: (start, end) }) => Ok(Change::Put {
            section: Section::named(&section),
            id: id.as_ref().into(),
            order,
            keys: keys.iter().map(|LineKey(index, key)| IndexKey::new(index, key)).collect(),
            text: buffer.slice_ref(&change.as_bytes()[start..end]),
            is_new: false,
        }),
        Err(_) => {
            let Removal(section, id) = serde_json::from_str(change)?;
            Ok(Change::Remove { section: Section::named(&section), id: id.into() })
        }
    }
}

/// Adds a text as a JSON string, and says whether it stands there as it is.
fn push_json(text: &mut Vec<u8>, value: &str) -> bool {
    // All of them are looked at, so that it can be done many at a time.
    let escaped = |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if value.bytes().fold(false, escaped) {
        // A string always serialises, and a vector takes it.
        let _ = serde_json::to_writer(text, value);
        return false;
    }
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
    true
}
