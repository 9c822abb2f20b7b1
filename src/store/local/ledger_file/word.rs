//! The commit word: how far a ledger file is durable.
//!
//! It is written in place and never synced: after a kill or a crash it may be lost, old or torn,
//! and then the ledger is recovered. Nothing beyond it is believed.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Site;
use super::frame::{Checksum, digits, push_number};
use crate::paths::TenantId;
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
    pub(super) fn read(site: Site<'_>, file: &dyn File) -> io::Result<Option<Self>> {
        let mut bytes = [0; WIDTH];
        let count = site.read_at(file, &mut bytes, 0)?;
        Ok(if count == WIDTH { Self::parse(&bytes) } else { None })
    }

    fn parse(bytes: &[u8; WIDTH]) -> Option<Self> {
        let (covered, rest) = bytes.split_at(COVERED);
        if rest[32] != b'\n' || Checksum::parse(&rest[..32])? != Checksum::of_piece(covered) {
            return None;
        }
        Some(Self {
            epoch: digits(&covered[..20])?,
            length: digits(&covered[21..41])?,
            checksum: Checksum::parse(&covered[42..74])?,
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(WIDTH);
        push_number(&mut bytes, self.epoch, 20);
        push_number(&mut bytes, self.length, 20);
        self.checksum.push(&mut bytes, b' ');
        Checksum::of_piece(&bytes).push(&mut bytes, b'\n');
        bytes
    }
}

/// The file of a tenant's word, with what was last found or written there: the same bytes are the same word, and nearly
/// every time they are the same.
pub(super) struct WordFile {
    tenant: TenantId,
    file: Arc<dyn File>,
    /// Whether somebody asked who knows a version, since that was last looked at.
    asked: AtomicBool,
    last: Mutex<Option<([u8; WIDTH], Word)>>,
}

impl WordFile {
    pub(super) fn new(site: Site<'_>, file: Arc<dyn File>) -> Self {
        Self { tenant: site.tenant.clone(), file, asked: AtomicBool::new(false), last: Mutex::default() }
    }

    pub(super) const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whether it was [asked](Self::ask) since this was last looked at.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.swap(false, Ordering::Relaxed)
    }

    /// [Reads](Self::read) it for who knows a version.
    pub(super) fn ask(&self) -> io::Result<Option<Word>> {
        self.asked.store(true, Ordering::Relaxed);
        self.read()
    }

    /// Reads the word with a single call; `None` if there is no valid one.
    pub(super) fn read(&self) -> io::Result<Option<Word>> {
        let mut bytes = [0; WIDTH];
        if self.file.read_at(&mut bytes, 0)? != WIDTH {
            return Ok(None);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, word)) = last.filter(|(known, _)| *known == bytes) {
            return Ok(Some(word));
        }
        let word = Word::parse(&bytes);
        *last = word.map(|word| (bytes, word));
        Ok(word)
    }

    /// Replaces the word.
    pub(super) fn write(&self, word: Word) -> io::Result<()> {
        let written = word.to_bytes();
        self.file.write_at(&written, 0)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = <[u8; WIDTH]>::try_from(written).ok().map(|bytes| (bytes, word));
        Ok(())
    }
}
