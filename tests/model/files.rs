//! What histories do with videos and thumbnails: the words, and the bytes, that model and system share.

use tenantry::record::OnReferenced;

use super::step::{Meant, Which};

/// An original name, with the extension and the title that it gives a file, if it may be one.
type Original = (&'static str, Option<(&'static str, &'static str)>);

/// The original names of videos.
pub(crate) const VIDEOS: [Original; 6] = [
    ("holiday.mp4", Some(("mp4", "holiday"))),
    ("Holiday ü.MOV", Some(("mov", "Holiday ü"))),
    ("../a\\b/c clip.mkv", Some(("mkv", "c clip"))),
    (".avi", Some(("avi", "untitled"))),
    ("notes.txt", None),
    ("mp4", None),
];

/// Those of thumbnails.
pub(crate) const IMAGES: [Original; 6] = [
    ("rain.png", Some(("png", "rain"))),
    ("Rain ü.JPG", Some(("jpg", "Rain ü"))),
    ("../a\\b/c.jpeg", Some(("jpeg", "c"))),
    (".gif", Some(("gif", "untitled"))),
    ("rain.webp", Some(("webp", "rain"))),
    ("rain.svg", None),
];

/// How images begin, with the extensions that they may have; and what is none.
pub(crate) const BEGINNINGS: [(&[u8], &[&str]); 5] = [
    (b"\x89PNG\r\n\x1a\n", &["png"]),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0", &["jpg", "jpeg"]),
    (b"GIF89a", &["gif"]),
    (b"RIFF\x24\0\0\0WEBPVP8 ", &["webp"]),
    (b"<html>", &[]),
];

/// Which kind of file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Video,
    Thumbnail,
}

impl FileKind {
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::Video => "videos",
            Self::Thumbnail => "thumbnails",
        }
    }
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uploading {
    pub(crate) kind: FileKind,
    pub(crate) original: usize,
    pub(crate) title: Option<String>,
    /// The length that is announced, true or not.
    pub(crate) announced: Option<u64>,
    /// With which of the [`BEGINNINGS`] the bytes begin, if with any.
    pub(crate) begins: Option<usize>,
    /// The sizes of the pieces in which the bytes come.
    pub(crate) pieces: Vec<u8>,
    /// Whether the body fails at its end.
    pub(crate) breaks: bool,
}

impl Uploading {
    /// The name that the file has where it comes from.
    pub(crate) const fn original(&self) -> Original {
        match self.kind {
            FileKind::Video => VIDEOS[self.original],
            FileKind::Thumbnail => IMAGES[self.original],
        }
    }

    /// The pieces, other ones for each step.
    pub(crate) fn body(&self, step: u32) -> Vec<Vec<u8>> {
        let mut next = step.to_le_bytes()[0];
        let mut byte = || {
            next = next.wrapping_mul(5).wrapping_add(77);
            next
        };
        let beginning = self.begins.map(|begins| BEGINNINGS[begins].0.to_vec());
        let pieces = self.pieces.iter().map(|size| (0..*size).map(|_| byte()).collect());
        beginning.into_iter().chain(pieces).collect()
    }
}

/// Which bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    From(u64),
    Between(u64, u64),
    Last(u64),
}

/// What is done to a file. Only videos are renamed and given thumbnails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileDeed {
    Get,
    Open(Part),
    Verify,
    LocalPath,
    Rename(Meant, String),
    /// Of the thumbnail, whether it is told by its file's name.
    SetThumbnail(Meant, Option<(Which, bool)>),
    Delete(Meant, OnReferenced),
}

/// A deed, and to which file, by its id or by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnFile {
    pub(crate) kind: FileKind,
    pub(crate) which: Which,
    pub(crate) by_name: bool,
    pub(crate) deed: FileDeed,
}
