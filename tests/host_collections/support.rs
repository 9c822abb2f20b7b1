//! An admin, two users and a demo on the local disk, where it is 10:00 in Jakarta on November 4th, 2025.

use std::sync::Arc;

use serde_json::Value;
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::{FileName, TenantId};
use tenantry::record::{LocalTime, OffsetTime, Record, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{LiveStream, NewTenant, Session, Settings, Tenantry, Video, ViewMode, Workspace};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::stream_timers::StreamTimer;

pub(crate) fn tenant(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

pub(crate) fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

pub(crate) fn file(text: &str) -> FileName {
    FileName::parse(text).unwrap()
}

pub(crate) fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

pub(crate) fn offset_time(text: &str) -> OffsetTime {
    OffsetTime::parse(text).unwrap()
}

pub(crate) struct Place {
    tenantry: Tenantry,
    pub(crate) own: Workspace,
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
        let mut settings = Settings::default();
        settings.views = ViewMode::EveryCommit;
        settings.free_space_reserve = 0;
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let builder = Tenantry::builder(store).settings(settings).clock(clock);
        let builder = builder.kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
        let tenantry = builder.open().await.unwrap();
        tenantry.bootstrap_admin(&tenant("root"), "Root").await.unwrap();
        let admin = tenantry.session(&tenant("root")).await.unwrap();
        for (name, role) in [("ana", Role::User), ("ben", Role::User), ("demo", Role::Demo)] {
            admin.tenants().create(&tenant(name), NewTenant::new(role)).await.unwrap();
        }
        let own = tenantry.session(&tenant("ana")).await.unwrap().own();
        Self { tenantry, own, folder }
    }

    pub(crate) async fn session(&self, name: &str) -> Session {
        self.tenantry.session(&tenant(name)).await.unwrap()
    }

    /// What Ana's file of that name shows.
    pub(crate) fn view(&self, name: &str) -> Value {
        let text = std::fs::read(self.folder.path().join("root/data/ana").join(name)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

pub(crate) async fn video(own: &Workspace) -> Record<Video> {
    own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap()
}

pub(crate) async fn stream(own: &Workspace) -> Record<LiveStream> {
    own.live_streams().add(LiveStream::new("Rain", time("2025-11-05T22:00"))).await.unwrap()
}
