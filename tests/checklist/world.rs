//! A root on the local disk with an admin, the users `user1` and `user2`, and a demo; and one of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, FileName, TenantId};
use tenantry::record::{Entity, LocalTime, RecordId, SecretText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{
    Cdn, FetchedStreamKey, ListOptions, LiveStream, NewTenant, Schedule, Session, Settings, SourceError,
    StreamKeySource, Tenantry, Token, TokenContent, ViewMode, Workspace,
};

/// A kind that the application names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timer {
    pub(crate) minutes: u32,
}

impl Entity for Timer {
    fn collection() -> CollectionName {
        CollectionName::parse("timers").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("minutes", self.minutes.to_string())]
    }
}

/// A service with one stream.
pub(crate) struct Service;

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = Cdn::new("rtmp://ingest.example/live", SecretText::new("synthetic-key"));
        Ok(vec![FetchedStreamKey::new("main", "Main").cdn(cdn)])
    }
}

pub(crate) const MOVING: &[u8] = b"moving";
pub(crate) const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\nsynthetic";

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

pub(crate) fn token_name() -> FileName {
    file("channel.json")
}

pub(crate) fn content(number: u32) -> TokenContent {
    TokenContent::parse(format!(r#"{{"refresh_token": "synthetic-{number}"}}"#)).unwrap()
}

pub(crate) fn time() -> LocalTime {
    LocalTime::parse("2025-11-05T22:00").unwrap()
}

/// One of everything in a workspace.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) video: (RecordId, FileName),
    pub(crate) thumbnail: (RecordId, FileName),
    pub(crate) stream: RecordId,
    pub(crate) schedule: RecordId,
    pub(crate) timer: RecordId,
}

impl Things {
    /// Makes them.
    pub(crate) async fn make(own: &Workspace) -> Self {
        let video = own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
        let thumbnail = own.thumbnails().upload_from("rain.png", IMAGE).await.unwrap();
        own.tokens().create(&token_name(), content(1)).await.unwrap();
        own.stream_keys().fetch(&token_name(), &Service).await.unwrap();
        let stream = own.live_streams().add(LiveStream::new("Rain", time())).await.unwrap();
        let schedule = own.schedules().add(Schedule::new("Rain", time())).await.unwrap();
        let timer = own.collection().insert(Timer { minutes: 120 }).await.unwrap();
        Self {
            video: (video.id().clone(), video.value().filename.clone()),
            thumbnail: (thumbnail.id().clone(), thumbnail.value().filename.clone()),
            stream: stream.id().clone(),
            schedule: schedule.id().clone(),
            timer: timer.id().clone(),
        }
    }
}

pub(crate) struct World {
    pub(crate) tenantry: Tenantry,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
        let mut settings = Settings::default();
        settings.views = ViewMode::EveryCommit;
        settings.free_space_reserve = 0;
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let builder = Tenantry::builder(store).settings(settings).clock(clock).kind::<Timer>();
        let world = Self { tenantry: builder.open().await.unwrap(), folder };
        world.tenantry.bootstrap_admin(&tenant("admin"), "Admin").await.unwrap();
        let admin = world.session("admin").await;
        for name in ["user1", "user2"] {
            admin.tenants().create(&tenant(name), NewTenant::new(Role::User)).await.unwrap();
        }
        admin.tenants().create(&tenant("demo"), NewTenant::new(Role::Demo)).await.unwrap();
        world
    }

    pub(crate) async fn session(&self, name: &str) -> Session {
        self.tenantry.session(&tenant(name)).await.unwrap()
    }

    pub(crate) async fn own(&self, name: &str) -> Workspace {
        self.session(name).await.own()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(path)
    }

    /// The files of a folder of the root, with their bytes.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path(folder))
    }

    /// Every file of the root in whose name or content a text occurs.
    pub(crate) fn traces(&self, of: &str) -> BTreeSet<String> {
        let has = |bytes: &[u8]| bytes.windows(of.len()).any(|part| part == of.as_bytes());
        let all = files(&self.path("")).into_iter();
        all.filter(|(path, bytes)| path.contains(of) || has(bytes)).map(|(path, _)| path).collect()
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

/// All that a workspace holds: each record of each kind with its revision, and the bytes of its files.
pub(crate) async fn contents(own: &Workspace) -> BTreeMap<String, String> {
    let options = ListOptions::new();
    let mut all = BTreeMap::new();
    macro_rules! add {
        ($kind:literal, $page:expr) => {
            for record in $page.await.unwrap().items {
                all.insert(format!("{} {}", $kind, record.id()), record.revision().to_string());
            }
        };
    }
    add!("video", own.videos().list(&options));
    add!("thumbnail", own.thumbnails().list(&options));
    add!("live stream", own.live_streams().list(&options));
    add!("schedule", own.schedules().list(&options));
    add!("token", own.tokens().list(&options));
    add!("stream key", own.stream_keys().list(&options));
    add!("timer", own.collection::<Timer>().list(&options));
    for video in own.videos().list(&options).await.unwrap().items {
        let bytes = own.videos().open(video.id()).await.unwrap().bytes().await.unwrap();
        all.insert(format!("bytes {}", video.id()), format!("{bytes:?}"));
    }
    for image in own.thumbnails().list(&options).await.unwrap().items {
        let bytes = own.thumbnails().open(image.id()).await.unwrap().bytes().await.unwrap();
        all.insert(format!("bytes {}", image.id()), format!("{bytes:?}"));
    }
    all
}
