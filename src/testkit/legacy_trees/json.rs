//! JSON as the application's Python wrote it, and what JSON has no word for.

use std::fmt::Write;

/// A value with the very text that it will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string of Unicode.
    Text(String),
    /// Anything that is written as it stands here: numbers, `true`, `null`, `NaN`, a string with half of an emoji.
    Raw(String),
    /// An array.
    Array(Vec<Value>),
    /// An object; names may come twice.
    Object(Fields),
}

/// Names and values, in their order.
pub type Fields = Vec<(String, Value)>;

/// How a database is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// By how many spaces each level is indented.
    pub indent: usize,
    /// Whether all beyond ASCII is escaped, emoji as two escapes.
    pub escaped: bool,
}

impl Value {
    /// `null`.
    pub(super) fn null() -> Self {
        Self::Raw("null".to_owned())
    }

    /// The text, if it is one that is not empty.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The value as it is written.
    #[must_use]
    pub fn written(&self, style: Style) -> String {
        let mut text = String::new();
        self.write(style, 0, &mut text);
        text
    }

    fn write(&self, style: Style, depth: usize, to: &mut String) {
        match self {
            Self::Text(text) => write_text(text, style.escaped, to),
            Self::Raw(text) => to.push_str(text),
            Self::Array(values) => {
                enclosed(['[', ']'], values, style, depth, to, |value, to| value.write(style, depth + 1, to));
            }
            Self::Object(fields) => enclosed(['{', '}'], fields, style, depth, to, |(name, value), to| {
                write_text(name, style.escaped, to);
                to.push_str(": ");
                value.write(style, depth + 1, to);
            }),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Raw(flag.to_string())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Raw(number.to_string())
    }
}

/// Fields of the given names and values.
pub(super) fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn enclosed<T>(
    [open, close]: [char; 2],
    items: &[T],
    style: Style,
    depth: usize,
    to: &mut String,
    mut write: impl FnMut(&T, &mut String),
) {
    let line = |depth: usize, to: &mut String| {
        to.push('\n');
        to.extend(std::iter::repeat_n(' ', depth * style.indent));
    };
    to.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            to.push(',');
        }
        line(depth + 1, to);
        write(item, to);
    }
    if !items.is_empty() {
        line(depth, to);
    }
    to.push(close);
}

fn write_text(text: &str, escaped: bool, to: &mut String) {
    to.push('"');
    for character in text.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\t' => to.push_str("\\t"),
            _ if character.is_control() || (escaped && !character.is_ascii()) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(to, "\\u{unit:04x}");
                }
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}
