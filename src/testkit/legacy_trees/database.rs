//! The JSON databases of a legacy tree.

use super::json::{Fields, Style, Value};

/// One database, as it will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Whose folder `data/<user>/` it lies in; `None` for the root, where one was for all.
    pub user: Option<String>,
    /// Which one.
    pub kind: DatabaseKind,
    /// What is in it.
    pub content: Content,
    /// How it is written.
    pub style: Style,
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DatabaseKind {
    /// `video_database.json`, an array.
    Videos,
    /// `thumbnail_database.json`, an array.
    Thumbnails,
    /// `live_streams.json`, an array.
    LiveStreams,
    /// `stream_mapping.json`, an object of tokens.
    StreamMapping,
    /// `stream_timers.json`, an array.
    StreamTimers,
    /// `looped_videos.json`, an array.
    LoopedVideos,
    /// `bulk_upload_queue.json`, an array.
    BulkUploadQueue,
}

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Records, each with its fields.
    Records(Vec<Fields>),
    /// One object.
    Object(Fields),
    /// Nothing, or nothing whole.
    Damaged(Vec<u8>),
}

impl DatabaseKind {
    /// Those that every tree has.
    pub(super) const USUAL: [Self; 4] =
        [Self::Videos, Self::Thumbnails, Self::LiveStreams, Self::StreamMapping];

    /// The name of its file.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Videos => "video_database.json",
            Self::Thumbnails => "thumbnail_database.json",
            Self::LiveStreams => "live_streams.json",
            Self::StreamMapping => "stream_mapping.json",
            Self::StreamTimers => "stream_timers.json",
            Self::LoopedVideos => "looped_videos.json",
            Self::BulkUploadQueue => "bulk_upload_queue.json",
        }
    }

    /// The field that names a record's own file, and where that lies; `None` for records without one.
    pub(super) const fn own_file(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Videos => Some(("filename", "videos")),
            Self::Thumbnails => Some(("filename", "thumbnails")),
            Self::LoopedVideos => Some(("output_filename", "videos/done")),
            Self::LiveStreams | Self::StreamMapping | Self::StreamTimers | Self::BulkUploadQueue => None,
        }
    }

    /// The fields that name something else of the same user: files by the folder, records by the database.
    pub(super) const fn references(self) -> &'static [(&'static str, Referent)] {
        match self {
            Self::Videos => &[("thumbnail", Referent::File("thumbnails"))],
            Self::LiveStreams => &[("video_file", Referent::File("videos"))],
            Self::StreamTimers => &[("stream_id", Referent::Record(Self::LiveStreams))],
            Self::LoopedVideos => &[("original_video_id", Referent::Record(Self::Videos))],
            Self::BulkUploadQueue => &[
                ("video_id", Referent::Record(Self::Videos)),
                ("thumbnail_id", Referent::Record(Self::Thumbnails)),
                ("token_file", Referent::File("tokens")),
            ],
            Self::Thumbnails | Self::StreamMapping => &[],
        }
    }
}

/// What a field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referent {
    File(&'static str),
    Record(DatabaseKind),
}

impl Database {
    /// Its path in the tree.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.user {
            Some(user) => format!("data/{user}/{}", self.kind.file_name()),
            None => self.kind.file_name().to_owned(),
        }
    }

    /// The records that are there and whole.
    #[must_use]
    pub fn records(&self) -> &[Fields] {
        match &self.content {
            Content::Records(records) => records,
            Content::Object(_) | Content::Damaged(_) => &[],
        }
    }

    /// The bytes of its file.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        match &self.content {
            Content::Records(records) => {
                let records = records.iter().cloned().map(Value::Object).collect();
                Value::Array(records).written(self.style).into_bytes()
            }
            Content::Object(fields) => Value::Object(fields.clone()).written(self.style).into_bytes(),
            Content::Damaged(bytes) => bytes.clone(),
        }
    }
}

/// The field of that name, the last if there are several, as Python reads it.
pub(super) fn field<'a>(record: &'a Fields, name: &str) -> Option<&'a Value> {
    record.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value)
}
