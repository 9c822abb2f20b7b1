//! Lists, typed: the newest records of 100,000 again and again, and all of them a page after the other, each for the first
//! time since the tenant was opened.

use std::hint::black_box;
use std::path::Path;

use tenantry::{Cursor, ListOptions, Snapshot};

use crate::place::Place;
use crate::record::{LegacyVideo, record};
use crate::side::{Group, Make, Outcome, Side, same};
use crate::sqlite::{Row, Sqlite};

const OWNER: &str = "user0";
const RECORDS: u64 = 100_000;
const PAGE: usize = 50;
const LIST: usize = 1_000;

/// The groups.
pub(crate) fn groups() -> [Group; 4] {
    let group = |name, operations, sides: [Make; 2]| {
        let [ours, peer] = sides;
        Group { name, operations, turns: 2, sides: vec![("tenantry", ours, 1), ("rusqlite", peer, 1)] }
    };
    [
        group("page", [2_000, 400], [|at| ours(at, PAGE, false), |at| peer(at, PAGE, false)]),
        group("page-first", [200, 100], [|at| ours(at, PAGE, true), |at| peer(at, PAGE, true)]),
        group("list", [100, 20], [|at| ours(at, LIST, false), |at| peer(at, LIST, false)]),
        group("list-first", [20, 10], [|at| ours(at, LIST, true), |at| peer(at, LIST, true)]),
    ]
}

/// The numbers of a page's records: the newest first, after so many pages.
fn numbers(limit: usize, pages: u64) -> impl Iterator<Item = u64> {
    let newest = RECORDS - pages * limit as u64;
    (newest - limit as u64..newest).rev()
}

struct Ours {
    place: Place,
    snapshot: Snapshot,
    limit: usize,
    /// Whether each page is to be a new one.
    first: bool,
    after: Option<Cursor>,
    pages: u64,
}

fn ours(folder: &Path, limit: usize, first: bool) -> Outcome<Box<dyn Side>> {
    let place = Place::new(folder, 1)?;
    place.fill(0, RECORDS)?;
    let workspace = place.workspace(0)?;
    let snapshot = place.runtime.block_on(workspace.snapshot())?;
    let mut ours = Ours { place, snapshot, limit, first, after: None, pages: 0 };
    if first {
        ours.open()?;
    } else {
        ours.run(10)?;
    }
    Ok(Box::new(ours))
}

impl Ours {
    /// A state of which no record was looked at yet.
    fn open(&mut self) -> Outcome<()> {
        let workspace = self.place.reopened(0)?;
        self.snapshot = self.place.runtime.block_on(workspace.snapshot())?;
        (self.after, self.pages) = (None, 0);
        Ok(())
    }

    fn page(&mut self) -> Outcome<Vec<tenantry::record::Record<LegacyVideo>>> {
        let mut options = ListOptions::new().limit(self.limit);
        if let Some(after) = self.after.take() {
            options = options.after(after);
        }
        let page = self.snapshot.collection().list(&options)?;
        if self.first {
            (self.after, self.pages) = (page.next, self.pages + 1);
        }
        Ok(page.items)
    }
}

impl Side for Ours {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let left = RECORDS / self.limit as u64 - self.pages;
        if self.first && left <= operations { self.open() } else { Ok(()) }
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            black_box(self.page()?);
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let should: Vec<_> = numbers(self.limit, self.pages).map(record).collect();
        let page: Vec<_> = self.page()?.into_iter().map(tenantry::record::Record::into_value).collect();
        same(&page, &should)
    }
}

struct Peer {
    sqlite: Sqlite,
    limit: usize,
    first: bool,
    below: i64,
    pages: u64,
}

fn peer(folder: &Path, limit: usize, first: bool) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, RECORDS)?;
    let mut peer = Peer { sqlite, limit, first, below: i64::MAX, pages: 0 };
    if first {
        peer.open()?;
    } else {
        peer.run(10)?;
    }
    Ok(Box::new(peer))
}

impl Peer {
    fn open(&mut self) -> Outcome<()> {
        self.sqlite = self.sqlite.another()?;
        (self.below, self.pages) = (i64::MAX, 0);
        Ok(())
    }

    fn page(&mut self) -> Outcome<Vec<Row>> {
        let (rows, last) = self.sqlite.page(OWNER, self.below, self.limit)?;
        if self.first {
            (self.below, self.pages) = (last, self.pages + 1);
        }
        Ok(rows)
    }
}

impl Side for Peer {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let left = RECORDS / self.limit as u64 - self.pages;
        if self.first && left <= operations { self.open() } else { Ok(()) }
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            black_box(self.page()?);
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        let should: Vec<_> = numbers(self.limit, self.pages).map(record).collect();
        let page: Vec<_> = self.page()?.into_iter().map(|row| row.value).collect();
        same(&page, &should)
    }
}
