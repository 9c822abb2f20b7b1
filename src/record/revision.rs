//! What tells one state of a record from another.

use std::fmt;
use std::str::FromStr;

use super::{RecordError, serde_as_text};

/// A digest of a record's stored text: 128 bits of BLAKE3, shown as 32 hexadecimal digits.
///
/// It needs no place of its own, and survives reopening and moving the record. Two records with the
/// same text have the same revision, and any change makes another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(u128);

impl Revision {
    pub(crate) fn of(text: &[u8]) -> Self {
        let digest = blake3::hash(text);
        let mut half = [0; 16];
        half.copy_from_slice(&digest.as_bytes()[..16]);
        Self(u128::from_be_bytes(half))
    }

    /// Reads the 32 digits that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// [`RecordError::Revision`] for any other text.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let valid = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let digits = valid.then_some(text).ok_or(RecordError::Revision)?;
        u128::from_str_radix(digits, 16).map(Self).map_err(|_| RecordError::Revision)
    }

    /// The value of an HTTP `ETag` header: the digits in quotation marks.
    #[must_use]
    pub fn to_etag(self) -> String {
        format!("\"{self}\"")
    }

    /// Reads one entity tag, as `If-Match` carries it. A weak one (`W/"…"`) never matches there, and
    /// is refused.
    ///
    /// # Errors
    /// [`RecordError::Revision`] if this is not the tag of a revision.
    pub fn from_etag(tag: &str) -> Result<Self, RecordError> {
        let digits = tag.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Self::parse(digits.ok_or(RecordError::Revision)?)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Revision {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Self, RecordError> {
        Self::parse(text)
    }
}

serde_as_text!(Revision);
