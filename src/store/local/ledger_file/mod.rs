//! The ledger file of one tenant, and the protocol by which processes share it.
//!
//! A file holds a header, a snapshot with its index ([`parts`]) and the commits since ([`frame`], [`read`]); beside it stands
//! the commit word ([`word`]), and nothing beyond the word is believed. Opening ([`open`]) tells a
//! settled ledger from one that must be [recovered](mod@recover); a change is one line ([`commit`])
//! or a new file ([`fold`]). All of it blocks, and whatever changes something is called by the
//! holder of the tenant's lock only; the lock, the threads and the cache are others' business.

mod commit;
mod fold;
mod frame;
mod open;
mod parts;
mod read;
mod recover;
mod word;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;

pub(super) use commit::begin;
pub(super) use fold::{Folding, next_life};
pub(super) use open::{Look, look};
pub(super) use recover::{Recovery, recover};

use self::frame::Checksum;
use self::read::FileHead;
use self::word::{Word, WordFile};
use super::disk::{Access, Directory, File};
use super::failure::{corrupt, failed, if_there};
use super::layout;
use super::options::{Step, Steps};
use crate::environment::Entropy;
use crate::paths::TenantId;
use crate::store::{Header, Incarnation, Loaded, Refreshed, StoreError, StoreErrorKind, Version};

/// So many bytes are read and checked in about the time in which another thread wakes up for it.
const SHORT: usize = 64 << 10;

/// How long a commit's line and the head of the next one are together, or less, nearly every time.
const USUAL: usize = 1 << 10;

/// Where a tenant's ledger lies, and what is needed to work on it.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// `data/<tenant>`.
    pub(super) directory: &'a Arc<dyn Directory>,
    pub(super) tenant: &'a TenantId,
    pub(super) steps: &'a Steps,
    pub(super) entropy: &'a dyn Entropy,
    /// Whether nothing may wait for the disk: only what the system has in memory is opened and read, and little of that.
    pub(super) resident: bool,
}

impl Site<'_> {
    /// The same where nothing may wait for the disk.
    pub(super) const fn resident(self) -> Self {
        Self { resident: true, ..self }
    }

    /// Opens a file of the tenant's, if it is there.
    fn open_file(&self, name: &str) -> io::Result<Option<Arc<dyn File>>> {
        if !self.resident {
            return if_there(self.directory.open_file(name, Access::ReadWrite));
        }
        let opened = self.directory.open_resident(&[name], Access::ReadWrite);
        opened.map(|(file, _)| Some(file)).ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    /// Reads at an offset; fewer bytes only at the end.
    fn read_at(&self, file: &dyn File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self.resident {
            false => file.read_at(buffer, offset),
            true if buffer.len() <= SHORT && file.read_resident(buffer, offset) == buffer.len() => {
                Ok(buffer.len())
            }
            true => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// The ledger's name, relative to the root.
    fn ledger(&self) -> String {
        format!("{}/{}/{}", layout::DATA, self.tenant, layout::LEDGER)
    }

    /// The word's name, relative to the root.
    fn word(&self) -> String {
        format!("{}/{}/{}", layout::DATA, self.tenant, layout::WORD)
    }
}

/// A place between two lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Position {
    /// Where the next line begins.
    offset: u64,
    /// The checksum of the line before.
    checksum: Checksum,
    /// The number of the commit before.
    number: u64,
}

impl Position {
    /// What the word says while the file of that epoch ends here.
    const fn word(self, epoch: u64) -> Word {
        Word { epoch, length: self.offset, checksum: self.checksum }
    }
}

/// How far the ledger is known: only what the word covered.
#[derive(Clone)]
pub(super) struct Known {
    position: Position,
    /// The header as of there.
    pub(super) header: Header,
}

impl Known {
    /// The number of the last commit.
    pub(super) const fn number(&self) -> u64 {
        self.position.number
    }

    /// Whether `version` is this very point of the history.
    pub(super) fn is(&self, version: &Version) -> bool {
        self.position.number == version.number && self.header.incarnation == version.incarnation
    }
}

/// What a version carries: where its last line ends. Who finds that in another file, as after a fold, or in the same opened
/// anew, says so.
struct Token(Mutex<Place>);

/// A place in a ledger file.
#[derive(Clone)]
struct Place {
    epoch: u64,
    position: Position,
    /// The word that is read with that file, as long as that is open.
    word: Weak<WordFile>,
}

impl Token {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the tenant's word says that this line, of the commit of that number, is the last. `false` says nothing: the
    /// ledger may have been closed, or gone to another file, and the word may be unreadable; the ordinary way tells it.
    fn is_last(&self, tenant: &TenantId, number: u64) -> bool {
        let place = self.place();
        if place.position.number != number {
            return false;
        }
        let (file, said) = (place.word.upgrade(), place.position.word(place.epoch));
        drop(place);
        let file = file.filter(|file| file.tenant() == tenant);
        file.is_some_and(|file| matches!(file.ask(), Ok(Some(word)) if word == said))
    }
}

/// Strict read of who knows that version: whether nothing is new, if one read of the word can tell.
///
/// One short read; handing it to another thread would take longer than the read itself.
pub(super) fn stands_at(tenant: &TenantId, version: &Version) -> bool {
    version.token().is_some_and(|token: &Token| token.is_last(tenant, version.number))
}

/// What the word says of an open ledger.
pub(super) enum Freshness {
    /// Nothing is new.
    Same,
    /// There are new lines up to there.
    Longer(NewEnd),
    /// The open file is no longer the ledger, or the word is lost.
    Other,
}

/// A word that covers more than is known.
pub(super) struct NewEnd(Word);

/// An open ledger file.
pub(super) struct Ledger {
    file: Arc<dyn File>,
    identity: (u64, u64),
    word: Arc<WordFile>,
    head: FileHead,
    known: Mutex<Known>,
    /// How far the file was seen to reach, by the holder of the lock.
    reach: AtomicU64,
}

impl Ledger {
    /// How far it is known.
    pub(super) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it was read strictly, by who knew a version, since this was last asked.
    pub(super) fn was_asked(&self) -> bool {
        self.word.was_asked()
    }

    /// Where it is known to end.
    fn position(&self) -> Position {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).position
    }

    /// Moves on to `known`, unless somebody got further meanwhile.
    fn set_known(&self, known: Known) {
        let mut current = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.position.offset > current.position.offset {
            *current = known;
        }
    }

    /// The version that `known` is.
    pub(super) fn version(&self, known: &Known) -> Version {
        self.version_at(known.header.incarnation, known.position)
    }

    fn version_at(&self, incarnation: Incarnation, position: Position) -> Version {
        Version::new(incarnation, position.number, Arc::new(Token(Mutex::new(self.place(position)))))
    }

    fn place(&self, position: Position) -> Place {
        Place { epoch: self.head.epoch, position, word: Arc::downgrade(&self.word) }
    }

    fn word_of(&self, position: Position) -> Word {
        position.word(self.head.epoch)
    }

    /// Where a version ends in this file, if it says so; else where the commits begin.
    fn position_of(&self, version: &Version) -> Position {
        let place = version.token().map(|token: &Token| token.place().clone());
        let here =
            place.filter(|place| place.epoch == self.head.epoch && place.position.number == version.number);
        here.map_or(self.head.end, |place| place.position)
    }

    /// Strict read: one read of the word tells whether anything is new.
    pub(super) fn freshness(&self, site: Site<'_>) -> Result<Freshness, StoreError> {
        let word = self.word.read().map_err(|error| failed("read ledger", site.word(), error))?;
        let known = self.position();
        Ok(match word {
            Some(word) if word == self.word_of(known) => Freshness::Same,
            Some(word) if word.epoch == self.head.epoch && word.length > known.offset => {
                Freshness::Longer(NewEnd(word))
            }
            _ => Freshness::Other,
        })
    }

    /// Takes in the lines that the word covers now.
    pub(super) fn advance(&self, site: Site<'_>, end: &NewEnd) -> Result<(), StoreError> {
        let known = self.known();
        if known.position.offset >= end.0.length {
            return Ok(());
        }
        let lines = read::lines(site, &*self.file, known.position, end.0.length, end.0.checksum)?;
        let mut header = known.header;
        for commit in &lines.commits {
            if let Some(changed) = &commit.header {
                header = changed.clone();
            }
        }
        self.set_known(Known { position: lines.end, header });
        Ok(())
    }

    /// Whether the open file is still the one at the path, and nothing lies beyond what is known in
    /// the next `ahead` bytes: asked by the holder of the lock, before anything is built on it.
    pub(super) fn is_untouched(&self, site: Site<'_>, ahead: usize) -> Result<bool, StoreError> {
        let fail = |error| failed("read ledger", site.ledger(), error);
        if !site.steps.skips(Step::InodeCheck) {
            let there = if_there(site.directory.metadata(layout::LEDGER)).map_err(fail)?;
            if there.is_none_or(|there| there.identity != self.identity) {
                return Ok(false);
            }
        }
        self.reach.store(0, Ordering::Relaxed);
        if site.steps.skips(Step::ZeroCheck) {
            return Ok(true);
        }
        let length = ahead + frame::HEAD;
        let (mut short, mut long) = ([0; USUAL], Vec::new());
        let bytes = match short.get_mut(..length) {
            Some(short) => short,
            None => {
                long.resize(length, 0);
                &mut *long
            }
        };
        let offset = self.position().offset;
        let count = self.file.read_at(bytes, offset).map_err(fail)?;
        self.reach.store(offset + count as u64, Ordering::Relaxed);
        Ok(frame::is_zero(bytes.get(..count).unwrap_or_default()))
    }

    /// Everything up to what is known.
    pub(super) fn load(&self, site: Site<'_>) -> Result<Loaded, StoreError> {
        let known = self.known();
        let (snapshot, _) = parts::all(site, &self.file, &self.head)?;
        let commits = self.commits(site, &known)?;
        Ok(Loaded {
            version: self.version(&known),
            header: known.header,
            snapshot_number: self.head.end.number,
            snapshot,
            commits,
        })
    }

    /// The texts of the commits since the snapshot, up to what is known.
    fn commits(&self, site: Site<'_>, known: &Known) -> Result<Vec<Bytes>, StoreError> {
        let end = known.position;
        let lines = read::lines(site, &*self.file, self.head.end, end.offset, end.checksum)?;
        Ok(lines.commits.into_iter().map(|commit| commit.text).collect())
    }

    /// What came after `version`, as far as is known.
    pub(super) fn since(&self, site: Site<'_>, version: &Version) -> Result<Refreshed, StoreError> {
        let known = self.known();
        if known.is(version) {
            if let Some(token) = version.token::<Token>() {
                *token.place() = self.place(known.position);
            }
            return Ok(Refreshed::Unchanged);
        }
        if known.header.incarnation != version.incarnation || version.number < self.head.end.number {
            return Ok(Refreshed::StartOver);
        }
        if known.number() < version.number {
            return Err(corrupt("read ledger", site.ledger(), known.position.offset, "the ledger went back"));
        }
        let (header, commits) = self.after(site, version, &known)?;
        Ok(Refreshed::Commits { version: self.version(&known), header, commits })
    }

    /// The commits after `version`, and the last header among them.
    fn after(
        &self,
        site: Site<'_>,
        version: &Version,
        known: &Known,
    ) -> Result<(Option<Header>, Vec<Bytes>), StoreError> {
        let end = known.position;
        let lines = read::lines(site, &*self.file, self.position_of(version), end.offset, end.checksum)?;
        let mut header = None;
        let mut commits = Vec::new();
        for commit in lines.commits.into_iter().filter(|commit| commit.number > version.number) {
            header = commit.header.or(header);
            commits.push(commit.text);
        }
        Ok((header, commits))
    }
}

/// Refuses what would not be one line, or is longer than a header may be.
fn check_texts(header: Option<&Header>, text: &[u8]) -> Result<(), StoreError> {
    let header_text = header.map_or(&[][..], |header| &header.text);
    let refused = if header_text.len() > frame::MAX_HEADER {
        "the header is longer than 8 KiB"
    } else if [header_text, text].into_iter().any(|text| memchr::memchr(b'\n', text).is_some()) {
        "a text has more than one line"
    } else {
        return Ok(());
    };
    Err(StoreError::new(StoreErrorKind::Unsupported, "write ledger", refused))
}
