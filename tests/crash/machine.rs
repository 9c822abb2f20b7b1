//! Stores on a simulated disk: asking them, and observing all that they show.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tenantry::environment::{Clock, Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::local::{LocalOptions, LocalStore, Step};
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, Loaded, Outcome, Put, Refreshed, StoreError, StoreErrorKind,
    TenantStore, ViewKey, ViewName, ViewPlace,
};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{Process, SimulatedDisk};

use crate::model::{Act, Answer, Model, Tenant, blob, described, long_line};

/// The names that the views of all histories have.
const VIEWS: [&str; 3] = ["schedules.json", "stream_mapping.json", "token.json"];

pub(crate) fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

fn key(name: &str) -> BlobKey {
    let area = if name.ends_with(".jpg") { Area::Thumbnails } else { Area::Videos };
    BlobKey::new(ana(), area, FileName::parse(name).unwrap())
}

fn view(name: &str) -> ViewKey {
    let place = if name.starts_with("token") { ViewPlace::Tokens } else { ViewPlace::Data };
    ViewKey { place, name: ViewName::File(FileName::parse(name).unwrap()) }
}

fn incarnation(life: u8) -> Incarnation {
    Incarnation::from_bytes([life; 16])
}

fn life_of(header: &Header) -> Option<u8> {
    (1..9).find(|life| incarnation(*life) == header.incarnation)
}

fn header(life: u8, text: &str) -> Header {
    Header { incarnation: incarnation(life), tombstone: false, text: Bytes::copy_from_slice(text.as_bytes()) }
}

/// Runs what a store does, on a runtime that this thread owns.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A process with a store.
pub(crate) struct Node {
    pub(crate) process: Process,
    pub(crate) store: LocalStore,
}

impl Node {
    pub(crate) fn start(disk: &SimulatedDisk, omit: &[Step]) -> Result<Self, StoreError> {
        let process = disk.process();
        let mut options = LocalOptions::default();
        options.omit = omit.to_vec();
        // Two machines that come up from different states must not draw the same names.
        let entropy = Arc::new(SeededEntropy::new(disk.fingerprint() ^ process.id() as u64));
        let store = wait(LocalStore::on(process.root().unwrap(), options, entropy))?;
        Ok(Self { process, store })
    }

    /// Does it; whatever a dead process says but success means nothing.
    pub(crate) fn perform(&self, act: Act) -> Answer {
        let answer = wait(perform(&self.store, act));
        if answer == Answer::Done || self.process.is_alive() { answer } else { Answer::Unclear }
    }
}

fn told<T>(result: Result<T, StoreError>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(error) if error.kind() == StoreErrorKind::OutcomeUnknown => Answer::Unclear,
        Err(_) => Answer::Refused,
    }
}

fn outcome(result: Result<Outcome, StoreError>) -> Answer {
    match result {
        Ok(Outcome::Committed(_)) => Answer::Done,
        Ok(Outcome::Conflict) | Err(_) => Answer::Refused,
        Ok(Outcome::Unknown(_)) => Answer::Unclear,
    }
}

/// What may be partly done when it fails.
fn partly<T>(result: Result<T, StoreError>) -> Answer {
    if result.is_ok() { Answer::Done } else { Answer::Unclear }
}

async fn perform(store: &LocalStore, act: Act) -> Answer {
    match act {
        Act::Create => {
            let first = Commit { header: Some(header(1, "{}")), text: Bytes::from_static(b"first") };
            outcome(store.append(&ana(), None, first).await)
        }
        Act::Put(name, length) => put(store, name, length).await,
        Act::Delete(name) => partly(store.delete(&key(name)).await),
        Act::RemoveAreas => partly(store.remove_areas(&ana()).await),
        Act::Tidy => partly(store.tidy(&ana()).await),
        Act::View(name, text) => {
            told(store.put_view(&ana(), &view(name), Bytes::from_static(text.as_bytes())).await)
        }
        Act::RemoveView(name) => partly(store.remove_view(&ana(), &view(name)).await),
        _ => match store.load(&ana()).await {
            Ok(Some(loaded)) => change(store, &loaded, act).await,
            Ok(None) | Err(_) => Answer::Refused,
        },
    }
}

/// Puts a blob whose deadline passes while its bytes are on their way.
pub(crate) fn put_too_late(store: &LocalStore, name: &str) -> Result<(), StoreError> {
    let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
    let deadline = Deadline::new(clock.now() + Duration::from_secs(60), clock.clone());
    let body = stream::once(async move {
        clock.advance(Duration::from_secs(61));
        Ok(Bytes::from_static(b"late"))
    });
    let put = Put { incarnation: incarnation(1), body: body.boxed(), length_hint: None, deadline };
    wait(store.put(&key(name), put)).map(|_| ())
}

async fn put(store: &LocalStore, name: &str, length: usize) -> Answer {
    let Ok(Some(header)) = store.header(&ana()).await else { return Answer::Refused };
    let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
    let deadline = Deadline::new(clock.now() + Duration::from_secs(60), clock);
    let bytes = Bytes::from(blob(length));
    let pieces = [bytes.slice(..length / 3), bytes.slice(length / 3..)].map(Ok);
    let body = stream::iter(pieces).boxed();
    let put = Put { incarnation: header.incarnation, body, length_hint: None, deadline };
    told(store.put(&key(name), put).await)
}

/// What begins from the state as it is.
async fn change(store: &LocalStore, loaded: &Loaded, act: Act) -> Answer {
    let current = loaded.header.clone();
    let lines = lines(loaded);
    let (kind, header, lines) = match act {
        Act::Commit(line) => return append(store, loaded, None, line.to_owned()).await,
        Act::Long(length) => {
            let changed = Header { text: Bytes::from_static(b"{\"long\":true}"), ..current };
            return append(store, loaded, Some(changed), long_line(length)).await;
        }
        Act::Rebirth => {
            let next = life_of(&current).map(|life| header(life + 1, "{}"));
            return append(store, loaded, next, "first".to_owned()).await;
        }
        Act::Fold => (FoldKind::Same, current, lines),
        Act::Replace(lines) => {
            (FoldKind::Replace, current, lines.iter().map(|line| (*line).to_owned()).collect())
        }
        _ => (FoldKind::Replace, Header { tombstone: true, ..current }, Vec::new()),
    };
    let snapshot: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let fold = Fold { kind, header, snapshot: Bytes::from(snapshot), index: Bytes::new() };
    outcome(store.fold(&ana(), &loaded.version, fold).await)
}

async fn append(store: &LocalStore, loaded: &Loaded, header: Option<Header>, text: String) -> Answer {
    let commit = Commit { header, text: Bytes::from(text) };
    outcome(store.append(&ana(), Some(&loaded.version), commit).await)
}

fn lines(loaded: &Loaded) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let snapshot = text(&loaded.snapshot);
    snapshot.lines().map(str::to_owned).chain(loaded.commits.iter().map(|commit| text(commit))).collect()
}

/// All that a store shows, in every way it has of showing it.
pub(crate) fn observe(store: &LocalStore) -> Result<Model, String> {
    wait(async {
        let mut model = Model { tenant: tenant(store).await?, ..Model::default() };
        let mut listed = Vec::new();
        for area in Area::ALL {
            let page = store.list(&ana(), *area, None, 100).await.map_err(|error| error.to_string())?;
            listed.extend(page.items);
        }
        for found in listed {
            let content = read(store, &found.name, found.length).await.map_err(|error| error.to_string())?;
            model.blobs.insert(found.name, described(&content));
        }
        for name in VIEWS {
            let found = store.read_view(&ana(), &view(name)).await.map_err(|error| error.to_string())?;
            if let Some(found) = found {
                model.views.insert(name.to_owned(), String::from_utf8_lossy(&found).into_owned());
            }
        }
        Ok(model)
    })
}

async fn read(store: &LocalStore, name: &str, length: u64) -> Result<Vec<u8>, StoreError> {
    let stream = store.get(&key(name), 0..length).await?;
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    Ok(pieces.concat())
}

async fn tenant(store: &LocalStore) -> Result<Option<Tenant>, String> {
    let text = |error: StoreError| error.to_string();
    let header = store.header(&ana()).await.map_err(text)?;
    let loaded = store.load(&ana()).await.map_err(text)?;
    let listed = store.tenants(None, 10).await.map_err(text)?.items;
    if listed.len() != usize::from(loaded.is_some()) || header != loaded.as_ref().map(|it| it.header.clone())
    {
        return Err(format!("listed {listed:?}, header {header:?}, loaded {loaded:?}"));
    }
    let Some(loaded) = loaded else { return Ok(None) };
    match store.refresh(&ana(), &loaded.version).await.map_err(text)? {
        Refreshed::Unchanged => {}
        other => return Err(format!("{other:?} at once after a load")),
    }
    Ok(Some(Tenant {
        life: life_of(&loaded.header).ok_or("a life that nobody began")?,
        tombstone: loaded.header.tombstone,
        header: String::from_utf8_lossy(&loaded.header.text).into_owned(),
        number: loaded.version.number,
        lines: lines(&loaded),
    }))
}
