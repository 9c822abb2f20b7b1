//! The members of an object in the spelling in which texts are made here: found by looking for where each ends.
//!
//! Whether a text is JSON is not seen by this. It is for texts that serde wrote or has read, and for those that it
//! reads before anything comes of what was found.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::fields::FEW;

/// So many levels are read by `serde_json` of a value in a record; of one that has more, it is to say so itself.
const DEEP: usize = 126;

/// The members of an object, one after the other.
pub(super) struct Members<'a> {
    rest: &'a str,
    begun: bool,
}

/// A name has an escape, or white space stands between tokens, or something is not as it is in an object.
pub(super) struct NotPlain;

impl<'a> Members<'a> {
    /// Of this text, if it begins and ends as an object does.
    pub(super) fn of(object: &'a str) -> Option<Self> {
        let rest = object.strip_prefix('{')?.strip_suffix('}')?;
        Some(Self { rest, begun: false })
    }

    /// Whether there are no more.
    pub(super) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The name and the value of the next one.
    pub(super) fn next(&mut self) -> Result<Option<(&'a str, Value<'a>)>, NotPlain> {
        if self.is_done() { Ok(None) } else { self.member().map(Some).ok_or(NotPlain) }
    }

    fn member(&mut self) -> Option<(&'a str, Value<'a>)> {
        let rest = if self.begun { self.rest.strip_prefix(',')? } else { self.rest };
        let rest = rest.strip_prefix('"')?;
        let (name, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest.as_bytes())?)?;
        let rest = rest.strip_prefix("\":")?;
        let (length, has_escape) = length(rest.as_bytes())?;
        let (text, rest) = rest.split_at_checked(length)?;
        let string = if has_escape { None } else { between_quotes(text) };
        (self.rest, self.begun) = (rest, true);
        Some((name, Value { text, string }))
    }
}

/// The names of an object's members, as they are met.
#[derive(Default)]
pub(super) struct Names<'de> {
    first: [&'de str; FEW],
    count: usize,
    /// Those behind the first ones.
    more: Vec<&'de str>,
}

impl<'de> Names<'de> {
    pub(super) fn add(&mut self, name: &'de str) {
        match self.first.get_mut(self.count) {
            Some(place) => *place = name,
            None => self.more.push(name),
        }
        self.count += 1;
    }

    /// How many they are.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Whether none is there twice.
    pub(super) fn are_different(&self) -> bool {
        let first = &self.first[..self.count.min(FEW)];
        if self.more.is_empty() {
            return first.iter().enumerate().all(|(at, name)| !first[..at].contains(name));
        }
        let mut all = [first, &self.more].concat();
        all.sort_unstable();
        all.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// A value as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    /// What it says, if it is a string without escapes.
    pub(super) string: Option<&'a str>,
}

impl<'a> Value<'a> {
    /// The value that is written so, in JSON.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, string: between_quotes(text).filter(|text| memchr(b'\\', text.as_bytes()).is_none()) }
    }

    /// What a string or a whole number says.
    pub(super) fn said(self) -> Option<Cow<'a, str>> {
        if let Some(string) = self.string {
            return Some(Cow::Borrowed(string));
        }
        let digits = self.text.strip_prefix('-').unwrap_or(self.text);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Cow::Borrowed(self.text));
        }
        serde_json::from_str(self.text).ok().map(Cow::Owned)
    }
}

fn between_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

/// How long the value is with which a text begins, and whether it is a string that has an escape.
fn length(text: &[u8]) -> Option<(usize, bool)> {
    match text.first()? {
        b'"' => string(text),
        b'{' | b'[' => nested(text).map(|length| (length, false)),
        _ => {
            let end = memchr(b',', text).unwrap_or(text.len());
            text[..end].iter().all(|byte| *byte > b' ').then_some((end, false))
        }
    }
}

/// How long the string is with which a text begins, and whether it has an escape.
pub(super) fn string(text: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut has_escape) = (1, false);
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        match text[at] {
            b'"' => return Some((at + 1, has_escape)),
            _ => (at, has_escape) = (at + 2, true),
        }
    }
}

/// How long the array or object is with which a text begins.
fn nested(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string(&text[at..])?.0 - 1,
            b'{' | b'[' if depth == DEEP => return None,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            byte if *byte <= b' ' => return None,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}
