//! All that can be done to an item by a form, from the library's own tables of steps, so that none is left out;
//! and an item of a workspace to which it can be done.

use tenantry::paths::FileName;
use tenantry::record::{LocalTime, RecordId};
use tenantry::{
    LiveStream, LiveStreamStatus, LiveStreamStep, Schedule, ScheduleStatus, ScheduleStep, TokenContent,
    Workspace,
};

/// What begins as a PNG does.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDRsynthetic";

/// An id and a name that nobody has.
pub(crate) const MISSING: &str = "00000000-0000-4000-8000-000000000000";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Video(&'static str),
    DeleteThumbnail,
    LiveStream(&'static str),
    LiveStreamStep(LiveStreamStep),
    Schedule(&'static str),
    ScheduleStep(ScheduleStep),
    DeleteToken,
}

pub(crate) fn all() -> Vec<Deed> {
    let mut all = ["rename", "thumbnail", "delete"].map(Deed::Video).to_vec();
    all.push(Deed::DeleteThumbnail);
    all.extend(["edit", "delete"].map(Deed::LiveStream));
    all.extend(LiveStreamStep::ALL.map(Deed::LiveStreamStep));
    all.extend(["update", "delete"].map(Deed::Schedule));
    all.extend(ScheduleStep::ALL.map(Deed::ScheduleStep));
    all.push(Deed::DeleteToken);
    all
}

/// What a form is about: the last part of its path, and the state that its page showed.
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) revision: String,
}

pub(crate) fn time() -> LocalTime {
    LocalTime::parse("2026-12-01T06:45").unwrap()
}

impl Deed {
    /// The path of its form.
    pub(crate) fn path(self, base: &str, id: &str) -> String {
        match self {
            Self::Video(name) => format!("{base}/videos/{id}/{name}"),
            Self::DeleteThumbnail => format!("{base}/thumbnails/{id}/delete"),
            Self::LiveStream(name) => format!("{base}/live-streams/{id}/{name}"),
            Self::LiveStreamStep(step) => format!("{base}/live-streams/{id}/{}", step.as_str()),
            Self::Schedule(name) => format!("{base}/schedules/{id}/{name}"),
            Self::ScheduleStep(step) => format!("{base}/schedules/{id}/{}", step.as_str()),
            Self::DeleteToken => format!("{base}/tokens/{id}/delete"),
        }
    }

    /// An item of its kind that nobody has.
    pub(crate) fn missing(self) -> &'static str {
        if matches!(self, Self::DeleteToken) { "missing.json" } else { MISSING }
    }

    /// A new item of a workspace, in a state in which it is possible.
    pub(crate) async fn target(self, own: &Workspace) -> Target {
        let (id, revision) = match self {
            Self::Video(_) => {
                let made = own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap();
                (made.id().to_string(), made.revision())
            }
            Self::DeleteThumbnail => {
                let made = own.thumbnails().upload_from("rain.png", PNG).await.unwrap();
                (made.id().to_string(), made.revision())
            }
            Self::LiveStream(_) => live_stream(own, LiveStreamStatus::Scheduled).await,
            Self::LiveStreamStep(step) => {
                let possible = LiveStreamStatus::ALL.into_iter().find(|status| status.after(step).is_some());
                live_stream(own, possible.unwrap()).await
            }
            Self::Schedule(_) => schedule(own, ScheduleStatus::Pending).await,
            Self::ScheduleStep(step) => {
                let possible = ScheduleStatus::ALL.into_iter().find(|status| status.after(step).is_some());
                schedule(own, possible.unwrap()).await
            }
            Self::DeleteToken => {
                let name = FileName::parse("channel.json").unwrap();
                let content = TokenContent::parse(r#"{"refresh_token": "1//synthetic"}"#).unwrap();
                (name.to_string(), own.tokens().create(&name, content).await.unwrap().revision())
            }
        };
        Target { id, revision: revision.to_string() }
    }
}

impl Target {
    /// A form with all fields that one of them reads.
    pub(crate) fn form(&self) -> Vec<(&'static str, &str)> {
        let fixed = [
            ("title", "changed"),
            ("start", "2026-12-02T06:45"),
            ("stream_id", "stream-1"),
            ("link", "https://example.org/watch/1"),
            ("reason", "no token"),
        ];
        [("revision", self.revision.as_str())].into_iter().chain(fixed).collect()
    }
}

/// A new live stream of that status.
pub(crate) async fn live_stream(
    own: &Workspace,
    status: LiveStreamStatus,
) -> (String, tenantry::record::Revision) {
    let streams = own.live_streams();
    let id = streams.add(LiveStream::new("Rain", time())).await.unwrap().id().clone();
    match status {
        LiveStreamStatus::Scheduled => {}
        LiveStreamStatus::Live => drop(streams.start_now(&id).await.unwrap()),
        LiveStreamStatus::Completed => {
            streams.start_now(&id).await.unwrap();
            streams.stop(&id).await.unwrap();
        }
        LiveStreamStatus::Failed => drop(streams.fail(&id).await.unwrap()),
        LiveStreamStatus::Cancelled => drop(streams.cancel(&id).await.unwrap()),
        status => panic!("{status} has no way to it"),
    }
    (id.to_string(), streams.get(&id).await.unwrap().revision())
}

/// A new schedule of that status.
pub(crate) async fn schedule(
    own: &Workspace,
    status: ScheduleStatus,
) -> (String, tenantry::record::Revision) {
    let schedules = own.schedules();
    let id: RecordId = schedules.add(Schedule::new("News", time())).await.unwrap().id().clone();
    match status {
        ScheduleStatus::Pending => {}
        ScheduleStatus::Succeeded => {
            schedules.mark_succeeded(&id, "stream-1", "https://example.org/watch/1").await.unwrap();
        }
        ScheduleStatus::Failed => drop(schedules.mark_failed(&id, None).await.unwrap()),
        status => panic!("{status} has no way to it"),
    }
    (id.to_string(), schedules.get(&id).await.unwrap().revision())
}
