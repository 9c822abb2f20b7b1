//! Writing a new ledger file in place of the old one.
//!
//! A file is written under a hidden name, synced, renamed over the ledger; then the folder is
//! synced and the word written. Folding, recovering and beginning a life all end this way.

use std::io;
use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use super::commit::{LARGEST_STEP, write_zeros};
use super::frame;
use super::read::{self, FileHead};
use super::word::WordFile;
use super::{Known, Ledger, Position, Site, check_texts};
use crate::blocking::giving_way;
use crate::store::local::disk::{Access, Directory, File};
use crate::store::local::failure::{failed, if_there, unknown};
use crate::store::local::layout;
use crate::store::local::options::Step;
use crate::store::local::temporary::{NotPublished, Temporary};
use crate::store::{Fold, FoldKind, Header, StoreError, StoreErrorKind, Version};

/// What a file is padded to: the first commits then need no growth.
const BLOCK: u64 = 4096;
/// The share of a disk's free space that a busy tenant's room may take: the rest is for what is to be stored.
const SHARE: u64 = 100;
/// More than that is carried over before the lock is taken, since the others' commits wait for what is done under it.
const MUCH: u64 = 64 * 1024;
/// How much of a snapshot, and of the room behind it, is written at a time: up to a multiple of it, since what comes in one
/// write may lie in one piece in the page cache.
const PIECE: u64 = 512 * 1024;
/// How often at the most: commits may come as fast as they are carried over.
const CARRIES: usize = 4;

/// A new ledger file on its way.
pub(super) struct Draft {
    temporary: Temporary,
    head: FileHead,
    known: Known,
    /// Lines that are not yet written.
    pending: Vec<u8>,
    written: u64,
    /// How far the file reaches; all behind `written` is zero.
    reach: u64,
    settled: bool,
}

impl Draft {
    /// Writes all before the commits.
    pub(super) fn begin(
        site: Site<'_>,
        epoch: u64,
        number: u64,
        header: &Header,
        (snapshot, index): (&[u8], &[u8]),
    ) -> Result<Self, StoreError> {
        check_texts(Some(header), &[])?;
        let (start, digests, head) = FileHead::write(epoch, number, header, (snapshot, index));
        let directory = site.directory.clone();
        let temporary = Temporary::hidden(directory, layout::FOLD_PREFIX, layout::PRIVATE_FILE, site.entropy)
            .and_then(|temporary| {
                let file = temporary.file();
                file.write_at(&start, 0)?;
                write_long(&**file, snapshot, head.snapshot.start)?;
                write_long(&**file, index, head.index.start)?;
                file.write_at(&digests, head.digests.start)?;
                Ok(temporary)
            })
            .map_err(|error| failed("write ledger", site.ledger(), error))?;
        let known = Known { position: head.end, header: header.clone() };
        let written = head.end.offset;
        Ok(Self { temporary, head, known, pending: Vec::new(), written, reach: written, settled: false })
    }

    /// Adds the next commit.
    pub(super) fn push(&mut self, header: Option<&Header>, text: &[u8]) {
        let last = self.known.position;
        let number = last.number + 1;
        let (line, checksum) = frame::write_commit(number, last.checksum, header, text);
        self.known.position = Position { offset: last.offset + line.len() as u64, checksum, number };
        if let Some(header) = header {
            self.known.header = header.clone();
        }
        self.pending.extend(line);
        self.settled = false;
    }

    /// Makes room behind the snapshot, as long as that, so that few of the commits before the next fold wait until the file
    /// has grown. Where that does not work, there is none.
    fn make_room(&mut self, site: Site<'_>) {
        let room = self.written.min(LARGEST_STEP);
        if !site.directory.free_space().is_ok_and(|free| room <= free / SHARE) {
            return;
        }
        let (file, end) = (self.temporary.file(), self.reach + room);
        let mut pieces = pieces(self.reach, end);
        match pieces.try_for_each(|piece| write_zeros(&**file, piece.start, piece.end)) {
            Ok(()) => self.reach = end,
            Err(_) => drop(file.set_length(self.reach)),
        }
    }

    /// Writes what was added, up to a whole block, and syncs.
    fn settle(&mut self, site: Site<'_>) -> Result<(), StoreError> {
        if self.settled {
            return Ok(());
        }
        let end = (self.known.position.offset + 1).next_multiple_of(BLOCK);
        let mut bytes = std::mem::take(&mut self.pending);
        if end > self.reach {
            let padding = usize::try_from(end - self.known.position.offset).unwrap_or(0);
            bytes.resize(bytes.len() + padding, 0);
            self.reach = end;
        }
        let file = self.temporary.file();
        let tried = file
            .write_at(&bytes, self.written)
            .and_then(|()| if site.steps.skips(Step::SyncBeforeRename) { Ok(()) } else { file.sync_data() });
        self.written = self.known.position.offset;
        self.settled = tried.is_ok();
        tried.map_err(|error| failed("write ledger", site.ledger(), error))
    }

    /// Makes it the ledger.
    ///
    /// An error that is not `OutcomeUnknown` means that the old ledger stands.
    pub(super) fn install(mut self, site: Site<'_>) -> Result<Ledger, StoreError> {
        let fail = |error| failed("write ledger", site.ledger(), error);
        self.settle(site)?;
        let word =
            word_file(&**site.directory).map_err(|error| failed("write ledger", site.word(), error))?;
        let file = self.temporary.file().clone();
        let identity = file.metadata().map_err(fail)?.identity;
        match self.temporary.replace(layout::LEDGER) {
            Ok(()) => {}
            Err(NotPublished::Failed(error)) => return Err(fail(error)),
            Err(NotPublished::Unclear(error)) => return Err(unknown(fail(error))),
            Err(NotPublished::Taken) => return Err(fail(io::ErrorKind::AlreadyExists.into())),
        }
        if !site.steps.skips(Step::FolderSyncBeforeAnswer) {
            site.directory.sync().map_err(|error| unknown(fail(error)))?;
        }
        let ledger = Ledger {
            file,
            identity,
            word: Arc::new(WordFile::new(site, word)),
            head: self.head,
            known: Mutex::new(self.known),
            reach: AtomicU64::new(0),
        };
        ledger
            .word
            .write(ledger.word_of(ledger.known().position))
            .map_err(|error| unknown(failed("write ledger", site.word(), error)))?;
        Ok(ledger)
    }
}

/// The pieces of what lies between two offsets.
fn pieces(from: u64, to: u64) -> impl Iterator<Item = Range<u64>> {
    let numbers = from / PIECE..to.div_ceil(PIECE);
    giving_way(numbers.map(move |number| from.max(number * PIECE)..to.min((number + 1) * PIECE)), 1)
}

/// Writes what may be long.
fn write_long(file: &dyn File, mut bytes: &[u8], offset: u64) -> io::Result<()> {
    for piece in pieces(offset, offset + bytes.len() as u64) {
        let length = usize::try_from(piece.end - piece.start).unwrap_or(bytes.len());
        let (written, rest) = bytes.split_at(length);
        file.write_at(written, piece.start)?;
        bytes = rest;
    }
    Ok(())
}

/// The word's file, made if it is not there.
fn word_file(directory: &dyn Directory) -> io::Result<Arc<dyn File>> {
    match if_there(directory.open_file(layout::WORD, Access::ReadWrite))? {
        Some(file) => Ok(file),
        None => directory.create_file(layout::WORD, layout::PRIVATE_FILE),
    }
}

/// Begins a new life on a tombstone, whose number goes on.
pub(in crate::store::local) fn next_life(
    site: Site<'_>,
    tombstone: &Ledger,
    header: &Header,
    text: &[u8],
) -> Result<Ledger, StoreError> {
    check_texts(None, text)?;
    let number = tombstone.known().number();
    let mut draft = Draft::begin(site, tombstone.head.epoch + 1, number, header, (&[], &[]))?;
    draft.push(None, text);
    draft.install(site)
}

/// A fold that was begun beside running commits.
pub(in crate::store::local) struct Folding {
    draft: Draft,
    kind: FoldKind,
    base: u64,
    /// The ledger it began from.
    from: Arc<Ledger>,
    /// Up to where in it what came after the base is carried over.
    carried: Position,
}

impl Folding {
    /// Writes the snapshot; `None` if the base is not what the ledger can be folded at.
    pub(in crate::store::local) fn begin(
        site: Site<'_>,
        from: Arc<Ledger>,
        base: &Version,
        fold: &Fold,
    ) -> Result<Option<Self>, StoreError> {
        check_fold(base, fold)?;
        let known = from.known();
        let can = match fold.kind {
            // What the snapshot says already needs no other.
            FoldKind::Same => {
                known.header.incarnation == base.incarnation
                    && !known.header.tombstone
                    && base.number > from.head.end.number
                    && base.number <= known.number()
            }
            FoldKind::Replace => known.is(base),
        };
        if !can {
            return Ok(None);
        }
        if known.header.tombstone {
            return Err(refused("a tombstone stays as it is"));
        }
        let number = match fold.kind {
            FoldKind::Same => base.number,
            FoldKind::Replace => base.number + 1,
        };
        let epoch = from.head.epoch + 1;
        let mut draft = Draft::begin(site, epoch, number, &fold.header, (&fold.snapshot, &fold.index))?;
        if known.number() > base.number {
            draft.make_room(site);
        }
        // The long sync runs beside commits; the one under the lock is short then.
        draft.settle(site)?;
        let carried = from.position_of(base);
        let mut folding = Self { draft, kind: fold.kind, base: base.number, from, carried };
        folding.catch_up(site)?;
        Ok(Some(folding))
    }

    /// Carries over what came meanwhile, as far as this process knows of it, until little is left.
    fn catch_up(&mut self, site: Site<'_>) -> Result<(), StoreError> {
        for _ in 0..CARRIES {
            if self.from.position().offset.saturating_sub(self.carried.offset) <= MUCH {
                break;
            }
            self.carry_over(site)?;
            self.draft.settle(site)?;
        }
        Ok(())
    }

    /// Carries over what came since, as far as is known.
    fn carry_over(&mut self, site: Site<'_>) -> Result<(), StoreError> {
        let end = self.from.position();
        let lines = read::lines(site, &*self.from.file, self.carried, end.offset, end.checksum)?;
        for commit in lines.commits.iter().filter(|commit| commit.number > self.base) {
            self.draft.push(commit.header.as_ref(), &commit.text);
        }
        self.carried = lines.end;
        Ok(())
    }

    /// Carries over the rest of what came since and puts the new file in place of `current`, which the holder
    /// of the lock found; `None` if somebody else came first.
    pub(in crate::store::local) fn finish(
        mut self,
        site: Site<'_>,
        current: Arc<Ledger>,
    ) -> Result<Option<(Ledger, Version)>, StoreError> {
        if current.head.epoch == self.from.head.epoch && current.identity == self.from.identity {
            self.from = current;
        } else if !site.steps.skips(Step::FoldRecheck) {
            return Ok(None);
        }
        if self.kind == FoldKind::Replace && self.from.known().number() != self.base {
            return Ok(None);
        }
        self.carry_over(site)?;
        // The version is that of the snapshot: who asked knows nothing of what was carried over.
        let position = self.draft.head.end;
        let ledger = self.draft.install(site)?;
        let version = ledger.version_at(ledger.head.header.incarnation, position);
        Ok(Some((ledger, version)))
    }
}

/// Refuses what would be no fold.
fn check_fold(base: &Version, fold: &Fold) -> Result<(), StoreError> {
    if fold.header.incarnation != base.incarnation {
        return Err(refused("a fold stays within its life"));
    }
    if fold.header.tombstone && !(fold.kind == FoldKind::Replace && fold.snapshot.is_empty()) {
        return Err(refused("a tombstone replaces everything by nothing"));
    }
    if !(fold.snapshot.is_empty() || fold.snapshot.ends_with(b"\n")) {
        return Err(refused("the last line of a snapshot has no end"));
    }
    Ok(())
}

fn refused(text: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unsupported, "fold ledger", text)
}
