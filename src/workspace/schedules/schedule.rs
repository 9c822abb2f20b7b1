//! A schedule's record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::status::{ScheduleStatus, ScheduleStep};
use crate::error::{Error, ErrorKind, Result};
use crate::paths::{CollectionName, FileName};
use crate::record::{ChangeRefusal, Entity, LocalTime, RecordId, Reference, lenient};
use crate::workspace::daily::Daily;
use crate::workspace::wording;

/// The indexes by which schedules are found.
pub(super) const STATUS_INDEX: &str = "status";
pub(super) const DATE_INDEX: &str = "date";
pub(super) const TOKEN_INDEX: &str = "token";

/// A schedule of a broadcast; its fields are the columns of the documented workbook.
///
/// Beside what [`new`](Self::new) takes, the fields are set one by one. Empty cells are read as no value,
/// and 0, 1 and `TRUE` as booleans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Schedule {
    /// The broadcast's title.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// The broadcast's description, of any number of lines.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: String,
    /// When the broadcast is to begin, by the tenant's clock.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::optional",
        serialize_with = "lenient::to_the_minute"
    )]
    pub scheduled_start_time: Option<LocalTime>,
    /// Who may see the broadcast.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub privacy_status: Option<PrivacyStatus>,
    /// Whether the broadcast begins by itself when something is sent.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub auto_start: bool,
    /// Whether it ends by itself when nothing is sent any more.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub auto_stop: bool,
    /// Whether it is made for children.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub made_for_kids: bool,
    /// Whether it is sent by a stream key that there is already.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub use_existing_stream: bool,
    /// Whether it is to be planned anew for the next day when it is done. What is done repeats no more:
    /// it has handed that on.
    #[serde(default, rename = "repeat_daily", deserialize_with = "lenient::flag")]
    pub repeat_daily: bool,
    /// Whether its broadcast was made.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    /// The file name of the token with whose channel it is made.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub token_file: Option<FileName>,
    /// The name of the existing stream key.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub stream_name_existing: Option<String>,
    /// The id of the existing stream key.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub stream_id_existing: Option<String>,
    /// The id of the stream key that the broadcast was given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub stream_id: Option<String>,
    /// Where the broadcast is found.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub broadcast_link: Option<String>,
    /// The file name of its thumbnail.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub thumbnail_file: Option<FileName>,
    /// The file name of the video that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub video_file: Option<FileName>,
    /// The record with which the daily series began that it is one of.
    #[serde(
        default,
        rename = "repeat_of",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::optional"
    )]
    pub repeat_of: Option<RecordId>,
    /// Whether it is to be run now, or is being run, whatever time it is planned for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "lenient::flag")]
    pub run_now: bool,
    /// Why its broadcast could not be made; for one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub failure: Option<String>,
}

/// Who may see a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrivacyStatus {
    /// Everybody.
    Public,
    /// Who knows its address.
    Unlisted,
    /// Whom its owner names.
    Private,
}

impl PrivacyStatus {
    /// The text by which it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }
}

impl fmt::Display for PrivacyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PrivacyStatus {
    type Err = Error;

    /// Reads it in any case, with white space around it.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "public" => Ok(Self::Public),
            "unlisted" => Ok(Self::Unlisted),
            "private" => Ok(Self::Private),
            _ => Err(Error::new(ErrorKind::InvalidInput, "privacy status")),
        }
    }
}

crate::record::serde_as_text!(PrivacyStatus);

/// The longest line of a cell, in bytes.
#[cfg(feature = "xlsx")]
const MAX_LINE: usize = 2000;

impl Schedule {
    /// A schedule for that time.
    #[must_use]
    pub fn new(title: impl Into<String>, scheduled_start_time: LocalTime) -> Self {
        Self {
            title: title.into(),
            description: String::new(),
            scheduled_start_time: Some(scheduled_start_time),
            privacy_status: None,
            auto_start: false,
            auto_stop: false,
            made_for_kids: false,
            use_existing_stream: false,
            repeat_daily: false,
            success: false,
            token_file: None,
            stream_name_existing: None,
            stream_id_existing: None,
            stream_id: None,
            broadcast_link: None,
            thumbnail_file: None,
            video_file: None,
            repeat_of: None,
            run_now: false,
            failure: None,
        }
    }

    /// The column that a row can't have so, though its cells are right one by one.
    #[cfg(feature = "xlsx")]
    pub(crate) fn unimportable(&self) -> Option<&'static str> {
        let long =
            |text: &Option<String>| text.as_deref().is_some_and(|text| !wording::is_line(text, MAX_LINE));
        let timed = self.scheduled_start_time.is_some() || !self.repeat_daily;
        let checks = [
            ("title", !wording::is_title(&self.title)),
            ("scheduledStartTime", !timed),
            ("streamNameExisting", long(&self.stream_name_existing)),
            ("streamIdExisting", long(&self.stream_id_existing)),
            ("streamId", long(&self.stream_id)),
            ("broadcastLink", long(&self.broadcast_link)),
            ("failure", long(&self.failure)),
        ];
        checks.into_iter().find(|(_, wrong)| *wrong).map(|(column, _)| column)
    }

    /// What a workbook shows of it: all but of which it is the repetition.
    #[cfg(feature = "xlsx")]
    pub(super) fn shown_in_workbook(&self) -> Self {
        Self { repeat_of: None, ..self.clone() }
    }

    /// Where it stands.
    #[must_use]
    pub const fn status(&self) -> ScheduleStatus {
        match (self.success, &self.failure) {
            (true, _) => ScheduleStatus::Succeeded,
            (false, Some(_)) => ScheduleStatus::Failed,
            (false, None) => ScheduleStatus::Pending,
        }
    }

    /// Whether a step is possible: where its status allows it, and a run only if none is asked for yet.
    #[must_use]
    pub fn allows(&self, step: ScheduleStep) -> bool {
        self.status().after(step).is_some() && !(step == ScheduleStep::RunNow && self.run_now)
    }

    /// The fields that can't be planned so, in place of `before` or anew.
    pub(super) fn unplannable(&self, before: Option<&Self>) -> Vec<&'static str> {
        let afresh = Self { repeat_of: None, ..self.afresh() };
        let was = before.unwrap_or(&afresh);
        let mut refused = Vec::new();
        let mut fixed = |field, same: bool| refused.extend((!same).then_some(field));
        fixed("title", before.is_some_and(|was| self.title == was.title) || wording::is_title(&self.title));
        fixed("success", self.success == was.success);
        fixed("failure", self.failure == was.failure);
        fixed("repeat_of", self.repeat_of == was.repeat_of);
        fixed("runNow", self.run_now == was.run_now);
        fixed("streamId", self.stream_id == was.stream_id);
        fixed("broadcastLink", self.broadcast_link == was.broadcast_link);
        fixed("repeat_daily", !before.is_some_and(|before| self.begins_to_repeat_too_late(before)));
        let timed = self.scheduled_start_time.is_some() || !self.repeat_daily;
        fixed("scheduledStartTime", timed || before.is_some_and(|was| was.repeat_daily));
        refused
    }

    /// The same with nothing of what came of it.
    pub(super) fn afresh(&self) -> Self {
        Self {
            success: false,
            failure: None,
            run_now: false,
            stream_id: None,
            broadcast_link: None,
            ..self.clone()
        }
    }
}

impl Entity for Schedule {
    fn collection() -> CollectionName {
        CollectionName::SCHEDULES
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![(STATUS_INDEX, self.status().as_str().to_owned())];
        keys.extend(self.scheduled_start_time.map(|time| (DATE_INDEX, time.civil().date().to_string())));
        keys.extend(self.token_file.as_ref().map(|file| (TOKEN_INDEX, file.folded())));
        keys.extend(self.repeat_key());
        keys
    }

    fn references(&self) -> Vec<Reference> {
        let to_file = Reference::to_file;
        let video = self.video_file.as_ref().map(|file| to_file("videoFile", CollectionName::VIDEOS, file));
        let token = self.token_file.as_ref().map(|file| to_file("tokenFile", CollectionName::TOKENS, file));
        let image = self.thumbnail_file.as_ref();
        let image = image.map(|file| to_file("thumbnailFile", CollectionName::THUMBNAILS, file));
        let key = self.token_file.as_ref().zip(self.stream_id_existing.as_deref());
        let key = key.map(|(token, id)| Reference::to_stream_key("streamIdExisting", token, id));
        [video, image, token, key].into_iter().flatten().collect()
    }

    fn time_fields() -> &'static [&'static str] {
        &["scheduledStartTime"]
    }

    /// The steps of the table, and no others; and what is done repeats no more.
    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        let Some(before) = before else { return Ok(()) };
        let (was, is) = (before.status(), self.status());
        if !was.may_become(is) {
            return Err(ChangeRefusal::State { from: was.as_str(), to: is.as_str() });
        }
        match self.begins_to_repeat_too_late(before) {
            true => Err(ChangeRefusal::Field { field: "repeat_daily" }),
            false => Ok(()),
        }
    }

    /// What came of a schedule is the application's to say.
    fn refused_edits(&self, before: Option<&Self>) -> Vec<&'static str> {
        self.unplannable(before)
    }
}

impl Daily for Schedule {
    fn begins(&self) -> Option<LocalTime> {
        self.scheduled_start_time
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
        self.status() != ScheduleStatus::Pending
    }

    fn planned_at(&self, at: LocalTime, repeat_of: RecordId) -> Self {
        Self { scheduled_start_time: Some(at), repeat_of: Some(repeat_of), ..self.afresh() }
    }
}
