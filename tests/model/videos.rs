//! What histories do with videos: the words, and the bytes, that model and system share.

use crate::step::Meant;

/// Original names, each with the extension and the title that it gives a video, if it may be one.
pub(crate) const ORIGINALS: [(&str, Option<(&str, &str)>); 6] = [
    ("holiday.mp4", Some(("mp4", "holiday"))),
    ("Holiday ü.MOV", Some(("mov", "Holiday ü"))),
    ("../a\\b/c clip.mkv", Some(("mkv", "c clip"))),
    (".avi", Some(("avi", "untitled"))),
    ("notes.txt", None),
    ("mp4", None),
];

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uploading {
    pub(crate) original: usize,
    pub(crate) title: Option<String>,
    /// The length that is announced, true or not.
    pub(crate) announced: Option<u64>,
    /// The sizes of the pieces in which the bytes come.
    pub(crate) pieces: Vec<u8>,
    /// Whether the body fails at its end.
    pub(crate) breaks: bool,
}

impl Uploading {
    /// The pieces, other ones for each step.
    pub(crate) fn body(&self, step: u32) -> Vec<Vec<u8>> {
        let mut next = step.to_le_bytes()[0];
        let mut byte = || {
            next = next.wrapping_mul(5).wrapping_add(77);
            next
        };
        self.pieces.iter().map(|size| (0..*size).map(|_| byte()).collect()).collect()
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

/// What is done to a video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VideoDeed {
    Get,
    Open(Part),
    Verify,
    LocalPath,
    Rename(Meant, String),
    Delete(Meant),
}

/// A deed, and to which video: the latest first, by its id or by its file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnVideo {
    pub(crate) back: usize,
    pub(crate) by_file: bool,
    pub(crate) deed: VideoDeed,
}
