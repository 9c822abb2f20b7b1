//! The commit word: how far a ledger file is durable.
//!
//! It is written in place and never synced: after a kill or a crash it may be lost, old or torn,
//! and then the ledger is recovered. Nothing beyond it is believed.

use std::io;

use super::frame::{Checksum, digits, push_number};
use crate::store::local::disk::File;

/// What the word says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Word {
    /// The file of which it speaks: each new file of a tenant has the next epoch.
    pub(super) epoch: u64,
    /// How many bytes of it are durable.
    pub(super) length: u64,
    /// The checksum of the last durable line.
    pub(super) checksum: Checksum,
}

const COVERED: usize = 21 + 21 + 33;
const WIDTH: usize = COVERED + 33;

impl Word {
    /// Reads the word with a single call; `None` if there is no valid one.
    pub(super) fn read(file: &dyn File) -> io::Result<Option<Self>> {
        let mut bytes = [0; WIDTH];
        let count = file.read_at(&mut bytes, 0)?;
        Ok(if count == WIDTH { Self::parse(&bytes) } else { None })
    }

    fn parse(bytes: &[u8; WIDTH]) -> Option<Self> {
        let (covered, rest) = bytes.split_at(COVERED);
        if rest[32] != b'\n' || Checksum::parse(&rest[..32])? != Checksum::of(&[covered]) {
            return None;
        }
        Some(Self {
            epoch: digits(&covered[..20])?,
            length: digits(&covered[21..41])?,
            checksum: Checksum::parse(&covered[42..74])?,
        })
    }

    /// Replaces the word.
    pub(super) fn write(&self, file: &dyn File) -> io::Result<()> {
        let mut written = Vec::with_capacity(WIDTH);
        push_number(&mut written, self.epoch, 20);
        push_number(&mut written, self.length, 20);
        self.checksum.push(&mut written, b' ');
        Checksum::of(&[&written]).push(&mut written, b'\n');
        file.write_at(&written, 0)
    }
}
