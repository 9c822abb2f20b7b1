//! What each task does: counts with and without a revision, and takes and gives back what three
//! quotas are just too small for.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::quota::Limits;
use tenantry::record::{Entity, Record, RecordId};
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{Error, ErrorKind, Expected, NewTenant, Result, Settings, Tenantry, Video, Workspace};

/// How many tasks there are, over all processes.
pub(crate) const TASKS: u64 = 64;
/// How often each does everything.
pub(crate) const ROUNDS: u64 = 3;

/// The most slots that can be taken at once.
pub(crate) const SLOTS: u64 = 6;
/// The most bytes of records.
pub(crate) const RECORD_BYTES: u64 = 16 << 10;
/// The most bytes of files, and the length of each.
pub(crate) const BLOB_BYTES: u64 = 5 * VIDEO;
pub(crate) const VIDEO: u64 = 1000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub(crate) value: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slot {
    task: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    text: String,
}

macro_rules! entity {
    ($type:ty, $name:literal) => {
        impl Entity for $type {
            fn collection() -> CollectionName {
                CollectionName::parse($name).unwrap()
            }
        }
    };
}
entity!(Counter, "counters");
entity!(Slot, "slots");
entity!(Note, "notes");

/// What a task did, with the answer that it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Did {
    /// Read the counter that is changed by revision.
    Read(u64),
    /// Changed it from one value to another, if its revision was that of the first.
    Swap { from: u64, to: u64, done: bool },
    /// Counted up whatever was there, to that.
    Add(u64),
    /// Took a slot, if there was one left.
    Take { id: String, done: bool },
    /// Gave it back.
    Free { id: String },
    /// Saw how many slots are taken.
    Taken(u64),
    /// Was refused a note, with that much in use.
    NoRoomForRecord { used: u64 },
    /// Was refused a video, with that much in use.
    NoRoomForFile { used: u64 },
    /// Something that went through and needs no telling.
    Went,
}

/// A call of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    pub(crate) did: Did,
}

/// Nanoseconds of the kernel's clock, which all processes share and which never goes back.
fn moment() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap()
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

/// Where the counters begin: their texts keep their length, so that they never need more room.
pub(crate) const FIRST: u64 = 1000;
/// The ids of the two counters.
pub(crate) const BY_REVISION: &str = "by-revision";
pub(crate) const BY_ADDING: &str = "by-adding";

/// Opens a store in such a way that its ledgers keep every commit.
pub(crate) async fn open(store: impl TenantStore) -> Tenantry {
    let mut settings = Settings::default();
    settings.fold_minimum = usize::MAX;
    // Others are faster very often here.
    settings.attempts = 10_000;
    settings.reservation_step = VIDEO;
    settings.free_space_reserve = 0;
    Tenantry::builder(store).settings(settings).open().await.unwrap()
}

pub(crate) async fn local(root: &Path) -> LocalStore {
    LocalStore::open(root, LocalOptions::default()).await.unwrap()
}

/// Makes the tenant that all work on, with its counters.
pub(crate) async fn prepare(tenantry: &Tenantry) {
    tenantry.bootstrap_admin(&tenant("root"), "Root").await.unwrap();
    let admin = tenantry.session(&tenant("root")).await.unwrap();
    let limits = Limits::unlimited()
        .with_count(&Slot::collection(), SLOTS)
        .with_record_bytes(RECORD_BYTES)
        .with_blob_bytes(BLOB_BYTES);
    admin.tenants().create(&tenant("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
    let own = own(tenantry).await;
    for counter in [BY_REVISION, BY_ADDING] {
        own.collection::<Counter>().insert_as(&id(counter), Counter { value: FIRST }).await.unwrap();
    }
}

pub(crate) async fn own(tenantry: &Tenantry) -> Workspace {
    tenantry.session(&tenant("ana")).await.unwrap().own()
}

/// Removes the counters, which are all that the tasks left.
pub(crate) async fn clear(tenantry: &Tenantry) {
    let own = own(tenantry).await;
    for counter in [BY_REVISION, BY_ADDING] {
        own.collection::<Counter>().remove(&id(counter), Expected::Any).await.unwrap();
    }
}

/// Runs some of the tasks beside each other, and returns what they did.
pub(crate) async fn run(tenantry: &Tenantry, tasks: impl Iterator<Item = u64>) -> Vec<Event> {
    let own = Arc::new(own(tenantry).await);
    let running: Vec<_> = tasks
        .map(|number| {
            let task = Task { number, own: Arc::clone(&own), events: Vec::new() };
            tokio::spawn(task.run())
        })
        .collect();
    let mut events = Vec::new();
    for task in running {
        events.extend(task.await.unwrap());
    }
    events
}

struct Task {
    number: u64,
    own: Arc<Workspace>,
    events: Vec<Event>,
}

/// What a refusal for want of room says; anything else that went wrong is not expected.
fn no_room(error: &Error) -> Did {
    let refusal = error.quota().unwrap_or_else(|| panic!("{error:?}"));
    match refusal.dimension() {
        "record_bytes" => Did::NoRoomForRecord { used: refusal.used() },
        "blob_bytes" => Did::NoRoomForFile { used: refusal.used() },
        other => panic!("{other} is not limited here"),
    }
}

/// What became of something that needs room.
fn went<T>(result: &Result<T>) -> Did {
    result.as_ref().map_or_else(no_room, |_| Did::Went)
}

impl Task {
    async fn run(mut self) -> Vec<Event> {
        for round in 0..ROUNDS {
            self.count().await;
            let slot = self.take(round).await;
            let note = self.write(round).await;
            let video = self.upload().await;
            self.see().await;
            if let Some(video) = video {
                let own = Arc::clone(&self.own);
                let videos = own.videos();
                self.call(videos.delete(video.id(), Expected::Any), |_| Did::Went).await.unwrap();
            }
            if let Some(note) = note {
                let own = Arc::clone(&self.own);
                let notes = own.collection::<Note>();
                self.call(notes.remove(note.id(), note.revision()), |_| Did::Went).await.unwrap();
            }
            if let Some(slot) = slot {
                let own = Arc::clone(&self.own);
                let slots = own.collection::<Slot>();
                let did = Did::Free { id: slot.id().as_str().to_owned() };
                self.call(slots.remove(slot.id(), Expected::Any), |_| did).await.unwrap();
            }
        }
        self.events
    }

    /// Waits for a call and notes what it did, and when.
    async fn call<T>(
        &mut self,
        call: impl IntoFuture<Output = Result<T>>,
        did: impl FnOnce(&Result<T>) -> Did,
    ) -> Result<T> {
        let begun = moment();
        let result = call.await;
        let ended = moment();
        self.events.push(Event { begun, ended, did: did(&result) });
        result
    }

    async fn count(&mut self) {
        let own = Arc::clone(&self.own);
        let counters = own.collection::<Counter>();
        let (by_revision, by_adding) = (id(BY_REVISION), id(BY_ADDING));
        let value = |result: &Result<Record<Counter>>| result.as_ref().unwrap().value().value;
        let old = self.call(counters.get(&by_revision), |old| Did::Read(value(old))).await.unwrap();
        let (from, to) = (old.value().value, old.value().value + 1);
        let swap = counters.update(&by_revision, old.revision(), Counter { value: to });
        let swapped = self.call(swap, |result| Did::Swap { from, to, done: result.is_ok() }).await;
        if let Err(error) = swapped {
            assert_eq!(error.kind(), ErrorKind::RevisionMismatch, "{error:?}");
        }
        let add = counters.modify(&by_adding, Expected::Any, |old| Ok(Counter { value: old.value + 1 }));
        self.call(add, |new| Did::Add(value(new))).await.unwrap();
    }

    async fn take(&mut self, round: u64) -> Option<Record<Slot>> {
        let own = Arc::clone(&self.own);
        let slot = id(&format!("{}-{round}", self.number));
        let slots = own.collection::<Slot>();
        let did = |result: &Result<_>| {
            let refused = result.as_ref().err().filter(|error| {
                let refusal = error.quota();
                refusal.is_none_or(|refusal| refusal.dimension() != Slot::collection().as_str())
            });
            let take = Did::Take { id: slot.as_str().to_owned(), done: result.is_ok() };
            refused.map_or(take, no_room)
        };
        self.call(slots.insert_as(&slot, Slot { task: self.number }), did).await.ok()
    }

    /// Writes a note of a length of the task's own, for which there may be no room.
    async fn write(&mut self, round: u64) -> Option<Record<Note>> {
        let own = Arc::clone(&self.own);
        let length = 300 + (self.number * 37 + round * 101) % 900;
        let note = Note { text: "x".repeat(usize::try_from(length).unwrap()) };
        self.call(own.collection::<Note>().insert(note), went).await.ok()
    }

    async fn upload(&mut self) -> Option<Record<Video>> {
        let own = Arc::clone(&self.own);
        let half = Bytes::from(vec![b'x'; usize::try_from(VIDEO / 2).unwrap()]);
        let body = futures::stream::iter([Ok(half.clone()), Ok(half)]);
        self.call(own.videos().upload("clip.mp4", body).length(VIDEO), went).await.ok()
    }

    async fn see(&mut self) {
        let own = Arc::clone(&self.own);
        let did = |usage: &Result<(tenantry::quota::Usage, Limits)>| {
            Did::Taken(usage.as_ref().unwrap().0.counts.get("slots").copied().unwrap_or(0))
        };
        self.call(own.usage(), did).await.unwrap();
    }
}
