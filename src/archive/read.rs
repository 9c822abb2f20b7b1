//! Reading an archive from its stream, one entry after the other, each of which has to be the one that is
//! expected.

use bytes::{Buf, Bytes, BytesMut};
use futures::StreamExt;
use tar::{EntryType, Header};

use super::write::{BLOCK, padding};
use super::{ArchiveError, MANIFEST, MANIFEST_SUM, MAX_MANIFEST, sum};
use crate::store::ByteStream;

/// How many zero bytes may follow the end: tar programs fill up their last record.
const MAX_FILLING: u64 = 1 << 20;

/// The longest name of an entry that is read, in bytes.
const MAX_NAME: u64 = 512;

/// Why reading ended.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The stream failed.
    Body(std::io::Error),
    /// What came is refused.
    Refused(ArchiveError),
}

impl From<ArchiveError> for ReadError {
    fn from(error: ArchiveError) -> Self {
        Self::Refused(error)
    }
}

/// An archive on its way.
pub(crate) struct Reader {
    body: ByteStream,
    /// What came and was not taken yet.
    waiting: Bytes,
    /// How much of the entry's content is still to come.
    left: u64,
    /// How long it is altogether.
    content: u64,
    /// How many bytes were taken altogether.
    taken: u64,
}

impl Reader {
    pub(crate) fn new(body: ByteStream) -> Self {
        Self { body, waiting: Bytes::new(), left: 0, content: 0, taken: 0 }
    }

    /// How many bytes were taken so far.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Waits for bytes; false at the end of the stream.
    async fn fill(&mut self) -> Result<bool, ReadError> {
        while self.waiting.is_empty() {
            match self.body.next().await {
                Some(chunk) => self.waiting = chunk.map_err(ReadError::Body)?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// At most so many of the bytes that come next; at least one.
    async fn take(&mut self, most: u64) -> Result<Bytes, ReadError> {
        if !self.fill().await? {
            return Err(ArchiveError::Truncated.into());
        }
        let length = usize::try_from(most).unwrap_or(usize::MAX).min(self.waiting.len());
        self.taken += length as u64;
        Ok(self.waiting.split_to(length))
    }

    async fn exactly(&mut self, length: u64) -> Result<Bytes, ReadError> {
        let mut bytes = BytesMut::new();
        while (bytes.len() as u64) < length {
            bytes.extend_from_slice(&self.take(length - bytes.len() as u64).await?);
        }
        Ok(bytes.freeze())
    }

    /// The next entry's name and length; `None` where the archive ends.
    async fn head(&mut self) -> Result<Option<(Vec<u8>, u64)>, ReadError> {
        let refused = ArchiveError::NotAnArchive;
        let mut long = None;
        loop {
            let block = self.exactly(BLOCK as u64).await?;
            if block.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(&block);
            let told = header.cksum().map_err(|_| refused.clone())?;
            let size = header.entry_size().map_err(|_| refused.clone())?;
            header.set_cksum();
            if header.cksum().ok() != Some(told) || !is_spelled(told, &block) {
                return Err(refused.into());
            }
            match header.entry_type() {
                EntryType::GNULongName if long.is_none() && size <= MAX_NAME => {
                    let mut name = self.exactly(size).await?;
                    self.pass(size).await?;
                    name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
                    long = Some(name.to_vec());
                }
                EntryType::Regular => {
                    return Ok(Some((long.unwrap_or_else(|| header.path_bytes().into_owned()), size)));
                }
                // A folder, a link, a device: what has no name that is expected.
                _ => return Ok(Some((Vec::new(), 0))),
            }
        }
    }

    /// Passes over what fills up the last block of a content of that length.
    async fn pass(&mut self, length: u64) -> Result<(), ReadError> {
        let filling = self.exactly(padding(length) as u64).await?;
        if filling.iter().any(|&byte| byte != 0) {
            return Err(ArchiveError::NotAnArchive.into());
        }
        Ok(())
    }

    /// Goes on to the manifest, and reads it.
    pub(crate) async fn manifest(&mut self) -> Result<Bytes, ReadError> {
        match self.head().await {
            Ok(Some((name, bytes))) if name == MANIFEST.as_bytes() => {
                if bytes > MAX_MANIFEST {
                    return Err(ArchiveError::Manifest { reason: "it is too long" }.into());
                }
                let text = self.exactly(bytes).await?;
                self.pass(bytes).await?;
                self.check_sum(&text).await?;
                Ok(text)
            }
            Ok(_) | Err(ReadError::Refused(_)) => Err(ArchiveError::NotAnArchive.into()),
            Err(error) => Err(error),
        }
    }

    async fn check_sum(&mut self, manifest: &[u8]) -> Result<(), ReadError> {
        let sum = sum(manifest);
        self.entry(MANIFEST_SUM, sum.len() as u64).await?;
        let mut told = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            told.extend_from_slice(&chunk);
        }
        match told == sum.as_bytes() {
            true => Ok(()),
            false => Err(ArchiveError::Checksum { entry: MANIFEST.to_owned() }.into()),
        }
    }

    /// Goes on to the entry that has to come next.
    pub(crate) async fn entry(&mut self, entry: &str, bytes: u64) -> Result<(), ReadError> {
        match self.head().await? {
            Some((name, length)) if name == entry.as_bytes() && length == bytes => {
                self.left = bytes;
                self.content = bytes;
                Ok(())
            }
            Some(_) => Err(ArchiveError::Unexpected { entry: entry.to_owned() }.into()),
            None => Err(ArchiveError::Truncated.into()),
        }
    }

    /// The next part of the entry's content; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ReadError> {
        if self.left == 0 {
            let content = std::mem::take(&mut self.content);
            self.pass(content).await?;
            return Ok(None);
        }
        let chunk = self.take(self.left).await?;
        self.left -= chunk.len() as u64;
        Ok(Some(chunk))
    }

    /// Sees that nothing more comes.
    pub(crate) async fn end(&mut self) -> Result<(), ReadError> {
        if self.head().await?.is_some() {
            return Err(ArchiveError::TooMuch.into());
        }
        let mut filling = 0;
        while self.fill().await? {
            filling += self.waiting.len() as u64;
            self.taken += self.waiting.len() as u64;
            if filling > MAX_FILLING || self.waiting.iter().any(|&byte| byte != 0) {
                return Err(ArchiveError::TooMuch.into());
            }
            self.waiting.advance(self.waiting.len());
        }
        // The second of the two empty blocks.
        if filling < BLOCK as u64 { Err(ArchiveError::Truncated.into()) } else { Ok(()) }
    }
}

/// Whether a header's checksum is written as this library writes it, or as GNU tar does. Itself it is in no sum,
/// and readers of numbers pass over blanks: so a change of it could go unnoticed otherwise.
fn is_spelled(checksum: u32, header: &[u8]) -> bool {
    /// Where it stands in a header, as POSIX has it.
    const PLACE: std::ops::Range<usize> = 148..156;
    let found = header.get(PLACE).unwrap_or_default();
    [format!("{checksum:07o}\0"), format!("{checksum:06o}\0 ")]
        .iter()
        .any(|spelled| spelled.as_bytes() == found)
}
