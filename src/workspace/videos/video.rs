//! A video's record.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::ownership::Resource;
use crate::paths::{Area, CollectionName, FileName};
use crate::record::{Entity, LocalTime, RecordId};
use crate::workspace::wording;

/// The index in which a video is found by its file name, ignoring case.
pub(super) const FILE_INDEX: &str = "file";

/// A video, in the form that the documented database has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Video {
    /// What people call it.
    pub title: String,
    /// The name under which it is stored: a fresh UUID with the extension.
    pub filename: FileName,
    /// The name that it was uploaded with, as it was given.
    pub original_filename: String,
    /// The file name of its thumbnail.
    #[serde(default)]
    pub thumbnail: Option<FileName>,
    /// When it was added, by the tenant's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_added: Option<LocalTime>,
    /// Where it came from.
    #[serde(default)]
    pub source: VideoSource,
    /// Its id there, for one that came from a drive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drive_file_id: Option<String>,
    /// Its length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The BLAKE3 digest of its bytes, as `b3sum` writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// Where a video came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VideoSource {
    /// It was uploaded.
    #[default]
    Local,
    /// It was fetched from a drive.
    Drive,
}

impl Entity for Video {
    fn collection() -> CollectionName {
        CollectionName::VIDEOS
    }

    fn time_fields() -> &'static [&'static str] {
        &["date_added"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![(FILE_INDEX, self.filename.folded())]
    }

    fn blobs(&self) -> Vec<(Area, FileName)> {
        vec![(Area::Videos, self.filename.clone())]
    }

    /// What the library knows of the file is not for people to say; the title is theirs.
    fn refused_edits(&self, before: Option<&Self>) -> Vec<&'static str> {
        let mut refused = Vec::new();
        if let Some(before) = before {
            let mut fixed = |field, same: bool| refused.extend((!same).then_some(field));
            fixed("filename", self.filename == before.filename);
            fixed("original_filename", self.original_filename == before.original_filename);
            fixed("thumbnail", self.thumbnail == before.thumbnail);
            fixed("date_added", self.date_added == before.date_added);
            fixed("source", self.source == before.source);
            fixed("drive_file_id", self.drive_file_id == before.drive_file_id);
            fixed("bytes", self.bytes == before.bytes);
            fixed("hash", self.hash == before.hash);
        }
        let kept = before.is_some_and(|before| before.title == self.title);
        if !kept && Self::checked_title("adopt", &self.title).is_err() {
            refused.push("title");
        }
        refused
    }
}

impl Video {
    /// The longest title, in bytes.
    pub const MAX_TITLE: usize = wording::MAX_TITLE;

    /// The longest original name that is kept, in bytes.
    pub const MAX_ORIGINAL_NAME: usize = 1024;

    /// A title, if it can be one.
    pub(super) fn checked_title(operation: &'static str, title: &str) -> Result<String> {
        if !wording::is_title(title) {
            return Err(Error::new(ErrorKind::InvalidInput, operation).about("title"));
        }
        Ok(title.to_owned())
    }

    /// The title that an original name suggests: its last part without the extension.
    pub(super) fn title_of(original_name: &str) -> String {
        let last = original_name.rsplit(['/', '\\']).next().unwrap_or(original_name);
        let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
        let clean = stem.chars().filter(|character| !character.is_control());
        let mut title = String::new();
        for character in clean {
            if title.len() + character.len_utf8() > Self::MAX_TITLE {
                break;
            }
            title.push(character);
        }
        if title.trim().is_empty() { "untitled".to_owned() } else { title }
    }
}

/// Which video is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VideoRef {
    /// The one whose record has this id.
    Id(RecordId),
    /// The one that is stored under this name, ignoring case.
    File(FileName),
}

impl VideoRef {
    pub(super) fn resource(&self) -> Resource {
        match self {
            Self::Id(id) => Resource::Record(CollectionName::VIDEOS, id.as_str().into()),
            Self::File(name) => Resource::File(Area::Videos, name.clone()),
        }
    }
}

impl From<&RecordId> for VideoRef {
    fn from(id: &RecordId) -> Self {
        Self::Id(id.clone())
    }
}

impl From<&FileName> for VideoRef {
    fn from(name: &FileName) -> Self {
        Self::File(name.clone())
    }
}
