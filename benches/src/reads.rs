//! Reads of single records by id: typed, of a snapshot, and with the store asked each time whether there is news; of
//! records that were read before, and of such as were not since the tenant was opened.

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
/// How often each record is read before that is measured: once it is known that a state is read that often, where its
/// records are is noted.
const BEFORE: u64 = 2;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Records that were read before.
    Again,
    /// The same; the library asks the store each time whether there is news, and SQLite reads without a transaction around
    /// several reads, which has it look as well.
    Strict,
    /// Records that nobody read since the tenant was opened.
    First,
}

/// The groups. SQLite's reads within a transaction have one of their own: another side's memory would meet all others.
pub(crate) fn groups() -> [Group; 5] {
    let group = |name, sides| Group { name, operations: [40_000, 8_000], turns: 4, sides };
    let four = |name, sides: [Make; 4]| {
        let [snapshot, strict, peer, floor] = sides;
        let peers = [("rusqlite", peer, 1), ("hashbrown", floor, 1)];
        group(
            name,
            [("tenantry", snapshot, 1), ("tenantry-strict", strict, 1)].into_iter().chain(peers).collect(),
        )
    };
    let two = |name, [ours, peer]: [Make; 2]| group(name, vec![("tenantry", ours, 1), ("rusqlite", peer, 1)]);
    [
        four(
            "get-1k",
            [
                |folder| ours(folder, SMALL, Reads::Again),
                |folder| ours(folder, SMALL, Reads::Strict),
                |folder| peer(folder, SMALL, Reads::Strict),
                |_| Ok(floor(SMALL)),
            ],
        ),
        four(
            "get-100k",
            [
                |folder| ours(folder, LARGE, Reads::Again),
                |folder| ours(folder, LARGE, Reads::Strict),
                |folder| peer(folder, LARGE, Reads::Strict),
                |_| Ok(floor(LARGE)),
            ],
        ),
        two(
            "get-1k-transaction",
            [|folder| ours(folder, SMALL, Reads::Again), |folder| peer(folder, SMALL, Reads::Again)],
        ),
        two(
            "get-100k-transaction",
            [|folder| ours(folder, LARGE, Reads::Again), |folder| peer(folder, LARGE, Reads::Again)],
        ),
        two(
            "get-100k-first",
            [|folder| ours(folder, LARGE, Reads::First), |folder| peer(folder, LARGE, Reads::First)],
        ),
    ]
}

/// Which records are read one after the other: each once, in an order by chance, and then all over again.
struct Order {
    numbers: Arc<Vec<usize>>,
    read: u64,
}

impl Order {
    fn of(records: u64) -> Self {
        let mut numbers: Vec<u64> = (0..records).collect();
        numbers.sort_unstable_by_key(|number| scattered(*number));
        Self { numbers: Arc::new(numbers.into_iter().map(|number| number as usize).collect()), read: 0 }
    }

    /// The next ones.
    fn next(&mut self, reads: u64) -> impl Iterator<Item = usize> + Send + use<> {
        let (numbers, from) = (Arc::clone(&self.numbers), self.read);
        self.read += reads;
        (from..from + reads).map(move |read| numbers[read as usize % numbers.len()])
    }

    /// Whether one of so many was read before.
    fn repeats(&self, reads: u64) -> bool {
        self.read + reads > self.numbers.len() as u64
    }
}

fn ids(records: u64) -> Vec<String> {
    (0..records).map(id).collect()
}

struct Ours {
    place: Place,
    workspace: Workspace,
    ids: Arc<Vec<RecordId>>,
    reads: Reads,
    order: Order,
}

fn ours(folder: &Path, records: u64, reads: Reads) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, records)?;
    let workspace = place.workspace(0)?;
    let ids = ids(records).iter().map(|id| RecordId::parse(id)).collect::<Result<_, _>>()?;
    let mut ours = Ours { place, workspace, ids: Arc::new(ids), reads, order: Order::of(records) };
    // Closing has what was filled folded, so that no fold is under way beside the reads.
    ours.open()?;
    if reads != Reads::First {
        ours.run(BEFORE * records)?;
    }
    Ok(Box::new(ours))
}

impl Ours {
    /// A state of which no record was looked at yet.
    fn open(&mut self) -> Outcome<()> {
        (self.workspace, self.order.read) = (self.place.reopened(0)?, 0);
        self.place.runtime.block_on(self.workspace.snapshot())?;
        Ok(())
    }
}

impl Side for Ours {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        if self.reads == Reads::First && self.order.repeats(operations) { self.open() } else { Ok(()) }
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, ids) = (self.workspace.clone(), Arc::clone(&self.ids));
        let (is_strict, numbers) = (self.reads == Reads::Strict, self.order.next(operations));
        self.place.task(async move {
            if is_strict {
                let videos = workspace.collection::<LegacyVideo>();
                for number in numbers {
                    black_box(videos.get(&ids[number]).await?);
                }
            } else {
                let snapshot = workspace.snapshot().await?;
                let videos = snapshot.collection::<LegacyVideo>();
                for number in numbers {
                    black_box(videos.get(&ids[number])?);
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
    reads: Reads,
    order: Order,
}

fn peer(folder: &Path, records: u64, reads: Reads) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, records)?;
    let mut peer = Peer { sqlite, ids: ids(records), reads, order: Order::of(records) };
    if reads == Reads::First {
        peer.open()?;
    } else {
        peer.run(BEFORE * records)?;
    }
    Ok(Box::new(peer))
}

impl Peer {
    fn open(&mut self) -> Outcome<()> {
        (self.sqlite, self.order.read) = (self.sqlite.another()?, 0);
        Ok(())
    }
}

impl Side for Peer {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        if self.reads == Reads::First && self.order.repeats(operations) { self.open() } else { Ok(()) }
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let mut numbers = self.order.next(operations);
        let mut read = || {
            numbers.try_for_each(|number| {
                black_box(self.sqlite.get(&self.ids[number], OWNER)?);
                Ok(())
            })
        };
        if self.reads == Reads::Again { self.sqlite.within(&mut read) } else { read() }
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
    order: Order,
}

fn floor(records: u64) -> Box<dyn Side> {
    let ids = ids(records);
    let videos = (0..).zip(&ids).map(|(number, id)| (id.clone(), Arc::new(record(number)))).collect();
    Box::new(Floor { videos, ids, order: Order::of(records) })
}

impl Floor {
    fn get(&self, id: &str) -> Outcome<Arc<LegacyVideo>> {
        self.videos.get(id).cloned().ok_or_else(|| wrong("a record is missing"))
    }
}

impl Side for Floor {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for number in self.order.next(operations) {
            black_box(self.get(&self.ids[number])?);
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        for (number, id) in (0..COMPARED).zip(&self.ids) {
            same(&*self.get(id)?, &record(number))?;
        }
        Ok(())
    }
}
