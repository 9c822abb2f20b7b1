//! Updates of one record of 100,000, each at random and durable before the next.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tenantry::record::RecordId;
use tenantry::{Expected, Workspace};

use crate::insert;
use crate::place::Place;
use crate::record::{Held, LegacyVideo, id, record, scattered};
use crate::side::{Group, Outcome, Side, same, wrong};
use crate::sqlite::Sqlite;

const OWNER: &str = "user0";
const RECORDS: u64 = 100_000;
const WARM_UP: u64 = 1_000;

/// The variable that says which Python is to be run.
const PYTHON: &str = "PYTHON";

/// The groups. Rewriting leaves much to be written to the disk, which the others' turns must not meet.
pub(crate) fn groups() -> [Group; 2] {
    [
        Group {
            name: "update-100k",
            operations: [500, 200],
            turns: 10,
            sides: vec![("tenantry", ours, 1), ("rusqlite", peer, 1), ("floor", insert::floor, 1)],
        },
        Group {
            name: "update-100k-rewrite",
            operations: [500, 200],
            turns: 1,
            sides: vec![("tenantry", ours, 1), ("rewrite", rewrite, u64::MAX)],
        },
    ]
}

/// Which records were updated how often: what they have to hold in the end.
#[derive(Default)]
struct Updates {
    count: u64,
    titles: BTreeMap<u64, String>,
}

impl Updates {
    /// The next one: a record's number, and its new content.
    fn next(&mut self) -> (u64, LegacyVideo) {
        self.count += 1;
        let (number, title) = (scattered(self.count) % RECORDS, format!("waves {}", self.count));
        self.titles.insert(number, title.clone());
        (number, record(number).titled(title))
    }

    fn held(&self) -> Held {
        let mut held = Held::first(RECORDS);
        for (number, title) in &self.titles {
            held.take(&record(*number));
            held.add(&record(*number).titled(title.clone()));
        }
        held
    }
}

struct Ours {
    place: Place,
    workspace: Workspace,
    updates: Updates,
}

fn ours(folder: &Path) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, RECORDS)?;
    let workspace = place.workspace(0)?;
    let mut ours = Ours { place, workspace, updates: Updates::default() };
    ours.run(WARM_UP)?;
    Ok(Box::new(ours))
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, mut updates) = (self.workspace.clone(), std::mem::take(&mut self.updates));
        self.updates = self.place.task(async move {
            let videos = workspace.collection();
            for _ in 0..operations {
                let (number, video) = updates.next();
                videos.update(&RecordId::parse(&id(number))?, Expected::Any, video).await?;
            }
            Ok(updates)
        })?;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&self.place.held(0)?, &self.updates.held())
    }
}

struct Peer {
    sqlite: Sqlite,
    updates: Updates,
}

fn peer(folder: &Path) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, RECORDS)?;
    let mut peer = Peer { sqlite, updates: Updates::default() };
    // An update writes a page or two, and the WAL is written over from its 1,000th page on.
    peer.run(2 * WARM_UP)?;
    Ok(Box::new(peer))
}

impl Side for Peer {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            let (number, video) = self.updates.next();
            self.sqlite.update(&id(number), OWNER, &video)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&self.sqlite.held()?, &self.updates.held())
    }
}

struct Rewrite {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    path: PathBuf,
    updates: Updates,
}

fn rewrite(folder: &Path) -> Outcome<Box<dyn Side>> {
    let path = folder.join("video_database.json");
    let all: Vec<LegacyVideo> = (0..RECORDS).map(record).collect();
    std::fs::write(&path, serde_json::to_vec_pretty(&all)?)?;
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rewrite.py");
    let mut child =
        Command::new(python).arg(script).arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let pipe = || wrong("Python has no pipe");
    let orders = child.stdin.take().ok_or_else(pipe)?;
    let answers = BufReader::new(child.stdout.take().ok_or_else(pipe)?);
    let mut rewrite = Rewrite { child, orders, answers, path, updates: Updates::default() };
    rewrite.run(1)?;
    Ok(Box::new(rewrite))
}

impl Side for Rewrite {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            let (number, _) = self.updates.next();
            let title = &self.updates.titles[&number];
            writeln!(self.orders, "{number}\t{title}")?;
            let mut answer = String::new();
            self.answers.read_line(&mut answer)?;
            same(&answer.trim_end(), &"written")?;
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let all: Vec<LegacyVideo> = serde_json::from_slice(&std::fs::read(&self.path)?)?;
        let mut held = Held::default();
        all.iter().for_each(|video| held.add(video));
        same(&held, &self.updates.held())
    }
}

impl Drop for Rewrite {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
