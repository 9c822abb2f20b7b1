//! The bytes of files: the same part over and over, as they come from a network.

use std::io;
use std::sync::LazyLock;

use bytes::Bytes;
use futures::{Stream, stream};

use crate::record::scattered;
use crate::side::{Outcome, same};

/// How long a part is.
pub(crate) const PART: usize = 64 << 10;

static CONTENT: LazyLock<Bytes> = LazyLock::new(|| {
    (0..PART as u64 / 8).flat_map(|number| scattered(number).to_le_bytes()).collect::<Vec<u8>>().into()
});

/// A part of at most that length.
pub(crate) fn part(length: usize) -> Bytes {
    CONTENT.slice(..length.min(PART))
}

/// The parts of a body.
pub(crate) fn parts(length: usize) -> impl Iterator<Item = Bytes> + Send + use<> {
    (0..length.div_ceil(PART)).map(move |at| part(length - at * PART))
}

/// The same as a stream.
pub(crate) fn stream(length: usize) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    stream::iter(parts(length).map(Ok))
}

/// The byte at a place of a body.
fn byte_at(at: u64) -> u8 {
    CONTENT[(at % PART as u64) as usize]
}

/// That these are the bytes of a body from a place on, all of a length.
pub(crate) fn check(bytes: &[u8], first: u64, length: usize) -> Outcome<()> {
    same(&bytes.len(), &length)?;
    let wrong = (first..).zip(bytes).find(|(at, byte)| byte_at(*at) != **byte);
    same(&wrong.map(|(at, _)| at), &None)
}

/// That a reader gives a body of that length, no more and no less.
pub(crate) fn check_read(mut reader: impl io::Read, length: usize) -> Outcome<()> {
    let mut buffer = vec![0; PART];
    for expected in parts(length) {
        reader.read_exact(&mut buffer[..expected.len()])?;
        check(&buffer[..expected.len()], 0, expected.len())?;
    }
    same(&reader.read(&mut buffer)?, &0)
}
