//! A record's name within its collection.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{RecordError, serde_as_text};
use crate::paths::NameError;

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
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(Arc<str>);

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
            return Ok(Self(text.into()));
        };
        Err(RecordError::Id(refused))
    }

    /// A UUID as an id.
    #[cfg(feature = "migrate")]
    pub(crate) fn of_uuid(id: uuid::Uuid) -> Self {
        Self(id.to_string().into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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

impl RecordId {
    /// The text, shared with this.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RecordId {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Self, RecordError> {
        Self::parse(text)
    }
}

impl std::borrow::Borrow<str> for RecordId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

serde_as_text!(RecordId);
