//! Tenants whose names, secrets and contents are recognised anywhere, on each medium.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use serde::{Deserialize, Serialize};
use tenantry::environment::{Clock, Deadline, ManualClock, SystemEntropy};
use tenantry::ownership::{Actor, AuditEvent, AuditSink, Role, TracingAudit};
use tenantry::paths::{Area, BlobKey, CollectionName, FileName, TenantId};
use tenantry::quota::{Limits, QuotaSink, Threshold, TracingQuota};
use tenantry::record::{Entity, Record, RecordId, SecretText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{Commit, Header, Put, SetAside, TenantStore, ViewPlace};
use tenantry::testkit::faulty_objects::{Faults, FaultyObjects};
use tenantry::testkit::simulated_disk::SimulatedDisk;
use tenantry::testkit::{CountingStore, SeededEntropy};
use tenantry::{Builder, EditName, Expected, Grace, NewTenant, Session, Settings, Tenantry, Video, ViewMode};

use crate::caught::{CONTENTS, Caught, Contents, Hearer, PLACE, SECRET, TENANT};
use crate::perform::{Call, url_rows};
use crate::urls::{Condition, Urls};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) contents: String,
    /// Listed as secret.
    pub(crate) token: String,
    /// Secret by its type.
    pub(crate) key: SecretText,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }

    fn secret_fields() -> &'static [&'static str] {
        &["token"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("text", self.text.clone())]
    }
}

/// The same records, read as what they are not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Misread {
    pub(crate) key: u64,
}

impl Entity for Misread {
    fn collection() -> CollectionName {
        Note::collection()
    }
}

pub(crate) fn note(text: &str) -> Note {
    let (token, key) = (format!("{SECRET} token"), SecretText::new(format!("{SECRET} key")));
    Note { text: text.to_owned(), contents: CONTENTS.to_owned(), token, key }
}

/// What opens the server of a live stream.
pub(crate) fn stream_key() -> SecretText {
    SecretText::new(format!("{SECRET} stream key"))
}

/// The tenant whose name ends so.
pub(crate) fn name(short: &str) -> String {
    format!("{TENANT}{short}")
}

pub(crate) fn id(short: &str) -> TenantId {
    TenantId::parse(&name(short)).unwrap()
}

pub(crate) fn known() -> RecordId {
    RecordId::parse("known").unwrap()
}

pub(crate) fn fresh() -> RecordId {
    RecordId::parse("fresh").unwrap()
}

/// The edited view that each tenant has, all of which is refused.
pub(crate) fn edit() -> EditName {
    EditName::parse("notes.json.edited-1").unwrap()
}

/// Rows with secrets and names, in all places where one can stand.
fn edited(owner: &str) -> String {
    let row =
        format!(r#""text": "{CONTENTS}", "contents": "{CONTENTS}", "token": "{SECRET}", "key": "{SECRET}""#);
    let rows = [
        format!(r#"{{"id": "known", {row}}}"#),
        format!(r#"{{"id": "known", {row}}}"#),
        format!(r#"{{"id": "foreign", "owner": "{owner}", {row}}}"#),
        format!(r#"{{"id": "claims", "created_by": "{owner}", {row}}}"#),
        format!(r#"{{"id": "misfit", "text": "{CONTENTS}", "key": ["{SECRET}"]}}"#),
        format!(r#""{SECRET}""#),
    ];
    format!("[{}]", rows.join(", "))
}

/// Where the tenants lie.
pub(crate) enum Medium {
    Local(tempfile::TempDir),
    Objects(Arc<InMemory>, FaultyObjects, Faults),
    Simulated(SimulatedDisk),
}

impl Medium {
    pub(crate) fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(PLACE)).unwrap();
        Self::Local(folder)
    }

    pub(crate) fn objects() -> Self {
        let memory = Arc::new(InMemory::new());
        let (objects, faults) = FaultyObjects::new(memory.clone());
        Self::Objects(memory, objects, faults)
    }

    pub(crate) fn simulated() -> Self {
        Self::Simulated(SimulatedDisk::new())
    }

    /// The root, on a real disk.
    pub(crate) fn root(&self) -> PathBuf {
        match self {
            Self::Local(folder) => folder.path().join(PLACE).join("root"),
            _ => panic!("only a real disk has a path"),
        }
    }

    /// A store as a process of its own would have it.
    pub(crate) async fn store(&self) -> Arc<dyn TenantStore> {
        let options = LocalOptions::default();
        match self {
            Self::Local(_) => Arc::new(LocalStore::open(self.root(), options).await.unwrap()),
            Self::Objects(memory, objects, _) => {
                // So that a short video goes in parts.
                let mut settings = ObjectStoreSettings::default();
                settings.part_bytes = 8;
                let objects = Arc::new(objects.clone());
                let store =
                    ObjectTenantStore::with(objects, ObjectPath::ROOT, Arc::new(SystemEntropy), settings);
                let clock = Arc::new(tenantry::environment::SystemClock);
                let urls = Urls::new(memory.clone(), clock, Condition::Absent).signature(SECRET);
                Arc::new(store.signing(Arc::new(urls)))
            }
            Self::Simulated(disk) => {
                let entropy = Arc::new(SeededEntropy::new(disk.changes()));
                Arc::new(LocalStore::on(disk.process().root().unwrap(), options, entropy).await.unwrap())
            }
        }
    }

    /// The same without faults.
    async fn beside(&self) -> Arc<dyn TenantStore> {
        match self {
            Self::Objects(memory, ..) => Arc::new(ObjectTenantStore::new(memory.clone())),
            _ => self.store().await,
        }
    }
}

/// Keeps what the sinks are given, and passes it on to `tracing`.
#[derive(Clone, Default)]
pub(crate) struct Sinks(Arc<Mutex<Caught>>);

impl Sinks {
    /// Takes out what they were given.
    pub(crate) fn take(&self) -> Caught {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl AuditSink for Sinks {
    fn record(&self, event: &AuditEvent<'_>) {
        let actor = match event.actor {
            Actor::Principal(principal) => principal.tenant().as_str(),
            _ => "",
        };
        let about = event.tenant.map_or("", TenantId::as_str);
        let hearer = Hearer::of("audit", &[actor, about]);
        self.0.lock().unwrap().text(&hearer, format!("{event:?}"), Contents::Hidden);
        TracingAudit.record(event);
    }
}

impl QuotaSink for Sinks {
    fn passed(&self, threshold: &Threshold) {
        let hearer = Hearer::of("quota", &[threshold.tenant.as_str()]);
        self.0.lock().unwrap().text(&hearer, format!("{threshold:?}"), Contents::Hidden);
        TracingQuota.passed(threshold);
    }
}

/// All tenants, as one process sees them.
pub(crate) struct World {
    pub(crate) tenantry: Tenantry,
    pub(crate) medium: Medium,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) sinks: Sinks,
    /// Sessions that began while their tenants were alive.
    pub(crate) leaving: Session,
    pub(crate) erased: Session,
}

const TENANTS: &[(&str, Role, bool)] = &[
    ("ana", Role::User, false),
    ("ben", Role::User, false),
    ("dora", Role::Demo, false),
    ("open", Role::User, true),
    ("leaving", Role::User, false),
    ("erased", Role::User, false),
];

/// A video's bytes, and its title from the name it is given.
pub(crate) fn video_name() -> String {
    format!("{CONTENTS}.mp4")
}

pub(crate) fn body(bytes: &'static [u8]) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send {
    stream::iter([Ok(Bytes::from_static(bytes))])
}

fn builder(store: Arc<dyn TenantStore>, clock: &Arc<ManualClock>, sinks: &Sinks) -> Builder {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    settings.views = ViewMode::EveryCommit;
    settings.fold_minimum = 2 << 10;
    let clock: Arc<dyn Clock> = clock.clone();
    let (store, _) = CountingStore::new(store);
    Tenantry::builder(store).settings(settings).clock(clock).audit(sinks.clone()).quota_sink(sinks.clone())
}

impl World {
    pub(crate) async fn new(medium: Medium) -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let sinks = Sinks::default();
        let tenantry = builder(medium.store().await, &clock, &sinks).open().await.unwrap();
        tenantry.bootstrap_admin(&id("root"), CONTENTS).await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        for &(name, role, shared) in TENANTS {
            let new = NewTenant::new(role).display_name(CONTENTS);
            admin.tenants().create(&id(name), if shared { new.shared() } else { new }).await.unwrap();
            admin.workspace(&id(name)).collection().insert_as(&known(), note("known")).await.unwrap();
            admin.workspace(&id(name)).videos().upload(&video_name(), body(b"video")).await.unwrap();
        }
        let leaving = tenantry.session(&id("leaving")).await.unwrap();
        let erased = tenantry.session(&id("erased")).await.unwrap();
        for name in ["leaving", "erased"] {
            admin.tenants().delete(&id(name)).await.unwrap();
        }
        admin.tenants().erase(&id("erased"), Grace::Skip).await.unwrap();
        drop(admin);
        Self { tenantry, medium, clock, sinks, leaving, erased }
    }

    /// Another process on the same medium: nothing is in its memory.
    pub(crate) async fn elsewhere(&self, adjust: impl FnOnce(Builder) -> Builder) -> Tenantry {
        adjust(self.builder().await).open().await.unwrap()
    }

    pub(crate) async fn builder(&self) -> Builder {
        builder(self.medium.store().await, &self.clock, &self.sinks)
    }

    pub(crate) async fn session(&self, name: &str) -> Session {
        match name {
            "leaving" => self.leaving.clone(),
            "erased" => self.erased.clone(),
            _ => self.tenantry.session(&id(name)).await.unwrap(),
        }
    }

    /// A call of one principal in a tenant that has what the rows look for, wherever that can be.
    pub(crate) async fn call(&self, session: Session, tenant: &str) -> Call {
        let owner = if ["leaving", "erased", "nobody"].contains(&tenant) { "ana" } else { tenant };
        let video = self.prepare(owner).await;
        let video = (video.id().clone(), video.value().filename.clone());
        let own = self.session("root").await.workspace(&id(owner));
        let thumbnail = crate::perform::thumbnail_rows::furnish(&own).await;
        let uploads = self.uploads(&session, owner).await;
        let signs = matches!(self.medium, Medium::Objects(..));
        Call { session, tenant: id(tenant), video, thumbnail, uploads, signs }
    }

    /// What the principal has uploaded by URL, where it may.
    async fn uploads(&self, session: &Session, owner: &str) -> (FileName, FileName) {
        let Medium::Objects(memory, ..) = &self.medium else { return url_rows::nothing() };
        let Ok(uploads) = url_rows::begin(&session.workspace(&id(owner))).await else {
            return url_rows::nothing();
        };
        for (area, name) in [("videos", &uploads.0), ("thumbnails", &uploads.1)] {
            let bytes = format!("\u{89}PNG\r\n\u{1a}\n{CONTENTS}");
            let bytes: Vec<u8> = bytes.chars().map(|character| character as u8).collect();
            let location = ObjectPath::from(format!("{area}/{}/{name}", id(owner)));
            memory.put(&location, bytes.into()).await.unwrap();
        }
        uploads
    }

    /// Sees that a tenant is alive, and has its record and a video.
    pub(crate) async fn prepare(&self, tenant: &str) -> Record<Video> {
        let admin = self.session("root").await;
        let &(_, role, shared) =
            TENANTS.iter().find(|found| found.0 == tenant).unwrap_or(&("root", Role::Admin, false));
        let new = if shared { NewTenant::new(role).shared() } else { NewTenant::new(role) };
        while let Err(error) = admin.tenants().create(&id(tenant), new.clone()).await {
            assert_eq!(error.kind(), tenantry::ErrorKind::Suspended, "{error:?}");
            if admin.tenants().restore(&id(tenant)).await.is_err() {
                self.clock.advance(std::time::Duration::from_secs(3600));
                admin.tenants().erase(&id(tenant), Grace::Skip).await.unwrap();
            }
        }
        let own = admin.workspace(&id(tenant));
        let _ = own.collection::<Note>().insert_as(&known(), note("known")).await;
        let _ = own.collection::<Note>().remove(&fresh(), Expected::Any).await;
        crate::perform::planned_rows::furnish(&own).await;
        let set_aside = SetAside::of_name(ViewPlace::Data, edit().as_str(), 0).unwrap().key();
        let other = if tenant == "ben" { "ana" } else { "ben" };
        let text = edited(&name(other)).into();
        self.medium.beside().await.put_view(&id(tenant), &set_aside, text).await.unwrap();
        let page = own.videos().list(&tenantry::ListOptions::new()).await.unwrap();
        for surplus in page.items.iter().skip(3) {
            own.videos().delete(surplus.id(), Expected::Any).await.unwrap();
        }
        match page.items.into_iter().next() {
            Some(video) => video,
            None => own.videos().upload(&video_name(), body(b"video")).await.unwrap(),
        }
    }

    /// Makes a commit that no operation of the library would make.
    pub(crate) async fn forge(&self, tenant: &str, commit: &str, header: Option<&str>) {
        let store = self.medium.beside().await;
        let loaded = store.load(&id(tenant)).await.unwrap().unwrap();
        let header =
            header.map(|text| Header { text: Bytes::copy_from_slice(text.as_bytes()), ..loaded.header });
        let commit = Commit { header, text: Bytes::copy_from_slice(commit.as_bytes()) };
        store.append(&id(tenant), Some(&loaded.version), commit).await.unwrap();
    }

    /// Puts a file into the store of which the ledger knows nothing.
    pub(crate) async fn put(&self, tenant: &str, name: &FileName, bytes: &'static [u8]) {
        let store = self.medium.beside().await;
        let life = store.load(&id(tenant)).await.unwrap().unwrap().version.incarnation;
        let clock: Arc<dyn Clock> = self.clock.clone();
        let deadline = Deadline::new(jiff::Timestamp::MAX, clock);
        let put = Put { incarnation: life, body: body(bytes).boxed(), length_hint: None, deadline };
        let _ = store.delete(&Self::key(tenant, name)).await;
        store.put(&Self::key(tenant, name), put).await.unwrap();
    }

    pub(crate) async fn lose(&self, tenant: &str, name: &FileName) {
        self.medium.beside().await.delete(&Self::key(tenant, name)).await.unwrap();
    }

    fn key(tenant: &str, name: &FileName) -> BlobKey {
        BlobKey::new(id(tenant), Area::Videos, name.clone())
    }

    /// Limits a tenant to so much more than it has.
    pub(crate) async fn limit(&self, tenant: &str, limits: Limits) {
        let change = tenantry::ProfileChange::new().limits(limits);
        self.session("root").await.tenants().change(&id(tenant), change).await.unwrap();
    }
}
