//! What a process does: two tasks that read, change and remove a few records and files, which all others
//! work on too, and now and then see to what dead processes left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tenantry::environment::SystemClock;
use tenantry::paths::TenantId;
use tenantry::record::Record;
use tenantry::store::StoreMethod;
use tenantry::testkit::{Moment, ObservedStore};
use tenantry::{Error, ErrorKind, Expected, ListOptions, Result, Tenantry, Video, Workspace};

use crate::child;
use crate::words::{
    self, Dice, Did, KEYS, LONG_TITLE, Note, Part, Said, Told, content, moment, record, tenant,
};

const TASKS: u64 = 2;

fn say(said: &Said) {
    child::say(&serde_json::to_string(said).unwrap());
}

/// Works as it is told.
pub(crate) async fn work(part: &Part) {
    let begun = Arc::new(AtomicBool::new(false));
    let (tenantry, own) = begin(part, &begun).await;
    say(&Said::Ready);
    assert_eq!(child::hear().trim(), "go");
    begun.store(true, Ordering::SeqCst);
    let tasks = (0..TASKS).map(|number| {
        let dice = Dice::new(part.seed ^ (part.number * TASKS + number) << 32);
        let (own, tenantry) = (own.clone(), tenantry.clone());
        let values = (part.number * TASKS + number + 1) * 1_000_000;
        let task = Task { number, own, tenantry, dice, values, known: BTreeMap::new() };
        tokio::spawn(task.run(part.steps))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// A session, which tells of its calls of the store once the work has begun, if it is to be killed.
async fn begin(part: &Part, begun: &Arc<AtomicBool>) -> (Tenantry, Workspace) {
    let store = words::store(&part.place, &part.endpoint, part.ledger);
    let (begun, is_to_be_killed) = (Arc::clone(begun), part.steps.is_none());
    let tell = move |_: StoreMethod, _: Option<&TenantId>, _: Moment| {
        if is_to_be_killed && begun.load(Ordering::SeqCst) {
            say(&Said::Call);
        }
    };
    let store = ObservedStore::new(Arc::new(store), tell);
    let tenantry = words::open(store, part.ledger, Arc::new(SystemClock)).await;
    let own = tenantry.session(&tenant("ana")).await.unwrap().own();
    (tenantry, own)
}

struct Task {
    number: u64,
    own: Workspace,
    tenantry: Tenantry,
    dice: Dice,
    /// The last value that was written.
    values: u64,
    /// What was read last of each record.
    known: BTreeMap<u64, Option<Record<Note>>>,
}

/// What an error says of the records and files.
fn told(error: &Error, refusals: &[(ErrorKind, Did)]) -> Told {
    if let Some((_, did)) = refusals.iter().find(|(kind, _)| *kind == error.kind()) {
        return Told::This(did.clone());
    }
    match error.kind() {
        ErrorKind::OutcomeUnknown => Told::Unknown,
        ErrorKind::Unavailable | ErrorKind::Contended | ErrorKind::Expired => Told::Nothing,
        _ => panic!("{error:?}"),
    }
}

impl Task {
    async fn run(mut self, steps: Option<u64>) {
        for _ in 0..steps.unwrap_or(u64::MAX) {
            match self.dice.below(16) {
                0..3 => self.read().await,
                3..9 => self.change().await,
                9..14 => self.files().await,
                14 => self.usage().await,
                _ => self.sweep().await,
            }
        }
    }

    /// Announces what will be done, does it, and says what came of it.
    async fn call<T>(
        &mut self,
        did: Did,
        call: impl IntoFuture<Output = Result<T>>,
        told: impl FnOnce(&Result<T>) -> Told,
    ) -> Result<T> {
        let task = self.number;
        say(&Said::Will { task, at: moment(), did });
        let result = call.await;
        let told = told(&result);
        say(&Said::Was { task, at: moment(), told });
        result
    }

    async fn read(&mut self) {
        let (key, own) = (self.dice.below(KEYS), self.own.clone());
        let read = |value| Did::Read { key, value };
        let notes = own.collection::<Note>();
        let answer = |found: &Result<Record<Note>>| match found {
            Ok(record) => Told::This(read(Some(record.value().value))),
            Err(error) => told(error, &[(ErrorKind::NotFound, read(None))]),
        };
        let id = record(key);
        match self.call(Did::Other, notes.get(&id), answer).await {
            Ok(record) => drop(self.known.insert(key, Some(record))),
            Err(error) if error.kind() == ErrorKind::NotFound => drop(self.known.insert(key, None)),
            Err(_) => {}
        }
    }

    /// Changes what was read last, if nobody else did meanwhile.
    async fn change(&mut self) {
        let key = self.dice.below(KEYS);
        let Some(known) = self.known.remove(&key) else { return self.read().await };
        self.values += 1;
        let (own, id, to) = (self.own.clone(), record(key), self.values);
        let notes = own.collection::<Note>();
        let Some(known) = known else {
            let did = |done| Did::Insert { key, value: to, done };
            let answer = |made: &Result<Record<Note>>| match made {
                Ok(_) => Told::This(did(true)),
                Err(error) => told(error, &[(ErrorKind::AlreadyExists, did(false))]),
            };
            let made = self.call(did(true), notes.insert_as(&id, Note::of(to)), answer).await;
            return self.remember(key, made);
        };
        let (from, remove) = (known.value().value, self.dice.below(5) == 0);
        let to = Some(to).filter(|_| !remove);
        let did = |done| Did::Swap { key, from, to, done };
        let refusals = [(ErrorKind::RevisionMismatch, did(false)), (ErrorKind::NotFound, did(false))];
        match to {
            Some(to) => {
                let answer = |new: &Result<_>| {
                    new.as_ref().map_or_else(|e| told(e, &refusals), |_| Told::This(did(true)))
                };
                let update = notes.update(&id, known.revision(), Note::of(to));
                let changed = self.call(did(true), update, answer).await;
                self.remember(key, changed);
            }
            None => {
                let answer = |gone: &Result<_>| {
                    gone.as_ref().map_or_else(|e| told(e, &refusals), |_| Told::This(did(true)))
                };
                let gone = self.call(did(true), notes.remove(&id, known.revision()), answer).await;
                if gone.is_ok() {
                    self.known.insert(key, None);
                }
            }
        }
    }

    fn remember(&mut self, key: u64, result: Result<Record<Note>>) {
        if let Ok(record) = result {
            self.known.insert(key, Some(record));
        }
    }

    /// Looks at the files, reads one, and deletes one or uploads another.
    async fn files(&mut self) {
        let own = self.own.clone();
        let videos = own.videos();
        let titles = |page: &tenantry::Page<Record<Video>>| {
            page.items.iter().map(|video| video.value().title.clone()).collect()
        };
        let answer = |page: &Result<_>| match page {
            Ok(page) => Told::This(Did::See { titles: titles(page) }),
            Err(error) => told(error, &[]),
        };
        let options = ListOptions::new();
        let Ok(page) = self.call(Did::Other, videos.list(&options), answer).await else { return };
        let files = page.items.len() as u64;
        if files > 0 {
            let at = usize::try_from(self.dice.below(files)).unwrap();
            self.look(&page.items[at]).await;
        }
        if files > 0 && self.dice.below(5) < files {
            let at = usize::try_from(self.dice.below(files)).unwrap();
            self.delete(&page.items[at]).await;
        } else {
            self.upload().await;
        }
    }

    /// Reads a file: whole, or it was deleted meanwhile.
    async fn look(&mut self, video: &Record<Video>) {
        let (own, title) = (self.own.clone(), video.value().title.clone());
        let did = |done| Did::Open { title: title.clone(), done };
        let answer = |read: &Result<Bytes>| match read {
            Ok(bytes) => {
                assert!(*bytes == content(&title), "the bytes of {title} are others");
                Told::This(did(true))
            }
            Err(error) => told(error, &[(ErrorKind::NotFound, did(false))]),
        };
        let read = async { own.videos().open(video.id()).await?.bytes().await };
        drop(self.call(Did::Other, read, answer).await);
    }

    async fn delete(&mut self, video: &Record<Video>) {
        let (own, title) = (self.own.clone(), video.value().title.clone());
        let did = |done| Did::Delete { title: title.clone(), done };
        let answer = |gone: &Result<_>| match gone {
            Ok(_) => Told::This(did(true)),
            Err(error) => told(error, &[(ErrorKind::NotFound, did(false))]),
        };
        let videos = own.videos();
        drop(self.call(did(true), videos.delete(video.id(), Expected::Any), answer).await);
    }

    async fn upload(&mut self) {
        self.values += 1;
        let kind = if self.dice.below(4) == 0 { LONG_TITLE } else { "short" };
        let (own, title) = (self.own.clone(), format!("{kind} {}", self.values));
        let whole = Bytes::from(content(&title));
        let body = futures::stream::iter([Ok(whole.slice(..100)), Ok(whole.slice(100..))]);
        let upload = own.videos().upload("clip.mp4", body).title(&title).length(whole.len() as u64);
        let did = Did::Upload { title };
        let done = did.clone();
        let answer = |uploaded: &Result<Record<Video>>| match uploaded {
            Ok(_) => Told::This(done),
            Err(error) => match error.quota() {
                Some(refusal) => Told::This(Did::NoRoom { used: refusal.used() }),
                None => told(error, &[]),
            },
        };
        drop(self.call(did, upload, answer).await);
    }

    async fn usage(&mut self) {
        let own = self.own.clone();
        let answer = |usage: &Result<(tenantry::quota::Usage, _)>| match usage {
            Ok((usage, _)) => Told::This(Did::Use { bytes: usage.blob_bytes + usage.reserved_bytes }),
            Err(error) => told(error, &[]),
        };
        drop(self.call(Did::Other, own.usage(), answer).await);
    }

    /// Sees to what others left behind, and changes nothing that anybody sees.
    async fn sweep(&mut self) {
        let swept = self.tenantry.operator("a node at work").sweep(&tenant("ana")).await;
        if let Err(error) = swept {
            drop(told(&error, &[]));
        }
    }
}
