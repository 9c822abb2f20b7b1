//! A JSON object as an ordered list of names and JSON texts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{RecordError, shown};
use super::plain::{self, Value};
#[cfg(feature = "migrate")]
use super::spaced;

/// So many names are compared with each other in less time than they are sorted.
pub(super) const FEW: usize = 16;

/// The fields of one JSON object in their order, each value as the text that it was written with.
///
/// A name occurs once. Nothing is interpreted: `1.10` stays `1.10`, and an escape in a string stays
/// as it is, also one that no string type could hold (`"\ud800"`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Reads one object. Depth costs no stack: values are only skipped over.
    pub(crate) fn read(text: &'a [u8]) -> Result<Self, RecordError> {
        let Pairs(pairs) = match std::str::from_utf8(text) {
            // Seen to be a text once, and not each part of it.
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        }
        .map_err(|error| RecordError::of_json(&error))?;
        let fields = Self(pairs);
        match fields.twice() {
            Some(name) => Err(RecordError::DuplicateField { field: shown(name) }),
            None => Ok(fields),
        }
    }

    /// The fields of a text that serde wrote or has read, or reads before anything comes of this, if it is spelled
    /// in the [plain](mod@plain) way; any other is to be [read](Self::read).
    pub(super) fn of_plain(text: &'a str) -> Option<Self> {
        Self::of_plain_own(text).filter(|fields| fields.twice().is_none())
    }

    /// The same of a text in which each name occurs once, as those do that are stored.
    pub(super) fn of_plain_own(text: &'a str) -> Option<Self> {
        let (mut members, mut fields) = (plain::Members::of(text)?, Vec::with_capacity(FEW));
        while let Some((name, value)) = members.next().ok()? {
            fields.push((name.into(), value.text.into()));
        }
        Some(Self(fields))
    }

    /// A name that occurs twice.
    fn twice(&self) -> Option<&str> {
        if self.len() <= FEW {
            let before =
                |(at, (name, _)): &(usize, &(_, _))| self.0[..*at].iter().any(|(other, _)| other == name);
            return self.0.iter().enumerate().find(before).map(|(_, (name, _))| &**name);
        }
        let mut names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// Reads one object in which names may occur several times: the last of one name counts, at the place of
    /// the first, as Python's reader has it. Tells the names that do.
    #[cfg(feature = "migrate")]
    pub(crate) fn read_last(text: &'a str) -> Result<(Self, Vec<String>), RecordError> {
        let Pairs(pairs) = serde_json::from_str(text).map_err(|error| RecordError::of_json(&error))?;
        Ok(Self::last_of(pairs))
    }

    /// The same of a part of a text that serde has read.
    #[cfg(feature = "migrate")]
    pub(crate) fn read_last_again(text: &'a str) -> Result<(Self, Vec<String>), RecordError> {
        match spaced::members(text) {
            Some(pairs) => Ok(Self::last_of(pairs)),
            None => Self::read_last(text),
        }
    }

    /// Of several of one name the last, and the names of which there were several.
    #[cfg(feature = "migrate")]
    fn last_of(pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> (Self, Vec<String>) {
        let all = Self(pairs);
        if all.twice().is_none() {
            return (all, Vec::new());
        }
        let Self(pairs) = all;
        let (mut fields, mut twice) = (Vec::<(Cow<'a, str>, Cow<'a, str>)>::new(), Vec::new());
        let mut places = std::collections::HashMap::new();
        for (name, value) in pairs {
            match places.get(&name) {
                Some(&place) => {
                    twice.push(shown(&name));
                    if let Some(field) = fields.get_mut::<usize>(place) {
                        field.1 = value;
                    }
                }
                None => {
                    places.insert(name.clone(), fields.len());
                    fields.push((name, value));
                }
            }
        }
        (Self(fields), twice)
    }

    /// The fields of a text of this library's own, in which each name occurs once.
    #[cfg(feature = "migrate")]
    pub(crate) fn of_own(text: &'a str) -> Result<Self, RecordError> {
        if let Some(fields) = Self::of_plain_own(text) {
            return Ok(fields);
        }
        let Pairs(pairs) = serde_json::from_str(text).map_err(|error| RecordError::of_json(&error))?;
        Ok(Self(pairs))
    }

    /// The same without white space between tokens.
    pub(crate) fn compacted(self) -> Self {
        let compacted = |(name, value)| match value {
            Cow::Borrowed(text) => (name, compact(text)),
            Cow::Owned(text) => (name, Cow::Owned(compact(&text).into_owned())),
        };
        Self(self.0.into_iter().map(compacted).collect())
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names and JSON texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The JSON text of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The JSON text of a field, for as long as what was read lives.
    pub(super) fn take(self, name: &str) -> Option<Cow<'a, str>> {
        self.0.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of a field that is a string or a whole number.
    pub(crate) fn get_text(&self, name: &str) -> Option<String> {
        Value::of(self.get(name)?).said().map(Cow::into_owned)
    }

    /// Adds a field at the end.
    pub(crate) fn push(&mut self, name: &'a str, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Replaces a field where it stands, or inserts it at `place`.
    pub(crate) fn set(&mut self, place: usize, name: &'a str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some(field) => field.1 = value,
            None => self.0.insert(place.min(self.0.len()), (name.into(), value)),
        }
    }

    /// Keeps the fields for whose names `keep` says so.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    /// Where a field stands.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.iter().position(|(own, _)| own == name)
    }

    /// Whether they were read of this very text, and it is [theirs](Self::to_text): nothing in it is escaped in
    /// names or was compacted in values.
    pub(super) fn are(&self, text: &str) -> bool {
        let borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
        self.0.iter().all(|(name, value)| borrowed(name) && borrowed(value)) && self.length() == text.len()
    }

    /// How long the object's text is, if no name has an escape.
    fn length(&self) -> usize {
        let members = self.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
        members.max(1) + 1
    }

    /// The object's text.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.length());
        text.push('{');
        for (name, value) in self.iter() {
            if text.len() > 1 {
                text.push(',');
            }
            push_quoted(&mut text, name);
            text.push(':');
            text.push_str(value);
        }
        text.push('}');
        text
    }

    /// The field in whose text the byte `at` of [`to_text`](Self::to_text) lies.
    pub(super) fn at(&self, at: usize) -> Option<&str> {
        let mut end = 0;
        let mut ends = self.iter().map(|(name, value)| {
            end += quoted(name).len() + value.len() + 2;
            (name, end)
        });
        ends.find(|(_, end)| at <= *end).map(|(name, _)| name)
    }
}

impl fmt::Debug for Fields<'_> {
    /// The values are left out: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// An object's members as they come, before names are compared.
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    fields.push((name, Cow::Borrowed(value.get())));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// Adds a text as a JSON string.
pub(crate) fn push_quoted(to: &mut String, text: &str) {
    // All of them are looked at, so that it can be done many at a time.
    let escaped = |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, escaped) {
        to.push_str(&serde_json::Value::from(text).to_string());
    } else {
        to.push('"');
        to.push_str(text);
        to.push('"');
    }
}

/// The bytes of valid JSON that are not part of a string, with their places.
fn outside_strings(json: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut within, mut escaped) = (false, false);
    json.bytes().enumerate().filter(move |&(_, byte)| {
        let outside = !within && byte != b'"';
        if escaped {
            escaped = false;
        } else if within && byte == b'\\' {
            escaped = true;
        } else if byte == b'"' {
            within = !within;
        }
        outside
    })
}

/// Whether valid JSON is one token, in which nothing is nested and no white space is to go.
fn is_one_token(json: &str) -> bool {
    json.starts_with(|first: char| !matches!(first, '{' | '[' | ' ' | '\t' | '\r' | '\n'))
        && !json.ends_with([' ', '\t', '\r', '\n'])
}

/// Valid JSON without the white space between its tokens.
fn compact(json: &str) -> Cow<'_, str> {
    if is_one_token(json) {
        return Cow::Borrowed(json);
    }
    let mut kept = String::new();
    let mut from = 0;
    for (at, _) in outside_strings(json).filter(|(_, byte)| byte.is_ascii_whitespace()) {
        kept.push_str(&json[from..at]);
        from = at + 1;
    }
    if from == 0 {
        return Cow::Borrowed(json);
    }
    kept.push_str(&json[from..]);
    Cow::Owned(kept)
}

/// How deep the arrays and objects of valid JSON are nested; 0 for a number or a string.
pub(super) fn depth(json: &str) -> usize {
    if is_one_token(json) {
        return 0;
    }
    let (mut now, mut most) = (0_usize, 0_usize);
    for (_, byte) in outside_strings(json) {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// JSON without white space, each string of it in the one spelling that [`quoted`] gives; those that no
/// string type could hold (`"\ud800"`) as they are.
pub(crate) fn respelled(json: &str) -> Cow<'_, str> {
    if !json.contains('\\') {
        // Only what is escaped can be spelled in two ways.
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let bytes = rest.as_bytes();
        let mut end = start + 1;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let string = rest.get(start..=end).unwrap_or(&rest[start..]);
        text.push_str(&rest[..start]);
        match serde_json::from_str::<String>(string) {
            Ok(plain) => text.push_str(&quoted(&plain)),
            Err(_) => text.push_str(string),
        }
        rest = &rest[start + string.len()..];
    }
    Cow::Owned(text + rest)
}
