//! A file's bytes on their way, read from where it lies.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::reading::Stored;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::survey;
use crate::ownership::Action;
use crate::store::ByteStream;

/// How much is read at once, in bytes.
const PIECE: u64 = 256 << 10;

/// A file's bytes on their way, and what they are part of.
pub struct LegacyFile {
    action: Action,
    length: u64,
    range: Range<u64>,
    body: ByteStream,
}

impl std::fmt::Debug for LegacyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyFile").field("length", &self.length).field("range", &self.range).finish()
    }
}

impl LegacyFile {
    pub(super) fn new(action: Action, file: File, length: u64, range: Range<u64>) -> Self {
        let body = pieces(file, range.clone());
        Self { action, length, range, body }
    }

    /// The length of the whole file in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Which of its bytes these are.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The bytes. They end with an error if they are not as many as the [range](Self::range) says: unlike a stored
    /// file, one of the application's may be written while it is read.
    #[must_use]
    pub fn into_body(self) -> ByteStream {
        self.body
    }

    /// Collects the bytes; for files that are known to be small.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the disk failed on the way, or the file became shorter.
    pub async fn bytes(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.body.next().await {
            let broken = |error| Error::new(ErrorKind::Unavailable, self.action.as_str()).with_source(error);
            bytes.extend_from_slice(&piece.map_err(broken)?);
        }
        Ok(bytes)
    }
}

/// Opens a file if it is still as it was found: no link followed on the way, and nothing read of what came into
/// its place.
pub(super) fn open(root: &Path, stored: &Stored) -> io::Result<Option<File>> {
    let file = survey::open(root, &stored.path)?;
    let metadata = file.metadata()?;
    let same = (metadata.len(), survey::modified(&metadata)) == (stored.bytes, stored.modified);
    Ok(same.then_some(file))
}

fn pieces(file: File, range: Range<u64>) -> ByteStream {
    let state = (Arc::new(file), range);
    stream::try_unfold(state, |(file, rest)| async move {
        if rest.is_empty() {
            return Ok(None);
        }
        let (reader, at) = (Arc::clone(&file), rest.start);
        let length = (rest.end - at).min(PIECE);
        let piece = tokio::task::spawn_blocking(move || read_piece(&reader, at, length)).await;
        let piece = piece.map_err(io::Error::other)??;
        let rest = at + piece.len() as u64..rest.end;
        Ok(Some((piece, (file, rest))))
    })
    .boxed()
}

fn read_piece(mut file: &File, at: u64, length: u64) -> io::Result<Bytes> {
    use std::io::{Read, Seek, SeekFrom};
    // One piece is read at a time, so nobody else moves the place.
    file.seek(SeekFrom::Start(at))?;
    let mut piece = Vec::new();
    file.take(length).read_to_end(&mut piece)?;
    match piece.len() as u64 == length {
        true => Ok(piece.into()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
