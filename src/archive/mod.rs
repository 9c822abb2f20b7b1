//! A tenant as one archive: a tar whose first entry says what all the others are.
//!
//! ```text
//! manifest.json                what follows, in order, with lengths and BLAKE3 digests
//! manifest.json.b3             the manifest's own digest, as `b3sum` writes it
//! records/<collection>.jsonl   the records of a collection in order, one a line, as they are stored
//! videos/<file>                the files
//! thumbnails/<file>
//! ```
//!
//! So whoever reads one knows beforehand how much it will be and what may come, and takes nothing else:
//! no other name, no link, no other length. Any program that reads tar can unpack it; names of more
//! than 100 bytes are written as GNU's tar writes them.
//!
//! Here are the form and its reading and writing. What goes into an archive, and what becomes of what it
//! holds, is for the workspace.

mod manifest;
mod read;
mod refused;
#[cfg(test)]
mod tests;
mod write;

pub use manifest::{ArchiveManifest, ArchivedFile, ArchivedRecords};
pub(crate) use manifest::{MANIFEST, MANIFEST_SUM, MAX_MANIFEST, sum};
pub(crate) use read::{ReadError, Reader};
pub use refused::ArchiveError;
pub(crate) use write::{END, header, padding};

/// A digest in hexadecimal digits.
pub(crate) fn digits(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().to_string()
}
