//! The parts of a tar between the entries' contents.

use bytes::Bytes;
use jiff::Timestamp;
use tar::{EntryType, Header};

/// Everything in a tar comes in blocks of so many bytes.
pub(super) const BLOCK: usize = 512;

/// The end of a tar: two empty blocks.
pub(crate) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The longest name that a header has room for.
const SHORT: usize = 100;

/// What GNU's tar calls an entry that only holds the name of the next.
pub(super) const LONG_NAME: &[u8] = b"././@LongLink";

/// What stands before an entry's content.
pub(crate) fn header(entry: &str, bytes: u64, at: Timestamp) -> Bytes {
    let mut text = Vec::new();
    if entry.len() > SHORT {
        // With the zero byte that ends it.
        let length = entry.len() as u64 + 1;
        text.extend_from_slice(block(LONG_NAME, length, EntryType::GNULongName, at).as_bytes());
        text.extend_from_slice(entry.as_bytes());
        text.resize(text.len() + 1 + padding(length), 0);
    }
    text.extend_from_slice(block(entry.as_bytes(), bytes, EntryType::Regular, at).as_bytes());
    text.into()
}

fn block(name: &[u8], bytes: u64, kind: EntryType, at: Timestamp) -> Header {
    let mut header = Header::new_gnu();
    let room = &mut header.as_old_mut().name;
    let length = name.len().min(room.len());
    room[..length].copy_from_slice(&name[..length]);
    header.set_entry_type(kind);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(u64::try_from(at.as_second()).unwrap_or(0));
    header.set_cksum();
    header
}

/// How many zero bytes follow a content of that length.
pub(crate) fn padding(bytes: u64) -> usize {
    // Less than a block always fits.
    ((BLOCK as u64 - bytes % BLOCK as u64) % BLOCK as u64) as usize
}
