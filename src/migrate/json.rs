//! JSON as Python's writer leaves it, made JSON as others read it.
//!
//! Only what Python itself reads is taken: a mark of the byte order, `NaN` and `Infinity`, surrogates
//! without their other half. What Python would refuse is broken here too.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde_json::value::RawValue;

/// What had to be changed of a text so that it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    ByteOrderMark,
    NotANumber,
    LoneSurrogate,
    DuplicateKey,
    EmptyFile,
    ObjectForArray,
}

impl Change {
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "begins with a byte order mark, which is dropped",
            Self::NotANumber => "NaN or Infinity stands where a value is meant, and becomes null",
            Self::LoneSurrogate => "half of a surrogate pair becomes the replacement character",
            Self::DuplicateKey => {
                "a field occurs twice in one record; the last counts, as for the application"
            }
            Self::EmptyFile => "is empty, and read as an empty list",
            Self::ObjectForArray => "holds {} where a list is meant, and is read as an empty list",
        }
    }
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub(super) struct Broken {
    pub(super) what: &'static str,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Broken {
    pub(super) fn at(bytes: &[u8], offset: usize, what: &'static str) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Self { what, line, column: before.len() - start + 1 }
    }
}

/// A text that can be read, and what was changed in it: each change as often as it was made.
pub(super) struct Readable<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) changes: Vec<(Change, usize)>,
    /// Where the elements stand in the text, if it is an array.
    pub(super) elements: Option<Vec<Range<usize>>>,
}

impl Readable<'_> {
    /// Whether there is nothing in it, or an array of nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() || self.elements.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Makes a text readable; one without anything stays so.
pub(super) fn readable(bytes: &[u8]) -> Result<Readable<'_>, Broken> {
    let mut changes = Vec::new();
    let without = bytes.strip_prefix(b"\xef\xbb\xbf");
    changes.extend(without.map(|_| (Change::ByteOrderMark, 1)));
    let bytes = without.unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Broken::at(bytes, error.valid_up_to(), "bytes that are no UTF-8"))?;
    if text.trim().is_empty() {
        changes.push((Change::EmptyFile, 1));
        return Ok(Readable { text: Cow::Borrowed(""), changes, elements: None });
    }
    let (replaced, shifts) = match has_what_others_cannot_read(text) {
        true => replaced(text, &mut changes),
        false => (Cow::Borrowed(text), Shifts::new()),
    };
    let elements = elements(&replaced);
    // An array of values is JSON.
    if elements.is_none() {
        check(&replaced, text, &shifts)?;
    }
    Ok(Readable { text: replaced, changes, elements })
}

/// Behind which byte of the new text the old one's place differs, and by how much.
type Shifts = Vec<(usize, isize)>;

/// Whether there may be something in a text that others can't read: it stands in nearly none.
fn has_what_others_cannot_read(text: &str) -> bool {
    let signs = ["NaN", "Infinity", "\\ud", "\\uD"];
    signs.iter().any(|sign| memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// The text with what others can't read replaced; the same where there is nothing of that, since it may be long.
fn replaced<'a>(text: &'a str, changes: &mut Vec<(Change, usize)>) -> (Cow<'a, str>, Shifts) {
    let (mut new, mut shifts) = (String::new(), Shifts::new());
    let (mut numbers, mut surrogates) = (0, 0);
    let (mut kept, mut at, mut within) = (0, 0, false);
    let bytes = text.as_bytes();
    loop {
        // Nothing else ends a string or stands for what others can't read.
        at += match within {
            true => memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()),
            false => bytes.get(at..).and_then(|rest| rest.iter().position(|byte| b"\"NI-".contains(byte))),
        }
        .unwrap_or(bytes.len() - at);
        let Some(&byte) = bytes.get(at) else { break };
        let rest = text.get(at..).unwrap_or_default();
        let (length, by) = match byte {
            b'"' => {
                within = !within;
                (1, None)
            }
            b'\\' if within => escape(rest, &mut surrogates),
            b'N' | b'I' | b'-' if !within => number(rest, &mut numbers),
            _ => (1, None),
        };
        if let Some(by) = by {
            new.push_str(text.get(kept..at).unwrap_or_default());
            new.push_str(by);
            kept = at + length;
            #[allow(clippy::cast_possible_wrap, reason = "a text's length is an isize")]
            shifts.push((new.len(), kept as isize - new.len() as isize));
        }
        at += length;
    }
    if shifts.is_empty() {
        return (Cow::Borrowed(text), shifts);
    }
    new.push_str(text.get(kept..).unwrap_or_default());
    changes.extend((numbers > 0).then_some((Change::NotANumber, numbers)));
    changes.extend((surrogates > 0).then_some((Change::LoneSurrogate, surrogates)));
    (Cow::Owned(new), shifts)
}

/// How long an escape is, and what stands for it if it is half of a pair.
fn escape(rest: &str, surrogates: &mut usize) -> (usize, Option<&'static str>) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    match unit(0) {
        None => (2, None),
        Some(0xd800..=0xdbff) if matches!(unit(6), Some(0xdc00..=0xdfff)) => (12, None),
        Some(0xd800..=0xdfff) => {
            *surrogates += 1;
            (6, Some("\\ufffd"))
        }
        Some(_) => (6, None),
    }
}

/// How long a number is that is none, and what stands for it.
fn number(rest: &str, numbers: &mut usize) -> (usize, Option<&'static str>) {
    match ["NaN", "Infinity", "-Infinity"].into_iter().find(|name| rest.starts_with(name)) {
        Some(name) => {
            *numbers += 1;
            (name.len(), Some("null"))
        }
        None => (1, None),
    }
}

/// Sees that the new text is JSON; if not, says where in the old one it stops being that.
fn check(new: &str, old: &str, shifts: &Shifts) -> Result<(), Broken> {
    let Err(error) = serde_json::from_str::<&RawValue>(new) else { return Ok(()) };
    if error.classify() == serde_json::error::Category::Eof {
        return Err(Broken::at(old.as_bytes(), old.trim_end().len(), "the text ends too early"));
    }
    let start: usize = new.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = start + error.column().saturating_sub(1);
    let shift = shifts.iter().rev().find(|(from, _)| *from <= offset).map_or(0, |(_, shift)| *shift);
    let offset = offset.saturating_add_signed(shift).min(old.len());
    Err(Broken::at(old.as_bytes(), offset, "not JSON"))
}

/// Where the elements of an array stand; `None` if the text is something else.
fn elements(text: &str) -> Option<Vec<Range<usize>>> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let place = |element: &RawValue| {
        let start = element.get().as_ptr() as usize - text.as_ptr() as usize;
        start..start + element.get().len()
    };
    Some(elements.into_iter().map(place).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_python_writes_is_made_readable() {
        for (written, read) in [
            ("[NaN, -Infinity,Infinity]", "[null, null,null]"),
            (r#"["NaN -Infinity \"NaN"]"#, r#"["NaN -Infinity \"NaN"]"#),
            (r#"["\ud83c\udfac \ud800x \udc00"]"#, r#"["\ud83c\udfac \ufffdx \ufffd"]"#),
            (r#"["\\ud800"]"#, r#"["\\ud800"]"#),
            (r#"["\ud83c\ud83c\udfac"]"#, r#"["\ufffd\ud83c\udfac"]"#),
            ("[-1.50e3]", "[-1.50e3]"),
            ("\u{feff}[]", "[]"),
            (" \n", ""),
        ] {
            assert_eq!(readable(written.as_bytes()).unwrap().text, read, "{written}");
        }
    }

    #[test]
    fn what_is_broken_is_told_with_its_place_in_the_file_as_it_is() {
        let place = |text: &[u8]| readable(text).err().map(|broken| (broken.line, broken.column));
        assert_eq!(place(b"[1,\n  {\"a\": NaN, \"b\": NaN, x}\n]"), Some((2, 24)));
        assert_eq!(place(b"[{\"a\": 1}"), Some((1, 10)));
        assert_eq!(place(b"[\"\xff\"]"), Some((1, 3)));
        assert_eq!(place(b"[1] 2"), Some((1, 5)));
        assert_eq!(place(b"[Nan]"), Some((1, 2)));
        assert!(place(b"['a']").is_some() && place(b"{").is_some());
    }
}
