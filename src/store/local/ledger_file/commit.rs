//! Adding one line to a ledger, by the holder of the lock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::fold::Draft;
use super::frame;
use super::{Known, Ledger, Position, Recovery, Site, check_texts, recover};
use crate::store::local::disk::File;
use crate::store::local::failure::{failed, unknown};
use crate::store::local::options::Step;
use crate::store::{Commit, Header, StoreError};

/// The least by which a file grows.
const SMALLEST_STEP: u64 = 8 * 1024;
/// The most by which it grows beyond what is needed.
pub(super) const LARGEST_STEP: u64 = 4 * 1024 * 1024;
/// How many zeros are written at a time. What is written at once on ext4 is one large folio in the page cache (since Linux
/// 6.16), and each later write into it looks at all of its blocks.
const ZEROS: usize = 16 * 1024;

/// Makes the ledger of a tenant that never had one, with its first commit.
pub(in crate::store::local) fn begin(
    site: Site<'_>,
    header: &Header,
    text: &[u8],
) -> Result<Ledger, StoreError> {
    check_texts(None, text)?;
    let mut draft = Draft::begin(site, 1, 0, header, (&[], &[]))?;
    draft.push(None, text);
    draft.install(site)
}

impl Ledger {
    /// How many bytes a commit takes in the file.
    pub(in crate::store::local) fn line_length(commit: &Commit) -> usize {
        let header = commit.header.as_ref().map_or(0, |header| header.text.len() + frame::HEAD);
        frame::HEAD + header + commit.text.len() + 1
    }

    /// Adds a commit; answers the ledger in which it stands then: this one, or the new file of a
    /// recovery. The caller has seen that it [is untouched](Self::is_untouched).
    ///
    /// After an error the handle is not used again; one that is not `OutcomeUnknown` means that
    /// the commit never happened and never will.
    pub(in crate::store::local) fn commit(
        self: Arc<Self>,
        site: Site<'_>,
        commit: &Commit,
    ) -> Result<Arc<Self>, StoreError> {
        check_texts(commit.header.as_ref(), &commit.text)?;
        let known = self.known();
        let last = known.position;
        let number = last.number + 1;
        let (line, checksum) =
            frame::write_commit(number, last.checksum, commit.header.as_ref(), &commit.text);
        let position = Position { offset: last.offset + line.len() as u64, checksum, number };
        self.grow(site, position.offset)?;
        if let Err(error) = self.file.write_at(&line, last.offset) {
            return self.cut_off(site, failed("append", site.ledger(), error));
        }
        if let Err(error) = self.sync_and_say(site, position) {
            return settle(site, failed("append", site.ledger(), error), number);
        }
        let header = commit.header.clone().unwrap_or(known.header);
        self.set_known(Known { position, header });
        Ok(self)
    }

    /// The word must never cover what a crash could take away.
    fn sync_and_say(&self, site: Site<'_>, position: Position) -> io::Result<()> {
        if !site.steps.skips(Step::SyncBeforeWord) {
            self.file.sync_data()?;
        }
        self.word.write(self.word_of(position))
    }

    /// Sees that the file reaches to `end`, so that the commit's sync has no length to write.
    fn grow(&self, site: Site<'_>, end: u64) -> Result<(), StoreError> {
        // What the check before the commit saw spares asking.
        if end <= self.reach.load(Ordering::Relaxed) {
            return Ok(());
        }
        let fail = |error| failed("append", site.ledger(), error);
        let length = self.file.metadata().map_err(fail)?.length;
        if end <= length {
            return Ok(());
        }
        let step = (length / 2).clamp(SMALLEST_STEP, LARGEST_STEP);
        let grown = write_zeros(&*self.file, length, end + step).and_then(|()| self.file.sync_data());
        grown.map_err(|error| {
            // Zeros that stay mean nothing; what they take of a full disk is given back if possible.
            let _ = self.file.set_length(length);
            fail(error)
        })
    }

    /// Takes back one's own short write, which works on a full disk too.
    fn cut_off(&self, site: Site<'_>, cause: StoreError) -> Result<Arc<Self>, StoreError> {
        let last = self.known().position;
        let cut = self.file.set_length(last.offset).and_then(|()| self.file.sync_data());
        match cut {
            Ok(()) => Err(cause),
            Err(_) => settle(site, cause, last.number + 1),
        }
    }
}

/// Writes zeros from one offset to another.
pub(super) fn write_zeros(file: &dyn File, from: u64, to: u64) -> io::Result<()> {
    let zeros = [0; ZEROS];
    let mut at = from;
    while at < to {
        let end = (at + 1).next_multiple_of(ZEROS as u64).min(to);
        let length = usize::try_from(end - at).unwrap_or(ZEROS);
        file.write_at(&zeros[..length], at)?;
        at = end;
    }
    Ok(())
}

/// Finds out, after a failed sync, whether commit `number` happened: it did if it is in the fold of
/// everything that validates. Under the lock nobody else's commit can have that number.
fn settle(site: Site<'_>, cause: StoreError, number: u64) -> Result<Arc<Ledger>, StoreError> {
    match recover(site, Recovery::Always) {
        Ok(Some(ledger)) if ledger.known().number() >= number => Ok(Arc::new(ledger)),
        Ok(_) => Err(cause),
        Err(error) => Err(unknown(error)),
    }
}
