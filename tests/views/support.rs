//! A root with an admin and two users, records, and hands that edit views.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tenantry::environment::{Clock, ManualClock};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, Record, RecordId};
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{EditName, ListOptions, Settings, Tenantry, ViewMode, Workspace};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) title: String,
    pub(crate) duration: Box<RawValue>,
}

impl Entity for Stream {
    fn collection() -> CollectionName {
        CollectionName::LIVE_STREAMS
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

pub(crate) fn record(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

pub(crate) fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

pub(crate) const CLOSE: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }

    pub(crate) async fn store(&self) -> LocalStore {
        LocalStore::open(self.folder.path().join("root"), LocalOptions::default()).await.unwrap()
    }

    pub(crate) async fn open(&self, mode: ViewMode) -> Tenantry {
        self.open_on(self.store().await, mode).await
    }

    /// The same over a store that something stands in front of.
    pub(crate) async fn open_on(&self, store: impl TenantStore, mode: ViewMode) -> Tenantry {
        let mut settings = Settings::default();
        settings.views = mode;
        settings.free_space_reserve = 0;
        let clock: Arc<dyn Clock> = self.clock.clone();
        Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap()
    }

    /// An admin and the users ana and ben; the workspace of ana.
    pub(crate) async fn begin(&self, mode: ViewMode) -> (Tenantry, Workspace) {
        let tenantry = self.open(mode).await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        tenantry.ensure(&id("ana"), "Ana").await.unwrap();
        tenantry.ensure(&id("ben"), "Ben").await.unwrap();
        let ana = tenantry.session(&id("ana")).await.unwrap().own();
        (tenantry, ana)
    }

    /// The same, where ana has the notes `a`, `b` and `c`, each of which says its id twice, and their
    /// view is written; a minute later.
    pub(crate) async fn with_notes(&self, mode: ViewMode) -> (Tenantry, Workspace) {
        let (tenantry, ana) = self.begin(mode).await;
        for name in ["a", "b", "c"] {
            ana.collection::<Note>().insert_as(&record(name), note(&name.repeat(2))).await.unwrap();
        }
        ana.write_views().await.unwrap();
        self.pass_a_minute();
        (tenantry, ana)
    }

    pub(crate) fn pass_a_minute(&self) {
        self.clock.advance(Duration::from_secs(60));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path_of("ana", name)
    }

    pub(crate) fn path_of(&self, tenant: &str, name: &str) -> PathBuf {
        self.folder.path().join("root/data").join(tenant).join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Edits the view of the notes by hand.
    pub(crate) fn edit_notes(&self, edit: impl FnOnce(&mut Rows)) {
        let mut rows = Rows(serde_json::from_str(&self.read("notes.json")).unwrap());
        edit(&mut rows);
        self.write("notes.json", serde_json::to_string(&rows.0).unwrap());
    }

    /// The same, and has it set aside.
    pub(crate) async fn edited_notes(&self, ana: &Workspace, edit: impl FnOnce(&mut Rows)) -> EditName {
        self.edit_notes(edit);
        set_aside(ana).await
    }

    /// The files beside the ledger, but for its own.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with("ledger"));
        names.sort();
        names
    }

    /// The files of an edit that are still there.
    pub(crate) fn edits(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.contains(".edited-"));
        names
    }
}

/// The rows of a view.
pub(crate) struct Rows(pub(crate) Vec<serde_json::Value>);

impl Rows {
    /// The row of that id.
    pub(crate) fn row(&mut self, id: &str) -> &mut serde_json::Value {
        self.0.iter_mut().find(|row| row["id"] == id).unwrap()
    }

    pub(crate) fn set(&mut self, id: &str, field: &str, value: impl Into<serde_json::Value>) {
        self.row(id)[field] = value.into();
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.0.retain(|row| row["id"] != id);
    }

    pub(crate) fn add(&mut self, row: serde_json::Value) {
        self.0.push(row);
    }
}

/// Has the one view that was edited set aside.
pub(crate) async fn set_aside(workspace: &Workspace) -> EditName {
    let report = workspace.write_views().await.unwrap();
    let [edited] = &report.edited[..] else { panic!("{report:?}") };
    EditName::parse(&edited.kept_as).unwrap()
}

/// The one edit that was set aside already.
pub(crate) async fn only_edit(workspace: &Workspace) -> EditName {
    let edits = workspace.edited_views().list().await.unwrap();
    let [edit] = &edits[..] else { panic!("{edits:?}") };
    edit.name.clone()
}

/// Ana's notes as the ledger has them: ids and texts, in order.
pub(crate) async fn notes(workspace: &Workspace) -> Vec<(String, String)> {
    let page = workspace.collection::<Note>().list(&ListOptions::new()).await.unwrap();
    let mut notes: Vec<_> =
        page.items.iter().map(|note| (note.id().to_string(), note.value().text.clone())).collect();
    notes.sort();
    notes
}

/// The same of literals.
pub(crate) fn pairs(notes: &[(&str, &str)]) -> Vec<(String, String)> {
    notes.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
}

pub(crate) async fn get(workspace: &Workspace, id: &str) -> Record<Note> {
    workspace.collection::<Note>().get(&record(id)).await.unwrap()
}

/// What the view of the notes holds, as texts.
pub(crate) fn texts(view: &str) -> Vec<String> {
    let records: Vec<Note> = serde_json::from_str(view).unwrap();
    records.into_iter().map(|note| note.text).collect()
}
