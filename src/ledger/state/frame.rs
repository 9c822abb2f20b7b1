//! The frame of a snapshot's line, without a look into the record in it.
//!
//! A line is a JSON array `[section, id, order, [[index, key], …], record]`. As this library writes it its parts
//! can be told apart by their first and last bytes; serde reads what is spelled in another way, such as an id with
//! an escape. Whether the record is one is seen by who reads it: a line is behind a checksum, so what is
//! wrong with it was written so.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json_error::JsonError;

/// A line as serde reads it.
#[derive(Deserialize)]
struct Line<'a>(
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    u64,
    #[serde(borrow)] Vec<LineKey<'a>>,
    #[serde(borrow)] &'a RawValue,
);

/// A key of a line. In a plain pair serde would copy each text, which nobody then counts as memory.
#[derive(Deserialize)]
pub(in crate::ledger) struct LineKey<'a>(
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
    #[serde(borrow)] pub(in crate::ledger) Cow<'a, str>,
);

/// What a line says, but for its record: of that only where it stands in the line.
pub(in crate::ledger) struct Frame<'a> {
    pub(in crate::ledger) section: Cow<'a, str>,
    pub(in crate::ledger) id: Cow<'a, str>,
    pub(in crate::ledger) order: u64,
    pub(in crate::ledger) record: (usize, usize),
}

impl<'a> Frame<'a> {
    /// Reads a line; its keys are put behind those that are in `keys` already.
    pub(in crate::ledger) fn read(
        line: &'a [u8],
        keys: &mut Vec<LineKey<'a>>,
    ) -> Result<Self, Option<JsonError>> {
        let before = keys.len();
        if let Some(frame) = Self::plain(line, keys) {
            return Ok(frame);
        }
        keys.truncate(before);
        let text = std::str::from_utf8(line).map_err(|_| None)?;
        let Line(section, id, order, read, record) =
            serde_json::from_str(text).map_err(|error| Some(error.into()))?;
        keys.extend(read);
        let start = record.get().as_ptr() as usize - text.as_ptr() as usize;
        Ok(Self { section, id, order, record: (start, start + record.get().len()) })
    }

    /// Reads a line in the spelling that this library writes, without escapes in the frame.
    fn plain(line: &'a [u8], keys: &mut Vec<LineKey<'a>>) -> Option<Self> {
        let mut parts = Parts(line);
        parts.skip(b"[")?;
        let section = parts.text()?;
        parts.skip(b",")?;
        let id = parts.text()?;
        parts.skip(b",")?;
        let order = parts.number()?;
        parts.skip(b",[")?;
        while parts.0.first() != Some(&b']') {
            parts.skip(b"[")?;
            let index = parts.text()?;
            parts.skip(b",")?;
            let key = parts.text()?;
            parts.skip(b"]")?;
            keys.push(LineKey(index.into(), key.into()));
            if parts.0.first() == Some(&b',') {
                parts.skip(b",")?;
            }
        }
        parts.skip(b"],")?;
        let object = parts.0.strip_suffix(b"]")?;
        let is_object = object.first() == Some(&b'{') && object.last() == Some(&b'}');
        let start = line.len() - parts.0.len();
        is_object.then(|| Self {
            section: section.into(),
            id: id.into(),
            order,
            record: (start, start + object.len()),
        })
    }
}

/// The rest of a line.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn skip(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// A string without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.skip(b"\"")?;
        let end = memchr::memchr2(b'"', b'\\', self.0)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix(b"\"")?;
        // All of them are looked at, so that it can be done many at a time.
        let plain = text.iter().fold(true, |plain, byte| plain & (*byte >= b' '));
        std::str::from_utf8(text).ok().filter(|_| plain)
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (text, rest) = self.0.split_at(digits);
        self.0 = rest;
        let sum = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        let plain = digits == 1 || digits > 1 && text[0] != b'0';
        text.iter().try_fold(0, sum).filter(|_| plain)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;
    use crate::ledger::commit_text::write_line;
    use crate::ledger::state::{IndexKey, Section};

    /// Mostly what stands in a frame as it is.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![4 => "[a-z0-9-]{1,12}", 1 => any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn a_frame_says_what_serde_reads(
            (section, id, order) in (text(), text(), any::<u64>()),
            pairs in prop::collection::vec((text(), text()), 0..3),
            cut in proptest::option::weighted(0.3, 0..80_usize),
            added in prop_oneof![3 => Just(""), 1 => Just(" "), 1 => Just(",1")],
        ) {
            let keys: Vec<_> = pairs.iter().map(|(index, key)| IndexKey::new(index, key)).collect();
            let mut line = write_line(&Section::named(&section), &id, order, &keys, b"{\"v\":[1,\"]\"]}");
            let end = line.len() - 1;
            line.splice(end..end, added.bytes());
            line.truncate(cut.unwrap_or(usize::MAX));
            let mut found = Vec::new();
            let frame = Frame::read(&line, &mut found);
            match serde_json::from_slice::<Line<'_>>(&line) {
                Ok(Line(section, id, order, keys, record)) => {
                    let frame = frame.unwrap();
                    prop_assert_eq!((frame.section, frame.id, frame.order), (section, id, order));
                    prop_assert_eq!(&line[frame.record.0..frame.record.1], record.get().as_bytes());
                    let pairs = |keys: Vec<LineKey<'_>>| -> Vec<(String, String)> {
                        keys.into_iter().map(|LineKey(index, key)| (index.into(), key.into())).collect()
                    };
                    prop_assert_eq!(pairs(found), pairs(keys));
                }
                Err(_) => prop_assert!(frame.is_err()),
            }
        }
    }
}
