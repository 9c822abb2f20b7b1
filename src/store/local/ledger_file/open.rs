//! Opening a ledger: is it settled, or must it be recovered?

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use super::read::{self, FileHead, Lines};
use super::word::{Word, WordFile};
use super::{Known, Ledger, Position, Site};
use crate::store::local::disk::File;
use crate::store::local::failure::{corrupt, failed, if_there};
use crate::store::local::layout;
use crate::store::local::options::Step;
use crate::store::{Header, StoreError};

/// What was found at the path.
pub(in crate::store::local) enum Look {
    /// There is no ledger, and there never was.
    Missing,
    /// A ledger of which everything is covered by the word.
    Settled(Arc<Ledger>),
    /// A commit or fold is under way, or was when its process or the machine died.
    Unsettled,
}

/// A ledger file as it lies there.
pub(super) struct Found {
    pub(super) file: Arc<dyn File>,
    pub(super) identity: (u64, u64),
    pub(super) word_file: Option<Arc<WordFile>>,
    pub(super) word: Option<Word>,
    pub(super) head: FileHead,
    pub(super) lines: Lines,
}

/// Opens the ledger at the path and reads everything but its snapshot.
pub(in crate::store::local) fn look(site: Site<'_>) -> Result<Look, StoreError> {
    let Some(found) = find(site)? else { return Ok(Look::Missing) };
    Ok(match found.settled(site)? {
        Some(position) => {
            found.into_ledger(position).map_or(Look::Unsettled, |ledger| Look::Settled(Arc::new(ledger)))
        }
        None => Look::Unsettled,
    })
}

/// Reads what is there; `None` if there never was a ledger.
pub(super) fn find(site: Site<'_>) -> Result<Option<Found>, StoreError> {
    let fail = |error| failed("read ledger", site.ledger(), error);
    let file = site.open_file(layout::LEDGER).map_err(fail)?;
    // The word is read after the file was opened and before its lines are: so a word of the same
    // epoch never covers more than is read.
    let fail_word = |error| failed("read ledger", site.word(), error);
    let word_file = site.open_file(layout::WORD).map_err(fail_word)?;
    let word = match &word_file {
        Some(file) => Word::read(site, &**file).map_err(fail_word)?,
        None => None,
    };
    let Some(file) = file else {
        if word.is_none() {
            return Ok(None);
        }
        // A valid word is written only after the ledger's name was made durable, which may have
        // happened between the two looks.
        return match if_there(site.directory.metadata(layout::LEDGER)).map_err(fail)? {
            Some(_) => find(site),
            None => Err(corrupt("read ledger", site.ledger(), 0, "missing where one was")),
        };
    };
    let metadata = file.metadata().map_err(fail)?;
    let head = FileHead::read(site, &*file, metadata.length)?;
    let rest = usize::try_from(metadata.length.saturating_sub(head.end.offset)).unwrap_or(usize::MAX);
    let lines = Lines::scan(&read::range(site, &*file, head.end.offset, rest)?, head.end);
    let word_file = word_file.map(|file| Arc::new(WordFile::new(site, file)));
    Ok(Some(Found { file, identity: metadata.identity, word_file, word, head, lines }))
}

impl Found {
    /// Where the word ends, if it speaks of this file.
    pub(super) fn covered(&self, site: Site<'_>) -> Result<Option<Position>, StoreError> {
        let Some(word) = self.word.filter(|word| word.epoch == self.head.epoch) else { return Ok(None) };
        let ends = self.lines.commits.iter().map(|commit| commit.end);
        let covered = std::iter::once(self.head.end)
            .chain(ends)
            .find(|end| end.offset == word.length && end.checksum == word.checksum);
        match covered {
            Some(position) => Ok(Some(position)),
            None => {
                let at = self.lines.end.offset.min(word.length);
                let text = format!("a line is damaged; {} bytes were durable", word.length);
                Err(corrupt("read ledger", site.ledger(), at, &text))
            }
        }
    }

    /// Where the ledger ends, if the word covers all that is there.
    pub(super) fn settled(&self, site: Site<'_>) -> Result<Option<Position>, StoreError> {
        let Some(covered) = self.covered(site)? else { return Ok(None) };
        if site.steps.skips(Step::BelieveOnlyWord) {
            return Ok(Some(self.lines.end));
        }
        Ok((covered == self.lines.end && self.lines.rest_is_zero()).then_some(covered))
    }

    /// The header as of the last line.
    fn header(&self) -> Header {
        let last = self.lines.commits.iter().rev().find_map(|commit| commit.header.clone());
        last.unwrap_or_else(|| self.head.header.clone())
    }

    pub(super) fn into_ledger(self, position: Position) -> Option<Ledger> {
        let header = self.header();
        Some(Ledger {
            file: self.file,
            identity: self.identity,
            word: self.word_file?,
            head: self.head,
            known: Mutex::new(Known { position, header }),
            reach: AtomicU64::new(0),
        })
    }
}
