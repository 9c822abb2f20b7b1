//! Reads of single records by id: typed, of a snapshot, and with the store asked each time whether there is news.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;
use tenantry::Workspace;
use tenantry::record::RecordId;

use crate::place::Place;
use crate::record::{LegacyVideo, id, record, scattered};
use crate::side::{Group, Make, Outcome, Side, same, wrong};
use crate::sqlite::Sqlite;

const OWNER: &str = "user0";
const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;
/// How many of the records that are read are compared with what they should be.
const COMPARED: u64 = 1_000;

/// The groups.
pub(crate) fn groups() -> [Group; 2] {
    let group = |name, sides: [Make; 4]| {
        let [snapshot, strict, peer, floor] = sides;
        Group {
            name,
            operations: [40_000, 8_000],
            turns: 4,
            sides: vec![
                ("tenantry", snapshot, 1),
                ("tenantry-strict", strict, 1),
                ("rusqlite", peer, 1),
                ("hashbrown", floor, 1),
            ],
        }
    };
    [
        group(
            "get-1k",
            [
                |folder| ours(folder, SMALL, false),
                |folder| ours(folder, SMALL, true),
                |folder| peer(folder, SMALL),
                |_| Ok(floor(SMALL)),
            ],
        ),
        group(
            "get-100k",
            [
                |folder| ours(folder, LARGE, false),
                |folder| ours(folder, LARGE, true),
                |folder| peer(folder, LARGE),
                |_| Ok(floor(LARGE)),
            ],
        ),
    ]
}

/// Which record is read as the so many-th.
const fn chosen(read: u64, records: u64) -> u64 {
    scattered(read) % records
}

fn ids(records: u64) -> Vec<String> {
    (0..records).map(id).collect()
}

struct Ours {
    place: Place,
    workspace: Workspace,
    ids: Arc<Vec<RecordId>>,
    strict: bool,
    read: u64,
}

fn ours(folder: &Path, records: u64, strict: bool) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, records)?;
    let workspace = place.workspace(0)?;
    let ids = ids(records).iter().map(|id| RecordId::parse(id)).collect::<Result<_, _>>()?;
    let mut ours = Ours { place, workspace, ids: Arc::new(ids), strict, read: 0 };
    ours.run(records)?;
    Ok(Box::new(ours))
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, ids, strict) = (self.workspace.clone(), Arc::clone(&self.ids), self.strict);
        let reads = self.read..self.read + operations;
        self.read += operations;
        self.place.task(async move {
            let next = |read| &ids[chosen(read, ids.len() as u64) as usize];
            if strict {
                let videos = workspace.collection::<LegacyVideo>();
                for read in reads {
                    black_box(videos.get(next(read)).await?);
                }
            } else {
                let snapshot = workspace.snapshot().await?;
                let videos = snapshot.collection::<LegacyVideo>();
                for read in reads {
                    black_box(videos.get(next(read))?);
                }
            }
            Ok(())
        })
    }

    fn check(&mut self) -> Outcome<()> {
        let snapshot = self.place.runtime.block_on(self.workspace.snapshot())?;
        for number in (0..self.ids.len() as u64).take(COMPARED as usize) {
            let video = snapshot.collection::<LegacyVideo>().get(&self.ids[number as usize])?;
            same(video.value(), &record(number))?;
        }
        Ok(())
    }
}

struct Peer {
    sqlite: Sqlite,
    ids: Vec<String>,
    read: u64,
}

fn peer(folder: &Path, records: u64) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, records)?;
    let mut peer = Peer { sqlite, ids: ids(records), read: 0 };
    peer.run(records)?;
    Ok(Box::new(peer))
}

impl Side for Peer {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for read in self.read..self.read + operations {
            let id = &self.ids[chosen(read, self.ids.len() as u64) as usize];
            black_box(self.sqlite.get(id, OWNER)?);
        }
        self.read += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        for (number, id) in (0..COMPARED).zip(&self.ids) {
            same(&self.sqlite.get(id, OWNER)?.value, &record(number))?;
        }
        Ok(())
    }
}

/// The floor of what is held in memory: one look-up, and one count of those who hold it.
struct Floor {
    videos: HashMap<String, Arc<LegacyVideo>>,
    ids: Vec<String>,
    read: u64,
}

fn floor(records: u64) -> Box<dyn Side> {
    let ids = ids(records);
    let videos = (0..).zip(&ids).map(|(number, id)| (id.clone(), Arc::new(record(number)))).collect();
    Box::new(Floor { videos, ids, read: 0 })
}

impl Floor {
    fn get(&self, id: &str) -> Outcome<Arc<LegacyVideo>> {
        self.videos.get(id).cloned().ok_or_else(|| wrong("a record is missing"))
    }
}

impl Side for Floor {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for read in self.read..self.read + operations {
            black_box(self.get(&self.ids[chosen(read, self.ids.len() as u64) as usize])?);
        }
        self.read += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        for (number, id) in (0..COMPARED).zip(&self.ids) {
            same(&*self.get(id)?, &record(number))?;
        }
        Ok(())
    }
}
