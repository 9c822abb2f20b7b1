//! What is known of a file without opening it.

use crate::error::Result;
use crate::ownership::Action;
use crate::record::Record;

use super::super::access::Access;
use super::reading::{Found, locate};
use super::{FileRef, StoredFile};

/// What is known of a file without opening it: what a response needs before any byte of it is sent, as
/// HTTP's `HEAD` does.
///
/// Length and digest are those of the bytes that are stored. A record's own fields `bytes` and `hash` are
/// for people, and may be missing.
#[derive(Clone, PartialEq)]
pub struct FileHead<E> {
    record: Record<E>,
    length: u64,
    hash: String,
    media_type: &'static str,
    original_name: String,
}

impl<E> std::fmt::Debug for FileHead<E> {
    /// The names are left out, as for a record.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileHead").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<E> FileHead<E> {
    /// The file's record.
    #[must_use]
    pub const fn record(&self) -> &Record<E> {
        &self.record
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The BLAKE3 digest of its bytes, in hexadecimal digits. A stored file never changes, so this is a strong
    /// entity tag.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Its media type, as HTTP's `Content-Type` names it: of a kind that may be uploaded, and never one that
    /// a browser would run.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The name that it was uploaded with.
    #[must_use]
    pub fn original_name(&self) -> &str {
        &self.original_name
    }
}

/// What is known of a file.
pub(in crate::workspace) async fn head<E: StoredFile>(
    access: &Access,
    action: Action,
    file: FileRef,
) -> Result<FileHead<E>> {
    let Found { record, blob, .. } = locate::<E>(access, action, &file).await?;
    let media_type = record.value().content_type();
    let original_name = record.value().original_name().to_owned();
    Ok(FileHead { record, length: blob.bytes, hash: blob.hash, media_type, original_name })
}
