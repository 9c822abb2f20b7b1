//! `bulk_upload_queue.json`: videos that wait for being sent to a channel.

use serde::{Deserialize, Serialize};
use tenantry::PrivacyStatus;
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{ChangeRefusal, Entity, LocalTime, OnReferenced, RecordId, Reference, lenient};

/// A video in the queue. Records of the first application also have a `video_path` on the machine that
/// was; it is not known here, so that it stays in the record and no response shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct QueuedUpload {
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) video_id: Option<RecordId>,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) title: String,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) description: String,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) tags: Vec<String>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) scheduled_publish_time: Option<LocalTime>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) token_file: Option<FileName>,
    /// Which of that token's stream keys.
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) stream_id: Option<String>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) thumbnail_id: Option<RecordId>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) privacy_status: Option<PrivacyStatus>,
    pub(crate) status: UploadStatus,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UploadStatus {
    #[default]
    Queued,
    Uploading,
    Completed,
    Failed,
}

impl UploadStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Uploading => "uploading",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The table of steps: what may follow what. A machine that restarts puts back what it was at.
    pub(crate) const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Queued, Self::Uploading | Self::Failed)
                | (Self::Uploading, Self::Queued | Self::Completed | Self::Failed)
                | (Self::Failed, Self::Queued)
        )
    }
}

impl Entity for QueuedUpload {
    fn collection() -> CollectionName {
        CollectionName::parse("bulk_upload_queue").expect("the name is valid")
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        let status = ("status", self.status.as_str().to_owned());
        let day = self.scheduled_publish_time.map(|time| ("day", time.civil().date().to_string()));
        [status].into_iter().chain(day).collect()
    }

    /// It goes with its video, keeps its token from being deleted, and does without a thumbnail or a
    /// stream key.
    fn references(&self) -> Vec<Reference> {
        let video = |id| Reference::to_id("video_id", CollectionName::VIDEOS, id).rule(OnReferenced::Cascade);
        let token = |file| Reference::to_file("token_file", CollectionName::TOKENS, file);
        let image =
            |id| Reference::to_id("thumbnail_id", CollectionName::THUMBNAILS, id).rule(OnReferenced::Clear);
        let key = |(token, id): (&FileName, &String)| {
            Reference::to_stream_key("stream_id", token, id).rule(OnReferenced::Clear)
        };
        let token_file = self.token_file.as_ref();
        let key = token_file.zip(self.stream_id.as_ref()).map(key);
        let video = self.video_id.as_ref().map(video);
        [video, token_file.map(token), self.thumbnail_id.as_ref().map(image), key]
            .into_iter()
            .flatten()
            .collect()
    }

    fn time_fields() -> &'static [&'static str] {
        &["scheduled_publish_time"]
    }

    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        let was = before.map_or(self.status, |before| before.status);
        match was == self.status || was.may_become(self.status) {
            true => Ok(()),
            false => Err(ChangeRefusal::State { from: was.as_str(), to: self.status.as_str() }),
        }
    }
}
