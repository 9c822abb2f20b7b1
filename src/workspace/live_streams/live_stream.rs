//! A live stream's record.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::status::LiveStreamStatus;
use crate::paths::{CollectionName, FileName};
use crate::quota::ACTIVE_INDEX;
use crate::record::{ChangeRefusal, Entity, LocalTime, RecordId, Reference, SecretText, lenient};
use crate::workspace::daily::Daily;
use crate::workspace::wording;

/// The indexes by which live streams are found.
pub(super) const STATUS_INDEX: &str = "status";
pub(super) const DATE_INDEX: &str = "date";
pub(super) const VIDEO_INDEX: &str = "video";

/// A live stream, in the form that the documented database has.
///
/// Beside what [`new`](Self::new) takes, the fields are set one by one. Empty texts in stored records
/// are read as no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveStream {
    /// What people call it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// When it is to begin, by the tenant's clock.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::optional",
        serialize_with = "lenient::to_the_minute"
    )]
    pub start_date: Option<LocalTime>,
    /// The file name of the video that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub video_file: Option<FileName>,
    /// The video's title at that time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub video_title: Option<String>,
    /// Where it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub rtmp_server: Option<RtmpServer>,
    /// The server's address, for a custom one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub custom_rtmp: Option<String>,
    /// The key that opens the server.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub stream_key: Option<SecretText>,
    /// How long it lasts, in minutes; until it is stopped if there is none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::whole",
        serialize_with = "lenient::as_text"
    )]
    pub duration: Option<u32>,
    /// Whether it is to be planned anew for the next day when it ended. What ended repeats no more: it
    /// has handed that on.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub repeat_daily: bool,
    /// Where it stands.
    pub status: LiveStreamStatus,
    /// The process that sends it, as the application said. After a restart of the machine it may be
    /// anybody's.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub process_pid: Option<u32>,
    /// The file name of the token with whose channel it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub token_file: Option<FileName>,
    /// Which of that token's stream keys is used.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub stream_id: Option<String>,
    /// The record with which the daily series began that it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub repeat_of: Option<RecordId>,
    /// The file name of its thumbnail.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub thumbnail: Option<FileName>,
}

/// Where a live stream is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RtmpServer {
    /// YouTube.
    Youtube,
    /// Facebook.
    Facebook,
    /// The server of [`custom_rtmp`](LiveStream::custom_rtmp).
    Custom,
    /// Another one that the application knows by this name.
    Other(String),
}

impl fmt::Display for RtmpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Youtube => "youtube",
            Self::Facebook => "facebook",
            Self::Custom => "custom",
            Self::Other(name) => name,
        })
    }
}

impl FromStr for RtmpServer {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "youtube" => Self::Youtube,
            "facebook" => Self::Facebook,
            "custom" => Self::Custom,
            other => Self::Other(other.to_owned()),
        })
    }
}

crate::record::serde_as_text!(RtmpServer);

impl LiveStream {
    /// A live stream that is planned for that time.
    #[must_use]
    pub fn new(title: impl Into<String>, start_date: LocalTime) -> Self {
        Self {
            title: title.into(),
            start_date: Some(start_date),
            video_file: None,
            video_title: None,
            rtmp_server: None,
            custom_rtmp: None,
            stream_key: None,
            duration: None,
            repeat_daily: false,
            status: LiveStreamStatus::Scheduled,
            process_pid: None,
            token_file: None,
            stream_id: None,
            repeat_of: None,
            thumbnail: None,
        }
    }

    /// The fields that can't be planned so, in place of `before` or anew.
    pub(super) fn unplannable(&self, before: Option<&Self>) -> Vec<&'static str> {
        let mut refused = Vec::new();
        let fresh = |same: &dyn Fn(&Self) -> bool| !before.is_some_and(same);
        if fresh(&|before| before.title == self.title) && !wording::is_title(&self.title) {
            refused.push("title");
        }
        let status = before.map_or(LiveStreamStatus::Scheduled, |before| before.status);
        if self.status != status {
            refused.push("status");
        }
        if self.process_pid != before.and_then(|before| before.process_pid) {
            refused.push("process_pid");
        }
        if self.repeat_of.as_ref() != before.and_then(|before| before.repeat_of.as_ref()) {
            refused.push("repeat_of");
        }
        if before.is_some_and(|before| self.begins_to_repeat_too_late(before)) {
            refused.push("repeat_daily");
        }
        if self.repeat_daily && self.start_date.is_none() && fresh(&|before| before.repeat_daily) {
            refused.push("start_date");
        }
        refused
    }

    /// The same at another status, with nothing of the process that was.
    pub(super) fn at(&self, status: LiveStreamStatus) -> Self {
        Self { status, process_pid: None, ..self.clone() }
    }
}

impl Entity for LiveStream {
    fn collection() -> CollectionName {
        CollectionName::LIVE_STREAMS
    }

    fn secret_fields() -> &'static [&'static str] {
        &["stream_key"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![(STATUS_INDEX, self.status.as_str().to_owned())];
        keys.extend(self.start_date.map(|start| (DATE_INDEX, start.civil().date().to_string())));
        keys.extend(self.video_file.as_ref().map(|file| (VIDEO_INDEX, file.folded())));
        keys.extend(self.repeat_key());
        if self.status.is_active() {
            keys.push((ACTIVE_INDEX, String::new()));
        }
        keys
    }

    fn references(&self) -> Vec<Reference> {
        let to_file = Reference::to_file;
        let video = self.video_file.as_ref().map(|file| to_file("video_file", CollectionName::VIDEOS, file));
        let token = self.token_file.as_ref().map(|file| to_file("token_file", CollectionName::TOKENS, file));
        let image =
            self.thumbnail.as_ref().map(|file| to_file("thumbnail", CollectionName::THUMBNAILS, file));
        let key = self.token_file.as_ref().zip(self.stream_id.as_deref());
        let key = key.map(|(token, id)| Reference::to_stream_key("stream_id", token, id));
        [video, image, token, key].into_iter().flatten().collect()
    }

    fn time_fields() -> &'static [&'static str] {
        &["start_date"]
    }

    /// The steps of the table, and no others; and what is over repeats no more.
    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        let Some(before) = before else { return Ok(()) };
        if !before.status.may_become(self.status) {
            let (from, to) = (before.status.as_str(), self.status.as_str());
            return Err(ChangeRefusal::State { from, to });
        }
        match self.begins_to_repeat_too_late(before) {
            true => Err(ChangeRefusal::Field { field: "repeat_daily" }),
            false => Ok(()),
        }
    }

    /// What the application says of a stream's status is not for people to say.
    fn refused_edits(&self, before: Option<&Self>) -> Vec<&'static str> {
        self.unplannable(before)
    }
}

impl Daily for LiveStream {
    fn begins(&self) -> Option<LocalTime> {
        self.start_date
    }

    fn repeats_daily(&self) -> bool {
        self.repeat_daily
    }

    fn unrepeated(self) -> Self {
        Self { repeat_daily: false, ..self }
    }

    fn repeat_of(&self) -> Option<&RecordId> {
        self.repeat_of.as_ref()
    }

    fn is_over(&self) -> bool {
        !self.status.is_active()
    }

    fn planned_at(&self, at: LocalTime, repeat_of: RecordId) -> Self {
        Self { start_date: Some(at), repeat_of: Some(repeat_of), ..self.at(LiveStreamStatus::Scheduled) }
    }
}
