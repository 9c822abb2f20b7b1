//! Places to take archives out of and into, and a tenant that has something of each kind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, FileName, TenantId};
use tenantry::record::{Entity, LocalTime, OnReferenced, RecordId, Reference, SecretText};
use tenantry::store::MemoryStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{
    Builder, Cdn, Expected, FetchedStreamKey, Imported, ListOptions, LiveStream, NewTenant, Result, Schedule,
    Session, Settings, SourceError, StreamKeySource, Tenantry, Token, TokenContent, Workspace,
};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDRsynthetic";

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A kind of the host's own, which names a video by its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looped {
    pub(crate) original: FileName,
    pub(crate) times: u32,
}

impl Entity for Looped {
    fn collection() -> CollectionName {
        CollectionName::parse("looped_videos").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("times", self.times.to_string())]
    }

    fn references(&self) -> Vec<Reference> {
        let original = Reference::to_file("original", CollectionName::VIDEOS, &self.original);
        vec![original.rule(OnReferenced::Cascade)]
    }
}

/// A store with an admin, and what is needed to look at it from outside.
pub(crate) struct Place {
    pub(crate) tenantry: Tenantry,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: Option<tempfile::TempDir>,
}

fn builder(builder: Builder, clock: &Arc<ManualClock>) -> Builder {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    builder.settings(settings).clock(clock.clone()).kind::<Looped>()
}

impl Place {
    pub(crate) async fn memory() -> Self {
        Self::of(Tenantry::builder(MemoryStore::new()), None).await
    }

    pub(crate) async fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap();
        Self::of(Tenantry::builder(store), Some(folder)).await
    }

    /// One of each.
    pub(crate) async fn both() -> [Self; 2] {
        [Self::memory().await, Self::local().await]
    }

    async fn of(store: Builder, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let tenantry = builder(store, &clock).open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        Self { tenantry, clock, folder }
    }

    pub(crate) async fn admin(&self) -> Session {
        self.tenantry.session(&id("root")).await.unwrap()
    }

    /// The admin in a workspace.
    pub(crate) async fn workspace(&self, tenant: &str) -> Workspace {
        self.admin().await.workspace(&id(tenant))
    }

    pub(crate) async fn create(&self, tenant: &str, new: NewTenant) {
        self.admin().await.tenants().create(&id(tenant), new).await.unwrap();
    }

    /// A new user.
    pub(crate) async fn user(&self, tenant: &str) -> Workspace {
        self.create(tenant, NewTenant::new(Role::User)).await;
        self.tenantry.session(&id(tenant)).await.unwrap().own()
    }

    pub(crate) async fn import(&self, tenant: &str, archive: Vec<u8>) -> Result<Imported> {
        self.admin().await.tenants().import(&id(tenant), in_chunks(archive, 1000)).await
    }

    /// The files below the folders of blobs, with their contents, if it lies on a disk.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        if let Some(folder) = &self.folder {
            for area in ["videos", "thumbnails"] {
                walk(&folder.path().join(area), &mut found);
            }
        }
        found
    }
}

fn walk(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            walk(&entry, found);
        } else {
            found.insert(entry.to_string_lossy().into_owned(), std::fs::read(&entry).unwrap());
        }
    }
}

pub(crate) fn in_chunks(
    bytes: Vec<u8>,
    size: usize,
) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let bytes = Bytes::from(bytes);
    let starts = (0..bytes.len()).step_by(size);
    let chunks: Vec<_> = starts.map(|at| Ok(bytes.slice(at..bytes.len().min(at + size)))).collect();
    futures::stream::iter(chunks)
}

pub(crate) async fn exported(workspace: &Workspace) -> Vec<u8> {
    let export = workspace.export().await.unwrap();
    let length = export.length();
    let chunks: Vec<Bytes> = export.into_body().try_collect().await.unwrap();
    let bytes = chunks.concat();
    assert_eq!(bytes.len() as u64, length, "it is as long as it said");
    bytes
}

struct Service;

#[async_trait::async_trait]
impl StreamKeySource for Service {
    async fn stream_keys(&self, _: &Token) -> Result<Vec<FetchedStreamKey>, SourceError> {
        let cdn = Cdn::new("rtmp://ingest.example/live", SecretText::new("a-stream-key"));
        Ok(vec![FetchedStreamKey::new("stream-1", "Main").cdn(cdn)])
    }
}

pub(crate) fn name(text: &str) -> FileName {
    FileName::parse(text).unwrap()
}

fn time(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

/// Gives a tenant something of each kind, naming each other, in several states.
pub(crate) async fn furnish(own: &Workspace) {
    let video = own.videos().upload_from("Regen im Wald.mp4", &b"moving pictures"[..]).await.unwrap();
    let empty = own.videos().upload_from("empty.mkv", &b""[..]).await.unwrap();
    let thumbnail = own.thumbnails().upload_from("rain.png", PNG).await.unwrap();
    let (file, picture) = (video.value().filename.clone(), thumbnail.value().filename.clone());
    own.videos().set_thumbnail(&file, video.revision(), Some(thumbnail.id().into())).await.unwrap();
    let token = name("channel1.json");
    let content = TokenContent::parse(r#"{"refresh_token": "1//synthetic"}"#).unwrap();
    own.tokens().create(&token, content).await.unwrap();
    own.stream_keys().fetch(&token, &Service).await.unwrap();

    let mut stream = LiveStream::new("Rain 🌧", time("2025-11-05T22:00"));
    stream.video_file = Some(file.clone());
    stream.thumbnail = Some(picture.clone());
    stream.token_file = Some(token.clone());
    stream.stream_id = Some("stream-1".to_owned());
    stream.stream_key = Some(SecretText::new("abcd-efgh"));
    stream.repeat_daily = true;
    let added = own.live_streams().add(stream.clone()).await.unwrap();
    own.live_streams().mark_live(added.id(), 4711).await.unwrap();
    own.live_streams().stop(added.id()).await.unwrap();
    stream.repeat_daily = false;
    let failed = own.live_streams().add(stream).await.unwrap();
    own.live_streams().fail(failed.id()).await.unwrap();

    let mut schedule = Schedule::new("News", time("2025-11-06T06:45"));
    schedule.token_file = Some(token);
    schedule.video_file = Some(empty.value().filename.clone());
    schedule.thumbnail_file = Some(picture);
    let schedule = own.schedules().add(schedule).await.unwrap();
    own.schedules().mark_succeeded(schedule.id(), "stream-1", "https://example.org/1").await.unwrap();
    own.collection::<Looped>().insert(Looped { original: file, times: 3 }).await.unwrap();
}

/// All records of a kind as they are stored, in order.
pub(crate) async fn texts<E: Entity>(workspace: &Workspace) -> Vec<String> {
    let mut options = ListOptions::new().in_order().limit(2);
    let mut found = Vec::new();
    loop {
        let page = workspace.collection::<E>().list(&options).await.unwrap();
        let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        found.extend(page.items.iter().map(|record| text(record.text().as_bytes())));
        match page.next {
            Some(next) => options = options.after(next),
            None => return found,
        }
    }
}

/// A record's id.
pub(crate) fn record(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

/// Sees that nothing of a refused import is there: no record, no file, no reservation.
pub(crate) async fn ensure_empty(place: &Place, tenant: &str) {
    let admin = place.admin().await;
    let (usage, _) = admin.workspace(&id(tenant)).usage().await.unwrap();
    assert_eq!(usage.files + usage.reserved_files + usage.record_bytes, 0, "{usage:?}");
    admin.tenants().sweep(&id(tenant)).await.unwrap();
    let report = admin.tenants().check(&id(tenant)).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(place.files().keys().collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Deletes all videos, whoever names them.
pub(crate) async fn delete_videos(own: &Workspace) {
    for video in own.videos().list(&ListOptions::new()).await.unwrap().items {
        own.videos().delete_with(video.id(), Expected::Any, OnReferenced::Clear).await.unwrap();
    }
}
