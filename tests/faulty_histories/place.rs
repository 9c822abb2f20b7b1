//! Two nodes over one medium behind faults, and the medium itself to look at afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tenantry::environment::ManualClock;
use tenantry::paths::TenantId;
use tenantry::quota::Limits;
use tenantry::record::{Entity, Record, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{MemoryStore, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_store::{Faults, FaultyStore};
use tenantry::testkit::histories::{Act, Deed, Note, Stage, Step};
use tenantry::{
    ErrorKind, ListOptions, ProfileChange, Schedule, Settings, Tenantry, Token, Verification, Workspace,
};

use crate::expected::{State, Told};

const TENANTS: usize = 2;
const NODES: usize = 2;
/// A task for each tenant on each node.
pub(crate) const TASKS: usize = TENANTS * NODES;
/// How far the numbers of one task's notes are from the next one's.
const APART: u8 = 10;

const NOTES: u64 = 4;
const FILES: u64 = 3;
const BLOB_BYTES: u64 = 300;

pub(crate) fn tenants() -> Vec<TenantId> {
    ["ana", "ben"].map(|name| TenantId::parse(name).unwrap()).into()
}

/// Where all this takes place.
pub(crate) enum Medium {
    Memory(Box<MemoryStore>),
    Disk(tempfile::TempDir),
}

impl Medium {
    pub(crate) fn memory() -> Self {
        Self::Memory(Box::default())
    }

    pub(crate) fn disk() -> Self {
        Self::Disk(tempfile::tempdir().unwrap())
    }

    /// A store over it, as another process would have it.
    async fn store(&self) -> Arc<dyn TenantStore> {
        match self {
            Self::Memory(store) => Arc::new(store.reopen()),
            Self::Disk(folder) => {
                let root = folder.path().join("root");
                Arc::new(LocalStore::open(root, LocalOptions::default()).await.unwrap())
            }
        }
    }
}

pub(crate) struct Place {
    medium: Medium,
    pub(crate) faults: Faults,
    nodes: Vec<Tenantry>,
    clock: Arc<ManualClock>,
}

impl Place {
    pub(crate) async fn new(medium: Medium) -> Self {
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        let mut place = Self { medium, faults: Faults::default(), nodes: Vec::new(), clock };
        for number in 0..NODES {
            let node = place.open(&place.faults, number as u64).await;
            place.nodes.push(node);
        }
        for tenant in tenants() {
            place.nodes[0].ensure(&tenant, "").await.unwrap();
            let limits = Limits::unlimited().with_count(&Note::collection(), NOTES).with_files(FILES);
            let limits = limits.with_blob_bytes(BLOB_BYTES);
            let change = ProfileChange::new().limits(limits);
            place.nodes[0].operator("test").change(&tenant, change).await.unwrap();
        }
        place
    }

    async fn open(&self, faults: &Faults, number: u64) -> Tenantry {
        let store = FaultyStore::with(self.medium.store().await, faults);
        let mut settings = Settings::default();
        settings.free_space_reserve = 0;
        // Ledgers are folded within a history.
        settings.fold_minimum = 700;
        let builder = Tenantry::builder(store).settings(settings).kind::<Note>();
        let entropy = Arc::new(SeededEntropy::new(number));
        builder.clock(self.clock.clone()).entropy(entropy).open().await.unwrap()
    }

    /// Does all tasks' work at once; what each was told.
    pub(crate) async fn perform(&self, histories: Vec<Vec<Step>>) -> Vec<Told> {
        let tasks = histories.into_iter().enumerate().map(|(task, history)| self.task(task, history));
        self.faults.release_when_stuck(join_all(tasks)).await
    }

    async fn task(&self, task: usize, history: Vec<Step>) -> Told {
        let (node, tenant) = (&self.nodes[task / TENANTS], tenants()[task % TENANTS].clone());
        let mut told = Told::new();
        let mut stage = Stage::new(node, vec![tenant.clone()]).clock(Arc::clone(&self.clock));
        for (number, told_of) in history.into_iter().enumerate() {
            let Some(act) = own(told_of.act, task, number) else { continue };
            let answer = tell(&mut stage, &act, &mut told).await;
            if let (Act::Upload { original, .. }, true) = (&act, answer) {
                let newest = stage.aim(&step(Act::VerifyVideo(0))).unwrap();
                told.titles.insert(newest, original.trim_end_matches(".mp4").to_owned());
                // What was acknowledged is there now, and not only once all that is late has come.
                tell(&mut stage, &Act::VerifyVideo(0), &mut told).await;
            }
            within_limits(node, &tenant).await;
        }
        told
    }

    /// Lets everything arrive and be cleared, and compares what is there with what was told. Returns how
    /// many files the sweeps had to clear.
    pub(crate) async fn settle_and_examine(&self, tasks: &[Told]) -> u64 {
        self.faults.clear();
        let elsewhere = self.open(&Faults::default(), NODES as u64).await;
        let mut swept = 0;
        // A sweep comes before what is as late as a request can be, which may bring back what it deleted.
        self.clock.advance(Duration::from_secs(10 * 60));
        for tenant in tenants() {
            swept += elsewhere.operator("test").sweep(&tenant).await.unwrap().deleted;
        }
        self.faults.deliver_all().await;
        for node in &self.nodes {
            node.close(Duration::from_secs(60)).await.unwrap();
        }
        for (number, tenant) in tenants().iter().enumerate() {
            let operator = elsewhere.operator("test");
            for _ in 0..4 {
                self.clock.advance(Duration::from_secs(3 * 3600));
                swept += operator.sweep(tenant).await.unwrap().deleted;
            }
            assert_eq!(operator.check(tenant).await.unwrap().findings, []);
            let own = elsewhere.session(tenant).await.unwrap().own();
            let there = examine(&own).await;
            for (task, told) in tasks.iter().enumerate().filter(|(task, _)| task % TENANTS == number) {
                let part = part(&there, task);
                assert!(told.states().contains(&part), "of task {task} there is {part:?}, told: {told:?}");
            }
            quota_is_exact(&own, there.notes.len() as u64).await;
        }
        swept
    }
}

const fn step(act: Act) -> Step {
    Step { by: 0, on: 0, act }
}

/// Performs an operation and tells what was answered; whether it succeeded.
async fn tell(stage: &mut Stage, act: &Act, told: &mut Told) -> bool {
    let step = step(act.clone());
    let aim = stage.aim(&step);
    let answer = stage.perform_at(&step, aim.clone()).await;
    told.hear(act, aim.as_ref(), answer.as_ref().map_err(tenantry::Error::kind));
    answer.is_ok()
}

/// The operation as that task does it: on notes of its own, under titles of its own.
fn own(act: Act, task: usize, number: usize) -> Option<Act> {
    let base = u8::try_from(task).unwrap() * APART;
    let moved = |deed: Deed| match deed {
        Deed::Insert(id, note) => Deed::Insert(base + id, note),
        Deed::Get(id) => Deed::Get(base + id),
        Deed::Update(id, note) => Deed::Update(base + id, note),
        Deed::Remove(id) => Deed::Remove(base + id),
        _ => unreachable!(),
    };
    Some(match act {
        Act::Note(deed) => Act::Note(moved(deed)),
        Act::Together { deeds, gives_up } => {
            Act::Together { deeds: deeds.into_iter().map(moved).collect(), gives_up }
        }
        Act::Upload { pieces, breaks, .. } => {
            Act::Upload { original: format!("{task}-{number}.mp4"), pieces, breaks }
        }
        // Titles say here which upload it was. What else may be refused is not the faults' matter.
        Act::RenameVideo(..) | Act::CreateToken(..) | Act::ReadToken(_) | Act::DeleteToken(_) => return None,
        Act::ListTenants | Act::ChangeName(_) => return None,
        other => other,
    })
}

/// At every moment at which somebody can look, all that is used and reserved is within the limits.
async fn within_limits(node: &Tenantry, tenant: &TenantId) {
    let Ok(session) = node.session(tenant).await else { return };
    let Ok((usage, _)) = session.own().usage().await else { return };
    let notes = usage.counts.get("notes").copied().unwrap_or_default();
    assert!(notes <= NOTES && usage.files + usage.reserved_files <= FILES, "{usage:?}");
    assert!(usage.blob_bytes + usage.reserved_bytes <= BLOB_BYTES, "{usage:?}");
}

/// What is there, with every file read, and the usage counted anew.
async fn examine(own: &Workspace) -> State {
    let all = ListOptions::new().limit(100);
    let notes = own.collection::<Note>().list(&all).await.unwrap().items;
    let videos = own.videos().list(&all).await.unwrap().items;
    let schedules: Vec<Record<Schedule>> = own.schedules().list(&all).await.unwrap().items;
    let tokens: Vec<Record<Token>> = own.tokens().list(&all).await.unwrap().items;
    assert!(tokens.is_empty());
    let mut lengths = BTreeMap::new();
    for video in &videos {
        assert_eq!(own.videos().verify(video.id()).await.unwrap(), Verification::Intact);
        lengths.insert(video.value().title.clone(), video.value().bytes.unwrap());
    }
    assert_eq!(lengths.len(), videos.len(), "an upload is there twice");
    let (usage, _) = own.usage().await.unwrap();
    let bytes = |texts: Vec<usize>| texts.into_iter().map(|length| length as u64).sum::<u64>();
    let texts = bytes(notes.iter().map(length).collect()) + bytes(videos.iter().map(length).collect());
    assert_eq!(usage.record_bytes, texts + bytes(schedules.iter().map(length).collect()));
    assert_eq!((usage.files, usage.reserved_files), (videos.len() as u64, 0));
    assert_eq!((usage.blob_bytes, usage.reserved_bytes), (lengths.values().sum(), 0));
    let number = |id: &RecordId| id.as_str().trim_start_matches("note-").parse().unwrap();
    let notes = notes.iter().map(|note| (number(note.id()), note.value().text.clone()));
    State { notes: notes.collect(), videos: lengths }
}

fn length<T>(record: &Record<T>) -> usize {
    record.text().as_bytes().len()
}

/// A task's part of what is there.
fn part(there: &State, task: usize) -> State {
    let base = u8::try_from(task).unwrap() * APART;
    let (mut notes, mut videos) = (there.notes.clone(), there.videos.clone());
    notes.retain(|id, _| (base..base + APART).contains(id));
    videos.retain(|title, _| title.starts_with(&format!("{task}-")));
    State { notes, videos }
}

/// As many more as the limit says can be inserted, and not one more.
async fn quota_is_exact(own: &Workspace, there: u64) {
    for number in there..=NOTES {
        let id = RecordId::parse(&format!("more-{number}")).unwrap();
        let note = Note { text: String::new(), tag: None };
        let inserted = own.collection::<Note>().insert_as(&id, note).await;
        let refused = inserted.err().map(|error| error.kind());
        assert_eq!(refused, (number == NOTES).then_some(ErrorKind::QuotaExceeded));
    }
}
