//! Whether it matters how many tenants there are: reads of those in memory, and of any of all of them, on a root of a
//! thousand and on one of a hundred times as many.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use tenantry::record::RecordId;

use crate::made;
use crate::place::{Place, name};
use crate::record::{LegacyVideo, id, record, scattered};
use crate::side::{Group, Outcome, Side, same};

/// How many tenants the smaller root has.
const FEW: u64 = 1_000;
/// How many records each has.
const RECORDS: u64 = 10;
/// The memory for the states of all tenants: less than the smaller root's need together.
const MEMORY: usize = 1 << 20;
/// How many tenants are read over and over where they are to be in memory.
const HOT: u64 = 20;
/// How many reads there are of those in memory for each other: in fewer one would measure how they come back into the
/// processor's caches, from which the other sides have driven them.
const MORE: u64 = 10;
/// How far from one tenant to the next where all are read in turn. By chance about an eighth of the fewer would be met in memory,
/// and of the more none; it has no factor in common with how many there are, so that each comes once.
const STRIDE: u64 = 7_919;
/// How many are made at once.
const AT_ONCE: usize = 64;

/// How often each is read before that is measured, as the smaller root's are in a few turns: the first two times take longer
/// (`docs/performance.md` says how much), and of the larger root most would be read for the first time.
const BEFORE: u64 = 3;

/// The file that says that a root's tenants have been made.
const MADE: &str = "made";

/// The group. The larger root has a hundred times as many tenants as a turn has reads of any of them: 100,000, in a quick
/// run 10,000.
pub(crate) fn group() -> Group {
    Group {
        name: "tenants",
        operations: [2_000 * MORE, 200 * MORE],
        turns: 2,
        sides: vec![
            ("tenantry", |at| ours(at, Root::Many, true), 1),
            ("tenantry-1k", |at| ours(at, Root::Few, true), 1),
            ("uncached", |at| ours(at, Root::Many, false), MORE),
            ("uncached-1k", |at| ours(at, Root::Few, false), MORE),
        ],
    }
}

/// On which root: two sides share each, since making it takes long.
#[derive(Clone, Copy)]
enum Root {
    Few,
    Many,
}

struct Ours {
    place: Place,
    root: Root,
    made: PathBuf,
    cached: bool,
    tenants: u64,
    read: u64,
}

fn ours(folder: &Path, root: Root, cached: bool) -> Outcome<Box<dyn Side>> {
    let shared = folder.with_file_name(match root {
        Root::Few => "few",
        Root::Many => "many",
    });
    std::fs::create_dir_all(&shared)?;
    let place = Place::remembering(&shared, MEMORY)?;
    Ok(Box::new(Ours { place, root, made: shared.join(MADE), cached, tenants: 0, read: 0 }))
}

impl Ours {
    fn make(&self, tenants: u64) -> Outcome<()> {
        let tenantry = self.place.tenantry.clone();
        self.place.task(async move {
            let make = |number: u64| {
                let tenantry = &tenantry;
                async move { made::tenant(tenantry, &name(number as usize)?, RECORDS).await }
            };
            stream::iter((0..tenants).map(make)).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
            Ok(())
        })
    }

    /// Reads a record of each of these tenants.
    fn read(&self, tenants: impl Iterator<Item = u64> + Send + 'static) -> Outcome<()> {
        let (tenantry, id) = (self.place.tenantry.clone(), RecordId::parse(&id(0))?);
        self.place.task(async move {
            for number in tenants {
                let workspace = tenantry.session(&name(number as usize)?).await?.own();
                black_box(workspace.collection::<LegacyVideo>().get(&id).await?);
            }
            Ok(())
        })
    }
}

impl Side for Ours {
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        if self.tenants == 0 {
            self.tenants = match self.root {
                Root::Few => FEW,
                Root::Many if self.cached => operations / MORE * 100,
                Root::Many => operations * 100,
            };
            if !self.made.exists() {
                self.make(self.tenants)?;
                (0..BEFORE).try_for_each(|_| self.read(0..self.tenants))?;
                std::fs::write(&self.made, "")?;
            }
        }
        Ok(())
    }

    fn run(&mut self, operations: u64) -> Outcome<()> {
        let reads = self.read..self.read + operations;
        self.read = reads.end;
        let (cached, tenants) = (self.cached, self.tenants);
        self.read(reads.map(move |read| if cached { scattered(read) % HOT } else { read * STRIDE % tenants }))
    }

    fn check(&mut self) -> Outcome<()> {
        let id = RecordId::parse(&id(RECORDS - 1))?;
        for tenant in [0, self.tenants / 2, self.tenants - 1] {
            let workspace = self.place.workspace(tenant as usize)?;
            let video = self.place.runtime.block_on(workspace.collection::<LegacyVideo>().get(&id))?;
            same(video.value(), &record(RECORDS - 1))?;
        }
        Ok(())
    }
}
