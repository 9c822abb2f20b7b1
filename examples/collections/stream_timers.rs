//! `stream_timers.json`: when what is live is to be stopped.

use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::record::{Entity, OffsetTime, OnReferenced, RecordId, Reference, lenient};

/// A timer. Its times say their offset, so that they are not among the
/// [time fields](Entity::time_fields): they mean the same moments by whatever clock the tenant has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StreamTimer {
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) stream_id: Option<RecordId>,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) stream_title: String,
    /// The process that sends it; of another life of the machine, perhaps.
    #[serde(deserialize_with = "lenient::whole")]
    pub(crate) pid: Option<u32>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) start_time: Option<OffsetTime>,
    #[serde(deserialize_with = "lenient::optional")]
    pub(crate) stop_time: Option<OffsetTime>,
    #[serde(deserialize_with = "lenient::whole")]
    pub(crate) duration_minutes: Option<u32>,
}

impl Entity for StreamTimer {
    fn collection() -> CollectionName {
        CollectionName::parse("stream_timers").expect("the name is valid")
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        let stream = self.stream_id.as_ref().map(|id| ("stream", id.to_string()));
        let day = self.stop_time.map(|time| ("day", time.civil().date().to_string()));
        stream.into_iter().chain(day).collect()
    }

    /// A stream has one timer.
    fn unique_indexes() -> &'static [&'static str] {
        &["stream"]
    }

    /// It goes with its stream.
    fn references(&self) -> Vec<Reference> {
        let stream = |id| Reference::to_id("stream_id", CollectionName::LIVE_STREAMS, id);
        self.stream_id.iter().map(|id| stream(id).rule(OnReferenced::Cascade)).collect()
    }
}
