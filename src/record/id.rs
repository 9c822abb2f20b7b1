//! A record's name within its collection.

use std::fmt;
use std::str::FromStr;

use super::{RecordError, serde_as_text};
use crate::paths::{NameError, Text};

/// A record's id: any text of 1 to 128 bytes without control characters.
///
/// An id never becomes part of a path. Ids that are whole numbers (earlier tools wrote such) are
/// the same as the text of their digits.
///
/// ```
/// use tenantry::record::RecordId;
/// assert_eq!(RecordId::parse("7f3a").unwrap().as_str(), "7f3a");
/// assert!(RecordId::parse("").is_err());
/// assert!(RecordId::parse("a\nb").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(Text<UUID_BYTES>);

/// A UUID in its usual spelling has so many bytes.
const UUID_BYTES: usize = uuid::fmt::Hyphenated::LENGTH;

impl RecordId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Parses an id.
    ///
    /// # Errors
    /// [`RecordError::Id`] with the reason of the refusal.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let refused = if text.is_empty() {
            NameError::Empty
        } else if text.len() > Self::MAX_BYTES {
            NameError::TooLong { bytes: text.len(), limit: Self::MAX_BYTES }
        } else if has_control(text) {
            NameError::Control
        } else {
            return Ok(Self::addressed(text));
        };
        Err(RecordError::Id(refused))
    }

    /// A UUID as an id.
    pub(crate) fn of_uuid(id: uuid::Uuid) -> Self {
        Self::addressed(id.hyphenated().encode_lower(&mut [0; UUID_BYTES]))
    }

    /// What a record is addressed by, of which nobody has to see whether it is an id: an id that was stored, or what
    /// takes the place of one in a decision.
    pub(crate) fn addressed(text: &str) -> Self {
        Self(Text::new(text))
    }

    /// The id as text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether a text has control characters.
fn has_control(text: &str) -> bool {
    if !text.is_ascii() {
        return text.chars().any(char::is_control);
    }
    // All of them are looked at, so that it can be done many at a time.
    text.bytes().fold(false, |found, byte| found | byte.is_ascii_control())
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecordId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordId {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Self, RecordError> {
        Self::parse(text)
    }
}

// Sound for maps: equality, order and hash are those of the text, the only field.
impl std::borrow::Borrow<str> for RecordId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

serde_as_text!(RecordId);
