//! Reading a ledger file: its first line, its snapshot, its commits.

use std::ops::Range;

use bytes::Bytes;

use super::frame::{self, Checksum, Kind, Line, digits};
use super::{Position, Site, parts};
use crate::store::local::disk::File;
use crate::store::local::failure::{corrupt, failed};
use crate::store::{Header, StoreError, StoreErrorKind};

/// How every ledger file of every format begins; then follow the format's number and a line break.
const MAGIC: &str = "tenantry-ledger ";
/// How a file of this format begins.
pub(super) const OPENING: &str = "tenantry-ledger 1\n";
/// Within so many bytes the first line ends.
const FIRST_READ: usize = 16 * 1024;

/// What a file's first line says.
#[derive(Clone)]
pub(super) struct FileHead {
    pub(super) epoch: u64,
    /// The header as of the snapshot.
    pub(super) header: Header,
    /// The lines, behind them their index, and behind it the digests of both.
    pub(super) snapshot: Range<u64>,
    pub(super) index: Range<u64>,
    pub(super) digests: Range<u64>,
    pub(super) digests_checksum: Checksum,
    /// Where the commits begin; the number is the snapshot's.
    pub(super) end: Position,
}

impl FileHead {
    /// Writes the lines that come before the snapshot, and the digests that come behind its index.
    pub(super) fn write(
        epoch: u64,
        number: u64,
        header: &Header,
        (snapshot, index): (&[u8], &[u8]),
    ) -> (Vec<u8>, Vec<u8>, Self) {
        let digests = parts::digests(snapshot, index);
        let digests_checksum = Checksum::of_piece(&digests);
        let lengths = [snapshot.len() as u64, index.len() as u64];
        let mut facts = Vec::new();
        for fact in [epoch, lengths[0], lengths[1]] {
            frame::push_number(&mut facts, fact, 20);
        }
        digests_checksum.push(&mut facts, b' ');
        let texts: [&[u8]; 2] = [&facts, &frame::write_header(header)];
        let (line, checksum) = frame::write(Kind::File, number, Checksum::NONE, &texts);
        let mut written = OPENING.as_bytes().to_vec();
        written.extend(line);
        let start = written.len() as u64;
        let index = start + lengths[0]..start + lengths[0] + lengths[1];
        let end = Position { offset: index.end + digests.len() as u64, checksum, number };
        let head = Self {
            epoch,
            header: header.clone(),
            snapshot: start..index.start,
            digests: index.end..end.offset,
            index,
            digests_checksum,
            end,
        };
        (written, digests, head)
    }

    /// Reads them from a file of that length.
    pub(super) fn read(site: Site<'_>, file: &dyn File, length: u64) -> Result<Self, StoreError> {
        let bytes = range(site, file, 0, width(0, length).min(FIRST_READ))?;
        check_format(site, &bytes)?;
        Self::parse(&bytes).ok_or_else(|| {
            corrupt("read ledger", site.ledger(), OPENING.len() as u64, "the first line is damaged")
        })
    }

    fn parse(bytes: &Bytes) -> Option<Self> {
        let line = frame::parse(bytes, OPENING.len()).filter(|line| line.kind == Kind::File)?;
        let text = bytes.slice(line.text.clone());
        let epoch = digits(text.get(..20)?)?;
        let snapshot = digits(text.get(21..41)?)?;
        let index = digits(text.get(42..62)?)?;
        let digests_checksum = Checksum::parse(text.get(63..95)?)?;
        let (header, rest) = frame::parse_header(&text.slice(96.min(text.len())..))?;
        let start = line.end as u64;
        let middle = start.checked_add(snapshot)?;
        let index = middle..middle.checked_add(index)?;
        let length = usize::try_from(index.end - start).ok()?;
        let end = index.end.checked_add(parts::digests_length(length) as u64)?;
        let position = Position { offset: end, checksum: line.checksum, number: line.number };
        rest.is_empty().then_some(Self {
            epoch,
            header,
            snapshot: start..middle,
            digests: index.end..end,
            index,
            digests_checksum,
            end: position,
        })
    }
}

/// Tells a newer format from damage.
fn check_format(site: Site<'_>, bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.starts_with(OPENING.as_bytes()) {
        return Ok(());
    }
    let number = bytes.strip_prefix(MAGIC.as_bytes()).and_then(|rest| {
        let end = rest.iter().take(20).position(|byte| *byte == b'\n')?;
        digits(&rest[..end])
    });
    match number {
        Some(number) if number > 1 => {
            let text = format!("{}: format {number}, this version knows 1", site.ledger());
            Err(StoreError::new(StoreErrorKind::NewerFormat, "read ledger", text))
        }
        _ => Err(corrupt("read ledger", site.ledger(), 0, "not a ledger")),
    }
}

/// Reads at most `length` bytes; fewer at the end of the file.
pub(super) fn range(
    site: Site<'_>,
    file: &dyn File,
    offset: u64,
    length: usize,
) -> Result<Bytes, StoreError> {
    let mut bytes = vec![0; length];
    let count = site
        .read_at(file, &mut bytes, offset)
        .map_err(|error| failed("read ledger", site.ledger(), error))?;
    bytes.truncate(count);
    Ok(bytes.into())
}

/// A length in memory of what lies between two offsets.
pub(super) fn width(from: u64, to: u64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)
}

/// One commit as it was read.
pub(super) struct ReadCommit {
    pub(super) number: u64,
    pub(super) header: Option<Header>,
    pub(super) text: Bytes,
    /// Where its line ends.
    pub(super) end: Position,
}

/// Commits in a row.
pub(super) struct Lines {
    pub(super) commits: Vec<ReadCommit>,
    pub(super) end: Position,
    /// What follows the last line that validates.
    pub(super) rest: Bytes,
}

impl Lines {
    /// Reads lines from `bytes`, which lie at `from`, as long as each fits the one before.
    pub(super) fn scan(bytes: &Bytes, from: Position) -> Self {
        let mut commits = Vec::new();
        let mut end = from;
        let mut at = 0;
        while let Some((line, header, text)) = next(bytes, at, end) {
            at = line.end;
            end = Position { offset: from.offset + at as u64, checksum: line.checksum, number: line.number };
            commits.push(ReadCommit { number: line.number, header, text, end });
        }
        Self { commits, end, rest: bytes.slice(at..) }
    }

    /// Whether nothing follows but zeros.
    pub(super) fn rest_is_zero(&self) -> bool {
        frame::is_zero(&self.rest)
    }

    /// Whether a whole line stands somewhere after the one that does not validate.
    pub(super) fn has_later_line(&self) -> bool {
        let starts = |at: usize| matches!(self.rest.get(at), Some(b'c' | b'h'));
        let follows = |at: usize| at == 0 || matches!(self.rest.get(at - 1), Some(b'\n' | 0));
        (0..self.rest.len())
            .filter(|at| starts(*at) && follows(*at))
            .any(|at| frame::parse(&self.rest, at).is_some())
    }
}

fn next(bytes: &Bytes, at: usize, after: Position) -> Option<(Line, Option<Header>, Bytes)> {
    let line = frame::parse(bytes, at)?;
    if line.previous != after.checksum || Some(line.number) != after.number.checked_add(1) {
        return None;
    }
    let (header, text) = frame::parse_commit(line.kind, bytes.slice(line.text.clone()))?;
    Some((line, header, text))
}

/// Reads the lines between `from` and the offset `to`, where the last one has `checksum`.
pub(super) fn lines(
    site: Site<'_>,
    file: &dyn File,
    from: Position,
    to: u64,
    checksum: Checksum,
) -> Result<Lines, StoreError> {
    let bytes = range(site, file, from.offset, width(from.offset, to))?;
    let lines = Lines::scan(&bytes, from);
    if lines.end.offset == to && lines.end.checksum == checksum {
        Ok(lines)
    } else {
        Err(corrupt("read ledger", site.ledger(), lines.end.offset, "a line is damaged"))
    }
}
