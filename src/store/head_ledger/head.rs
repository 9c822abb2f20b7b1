//! The head object: the small text that says what a tenant's ledger is at one moment.
//!
//! The first line names the format and the digest of all that follows. Then one line of JSON,
//! then, by the lengths given there, the header's text and the texts of the last commits. Every
//! head differs from every other by its nonce, so that no ETag ever comes back.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::store::{Header, Incarnation, StoreError, StoreErrorKind};

const MAGIC: &str = "tenantry-head ";
const FORMAT: u32 = 1;
/// How many digits a digest has.
const DIGEST: usize = 2 * blake3::OUT_LEN;
/// What the line of JSON takes, give or take: without its lists, and for each commit's id and length.
const ROOM: usize = 1024;
const ROOM_FOR_ID: usize = 24;

/// A snapshot that a head names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SnapshotReference {
    /// The object's name; where the length is 0 there is no object.
    pub(super) name: String,
    /// The number of the last commit in it.
    pub(super) number: u64,
    pub(super) length: u64,
    pub(super) digest: String,
}

/// A run of commits that a head names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentReference {
    pub(super) name: String,
    /// The number of the first commit in it.
    pub(super) first: u64,
    /// The number of the last commit in it.
    pub(super) last: u64,
    pub(super) length: u64,
    pub(super) digest: String,
}

/// A ledger at one moment. The commits after the snapshot are those of the segments, then the
/// tail; those at or before the snapshot's number are in it and are skipped.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Differs in every head that was ever written.
    pub(super) nonce: String,
    pub(super) header: Header,
    /// The number of the last commit.
    pub(super) number: u64,
    /// The ids of the last commits, the last one at the end; those of earlier lives included.
    pub(super) ids: Vec<String>,
    /// How many snapshots there were.
    pub(super) snapshot_count: u64,
    /// How many segments there were.
    pub(super) segment_count: u64,
    pub(super) snapshot: SnapshotReference,
    pub(super) segments: Vec<SegmentReference>,
    /// The names that the last fold replaced: readers may still be at them.
    pub(super) previous: Vec<String>,
    /// The texts of the last commits.
    pub(super) tail: Vec<Bytes>,
}

/// What stands in the line of JSON.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    nonce: Cow<'a, str>,
    incarnation: String,
    tombstone: bool,
    header_length: usize,
    number: u64,
    ids: Cow<'a, [String]>,
    snapshot_count: u64,
    segment_count: u64,
    snapshot: Cow<'a, SnapshotReference>,
    segments: Cow<'a, [SegmentReference]>,
    previous: Cow<'a, [String]>,
    tail_lengths: Vec<usize>,
}

impl Head {
    /// The id of commit `number`, if it is still kept.
    pub(super) fn id_at(&self, number: u64) -> Option<&str> {
        let back = usize::try_from(self.number.checked_sub(number)?).ok()?;
        let at = self.ids.len().checked_sub(back.checked_add(1)?)?;
        self.ids.get(at).map(String::as_str)
    }

    /// The number of the commit before the tail.
    pub(super) fn tail_base(&self) -> u64 {
        self.number.saturating_sub(self.tail.len() as u64)
    }

    /// Whether the object of that name is part of the state.
    pub(super) fn names(&self, name: &str) -> bool {
        (self.snapshot.name == name && self.snapshot.length > 0)
            || self.segments.iter().any(|segment| segment.name == name)
    }

    /// The object's bytes.
    pub(super) fn encode(&self) -> Result<Bytes, StoreError> {
        let line = Line {
            nonce: Cow::Borrowed(&self.nonce),
            incarnation: self.header.incarnation.to_string(),
            tombstone: self.header.tombstone,
            header_length: self.header.text.len(),
            number: self.number,
            ids: Cow::Borrowed(&self.ids),
            snapshot_count: self.snapshot_count,
            segment_count: self.segment_count,
            snapshot: Cow::Borrowed(&self.snapshot),
            segments: Cow::Borrowed(&self.segments),
            previous: Cow::Borrowed(&self.previous),
            tail_lengths: self.tail.iter().map(Bytes::len).collect(),
        };
        // The digest's place is kept free until all that it is of is there.
        let before = format!("{MAGIC}{FORMAT} ");
        let first = before.len() + DIGEST + 1;
        let texts: usize = line.tail_lengths.iter().sum::<usize>() + line.header_length;
        let mut whole =
            Vec::with_capacity(first + texts + ROOM + ROOM_FOR_ID * (line.ids.len() + self.tail.len()));
        whole.extend_from_slice(before.as_bytes());
        whole.resize(first, b'\n');
        serde_json::to_writer(&mut whole, &line).map_err(|error| {
            StoreError::new(StoreErrorKind::Unsupported, "write head", "the head has no text form")
                .with_source(error)
        })?;
        whole.push(b'\n');
        for text in std::iter::once(&self.header.text).chain(&self.tail) {
            whole.extend_from_slice(text);
            whole.push(b'\n');
        }
        let digest = blake3::hash(&whole[first..]).to_hex();
        whole[before.len()..first - 1].copy_from_slice(digest.as_bytes());
        Ok(whole.into())
    }

    /// Reads the object's bytes.
    pub(super) fn decode(whole: &Bytes) -> Result<Self, StoreError> {
        let (first, rest) = split_line(whole).ok_or_else(|| corrupt("the head has no first line"))?;
        check_first_line(&first, &rest)?;
        let (json, rest) = split_line(&rest).ok_or_else(|| corrupt("the head has no second line"))?;
        let line: Line<'_> = serde_json::from_slice(&json)
            .map_err(|error| corrupt("the head's second line can't be read").with_source(error))?;
        let lengths: Vec<usize> =
            std::iter::once(line.header_length).chain(line.tail_lengths.iter().copied()).collect();
        let mut texts = split_texts(&rest, &lengths).ok_or_else(|| corrupt("the head's texts don't fit"))?;
        let tail = texts.split_off(1);
        let incarnation =
            Incarnation::parse(&line.incarnation).ok_or_else(|| corrupt("the head's incarnation is none"))?;
        let header = Header {
            incarnation,
            tombstone: line.tombstone,
            text: texts.pop().ok_or_else(|| corrupt("the head's header text is missing"))?,
        };
        Ok(Self {
            nonce: line.nonce.into_owned(),
            header,
            number: line.number,
            ids: line.ids.into_owned(),
            snapshot_count: line.snapshot_count,
            segment_count: line.segment_count,
            snapshot: line.snapshot.into_owned(),
            segments: line.segments.into_owned(),
            previous: line.previous.into_owned(),
            tail,
        })
    }
}

fn check_first_line(first: &[u8], rest: &[u8]) -> Result<(), StoreError> {
    let text = std::str::from_utf8(first).map_err(|_| corrupt("the head is not a head"))?;
    let mut words = text.strip_prefix(MAGIC).ok_or_else(|| corrupt("the head is not a head"))?.split(' ');
    let format: u32 = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| corrupt("the head's format is no number"))?;
    if format > FORMAT {
        let detail = format!("the head has format {format}, this version knows {FORMAT}");
        return Err(StoreError::new(StoreErrorKind::NewerFormat, "read head", detail));
    }
    if words.next() != Some(blake3::hash(rest).to_hex().as_str()) {
        return Err(corrupt("the head's digest differs"));
    }
    Ok(())
}

/// Splits off the first line, without its end.
pub(super) fn split_line(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.slice(..end), bytes.slice(end + 1..)))
}

/// Splits texts of these lengths, each followed by a line's end, with nothing left over.
pub(super) fn split_texts(bytes: &Bytes, lengths: &[usize]) -> Option<Vec<Bytes>> {
    let mut texts = Vec::with_capacity(lengths.len());
    let mut at = 0_usize;
    for length in lengths {
        let end = at.checked_add(*length)?;
        if bytes.get(end) != Some(&b'\n') {
            return None;
        }
        texts.push(bytes.slice(at..end));
        at = end + 1;
    }
    (at == bytes.len()).then_some(texts)
}

/// A finding that can't be right.
pub(super) fn corrupt(detail: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "read ledger", detail)
}
