//! 64 writers at once, into one tenant and into 64.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, JoinHandle};

use tenantry::Workspace;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::place::Place;
use crate::prewritten::{Prewritten, line_of_an_insert};
use crate::record::{Held, LegacyVideo, id, record};
use crate::side::{Group, Outcome, Side, same, wrong};
use crate::sqlite::Sqlite;

/// How many write at once.
const WRITERS: u64 = 64;
/// How many records each tenant has before.
const FILLED: u64 = 1_000;
/// How often all write before they are measured.
const WARM_UP: u64 = 32 * WRITERS;

/// The groups. A round is one turn: SQLite's connections wait for each other by sleeping, up to a tenth of a second at a
/// time, so that the end of a short turn would be most of it.
pub(crate) fn groups() -> [Group; 2] {
    [
        Group {
            name: "insert-64-one",
            operations: [64 * 300, 64 * 25],
            turns: 1,
            sides: vec![
                ("tenantry", |folder| ours(folder, 1), 1),
                ("connections", |folder| connections(folder, false), 1),
                ("smart", smart, 1),
                ("floor", one_file, 1),
            ],
        },
        Group {
            name: "insert-64-64",
            operations: [64 * 300, 64 * 25],
            turns: 1,
            sides: vec![
                ("tenantry", |folder| ours(folder, 64), 1),
                ("shared", |folder| connections(folder, false), 1),
                ("separate", |folder| connections(folder, true), 1),
                ("floor", files, 1),
            ],
        },
    ]
}

/// The numbers that come next: each writer takes one when its last is durable, so that none is waited for in the end who
/// was left behind.
#[derive(Clone)]
struct Numbers {
    next: Arc<AtomicU64>,
    end: u64,
}

impl Numbers {
    fn of(first: u64, operations: u64) -> Self {
        Self { next: Arc::new(first.into()), end: first + operations }
    }
}

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < self.end)
    }
}

struct Ours {
    place: Place,
    workspaces: Vec<Workspace>,
    inserted: u64,
}

fn ours(folder: &Path, tenants: usize) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, tenants)?;
    let mut workspaces = Vec::new();
    for tenant in 0..tenants {
        place.fill(tenant, FILLED)?;
        workspaces.push(place.workspace(tenant)?);
    }
    let mut ours = Ours { place, workspaces, inserted: FILLED };
    ours.run(WARM_UP)?;
    Ok(Box::new(ours))
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspaces, numbers) = (self.workspaces.clone(), Numbers::of(self.inserted, operations));
        self.place.task(async move {
            let writers = (0..WRITERS).map(|writer| {
                let workspace = workspaces[writer as usize % workspaces.len()].clone();
                let numbers = numbers.clone();
                tokio::spawn(async move {
                    let videos = workspace.collection();
                    for number in numbers {
                        videos.insert(record(number)).await?;
                    }
                    Outcome::Ok(())
                })
            });
            for writer in writers.collect::<Vec<_>>() {
                writer.await??;
            }
            Ok(())
        })?;
        self.inserted += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let mut held = Held::default();
        for tenant in 0..self.workspaces.len() {
            held = held.and(self.place.held(tenant)?);
        }
        same(&held, &should(self.workspaces.len() as u64, self.inserted))
    }
}

/// What all have to hold together: each tenant what it was filled with, and all that was inserted.
fn should(tenants: u64, inserted: u64) -> Held {
    (1..tenants).fold(Held::first(inserted), |held, _| held.and(Held::first(FILLED)))
}

/// Threads with something of their own each, made before a round and let go at once.
struct Crew<T> {
    members: Vec<T>,
    at_work: Vec<JoinHandle<Outcome<T>>>,
    start: Arc<Barrier>,
}

impl<T: Send + 'static> Crew<T> {
    fn new(members: Vec<T>) -> Self {
        let start = Arc::new(Barrier::new(members.len() + 1));
        Self { members, at_work: Vec::new(), start }
    }

    /// Has all of them ready to work.
    fn prepare(&mut self, work: impl Fn(&mut T, u64) -> Outcome<()> + Clone + Send + 'static) {
        let ready = (0..).zip(self.members.drain(..)).map(|(number, mut member)| {
            let (work, start) = (work.clone(), Arc::clone(&self.start));
            thread::spawn(move || {
                start.wait();
                work(&mut member, number).map(|()| member)
            })
        });
        self.at_work = ready.collect();
    }

    /// Lets them go, until all are done.
    fn run(&mut self) -> Outcome<()> {
        self.start.wait();
        for member in self.at_work.drain(..) {
            self.members.push(member.join().map_err(|_| wrong("a writer panicked"))??);
        }
        Ok(())
    }
}

/// 64 threads with a connection each, to one database or to one each.
struct Connections {
    databases: Crew<Sqlite>,
    separate: bool,
    inserted: u64,
}

fn owner(writer: u64) -> String {
    format!("user{writer}")
}

fn connections(folder: &Path, separate: bool) -> Outcome<Box<dyn Side>> {
    let mut databases = Vec::new();
    let path = folder.join("videos.sqlite");
    let mut inserted = FILLED;
    for writer in 0..WRITERS {
        databases.push(if separate {
            let mut sqlite = Sqlite::create(&folder.join(format!("{writer}")).join("videos.sqlite"))?;
            sqlite.fill(&owner(writer), FILLED)?;
            sqlite
        } else if writer == 0 {
            let mut sqlite = Sqlite::create(&path)?;
            sqlite.fill(&owner(0), FILLED)?;
            inserted += sqlite.steady(&owner(0), FILLED)?;
            sqlite
        } else {
            Sqlite::open(&path)?
        });
    }
    let mut side = Connections { databases: Crew::new(databases), separate, inserted };
    if separate {
        // Each database's WAL is written over from its 1,000th page on.
        side.prepare(WRITERS * 400)?;
        side.run(WRITERS * 400)?;
    }
    Ok(Box::new(side))
}

impl Side for Connections {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let numbers = Numbers::of(self.inserted, operations);
        self.databases.prepare(move |sqlite, writer| {
            let own = owner(writer);
            numbers.clone().try_for_each(|number| sqlite.insert(&id(number), &own, &record(number)))
        });
        Ok(())
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        self.databases.run()?;
        self.inserted += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        if !self.separate {
            return same(&self.databases.members[0].held()?, &Held::first(self.inserted));
        }
        let held = self.databases.members.iter().map(Sqlite::held);
        let held = held.collect::<Outcome<Vec<_>>>()?.into_iter().fold(Held::default(), Held::and);
        same(&held, &should(WRITERS, self.inserted))
    }
}

/// What waits for the one connection: a record, and whom to tell that it is durable.
type Waiting = (u64, LegacyVideo, oneshot::Sender<()>);

/// One connection that takes all that waits into one transaction.
struct Smart {
    runtime: Runtime,
    queue: Option<mpsc::Sender<Waiting>>,
    committer: Option<JoinHandle<Outcome<Sqlite>>>,
    inserted: Arc<AtomicU64>,
}

fn smart(folder: &Path) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(&owner(0), FILLED)?;
    let inserted = FILLED + sqlite.steady(&owner(0), FILLED)?;
    let (queue, waiting) = mpsc::channel::<Waiting>();
    let committer = thread::spawn(move || {
        while let Ok(next) = waiting.recv() {
            let batch: Vec<Waiting> = std::iter::once(next).chain(waiting.try_iter()).collect();
            let (records, callers): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .map(|(number, video, caller)| ((id(number), "user0", video), caller))
                .unzip();
            sqlite.together(records.into_iter())?;
            for caller in callers {
                let _ = caller.send(());
            }
        }
        Ok(sqlite)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let inserted = Arc::new(AtomicU64::new(inserted));
    let mut smart = Smart { runtime, queue: Some(queue), committer: Some(committer), inserted };
    smart.run(WARM_UP)?;
    Ok(Box::new(smart))
}

impl Side for Smart {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let queue = self.queue.clone().ok_or_else(|| wrong("the committer is gone"))?;
        let numbers = Numbers::of(self.inserted.fetch_add(operations, Ordering::Relaxed), operations);
        let all = async move {
            let writers = (0..WRITERS).map(|_| {
                let (queue, numbers) = (queue.clone(), numbers.clone());
                tokio::spawn(async move {
                    for number in numbers {
                        let (caller, durable) = oneshot::channel();
                        queue.send((number, record(number), caller))?;
                        durable.await?;
                    }
                    Outcome::Ok(())
                })
            });
            for writer in writers.collect::<Vec<_>>() {
                writer.await??;
            }
            Outcome::Ok(())
        };
        self.runtime.block_on(self.runtime.spawn(all))?
    }

    fn check(&mut self) -> Outcome<()> {
        self.queue = None;
        let committer = self.committer.take().ok_or_else(|| wrong("the committer is gone"))?;
        let sqlite = committer.join().map_err(|_| wrong("the committer panicked"))??;
        same(&sqlite.held()?, &Held::first(self.inserted.load(Ordering::Relaxed)))
    }
}

struct OneFile(Prewritten);

fn one_file(folder: &Path) -> Outcome<Box<dyn Side>> {
    let line = line_of_an_insert(folder)?;
    Ok(Box::new(OneFile(Prewritten::new(&folder.join("file"), line)?)))
}

impl Side for OneFile {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations / WRITERS {
            self.0.write(WRITERS as usize)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        self.0.check()
    }
}

struct Files(Crew<Prewritten>);

fn files(folder: &Path) -> Outcome<Box<dyn Side>> {
    let line = line_of_an_insert(folder)?;
    let files = (0..WRITERS).map(|writer| Prewritten::new(&folder.join(format!("file{writer}")), line));
    Ok(Box::new(Files(Crew::new(files.collect::<Result<_, _>>()?))))
}

impl Side for Files {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let each = operations / WRITERS;
        self.0.prepare(move |file, _| Ok((0..each).try_for_each(|_| file.write(1))?));
        Ok(())
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        self.0.run()
    }

    fn check(&mut self) -> Outcome<()> {
        self.0.members.iter().try_for_each(Prewritten::check)
    }
}
