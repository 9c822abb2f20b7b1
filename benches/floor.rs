//! One durable insert against the floor below it: `pwrite` and `fdatasync` of as many bytes as the
//! insert adds to its ledger, into a file that is written already.
//!
//! Both take turns, so that whatever else the machine does meets them alike, and the ratio of their
//! medians is what tells. Done at several sizes of a tenant, to see whether an insert depends on it.
#![allow(clippy::disallowed_methods, reason = "what is measured is how long it takes")]

mod place;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tenantry::paths::CollectionName;
use tenantry::record::Entity;

use place::{Kind, Outcome, Place};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    title: String,
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap_or_else(|_| unreachable!("a valid name"))
    }
}

fn note() -> Note {
    Note { title: "A note".to_owned(), text: "as long as a line of text usually is ".repeat(3) }
}

/// How many inserts are timed at each size.
const TIMED: usize = 1_000;
/// The bytes by which such an insert lengthens its ledger.
const LINE: usize = 446;
/// How many come at once to fill the tenant.
const FILLED_AT_ONCE: usize = 128;
/// How many records the tenant holds.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// A file that is written already, and synced, to be written again from its beginning.
struct Floor {
    file: File,
    at: u64,
}

impl Floor {
    const LENGTH: usize = 4 << 20;

    fn new(folder: &std::path::Path) -> io::Result<Self> {
        let file = File::create_new(folder.join("floor"))?;
        file.write_all_at(&vec![0; Self::LENGTH], 0)?;
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_all_at(&[b'x'; LINE], self.at)?;
        self.at = (self.at + LINE as u64) % (Self::LENGTH - LINE) as u64;
        self.file.sync_data()
    }
}

fn timed<T>(task: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let value = task();
    (begun.elapsed(), value)
}

/// The median, what one in ten exceeds, and the mean.
fn summary(mut times: Vec<Duration>) -> [(&'static str, Duration); 3] {
    times.sort();
    let mean = times.iter().sum::<Duration>().div_f64(times.len() as f64);
    [("median", times[times.len() / 2]), ("90 %", times[times.len() * 9 / 10]), ("mean", mean)]
}

fn main() -> Outcome<()> {
    let place = Place::new(Kind::Local)?;
    let folder = place::folder()?;
    let mut floor = Floor::new(folder.path())?;
    let notes = place.workspace().collection::<Note>();
    let mut held = 0;
    for size in SIZES {
        while held < size {
            place.runtime().block_on(try_join_all((0..FILLED_AT_ONCE).map(|_| notes.insert(note()))))?;
            held += FILLED_AT_ONCE;
        }
        // What filling left to be done in the background is no part of what is measured.
        std::thread::sleep(Duration::from_secs(5));
        let (mut inserts, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..TIMED {
            let (time, written) = timed(|| floor.write());
            written?;
            floors.push(time);
            let (time, inserted) = timed(|| place.runtime().block_on(notes.insert(note())));
            inserted?;
            inserts.push(time);
        }
        held += TIMED;
        for ((name, insert), (_, bare)) in summary(inserts).into_iter().zip(summary(floors)) {
            let ratio = insert.as_secs_f64() / bare.as_secs_f64();
            println!(
                "{size:>7} records, {name:>6}: insert {insert:>9.1?}, floor {bare:>9.1?}, ratio {ratio:.2}"
            );
        }
    }
    Ok(())
}
