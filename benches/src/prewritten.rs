//! The floor of what is durable: `pwrite` and `fdatasync` into a file that was written and synced before, so that no
//! metadata changes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::place::Place;
use crate::record::record;
use crate::side::{Outcome, wrong};

/// Long enough for many lines, short enough to stay in the page cache as a ledger does.
const LENGTH: u64 = 4 << 20;
/// How much is written at a time before: of what was written at once the page cache makes one piece, and on ext4 each later
/// write takes longer the larger that is.
const PIECE: usize = 16 << 10;

/// Such a file, written from its beginning to its end and over again.
pub(crate) struct Prewritten {
    file: File,
    line: Vec<u8>,
    at: u64,
}

impl Prewritten {
    /// A file for lines of that length.
    pub(crate) fn new(path: &Path, line: usize) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        for at in (0..LENGTH).step_by(PIECE) {
            file.write_all_at(&[0; PIECE], at)?;
        }
        file.sync_all()?;
        Ok(Self { file, line: vec![b'x'; line], at: 0 })
    }

    /// Writes so many lines together and syncs them.
    pub(crate) fn write(&mut self, lines: usize) -> io::Result<()> {
        let bytes = self.line.repeat(lines);
        if self.at + bytes.len() as u64 > LENGTH {
            self.at = 0;
        }
        self.file.write_all_at(&bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.file.sync_data()
    }

    /// That what was written last is there.
    pub(crate) fn check(&self) -> Outcome<()> {
        let mut last = vec![0; self.line.len()];
        self.file.read_exact_at(&mut last, self.at - self.line.len() as u64)?;
        if last == self.line { Ok(()) } else { Err(wrong("the floor's file does not hold what was written")) }
    }
}

/// How many bytes one insert adds to its ledger, seen in a ledger.
pub(crate) fn line_of_an_insert(folder: &Path) -> Outcome<usize> {
    let folder = folder.join("line");
    std::fs::create_dir(&folder)?;
    let place = Place::new(&folder, 1)?;
    let (workspace, ledger) = (place.workspace(0)?, place.data(0)?.join("ledger"));
    let mut lengths = Vec::new();
    for number in 100_000..100_002 {
        place.runtime.block_on(workspace.collection().insert(record(number)))?;
        // It is zeros from its end on.
        let bytes = std::fs::read(&ledger)?;
        lengths.push(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    }
    drop(place);
    std::fs::remove_dir_all(folder)?;
    match *lengths.as_slice() {
        [before, after] if (300..1000).contains(&after.saturating_sub(before)) => Ok(after - before),
        _ => Err(wrong(format!("an insert's line is not seen in the ledger: {lengths:?}"))),
    }
}
