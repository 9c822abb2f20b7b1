//! What is counted: operations on a tenant of a thousand records, each of which was read before.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tenantry::ownership::{Action, Resource};
use tenantry::record::{Entity, RecordId};
use tenantry::{Expected, Freshness, ListOptions, Settings, Snapshot, Workspace};

use crate::place::{FILLED, Place};
use crate::record::{LegacyVideo, id, record, scattered};
use crate::repeated::Repeated;
use crate::side::{Outcome, same};

/// How many records the tenant has.
const RECORDS: u64 = 1_000;
/// How many records a page has.
pub(crate) const PAGE: u64 = 50;
/// How many write at once.
const WRITERS: u64 = 64;
/// How many a list has: all of them.
pub(crate) const LIST: u64 = RECORDS;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A record by its id, typed, of a snapshot.
    Get,
    /// The same, each time asking first whether another process changed anything.
    Strict,
    /// The newest 50, typed.
    Page,
    /// All of them, typed.
    List,
    /// The tenant, of which nothing is in memory, until all were listed.
    Open,
    /// The policy decides a request.
    Decide,
    /// The same the whole way from a workspace.
    Can,
    /// A record is inserted, durable before the next.
    Commit,
    /// One of those that many writers insert at once, each of whom waits until his own is durable.
    CommitShared,
    /// A record gets another content, durable before the next.
    Update,
}

impl Operation {
    /// All of them by their names, and how often each is done where instructions are counted: so often that what is
    /// done once does not matter, and so rarely that it takes seconds.
    pub(crate) const ALL: [(&'static str, Self, u64); 10] = [
        ("get", Self::Get, 2_000),
        ("strict", Self::Strict, 2_000),
        ("page", Self::Page, 50),
        ("list", Self::List, 5),
        ("open", Self::Open, 5),
        ("decide", Self::Decide, 50_000),
        ("can", Self::Can, 2_000),
        ("commit", Self::Commit, 400),
        ("commit-shared", Self::CommitShared, 40 * WRITERS),
        ("update", Self::Update, 400),
    ];
}

/// Where they are done.
pub(crate) struct Operations {
    place: Place,
    workspace: Workspace,
    snapshot: Snapshot,
    ids: Vec<RecordId>,
    times: Arc<AtomicU64>,
    inserted: u64,
}

impl Operations {
    /// In an empty folder.
    pub(crate) fn new(folder: &Path) -> Outcome<Self> {
        let place = Place::new(folder, RECORDS)?;
        let times = Arc::new(AtomicU64::new(0));
        let tenantry = place.deciding(Repeated::new(Arc::clone(&times)))?;
        let workspace = place.workspace(&tenantry, FILLED)?;
        let snapshot = place.runtime.block_on(workspace.snapshot())?;
        let ids = (0..RECORDS).map(|number| RecordId::parse(&id(number))).collect::<Result<_, _>>()?;
        let operations = Self { place, workspace, snapshot, ids, times, inserted: RECORDS };
        operations.list(RECORDS)?;
        Ok(operations)
    }

    /// Does one so many times.
    pub(crate) fn run(&mut self, operation: Operation, times: u64) -> Outcome<()> {
        match operation {
            Operation::Get => {
                let videos = self.snapshot.collection::<LegacyVideo>();
                for read in 0..times {
                    black_box(videos.get(&self.ids[(scattered(read) % RECORDS) as usize])?);
                }
            }
            Operation::Strict => {
                let videos = self.workspace.collection::<LegacyVideo>();
                self.place.runtime.block_on(async {
                    for read in 0..times {
                        black_box(videos.get(&self.ids[(scattered(read) % RECORDS) as usize]).await?);
                    }
                    Outcome::Ok(())
                })?;
            }
            Operation::Page => (0..times).try_for_each(|_| self.list(PAGE))?,
            Operation::List => (0..times).try_for_each(|_| self.list(LIST))?,
            Operation::Open => (0..times).try_for_each(|_| self.open())?,
            Operation::Decide => {
                self.times.store(times, Ordering::Relaxed);
                self.can(1)?;
                same(&self.times.load(Ordering::Relaxed), &0)?;
            }
            Operation::Can => self.can(times)?,
            Operation::Commit => {
                let numbers = self.next(times);
                let videos = self.workspace.collection();
                self.place.runtime.block_on(async {
                    for number in numbers {
                        videos.insert(record(number)).await?;
                    }
                    Outcome::Ok(())
                })?;
            }
            Operation::CommitShared => self.insert_at_once(times)?,
            Operation::Update => {
                let videos = self.workspace.collection();
                self.place.runtime.block_on(async {
                    for update in 0..times {
                        let number = (scattered(update) % RECORDS) as usize;
                        let video = record(number as u64).titled(format!("waves {update}"));
                        videos.update(&self.ids[number], Expected::Any, video).await?;
                    }
                    Outcome::Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// The numbers of the next records.
    fn next(&mut self, records: u64) -> std::ops::Range<u64> {
        let numbers = self.inserted..self.inserted + records;
        self.inserted = numbers.end;
        numbers
    }

    /// Inserts so many records, each writer as many as the others.
    fn insert_at_once(&mut self, records: u64) -> Outcome<()> {
        let (numbers, each) = (self.next(records), records / WRITERS);
        self.place.runtime.block_on(async {
            let writers = numbers.step_by(each.max(1) as usize).map(|first| {
                let workspace = self.workspace.clone();
                tokio::spawn(async move {
                    for number in first..first + each {
                        workspace.collection().insert(record(number)).await?;
                    }
                    Outcome::Ok(())
                })
            });
            for writer in writers.collect::<Vec<_>>() {
                writer.await??;
            }
            Outcome::Ok(())
        })
    }

    fn list(&self, limit: u64) -> Outcome<()> {
        listed(&self.snapshot, limit)
    }

    fn open(&self) -> Outcome<()> {
        let tenantry = self.place.opened(Settings::default().memory)?;
        let workspace = self.place.workspace(&tenantry, FILLED)?;
        listed(&self.place.runtime.block_on(workspace.snapshot())?, RECORDS)
    }

    fn can(&self, times: u64) -> Outcome<()> {
        let workspace = self.workspace.reading(Freshness::Within(Duration::from_secs(3600)));
        let resource = Resource::Record(LegacyVideo::collection(), RecordId::parse(&id(1))?);
        for _ in 0..times {
            let decision = self.place.runtime.block_on(workspace.can(Action::GetRecord, &resource))?;
            same(&decision.is_allowed(), &true)?;
        }
        Ok(())
    }
}

/// Lists the newest ones, as many as are asked for.
fn listed(snapshot: &Snapshot, limit: u64) -> Outcome<()> {
    let options = ListOptions::new().limit(limit as usize);
    let page = black_box(snapshot.collection::<LegacyVideo>().list(&options)?);
    same(&(page.items.len() as u64), &limit)
}
