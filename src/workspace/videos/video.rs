//! A video's record.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ownership::Action;
use crate::paths::{Area, CollectionName, FileName};
use crate::record::{Entity, LocalTime, OnReferenced, Reference, lenient, named};
use crate::workspace::stored_files::{self, StoredFile, UploadedFile};
use crate::workspace::{Settings, wording};

/// A video, in the form that the documented database has. Empty texts in stored records are read as no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Video {
    /// What people call it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// The name under which it is stored: a fresh UUID with the extension.
    pub filename: FileName,
    /// The name that it was uploaded with, as it was given.
    #[serde(default, deserialize_with = "lenient::text")]
    pub original_filename: String,
    /// The file name of its thumbnail.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub thumbnail: Option<FileName>,
    /// When it was added, by the tenant's clock.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub date_added: Option<LocalTime>,
    /// Where it came from.
    #[serde(default, deserialize_with = "source")]
    pub source: VideoSource,
    /// Its id there, for one that came from a drive.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
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

/// Where a video came from, if anything is said of it.
fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VideoSource, D::Error> {
    lenient::optional(deserializer).map(Option::unwrap_or_default)
}

impl Entity for Video {
    fn collection() -> CollectionName {
        CollectionName::VIDEOS
    }

    fn time_fields() -> &'static [&'static str] {
        &["date_added"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![(named::FILE_INDEX, self.filename.folded())]
    }

    fn blobs(&self) -> Vec<(Area, FileName)> {
        vec![(Area::Videos, self.filename.clone())]
    }

    fn references(&self) -> Vec<Reference> {
        let image = self.thumbnail.iter();
        let to_file = |file| Reference::to_file("thumbnail", CollectionName::THUMBNAILS, file);
        image.map(|file| to_file(file).rule(OnReferenced::Clear)).collect()
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
        if !kept && !wording::is_title(&self.title) {
            refused.push("title");
        }
        refused
    }
}

impl Video {
    /// The longest title, in bytes.
    pub const MAX_TITLE: usize = wording::MAX_TITLE;

    /// The longest original name that is kept, in bytes.
    pub const MAX_ORIGINAL_NAME: usize = stored_files::MAX_ORIGINAL_NAME;

    /// Its media type by its extension, as HTTP's `Content-Type` names it; `application/octet-stream` for an
    /// extension of the application's own. Nobody looked at the content: send it with `nosniff`.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.filename.extension().map(str::to_ascii_lowercase).as_deref() {
            Some("mp4") => "video/mp4",
            Some("avi") => "video/x-msvideo",
            Some("mov") => "video/quicktime",
            Some("wmv") => "video/x-ms-wmv",
            Some("flv") => "video/x-flv",
            Some("mkv") => "video/x-matroska",
            _ => "application/octet-stream",
        }
    }
}

impl StoredFile for Video {
    const AREA: Area = Area::Videos;
    const UPLOAD: Action = Action::UploadVideo;
    const OPEN: Action = Action::OpenVideo;
    const UPLOAD_URL: Action = Action::UploadVideoByUrl;
    const COMPLETE_UPLOAD: Action = Action::CompleteVideoUpload;
    const DOWNLOAD_URL: Action = Action::DownloadVideoByUrl;

    fn filename(&self) -> &FileName {
        &self.filename
    }

    fn original_name(&self) -> &str {
        &self.original_filename
    }

    fn content_type(&self) -> &'static str {
        self.media_type()
    }

    fn uploaded(file: UploadedFile) -> Self {
        Self {
            title: file.title,
            filename: file.filename,
            original_filename: file.original_filename,
            thumbnail: None,
            date_added: Some(file.date_added),
            source: if file.drive_file_id.is_some() { VideoSource::Drive } else { VideoSource::Local },
            drive_file_id: file.drive_file_id,
            bytes: Some(file.bytes),
            hash: Some(file.hash),
        }
    }

    fn is_extension(extension: &str, settings: &Settings) -> bool {
        settings.video_extensions.iter().any(|allowed| allowed == extension)
    }
}
