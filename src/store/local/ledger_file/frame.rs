//! One line of a ledger file: a head of fixed width, then the text.
//!
//! `KIND NUMBER LENGTH PREVIOUS CHECKSUM TEXT\n`. The checksum covers all before it and the text;
//! `PREVIOUS` is the checksum of the line before, so that a line fits in one place only.

use std::ops::Range;

use bytes::Bytes;

use crate::store::{Header, Incarnation};

/// Bytes before a line's text.
pub(super) const HEAD: usize = COVERED + 33;
/// Bytes of the head that the checksum covers.
const COVERED: usize = 2 + 21 + 11 + 33;
/// The longest header text.
pub(super) const MAX_HEADER: usize = 8 * 1024;

/// A digest of 128 bits, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Checksum([u8; 16]);

impl Checksum {
    /// What the first line has before it.
    pub(super) const NONE: Self = Self([0; 16]);

    /// The digest of these parts, one after the other.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        Self::of_hash(&hasher.finalize())
    }

    /// The same of what stands in one piece, which takes less.
    pub(super) fn of_piece(bytes: &[u8]) -> Self {
        Self::of_hash(&blake3::hash(bytes))
    }

    fn of_hash(hash: &blake3::Hash) -> Self {
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.as_bytes()[..16]);
        Self(digest)
    }

    /// Its bytes.
    pub(super) const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads 32 hexadecimal digits.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let valid = text.len() == 32 && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let text = if valid { std::str::from_utf8(text).ok()? } else { return None };
        u128::from_str_radix(text, 16).ok().map(|digest| Self(digest.to_be_bytes()))
    }
}

impl Checksum {
    /// Its 32 digits and a space or the like.
    fn digits(self, end: u8) -> [u8; 33] {
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        let mut digits = [end; 33];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        digits
    }

    /// Adds its 32 digits and a space or the like.
    pub(super) fn push(self, to: &mut Vec<u8>, end: u8) {
        to.extend_from_slice(&self.digits(end));
    }
}

/// Adds a number of that many digits and a space.
pub(super) fn push_number(to: &mut Vec<u8>, mut number: u64, width: usize) {
    let start = to.len();
    to.resize(start + width, b'0');
    for digit in to[start..].iter_mut().rev() {
        if number == 0 {
            break;
        }
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    to.push(b' ');
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The first line of a file.
    File,
    /// A commit.
    Commit,
    /// A commit that changes the header.
    HeaderCommit,
}

impl Kind {
    const fn letter(self) -> u8 {
        match self {
            Self::File => b'L',
            Self::Commit => b'c',
            Self::HeaderCommit => b'h',
        }
    }

    const fn of(letter: u8) -> Option<Self> {
        match letter {
            b'L' => Some(Self::File),
            b'c' => Some(Self::Commit),
            b'h' => Some(Self::HeaderCommit),
            _ => None,
        }
    }
}

/// A line's head, and where its text lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) previous: Checksum,
    pub(super) checksum: Checksum,
    /// Where the text lies in the bytes that were parsed.
    pub(super) text: Range<usize>,
    /// Where the next line begins.
    pub(super) end: usize,
}

/// Writes a line; answers its bytes and its checksum.
pub(super) fn write(kind: Kind, number: u64, previous: Checksum, text: &[&[u8]]) -> (Vec<u8>, Checksum) {
    let length: usize = text.iter().map(|part| part.len()).sum();
    let mut line = Vec::with_capacity(HEAD + length + 1);
    line.extend_from_slice(&[kind.letter(), b' ']);
    push_number(&mut line, number, 20);
    push_number(&mut line, length as u64, 10);
    previous.push(&mut line, b' ');
    for part in text {
        line.extend_from_slice(part);
    }
    // What it covers is hashed in one piece, and then moved apart to make room for it.
    let checksum = Checksum::of_piece(&line);
    line.resize(HEAD + length, b'\n');
    line.copy_within(COVERED..COVERED + length, HEAD);
    line[COVERED..HEAD].copy_from_slice(&checksum.digits(b' '));
    line.push(b'\n');
    (line, checksum)
}

/// Reads the line that begins at `at`, if it is whole and its checksum fits.
pub(super) fn parse(bytes: &[u8], at: usize) -> Option<Line> {
    let head = bytes.get(at..at.checked_add(HEAD)?)?;
    let kind = Kind::of(head[0])?;
    let number = digits(field(head, 2, 20)?)?;
    let length = usize::try_from(digits(field(head, 23, 10)?)?).ok()?;
    let previous = Checksum::parse(field(head, 34, 32)?)?;
    let checksum = Checksum::parse(field(head, COVERED, 32)?)?;
    let text = at + HEAD..(at + HEAD).checked_add(length)?;
    let fits = head[1] == b' '
        && bytes.get(text.end) == Some(&b'\n')
        && Checksum::of(&[&head[..COVERED], bytes.get(text.clone())?]) == checksum;
    fits.then(|| Line { kind, number, previous, checksum, end: text.end + 1, text })
}

/// `width` bytes followed by a space.
fn field(bytes: &[u8], at: usize, width: usize) -> Option<&[u8]> {
    (bytes.get(at + width) == Some(&b' ')).then(|| bytes.get(at..at + width))?
}

/// Reads a decimal number.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    let valid = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if valid { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// Whether nothing is written there.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    // Piece by piece, since a loop that may end at each byte looks at one at a time.
    bytes.chunks(512).all(|piece| piece.iter().fold(0, |seen, byte| seen | byte) == 0)
}

/// Bytes of a header before its text.
const HEADER_HEAD: usize = 33 + 2 + 6;

/// Writes a header: `INCARNATION l|t LENGTH TEXT`.
pub(super) fn write_header(header: &Header) -> Vec<u8> {
    let life = if header.tombstone { 't' } else { 'l' };
    let mut written = format!("{} {life} {:05} ", header.incarnation, header.text.len()).into_bytes();
    written.extend_from_slice(&header.text);
    written
}

/// Reads a header at the beginning of `bytes`; answers it and what follows.
pub(super) fn parse_header(bytes: &Bytes) -> Option<(Header, Bytes)> {
    let incarnation = Incarnation::parse(std::str::from_utf8(field(bytes, 0, 32)?).ok()?)?;
    let tombstone = match field(bytes, 33, 1)? {
        b"l" => false,
        b"t" => true,
        _ => return None,
    };
    let length = usize::try_from(digits(field(bytes, 35, 5)?)?).ok()?;
    let end = HEADER_HEAD + length;
    if bytes.len() < end {
        return None;
    }
    // Copied, so that a header that is kept does not keep the whole file in memory.
    let text = Bytes::copy_from_slice(&bytes[HEADER_HEAD..end]);
    Some((Header { incarnation, tombstone, text }, bytes.slice(end..)))
}

/// Writes a commit as a line.
pub(super) fn write_commit(
    number: u64,
    previous: Checksum,
    header: Option<&Header>,
    text: &[u8],
) -> (Vec<u8>, Checksum) {
    match header {
        None => write(Kind::Commit, number, previous, &[text]),
        Some(header) => write(Kind::HeaderCommit, number, previous, &[&write_header(header), b" ", text]),
    }
}

/// Reads what a commit's line says.
pub(super) fn parse_commit(kind: Kind, text: Bytes) -> Option<(Option<Header>, Bytes)> {
    match kind {
        Kind::File => None,
        Kind::Commit => Some((None, text)),
        Kind::HeaderCommit => {
            let (header, rest) = parse_header(&text)?;
            (rest.first() == Some(&b' ')).then(|| (Some(header), rest.slice(1..)))
        }
    }
}
