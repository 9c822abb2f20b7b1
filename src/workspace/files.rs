//! The rules of stored files: reservations, blobs and dooms, as pure functions over a tenant's
//! state.
//!
//! A file's life: reserved (quota is held and the name is taken) → stored (a record refers to it)
//! → doomed (nothing does; the quota is free, the bytes are to be deleted) → forgotten. A name is
//! a random UUID and never used again, so a doomed blob is never named again. (A tenant that is copied to
//! another store keeps the names there; see [`copying`](super::copying).)

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Section, State};
use crate::paths::{Area, FileName};

use super::access::Core;
use super::records::blob_key;

/// What the ledger says of a stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Blob {
    /// Its length.
    pub(super) bytes: u64,
    /// The BLAKE3 digest of its bytes, in hexadecimal digits.
    pub(super) hash: String,
}

/// Quota held for an upload under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// How many bytes are held.
    pub(super) bytes: u64,
    /// When the right to publish ends, in milliseconds since 1970.
    pub(super) until: i64,
}

/// A blob that is to be deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Doom {
    /// When it was doomed, in milliseconds since 1970.
    pub(super) since: i64,
    /// When the last right to publish it ends or ended.
    pub(super) until: i64,
}

/// The id under which the ledger keeps what it says of a file.
pub(super) fn address(area: Area, name: &FileName) -> String {
    format!("{area}/{name}")
}

/// The file of an address.
pub(super) fn of_address(address: &str) -> Option<(Area, FileName)> {
    let (area, name) = address.split_once('/')?;
    Some((Area::from_name(area)?, FileName::parse(name).ok()?))
}

fn text(value: &impl Serialize) -> Bytes {
    // A struct of numbers and strings always serialises.
    serde_json::to_vec(value).unwrap_or_default().into()
}

fn read<T: for<'a> Deserialize<'a>>(state: &State, section: &Section, address: &str) -> Option<T> {
    serde_json::from_slice(&state.get(section, address)?.text).ok()
}

/// What is known of a stored file.
pub(super) fn blob(state: &State, area: Area, name: &FileName) -> Option<Blob> {
    read(state, &Section::BLOBS, &address(area, name))
}

/// The reservation for a file.
pub(super) fn reservation(state: &State, area: Area, name: &FileName) -> Option<Reservation> {
    read(state, &Section::RESERVATIONS, &address(area, name))
}

/// Whether a file is doomed.
pub(super) fn is_doomed(state: &State, area: Area, name: &FileName) -> bool {
    state.get(&Section::DOOMS, &address(area, name)).is_some()
}

/// Every entry of one of the sections of files, with its address.
pub(super) fn entries<T: for<'a> Deserialize<'a>>(state: &State, section: &Section) -> Vec<(String, T)> {
    let entries = state.all(section).into_iter();
    entries
        .filter_map(|entry| Some((entry.id.to_string(), serde_json::from_slice(&entry.text).ok()?)))
        .collect()
}

/// Holds `bytes` for a file until some time: newly, or in place of what is held.
pub(super) fn reserve(draft: &mut Draft, area: Area, name: &FileName, bytes: u64, until: Timestamp) {
    let reservation = Reservation { bytes, until: until.as_millisecond() };
    draft.put(&Section::RESERVATIONS, &address(area, name), Vec::new(), text(&reservation));
}

/// Turns a reservation into a stored file.
///
/// # Errors
/// [`ErrorKind::Expired`] if it is gone or its time is over.
pub(super) fn settle(
    draft: &mut Draft,
    operation: &'static str,
    area: Area,
    name: &FileName,
    blob: &Blob,
) -> Result<()> {
    let address = address(area, name);
    let held = reservation(draft.state(), area, name)
        .filter(|held| held.until > draft.now().as_millisecond())
        .ok_or_else(|| Error::new(ErrorKind::Expired, operation))?;
    if held.bytes < blob.bytes {
        // What was written was reserved before: this would be a defect of the upload.
        return Err(Error::new(ErrorKind::QuotaExceeded, operation));
    }
    draft.remove(&Section::RESERVATIONS, &address);
    draft.put(&Section::BLOBS, &address, Vec::new(), text(blob));
    Ok(())
}

/// Turns a reservation into a doom, if it is still there: the upload failed, or its time is over.
pub(super) fn abandon(draft: &mut Draft, area: Area, name: &FileName) -> bool {
    let address = address(area, name);
    let Some(held) = reservation(draft.state(), area, name) else { return false };
    draft.remove(&Section::RESERVATIONS, &address);
    let doom = Doom { since: draft.now().as_millisecond(), until: held.until };
    draft.put(&Section::DOOMS, &address, Vec::new(), text(&doom));
    true
}

/// Dooms those of the files to which no record refers any more.
pub(super) fn release(draft: &mut Draft, core: &Core, files: &[(Area, FileName)]) {
    for (area, name) in files {
        if !draft.state().find_everywhere(&blob_key(*area, name)).is_empty() {
            continue;
        }
        doom(draft, core, *area, name);
    }
}

/// Turns a stored file into a doom, whoever refers to it.
pub(super) fn doom(draft: &mut Draft, core: &Core, area: Area, name: &FileName) {
    let address = address(area, name);
    if draft.remove(&Section::BLOBS, &address).is_some() {
        // A repeated request of its upload may still be on its way.
        let since = draft.now();
        let life = SignedDuration::try_from(core.settings.reservation_life).unwrap_or_default();
        let until = since.checked_add(life).unwrap_or(Timestamp::MAX);
        let doom = Doom { since: since.as_millisecond(), until: until.as_millisecond() };
        draft.put(&Section::DOOMS, &address, Vec::new(), text(&doom));
    }
}

/// Forgets a doomed blob; true only once its deletion can't be undone by a late request.
pub(super) fn forget(draft: &mut Draft, area: Area, name: &FileName) -> bool {
    draft.remove(&Section::DOOMS, &address(area, name)).is_some()
}
