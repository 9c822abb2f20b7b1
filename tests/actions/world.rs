//! The tenants that every test of actions finds, on either store, and what the store holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use tenantry::environment::{Deadline, ManualClock};
use tenantry::ownership::{Action, AuditEvent, AuditSink, OwnershipPolicy, Role};
use tenantry::paths::{Area, BlobKey, CollectionName, FileName, TenantId};
use tenantry::record::{Entity, RecordId, SecretText};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::ObjectTenantStore;
use tenantry::store::{Put, SetAside, TenantStore, ViewPlace};
use tenantry::testkit::{CountingStore, Counts, SeededEntropy};
use tenantry::{
    Builder, EditName, Erasure, ErrorKind, Expected, Grace, NewTenant, Session, Tenantry, Workspace,
};

use crate::perform::Call;
use crate::perform::url_rows;
use crate::urls::{Condition, Urls};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("text", self.text.clone())]
    }
}

pub(crate) fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

/// What opens the server of a live stream.
pub(crate) fn stream_key() -> SecretText {
    SecretText::new("a stream key")
}

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// The record that each tenant has.
pub(crate) fn known() -> RecordId {
    RecordId::parse("known").unwrap()
}

/// The id under which the rows insert.
pub(crate) fn fresh() -> RecordId {
    RecordId::parse("fresh").unwrap()
}

/// The edited view that each tenant has, in which nothing is to be refused.
pub(crate) fn edit() -> EditName {
    EditName::parse("notes.json.edited-1").unwrap()
}

/// Tenants with data of their own: name, role, whether it is shared.
const TENANTS: &[(&str, Role, bool)] = &[
    ("ana", Role::User, false),
    ("ben", Role::User, false),
    ("dora", Role::Demo, false),
    ("open", Role::User, true),
    ("leaving", Role::User, false),
    ("erased", Role::User, false),
];

/// Where the objects lie.
#[derive(Clone)]
pub(crate) enum Medium {
    Memory(Arc<InMemory>),
    Local(Arc<tempfile::TempDir>),
    /// A place on a server, and what opens it.
    #[allow(dead_code, reason = "only the tests of servers have one")]
    Server(String, fn(&str) -> Arc<dyn TenantStore>),
}

impl Medium {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::new(InMemory::new()))
    }

    pub(crate) fn local() -> Self {
        Self::Local(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// Each medium in turn.
    pub(crate) fn all() -> [Self; 2] {
        [Self::memory(), Self::local()]
    }

    fn signs(&self) -> bool {
        !matches!(self, Self::Local(_))
    }

    async fn store(&self) -> Arc<dyn TenantStore> {
        match self {
            Self::Memory(objects) => {
                let urls = Urls::new(Arc::clone(objects), clock(), Condition::Signed);
                Arc::new(ObjectTenantStore::new(Arc::clone(objects) as _).signing(Arc::new(urls)))
            }
            Self::Local(folder) => {
                Arc::new(LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap())
            }
            Self::Server(place, open) => open(place),
        }
    }

    /// Everything that it holds, by name.
    pub(crate) async fn dump(&self) -> BTreeMap<String, Vec<u8>> {
        match self {
            Self::Memory(objects) => {
                let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
                let mut dump = BTreeMap::new();
                for object in found {
                    let bytes = objects.get(&object.location).await.unwrap().bytes().await.unwrap();
                    dump.insert(object.location.to_string(), bytes.to_vec());
                }
                dump
            }
            Self::Local(folder) => {
                let mut dump = BTreeMap::new();
                walk(folder.path(), "", &mut dump);
                dump
            }
            Self::Server(..) => panic!("nobody looks into a server"),
        }
    }
}

fn walk(folder: &Path, prefix: &str, dump: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            dump.insert(format!("{name}/"), Vec::new());
            walk(&entry.path(), &format!("{name}/"), dump);
        } else {
            dump.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// A decision as audit heard it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) actor: String,
    pub(crate) action: Action,
    pub(crate) tenant: Option<String>,
    pub(crate) decision: String,
}

/// Keeps what audit heard.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    /// Takes the events out, sorted.
    pub(crate) fn take(&self) -> Vec<Event> {
        let mut events = std::mem::take(&mut *self.0.lock().unwrap());
        events.sort();
        events
    }
}

impl AuditSink for Heard {
    fn record(&self, event: &AuditEvent<'_>) {
        let actor = match event.actor {
            tenantry::ownership::Actor::Principal(principal) => principal.tenant().to_string(),
            _ => "operator".to_owned(),
        };
        self.0.lock().unwrap().push(Event {
            actor,
            action: event.action,
            tenant: event.tenant.map(ToString::to_string),
            decision: format!("{:?}", event.decision),
        });
    }
}

/// One process's view of a medium with all tenants.
pub(crate) struct World {
    pub(crate) tenantry: Tenantry,
    pub(crate) medium: Medium,
    pub(crate) counts: Counts,
    pub(crate) heard: Heard,
    /// Sessions that began while their tenants were alive.
    pub(crate) leaving: Session,
    pub(crate) erased: Session,
    clock: Arc<ManualClock>,
    files: BTreeMap<&'static str, Files>,
    /// What each principal has begun to upload by URL, and where.
    uploads: BTreeMap<(TenantId, TenantId), (FileName, FileName)>,
}

/// The files that a tenant has, each by id and name.
struct Files {
    video: (RecordId, FileName),
    thumbnail: (RecordId, FileName),
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()))
}

/// Opens the medium as a process of its own would.
pub(crate) async fn open(
    medium: &Medium,
    adjust: impl FnOnce(Builder) -> Builder,
) -> (Tenantry, Counts, Heard) {
    let (store, counts) = CountingStore::new(medium.store().await);
    let heard = Heard::default();
    let mut settings = tenantry::Settings::default();
    settings.free_space_reserve = 0;
    // So that nothing asks the store for anything on its own.
    settings.views = tenantry::ViewMode::AtClose;
    let builder = Tenantry::builder(store).settings(settings).audit(heard.clone()).clock(clock());
    (adjust(builder).open().await.unwrap(), counts, heard)
}

/// The same with a policy of its own.
pub(crate) async fn open_under(medium: &Medium, policy: impl OwnershipPolicy) -> (Tenantry, Heard) {
    let (tenantry, _, heard) = open(medium, |builder| builder.policy(policy)).await;
    (tenantry, heard)
}

impl World {
    pub(crate) async fn new(medium: Medium) -> Self {
        let (clock, entropy) = (clock(), Arc::new(SeededEntropy::new(3)));
        let adjust = |builder: Builder| builder.clock(clock.clone()).entropy(entropy);
        let (tenantry, counts, heard) = open(&medium, adjust).await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        let mut files = BTreeMap::new();
        for &(name, ..) in TENANTS {
            create(&admin, name).await.unwrap();
            files.insert(name, furnish(&admin.workspace(&id(name))).await);
        }
        let leaving = tenantry.session(&id("leaving")).await.unwrap();
        let erased = tenantry.session(&id("erased")).await.unwrap();
        admin.tenants().delete(&id("leaving")).await.unwrap();
        admin.tenants().delete(&id("erased")).await.unwrap();
        admin.tenants().erase(&id("erased"), Grace::Skip).await.unwrap();
        heard.take();
        let uploads = BTreeMap::new();
        Self { tenantry, medium, counts, heard, leaving, erased, clock, files, uploads }
    }

    pub(crate) async fn session(&self, name: &str) -> Session {
        self.tenantry.session(&id(name)).await.unwrap()
    }

    /// What a session does to a tenant: with the files that it has, or, for one without any, those of
    /// `ana`.
    pub(crate) fn call(&self, session: Session, tenant: &TenantId, owner: &TenantId) -> Call {
        let Files { video, thumbnail } = self.files.get(owner.as_str()).unwrap_or(&self.files["ana"]);
        let begun = |principal: &TenantId| self.uploads.get(&(principal.clone(), owner.clone()));
        let uploads = begun(session.tenant()).or_else(|| begun(owner));
        let uploads = uploads.cloned().unwrap_or_else(url_rows::nothing);
        let (tenant, video, thumbnail) = (tenant.clone(), video.clone(), thumbnail.clone());
        Call { session, tenant, video, thumbnail, uploads, signs: self.medium.signs() }
    }

    /// Sees that a tenant is alive, has its record and its files, and has nothing under the fresh id;
    /// or is being deleted, where the action takes that.
    pub(crate) async fn prepare(&mut self, action: Action, tenant: &'static str) {
        let admin = self.session("root").await;
        while create(&admin, tenant).await.is_err() {
            // Its erasure waits until no late request can undo it.
            self.clock.advance(std::time::Duration::from_secs(3600));
            admin.tenants().erase(&id(tenant), Grace::Skip).await.unwrap();
        }
        if action == Action::ImportTenant {
            // It takes an empty tenant.
            self.erase(tenant).await;
            while create(&admin, tenant).await.is_err() {
                self.clock.advance(std::time::Duration::from_secs(3600));
                admin.tenants().erase(&id(tenant), Grace::Skip).await.unwrap();
            }
            self.heard.take();
            return;
        }
        let own = admin.workspace(&id(tenant));
        let files = &self.files[tenant];
        let video = own.videos().get(&files.video.0).await;
        if video.is_err() || own.thumbnails().get(&files.thumbnail.0).await.is_err() {
            let files = furnish(&own).await;
            self.files.insert(tenant, files);
        }
        let notes = own.collection::<Note>();
        if notes.get(&known()).await.is_err() {
            notes.insert_as(&known(), note("known")).await.unwrap();
        }
        if notes.get(&fresh()).await.is_ok() {
            notes.remove(&fresh(), Expected::Any).await.unwrap();
        }
        crate::perform::planned_rows::prepare(&own, action).await;
        crate::perform::secret_rows::prepare(&own, action).await;
        if action == Action::DeleteThumbnail {
            // That a video has it no more is decided too, as an action of its own.
            let video = &self.files[tenant].video.0;
            own.videos().set_thumbnail(video, Expected::Any, None).await.unwrap();
        }
        if url_rows::is_completing(action) && self.medium.signs() {
            self.begin_uploads(tenant).await;
        }
        if action == Action::AdoptView {
            let edited = SetAside::of_name(ViewPlace::Data, edit().as_str(), 0).unwrap().key();
            let store = self.medium.store().await;
            store.put_view(&id(tenant), &edited, Bytes::from_static(b"[]")).await.unwrap();
        }
        if matches!(action, Action::RestoreTenant | Action::EraseTenant) {
            admin.tenants().delete(&id(tenant)).await.unwrap();
        }
        self.heard.take();
    }
}

impl World {
    /// Erases a tenant, and waits until its files' names could be used again.
    pub(crate) async fn erase(&self, tenant: &'static str) {
        let admin = self.session("root").await;
        admin.tenants().delete(&id(tenant)).await.unwrap();
        loop {
            let erasure = admin.tenants().erase(&id(tenant), Grace::Skip).await.unwrap();
            self.clock.advance(std::time::Duration::from_secs(3600));
            if matches!(erasure, Erasure::Done(_)) {
                break;
            }
        }
        self.heard.take();
    }

    /// Sees that the owner and the admin have each uploaded something by URL, and not completed it.
    async fn begin_uploads(&mut self, tenant: &'static str) {
        let store = self.medium.store().await;
        let header = store.header(&id(tenant)).await.unwrap().unwrap();
        for who in [tenant, "root"] {
            // A demo may not.
            let at = self.session(who).await.workspace(&id(tenant));
            let Ok(uploads) = url_rows::begin(&at).await else { continue };
            for (area, name, bytes) in [
                (Area::Videos, &uploads.0, &b"moving pictures"[..]),
                (Area::Thumbnails, &uploads.1, b"\x89PNG\r\n\x1a\nsynthetic"),
            ] {
                let body = Box::pin(futures::stream::iter([Ok(Bytes::from_static(bytes))]));
                let deadline = Deadline::new(jiff::Timestamp::MAX, self.clock.clone());
                let put = Put { incarnation: header.incarnation, body, length_hint: None, deadline };
                store.put(&BlobKey::new(id(tenant), area, name.clone()), put).await.unwrap();
            }
            self.uploads.insert((id(who), id(tenant)), uploads);
        }
    }
}

/// Sees that a tenant is there and active, or says that it is being erased.
async fn create(admin: &Session, name: &str) -> tenantry::Result<()> {
    let &(_, role, shared) = TENANTS.iter().find(|tenant| tenant.0 == name).unwrap();
    let new = if shared { NewTenant::new(role).shared() } else { NewTenant::new(role) };
    match admin.tenants().create(&id(name), new).await {
        Err(error) if error.kind() == ErrorKind::Suspended => {
            admin.tenants().restore(&id(name)).await.map(drop)
        }
        created => created.map(drop),
    }
}

/// Gives a new tenant its record and its files.
async fn furnish(workspace: &Workspace) -> Files {
    let notes = workspace.collection::<Note>();
    if notes.get(&known()).await.is_err() {
        notes.insert_as(&known(), note("known")).await.unwrap();
    }
    crate::perform::planned_rows::furnish(workspace).await;
    crate::perform::secret_rows::furnish(workspace).await;
    let bytes = Bytes::from(format!("the video of {}", workspace.tenant()));
    let body = futures::stream::iter([Ok(bytes)]);
    let video = workspace.videos().upload("holiday.mp4", body).await.unwrap();
    let thumbnail = crate::perform::thumbnail_rows::furnish(workspace).await;
    Files { video: (video.id().clone(), video.value().filename.clone()), thumbnail }
}
