//! The name of a collection of records.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::NameError;
use super::reserved::{is_device_name, is_reserved_collection};
use super::text::text_traits;

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
#[derive(Clone)]
pub struct CollectionName(Text);

/// A text that is part of the program, or one that all clones share.
#[derive(Clone)]
enum Text {
    Known(&'static str),
    Shared(Arc<str>),
}

text_traits!(CollectionName);

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
        Ok(Self(Text::Shared(text.into())))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Known(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl PartialEq for CollectionName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for CollectionName {}

impl Hash for CollectionName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for CollectionName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CollectionName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}
