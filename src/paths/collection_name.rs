//! The name of a collection of records.

use super::NameError;
use super::reserved::{is_device_name, is_reserved_collection};
use super::text::{Text, text_traits};

/// A collection's name: `[a-z][a-z0-9_]*`, at most 48 bytes.
///
/// The name is also that of the collection's view, so device names are refused, and so are
/// `video_database` and `thumbnail_database`, which are the views of other collections.
///
/// ```
/// use tenantry::paths::{CollectionName, NameError};
///
/// assert_eq!(CollectionName::parse("cameras_2")?.as_str(), "cameras_2");
///
/// assert_eq!(CollectionName::parse(""), Err(NameError::Empty));
/// assert_eq!(CollectionName::parse("Cameras"), Err(NameError::Character { character: 'C', at: 0 }));
/// assert_eq!(CollectionName::parse("a/b"), Err(NameError::Character { character: '/', at: 1 }));
/// assert_eq!(CollectionName::parse("nul"), Err(NameError::DeviceName));
/// assert_eq!(CollectionName::parse("video_database"), Err(NameError::Reserved));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(CollectionText);

text_traits!(CollectionName);

/// The text of a collection's name. One of up to 16 bytes takes no more room here than a long one.
pub(crate) type CollectionText = Text<16>;

impl CollectionName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 48;
    /// Uploaded videos.
    pub const VIDEOS: Self = Self(Text::Known("videos"));
    /// Preview images.
    pub const THUMBNAILS: Self = Self(Text::Known("thumbnails"));
    /// Live streams.
    pub const LIVE_STREAMS: Self = Self(Text::Known("live_streams"));
    /// Schedules.
    pub const SCHEDULES: Self = Self(Text::Known("schedules"));
    /// OAuth tokens.
    pub const TOKENS: Self = Self(Text::Known("tokens"));
    /// Stream keys by token.
    pub const STREAM_MAPPING: Self = Self(Text::Known("stream_mapping"));

    /// Parses a collection name.
    ///
    /// # Errors
    /// [`NameError`] with the reason of the refusal.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(NameError::TooLong { bytes: text.len(), limit: Self::MAX_BYTES });
        }
        let valid =
            |(at, c): (usize, char)| c.is_ascii_lowercase() || (at > 0 && (c.is_ascii_digit() || c == '_'));
        if let Some((at, character)) = text.char_indices().find(|&pair| !valid(pair)) {
            return Err(NameError::Character { character, at });
        }
        if is_device_name(text) {
            return Err(NameError::DeviceName);
        }
        if is_reserved_collection(text) {
            return Err(NameError::Reserved);
        }
        Ok(Self(Text::new(text)))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same, shared with this.
    pub(crate) fn shared(&self) -> CollectionText {
        self.0.clone()
    }
}
