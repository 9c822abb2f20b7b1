//! `looped_videos.json`: a video repeated until it is as long as a live stream.

use serde::{Deserialize, Serialize};
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{ChangeRefusal, Entity, LocalTime, OnReferenced, RecordId, Reference, lenient};

/// A video that is repeated, or is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LoopedVideo {
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) original_video_id: Option<RecordId>,
    /// What the video was called then, so that it can be told when it is gone.
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) original_filename: String,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) original_title: String,
    #[serde(deserialize_with = "lenient::whole")]
    pub(crate) loop_duration_minutes: Option<u32>,
    pub(crate) status: LoopStatus,
    /// In per cent.
    #[serde(deserialize_with = "lenient::whole")]
    pub(crate) progress: Option<u32>,
    /// What came of it: a video like any other, uploaded when it is done, and so counted and served.
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) output_filename: Option<FileName>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) completed_at: Option<LocalTime>,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LoopStatus {
    #[default]
    Pending,
    Processing,
    Completed,
    Failed,
}

impl LoopStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The table of steps: what may follow what. A machine that restarts puts back what it was at.
    pub(crate) const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pending, Self::Processing | Self::Failed)
                | (Self::Processing, Self::Pending | Self::Completed | Self::Failed)
                | (Self::Failed, Self::Pending)
        )
    }
}

impl Entity for LoopedVideo {
    fn collection() -> CollectionName {
        CollectionName::parse("looped_videos").expect("the name is valid")
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        let status = ("status", self.status.as_str().to_owned());
        let day = self.completed_at.map(|time| ("day", time.civil().date().to_string()));
        [status].into_iter().chain(day).collect()
    }

    /// It is kept when either video is deleted, and then names it no more.
    fn references(&self) -> Vec<Reference> {
        let original = |id| Reference::to_id("original_video_id", CollectionName::VIDEOS, id);
        let output = |file| Reference::to_file("output_filename", CollectionName::VIDEOS, file);
        let original = self.original_video_id.as_ref().map(original);
        let named = original.into_iter().chain(self.output_filename.as_ref().map(output));
        named.map(|reference| reference.rule(OnReferenced::Clear)).collect()
    }

    fn time_fields() -> &'static [&'static str] {
        &["completed_at"]
    }

    fn check_change(&self, before: Option<&Self>) -> Result<(), ChangeRefusal> {
        if self.progress.is_some_and(|progress| progress > 100) {
            return Err(ChangeRefusal::Field { field: "progress" });
        }
        let was = before.map_or(self.status, |before| before.status);
        match was == self.status || was.may_become(self.status) {
            true => Ok(()),
            false => Err(ChangeRefusal::State { from: was.as_str(), to: self.status.as_str() }),
        }
    }
}
