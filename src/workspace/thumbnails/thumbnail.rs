//! A thumbnail's record.

use serde::{Deserialize, Serialize};

use crate::ownership::Action;
use crate::paths::{Area, CollectionName, FileName};
use crate::record::{Entity, LocalTime, lenient, named};
use crate::workspace::stored_files::{StoredFile, UploadedFile};
use crate::workspace::{Settings, wording};

/// A thumbnail, in the form that the documented database has. Empty texts in stored records are read as no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Thumbnail {
    /// What people call it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// The name under which it is stored: a fresh UUID with the extension.
    pub filename: FileName,
    /// The name that it was uploaded with, as it was given.
    #[serde(default, deserialize_with = "lenient::text")]
    pub original_filename: String,
    /// When it was added, by the tenant's clock.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub date_added: Option<LocalTime>,
    /// Its length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The BLAKE3 digest of its bytes, as `b3sum` writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// The kinds of images that a thumbnail can be.
#[derive(Clone, Copy)]
enum Format {
    Jpeg,
    Png,
    Gif,
    Webp,
}

impl Format {
    /// That of an extension in lower case.
    fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "gif" => Some(Self::Gif),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// Whether a file with that beginning is one.
    fn begins(self, head: &[u8]) -> bool {
        match self {
            Self::Jpeg => infer::image::is_jpeg(head),
            Self::Png => infer::image::is_png(head),
            Self::Gif => infer::image::is_gif(head),
            Self::Webp => infer::image::is_webp(head),
        }
    }
}

impl Thumbnail {
    /// Whether a thumbnail may have that extension, in lower case.
    #[cfg(feature = "migrate")]
    pub(crate) fn is_image(extension: &str) -> bool {
        Format::of_extension(extension).is_some()
    }

    /// Its media type, as HTTP's `Content-Type` names it. What was uploaded was looked at and is one; what
    /// came some other way may have another extension, which is `application/octet-stream`.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        let extension = self.filename.as_str().rsplit_once('.').map(|(_, found)| found.to_ascii_lowercase());
        let format = extension.and_then(|extension| Format::of_extension(&extension));
        format.map_or("application/octet-stream", Format::media_type)
    }
}

impl Entity for Thumbnail {
    fn collection() -> CollectionName {
        CollectionName::THUMBNAILS
    }

    fn time_fields() -> &'static [&'static str] {
        &["date_added"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![(named::FILE_INDEX, self.filename.folded())]
    }

    fn blobs(&self) -> Vec<(Area, FileName)> {
        vec![(Area::Thumbnails, self.filename.clone())]
    }

    /// What the library knows of the file is not for people to say; the title is theirs.
    fn refused_edits(&self, before: Option<&Self>) -> Vec<&'static str> {
        let mut refused = Vec::new();
        if let Some(before) = before {
            let mut fixed = |field, same: bool| refused.extend((!same).then_some(field));
            fixed("filename", self.filename == before.filename);
            fixed("original_filename", self.original_filename == before.original_filename);
            fixed("date_added", self.date_added == before.date_added);
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

impl StoredFile for Thumbnail {
    const AREA: Area = Area::Thumbnails;
    const UPLOAD: Action = Action::UploadThumbnail;
    const OPEN: Action = Action::OpenThumbnail;
    const UPLOAD_URL: Action = Action::UploadThumbnailByUrl;
    const COMPLETE_UPLOAD: Action = Action::CompleteThumbnailUpload;
    const DOWNLOAD_URL: Action = Action::DownloadThumbnailByUrl;
    const IS_CONTENT: Option<fn(&str, &[u8]) -> bool> =
        Some(|extension, head| Format::of_extension(extension).is_some_and(|format| format.begins(head)));

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
            date_added: Some(file.date_added),
            bytes: Some(file.bytes),
            hash: Some(file.hash),
        }
    }

    fn is_extension(extension: &str, _: &Settings) -> bool {
        Format::of_extension(extension).is_some()
    }

    fn longest(settings: &Settings) -> Option<u64> {
        Some(settings.thumbnail_bytes)
    }
}
