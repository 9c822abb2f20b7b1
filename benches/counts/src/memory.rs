//! What a record takes in memory once its tenant's state is there, before and after it was read as its type, beside what
//! the budget of all states (`Settings::memory`) counts for it.
//!
//! The budget is asked from outside: it is the least with which all of a tenant is still in memory, and of its records what
//! they were read as, after another one was looked at; that it is not is seen by what is in use.

use std::path::Path;

use tenantry::{ListOptions, Settings, Snapshot};

use crate::live;
use crate::place::{EMPTY, FILLED, Place};
use crate::record::LegacyVideo;
use crate::side::Outcome;

/// How many records there are, and how that is called.
const SIZES: [(u64, &str); 2] = [(1_000, "1k"), (100_000, "100k")];
/// The budget is found to one part in so many.
const EXACTNESS: usize = 256;

/// For each size, untyped and typed: what is held of a record, what the budget counts for it, and its text, in bytes.
pub(crate) fn by_record(folder: &Path) -> Outcome<Vec<(String, f64)>> {
    let mut sides = Vec::new();
    for (records, size) in SIZES {
        let folder = folder.join(size);
        std::fs::create_dir_all(&folder)?;
        let place = Place::new(&folder, records)?;
        for (typed, read) in [(false, ""), (true, "-typed")] {
            let each = |bytes: usize| bytes as f64 / records as f64;
            // Asked first, so that what a process makes once is there when it is counted.
            looked_at(&place, Settings::default().memory, typed)?;
            let held = looked_at(&place, Settings::default().memory, typed)?;
            sides.push((format!("budget-{size}{read}"), each(least(&place, typed, held)?)));
            sides.push((format!("held-{size}{read}"), each(held)));
        }
        sides.push((format!("text-{size}"), text(&place)? as f64 / records as f64));
    }
    Ok(sides)
}

/// What is in use of the first tenant's state after both were looked at, in bytes.
fn looked_at(place: &Place, memory: usize, typed: bool) -> Outcome<usize> {
    let tenantry = place.opened(memory)?;
    let before = live()?;
    let snapshot = |tenant: &str| -> Outcome<Snapshot> {
        Ok(place.runtime.block_on(place.workspace(&tenantry, tenant)?.snapshot())?)
    };
    // What is counted has all of it read.
    place.runtime.block_on(place.workspace(&tenantry, FILLED)?.usage())?;
    let filled = snapshot(FILLED)?;
    if typed {
        each_page(&filled, |_| ())?;
    }
    drop(filled);
    drop(snapshot(EMPTY)?);
    Ok(live()?.saturating_sub(before))
}

/// The least budget with which so much of the first tenant stays in use, but for some in a hundred: what is counted for
/// it and for an empty one.
fn least(place: &Place, typed: bool, held: usize) -> Outcome<usize> {
    let (mut below, mut enough) = (0, Settings::default().memory);
    while enough - below > enough / EXACTNESS {
        let middle = usize::midpoint(below, enough);
        let stays = looked_at(place, middle, typed)? >= held - held / 32;
        if stays { enough = middle } else { below = middle }
    }
    Ok(enough)
}

/// The length of all records' texts.
fn text(place: &Place) -> Outcome<usize> {
    let tenantry = place.opened(Settings::default().memory)?;
    let snapshot = place.runtime.block_on(place.workspace(&tenantry, FILLED)?.snapshot())?;
    let mut length = 0;
    each_page(&snapshot, |record| length += record.text().as_bytes().len())?;
    Ok(length)
}

fn each_page(
    snapshot: &Snapshot,
    mut take: impl FnMut(&tenantry::record::Record<LegacyVideo>),
) -> Outcome<()> {
    let mut options = ListOptions::new().limit(ListOptions::MAX);
    loop {
        let page = snapshot.collection().list(&options)?;
        page.items.iter().for_each(&mut take);
        match page.next {
            Some(next) => options = options.after(next),
            None => return Ok(()),
        }
    }
}
