//! A node: one store over the shared objects, behind faults, that works through a short script.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use tenantry::paths::TenantId;
use tenantry::store::head_ledger::Step;
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, Loaded, Outcome, Refreshed, StoreError, StoreErrorKind,
    TenantStore, Version,
};
use tenantry::testkit::SeededEntropy;

use crate::truth::{Checked, State, Told, Truth};

/// What a node can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Create,
    Append,
    /// Learns what came since, or loads if it knows nothing.
    Follow,
    Load,
    Fold,
    Replace,
    Erase,
    /// Begins a life, if it knows a tombstone.
    Recreate,
    Tidy,
}

/// Sizes that make everything happen soon.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub tail_bytes: usize,
    pub ids_kept: usize,
}

pub fn tenant() -> TenantId {
    TenantId::parse("ana").unwrap()
}

pub fn store(
    objects: Arc<dyn ObjectStore>,
    seed: u64,
    sizes: Sizes,
    without: Option<Step>,
) -> ObjectTenantStore {
    let mut settings = ObjectStoreSettings::default();
    settings.ledger.tail_bytes = sizes.tail_bytes;
    settings.ledger.ids_kept = sizes.ids_kept;
    settings.ledger.attempts = 3;
    settings.ledger.backoff = std::time::Duration::ZERO;
    let store = ObjectTenantStore::with(objects, Path::ROOT, Arc::new(SeededEntropy::new(seed)), settings);
    match without {
        Some(step) => store.leaving_out(step),
        None => store,
    }
}

/// A ledger as a node knows it.
#[derive(Debug, Clone)]
struct Known {
    version: Version,
    header: Header,
    lines: Vec<String>,
}

impl Known {
    fn state(&self) -> State {
        State {
            life: self.version.incarnation,
            number: self.version.number,
            tombstone: self.header.tombstone,
            header: text(&self.header.text),
            lines: self.lines.clone(),
        }
    }
}

impl From<Loaded> for Known {
    fn from(loaded: Loaded) -> Self {
        let snapshot = text(&loaded.snapshot);
        let lines = snapshot.lines().map(str::to_owned).chain(loaded.commits.iter().map(text)).collect();
        Self { version: loaded.version, header: loaded.header, lines }
    }
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What is there, read without faults.
pub async fn observe(store: &ObjectTenantStore) -> Result<Option<State>, String> {
    let loaded =
        store.load(&tenant()).await.map_err(|error| format!("the ledger can't be read: {error:?}"))?;
    Ok(loaded.map(|loaded| Known::from(loaded).state()))
}

pub struct Node {
    name: char,
    store: ObjectTenantStore,
    truth: Arc<Mutex<Truth>>,
    known: Option<Known>,
    marks: u32,
}

impl Node {
    pub fn new(name: char, store: ObjectTenantStore, truth: Arc<Mutex<Truth>>) -> Self {
        Self { name, store, truth, known: None, marks: 0 }
    }

    /// Works through a script; an error is a violation.
    pub async fn run(mut self, script: Vec<Act>) -> Checked {
        for act in script {
            self.act(act).await?;
        }
        Ok(())
    }

    async fn act(&mut self, act: Act) -> Checked {
        match act {
            Act::Create => self.create().await,
            Act::Append => self.append().await,
            Act::Follow => self.follow().await,
            Act::Load => self.load().await,
            Act::Fold => self.fold().await,
            Act::Replace => self.replace(false).await,
            Act::Erase => self.replace(true).await,
            Act::Recreate => self.recreate().await,
            Act::Tidy => self.store.tidy(&tenant()).await.or_else(|error| tolerable(&error)),
        }
    }

    fn mark(&mut self) -> String {
        self.marks += 1;
        format!("{}{}", self.name, self.marks)
    }

    fn life(&mut self) -> Header {
        let mark = self.mark();
        let mut bytes = [0; 16];
        bytes[..mark.len()].copy_from_slice(mark.as_bytes());
        Header { incarnation: Incarnation::from_bytes(bytes), tombstone: false, text: "{}".into() }
    }

    async fn create(&mut self) -> Checked {
        let (header, mark) = (self.life(), self.mark());
        let commit = Commit { header: Some(header.clone()), text: mark.clone().into() };
        let answer = self.store.append(&tenant(), None, commit).await;
        if let Some(version) = self.tell(&mark, answer)? {
            self.known = Some(Known { version, header, lines: vec![mark] });
        }
        Ok(())
    }

    async fn recreate(&mut self) -> Checked {
        let Some(known) = self.known.clone().filter(|known| known.header.tombstone) else { return Ok(()) };
        let (header, mark) = (self.life(), self.mark());
        let commit = Commit { header: Some(header.clone()), text: mark.clone().into() };
        let answer = self.store.append(&tenant(), Some(&known.version), commit).await;
        if let Some(version) = self.tell(&mark, answer)? {
            self.known = Some(Known { version, header, lines: vec![mark] });
        }
        Ok(())
    }

    /// What the node knows, if it is alive; loads first if it knows nothing.
    async fn alive(&mut self) -> Result<Option<Known>, String> {
        if self.known.is_none() {
            self.load().await?;
        }
        Ok(self.known.clone().filter(|known| !known.header.tombstone))
    }

    async fn append(&mut self) -> Checked {
        let Some(mut known) = self.alive().await? else { return Ok(()) };
        let mark = self.mark();
        let commit = Commit { header: None, text: mark.clone().into() };
        let answer = self.store.append(&tenant(), Some(&known.version), commit).await;
        if let Some(version) = self.tell(&mark, answer)? {
            known.version = version;
            known.lines.push(mark);
            self.known = Some(known);
        }
        Ok(())
    }

    async fn fold(&mut self) -> Checked {
        let Some(mut known) = self.alive().await? else { return Ok(()) };
        let snapshot = known.lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let fold = Fold {
            kind: FoldKind::Same,
            header: known.header.clone(),
            snapshot: snapshot.into(),
            index: Bytes::new(),
        };
        match self.store.fold(&tenant(), &known.version, fold).await {
            Ok(Outcome::Committed(version)) if version.number != known.version.number => {
                return Err("a fold that says the same changed the number".to_owned());
            }
            Ok(Outcome::Committed(version)) => known.version = version,
            Ok(Outcome::Conflict) => {}
            Ok(Outcome::Unknown(error)) | Err(error) => return tolerable(&error),
        }
        self.known = Some(known);
        Ok(())
    }

    async fn replace(&mut self, erase: bool) -> Checked {
        let Some(mut known) = self.alive().await? else { return Ok(()) };
        let mark = self.mark();
        known.lines = if erase { Vec::new() } else { vec![mark.clone()] };
        if erase {
            known.header.tombstone = true;
            known.header.text = mark.clone().into();
        }
        let snapshot = known.lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let fold = Fold {
            kind: FoldKind::Replace,
            header: known.header.clone(),
            snapshot: snapshot.into(),
            index: Bytes::new(),
        };
        let answer = self.store.fold(&tenant(), &known.version, fold).await;
        if let Some(version) = self.tell(&mark, answer)? {
            known.version = version;
            self.known = Some(known);
        }
        Ok(())
    }

    async fn load(&mut self) -> Checked {
        let begun = self.truth.lock().unwrap().moment();
        match self.store.load(&tenant()).await {
            Ok(loaded) => self.known = loaded.map(Known::from),
            Err(error) => return tolerable(&error),
        }
        self.truth.lock().unwrap().read(begun, self.known.as_ref().map(Known::state).as_ref())
    }

    async fn follow(&mut self) -> Checked {
        let Some(mut known) = self.known.clone() else { return self.load().await };
        let begun = self.truth.lock().unwrap().moment();
        match self.store.refresh(&tenant(), &known.version).await {
            Ok(Refreshed::Unchanged) => {}
            Ok(Refreshed::Commits { version, header, commits }) => {
                known.version = version;
                known.header = header.unwrap_or(known.header);
                known.lines.extend(commits.iter().map(text));
            }
            Ok(Refreshed::StartOver) => return self.load().await,
            Err(error) => return tolerable(&error),
        }
        self.truth.lock().unwrap().read(begun, Some(&known.state()))?;
        self.known = Some(known);
        Ok(())
    }

    /// Notes how a change was answered; the version, if it was committed.
    fn tell(&self, mark: &str, answer: Result<Outcome, StoreError>) -> Result<Option<Version>, String> {
        let (told, version) = match answer {
            Ok(Outcome::Committed(version)) => {
                (Told::Committed(version.incarnation, version.number), Some(version))
            }
            Ok(Outcome::Conflict) => (Told::Refused, None),
            Ok(Outcome::Unknown(error)) => {
                tolerable(&error)?;
                (Told::Unknown, None)
            }
            Err(error) => {
                tolerable(&error)?;
                (Told::Refused, None)
            }
        };
        self.truth.lock().unwrap().told(mark, told);
        Ok(version)
    }
}

/// Nothing was ever damaged, so that nobody may be told that it was.
fn tolerable(error: &StoreError) -> Checked {
    match error.kind() {
        StoreErrorKind::Corrupt | StoreErrorKind::NewerFormat => Err(format!("told {error:?}")),
        _ => Ok(()),
    }
}
