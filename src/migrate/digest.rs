//! Digests of contents.

use std::fmt;
use std::str::FromStr;

use crate::record::serde_as_text;

/// A BLAKE3 digest, written as `b3sum` writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The text is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of 64 hexadecimal digits")]
pub struct DigestError;

/// How many bytes there is room for at once where several texts get one digest: more than those of nearly any record.
const SOME_PARTS: usize = 1 << 9;

impl Digest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of several texts, none of which can be taken for part of its neighbour.
    pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut text = Vec::with_capacity(SOME_PARTS);
        for part in parts {
            text.extend_from_slice(&(part.len() as u64).to_le_bytes());
            text.extend_from_slice(part);
        }
        // In one piece it takes half as long.
        Self::of(&text)
    }

    /// Half of it, where that is enough to tell things apart.
    pub(super) fn half(self) -> u128 {
        let (half, _) = self.0.split_at(16);
        half.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        blake3::Hash::from_hex(text).map(Self::from).map_err(|_| DigestError)
    }
}

serde_as_text!(Digest);
