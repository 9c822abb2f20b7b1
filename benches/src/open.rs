//! Opening a tenant of which nothing is in memory: until all its records could be listed (all of it was read and checked),
//! and until the first was read.
//! The page cache is warm for all sides, as it is for whoever is opened again and again.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use tenantry::record::RecordId;
use tenantry::{Snapshot, Tenantry};

use crate::place::{Place, name};
use crate::record::{Held, LegacyVideo, id, record};
use crate::side::{Group, Make, Outcome, Side, same};
use crate::sqlite::Sqlite;

const OWNER: &str = "user0";
const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;
/// The record that is read first.
const FIRST: u64 = 500;

/// The groups.
pub(crate) fn groups() -> [Group; 2] {
    let group = |name, operations, sides: [Make; 5]| {
        let [ours, ours_get, peer, peer_get, floor] = sides;
        let sides = vec![
            ("tenantry", ours, 1),
            ("tenantry-get", ours_get, 1),
            ("rusqlite", peer, 1),
            ("rusqlite-get", peer_get, 1),
            ("floor", floor, 1),
        ];
        Group { name, operations, turns: 2, sides }
    };
    [
        group(
            "open-1k",
            [100, 20],
            [
                |at| ours(at, SMALL, Until::Listable),
                |at| ours(at, SMALL, Until::FirstGet),
                |at| peer(at, SMALL, Until::Listable),
                |at| peer(at, SMALL, Until::FirstGet),
                |at| floor(at, SMALL),
            ],
        ),
        group(
            "open-100k",
            [6, 4],
            [
                |at| ours(at, LARGE, Until::Listable),
                |at| ours(at, LARGE, Until::FirstGet),
                |at| peer(at, LARGE, Until::Listable),
                |at| peer(at, LARGE, Until::FirstGet),
                |at| floor(at, LARGE),
            ],
        ),
    ]
}

/// Until what is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Listable,
    FirstGet,
}

struct Ours {
    place: Place,
    filled: u64,
    until: Until,
    /// Opened on the root, with no tenant in memory; one for each operation to come.
    fresh: Vec<Tenantry>,
    /// What was opened: letting go of it is not timed, on no side.
    used: Vec<(Tenantry, Snapshot)>,
}

fn ours(folder: &Path, filled: u64, until: Until) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, filled)?;
    place.close()?;
    Ok(Box::new(Ours { place, filled, until, fresh: Vec::new(), used: Vec::new() }))
}

impl Side for Ours {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        self.used.clear();
        self.fresh = (0..operations).map(|_| self.place.another()).collect::<Outcome<_>>()?;
        Ok(())
    }

    fn run(&mut self, _: u64) -> Outcome<()> {
        let (fresh, until) = (std::mem::take(&mut self.fresh), self.until);
        self.used = self.place.task(async move {
            let mut used = Vec::new();
            for tenantry in fresh {
                let workspace = tenantry.session(&name(0)?).await?.own();
                let snapshot = workspace.snapshot().await?;
                match until {
                    // All of it is read and checked for that.
                    Until::Listable => drop(black_box(snapshot.usage()?)),
                    Until::FirstGet => {
                        drop(black_box(
                            snapshot.collection::<LegacyVideo>().get(&RecordId::parse(&id(FIRST))?)?,
                        ));
                    }
                }
                used.push((tenantry, snapshot));
            }
            Ok(used)
        })?;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        for (_, snapshot) in &self.used {
            let first = snapshot.collection::<LegacyVideo>().get(&RecordId::parse(&id(FIRST))?)?;
            same(first.value(), &record(FIRST))?;
        }
        same(&self.place.held(0)?, &Held::first(self.filled))
    }
}

struct Peer {
    sqlite: Sqlite,
    filled: u64,
    until: Until,
    used: Vec<Sqlite>,
}

fn peer(folder: &Path, filled: u64, until: Until) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, filled)?;
    Ok(Box::new(Peer { sqlite, filled, until, used: Vec::new() }))
}

impl Side for Peer {
    fn prepare(&mut self, _: u64) -> Outcome<()> {
        self.used.clear();
        Ok(())
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            let sqlite = self.sqlite.another()?;
            match self.until {
                Until::Listable => drop(black_box(sqlite.page(OWNER, i64::MAX, self.filled as usize)?)),
                Until::FirstGet => drop(black_box(sqlite.get(&id(FIRST), OWNER)?)),
            }
            self.used.push(sqlite);
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&self.sqlite.get(&id(FIRST), OWNER)?.value, &record(FIRST))?;
        let (rows, _) = self.sqlite.page(OWNER, i64::MAX, self.filled as usize)?;
        let mut held = Held::default();
        rows.iter().for_each(|row| held.add(&row.value));
        same(&held, &Held::first(self.filled))
    }
}

/// The ledger's bytes, read and hashed as the ledger's own checksums do.
struct Floor {
    ledger: PathBuf,
    length: usize,
    hash: Option<blake3::Hash>,
}

fn floor(folder: &Path, filled: u64) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, filled)?;
    place.close()?;
    let ledger = place.data(0)?.join("ledger");
    drop(place);
    // What is zero was made ready for commits to come.
    let bytes = std::fs::read(&ledger)?;
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    std::fs::write(folder.join("ledger"), &bytes[..length])?;
    Ok(Box::new(Floor { ledger: folder.join("ledger"), length, hash: None }))
}

impl Side for Floor {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            self.hash = Some(blake3::hash(&std::fs::read(&self.ledger)?));
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let bytes = std::fs::read(&self.ledger)?;
        same(&(bytes.len(), Some(blake3::hash(&bytes))), &(self.length, self.hash))
    }
}
