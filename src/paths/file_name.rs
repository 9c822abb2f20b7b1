//! The name of a stored file.

use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::NameError;
use super::characters::is_invisible;
use super::reserved::{is_device_name, is_reserved_file};
use super::text::text_traits;

/// A file's name, parsed once: one harmless component of a path on every system, in any script.
///
/// Invariants: at most 200 bytes, so that suffixes still fit into what file systems allow; no
/// separator, control, invisible, direction-changing or replacement character; no colon; neither a dot nor white
/// space at an edge; Unicode normal form C; no device name; nothing that the layout uses itself.
///
/// What only looks like something else (a full-width dot, a percent escape, a Cyrillic `а`) is
/// text like any other here, because nothing below decodes or folds a name. Whether two names are
/// the same but for case is told by [`folded`](Self::folded).
///
/// ```
/// use tenantry::paths::{FileName, NameError};
///
/// assert_eq!(FileName::parse("Jadwal Minggu.mp4")?.extension(), Some("mp4"));
///
/// let refused = |text: &str| FileName::parse(text).err();
/// assert_eq!(refused(""), Some(NameError::Empty));
/// assert_eq!(refused(&"a".repeat(201)), Some(NameError::TooLong { bytes: 201, limit: 200 }));
/// assert_eq!(refused(".."), Some(NameError::RelativeStep));
/// assert_eq!(refused("../ana.mp4"), Some(NameError::Separator));
/// assert_eq!(refused("a\\b.mp4"), Some(NameError::Separator));
/// assert_eq!(refused("a\0.mp4"), Some(NameError::Control));
/// assert_eq!(refused("a\u{202e}4pm.exe"), Some(NameError::Format));
/// assert_eq!(refused("a.mp4:stream"), Some(NameError::Stream));
/// assert_eq!(refused(".hidden"), Some(NameError::EdgeDot));
/// assert_eq!(refused("a.mp4 "), Some(NameError::EdgeSpace));
/// assert_eq!(refused("cafe\u{301}.mp4"), Some(NameError::NotNormalized));
/// assert_eq!(refused("Nul.mp4"), Some(NameError::DeviceName));
/// assert_eq!(refused("ledger"), Some(NameError::Reserved));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(Arc<str>);

text_traits!(FileName);

impl FileName {
    /// The longest name, in bytes. File systems allow 255; the rest is for suffixes such as
    /// `.edited-<time>`.
    pub const MAX_BYTES: usize = 200;

    /// Parses a file name.
    ///
    /// # Errors
    /// [`NameError`] with the reason of the refusal; the first one, where there are several.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(NameError::TooLong { bytes: text.len(), limit: Self::MAX_BYTES });
        }
        if text == "." || text == ".." {
            return Err(NameError::RelativeStep);
        }
        text.chars().try_for_each(check_character)?;
        if text.starts_with('.') || text.ends_with('.') {
            return Err(NameError::EdgeDot);
        }
        if text.trim() != text {
            return Err(NameError::EdgeSpace);
        }
        if !is_nfc(text) {
            return Err(NameError::NotNormalized);
        }
        if is_device_name(text) {
            return Err(NameError::DeviceName);
        }
        if is_reserved_file(text) {
            return Err(NameError::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// The name that 32 hexadecimal digits are, with an extension of ASCII letters and digits.
    #[cfg(feature = "migrate")]
    pub(crate) fn of_digest(digest: u128, extension: &str) -> Self {
        Self(format!("{digest:032x}{extension}").into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, as it is written; `None` without a dot.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.0.rsplit_once('.').map(|(_, extension)| extension)
    }

    /// The key by which names are unique ignoring case: two names that a case-insensitive file
    /// system holds for one have the same.
    ///
    /// Each character is lower-cased by way of its upper case, since lower-casing alone tells
    /// apart what such file systems do not (`ς` and `σ`, `ß` and `ss`); the result is in normal
    /// form C. The dotless `ı` stays itself, for it is no `i` in any of them.
    ///
    /// ```
    /// # use tenantry::paths::{FileName, NameError};
    /// let folded = |text: &str| FileName::parse(text).map(|name| name.folded());
    /// assert_eq!(folded("Straße.MP4")?, folded("STRASSE.mp4")?);
    /// assert_ne!(folded("straße.mp4")?, folded("strase.mp4")?);
    /// # Ok::<(), NameError>(())
    /// ```
    #[must_use]
    pub fn folded(&self) -> String {
        if self.0.is_ascii() {
            // Of these each has one other case at the most, and all are in every normal form.
            return self.0.to_ascii_lowercase();
        }
        folded_in_full(&self.0)
    }
}

/// The same whatever characters there are.
fn folded_in_full(name: &str) -> String {
    let fold = |character: char| -> String {
        match character {
            'ı' => character.into(),
            // Lower first: the capital of `ß` has no other capital, and would stay apart from it.
            _ => {
                let upper = character.to_lowercase().flat_map(char::to_uppercase);
                upper.flat_map(char::to_lowercase).collect()
            }
        }
    };
    name.chars().map(fold).collect::<String>().nfc().collect()
}

/// Code points that are no characters (Unicode 16, section 23.7): XML, in which object stores list, can't carry
/// all of them, so that a file might be listed under another name than it has.
fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

fn check_character(character: char) -> Result<(), NameError> {
    match character {
        '/' | '\\' => Err(NameError::Separator),
        ':' => Err(NameError::Stream),
        _ if character.is_control() => Err(NameError::Control),
        _ if is_invisible(character) || is_noncharacter(character) => Err(NameError::Format),
        // What stands for bytes that are no text could be taken for another file's name.
        char::REPLACEMENT_CHARACTER => Err(NameError::Undecodable),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_ascii_name_is_folded_as_any_other() {
        for byte in 0..=0x7f_u8 {
            let Ok(name) = FileName::parse(&format!("a{}z.MP4", char::from(byte))) else { continue };
            assert_eq!(name.folded(), folded_in_full(&name.0), "{name}");
        }
    }
}
