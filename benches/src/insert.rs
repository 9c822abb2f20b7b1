//! One writer that inserts one record after the other, each durable before the next.

use std::path::Path;

use tenantry::{ViewMode, Workspace};

use crate::place::Place;
use crate::prewritten::{Prewritten, line_of_an_insert};
use crate::record::{Held, id, record};
use crate::side::{Group, Make, Outcome, Side, same};
use crate::sqlite::Sqlite;

const OWNER: &str = "user0";
/// What our side inserts before it is measured, so that its ledger was folded as often as it needs.
const WARM_UP: u64 = 1_000;
const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;

/// The groups.
pub(crate) fn groups() -> [Group; 3] {
    let small: Make = |folder| ours(folder, SMALL, ViewMode::AtClose);
    [
        Group {
            name: "insert-1-1k",
            operations: [500, 200],
            turns: 10,
            sides: vec![
                ("tenantry", small, 1),
                ("rusqlite", |folder| peer(folder, SMALL), 1),
                ("floor", floor, 1),
            ],
        },
        Group {
            name: "insert-1-100k",
            operations: [500, 200],
            turns: 10,
            sides: vec![
                ("tenantry", |folder| ours(folder, LARGE, ViewMode::AtClose), 1),
                ("rusqlite", |folder| peer(folder, LARGE), 1),
                ("floor", floor, 1),
                ("tenantry-1k", small, 1),
            ],
        },
        // What writes views in the background would meet the others' turns too, so it is a group of its own.
        Group {
            name: "insert-1-100k-views",
            operations: [500, 200],
            turns: 10,
            sides: vec![("tenantry", |folder| ours(folder, LARGE, ViewMode::Soon), 1), ("floor", floor, 1)],
        },
    ]
}

struct Ours {
    place: Place,
    workspace: Workspace,
    inserted: u64,
}

fn ours(folder: &Path, filled: u64, views: ViewMode) -> Outcome<Box<dyn Side>> {
    let place = Place::with(folder, 1, views)?;
    place.fill(0, filled)?;
    let workspace = place.workspace(0)?;
    let mut ours = Ours { place, workspace, inserted: filled };
    ours.run(WARM_UP)?;
    Ok(Box::new(ours))
}

impl Side for Ours {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        let (workspace, first) = (self.workspace.clone(), self.inserted);
        self.place.task(async move {
            let videos = workspace.collection();
            for number in first..first + operations {
                videos.insert(record(number)).await?;
            }
            Ok(())
        })?;
        self.inserted += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&self.place.held(0)?, &Held::first(self.inserted))
    }
}

struct Peer {
    sqlite: Sqlite,
    inserted: u64,
}

fn peer(folder: &Path, filled: u64) -> Outcome<Box<dyn Side>> {
    let mut sqlite = Sqlite::create(&folder.join("videos.sqlite"))?;
    sqlite.fill(OWNER, filled)?;
    let warm = sqlite.steady(OWNER, filled)?;
    Ok(Box::new(Peer { sqlite, inserted: filled + warm }))
}

impl Side for Peer {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for number in self.inserted..self.inserted + operations {
            self.sqlite.insert(&id(number), OWNER, &record(number))?;
        }
        self.inserted += operations;
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        same(&self.sqlite.held()?, &Held::first(self.inserted))
    }
}

struct Floor(Prewritten);

/// The floor of one durable insert.
pub(crate) fn floor(folder: &Path) -> Outcome<Box<dyn Side>> {
    let line = line_of_an_insert(folder)?;
    let mut floor = Floor(Prewritten::new(&folder.join("file"), line)?);
    floor.run(WARM_UP)?;
    Ok(Box::new(floor))
}

impl Side for Floor {
    fn run(&mut self, operations: u64) -> Outcome<()> {
        for _ in 0..operations {
            self.0.write(1)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Outcome<()> {
        self.0.check()
    }
}
