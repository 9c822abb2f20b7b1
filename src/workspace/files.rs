//! The rules of stored files: reservations, blobs and dooms, as pure functions over a tenant's
//! state.
//!
//! A file's life: reserved (quota is held and the name is taken) → stored (a record refers to it)
//! → doomed (nothing does; the quota is free, the bytes are to be deleted) → forgotten. A name is
//! a random UUID and never used again, so a doomed blob is never named again. (A tenant that is copied to
//! another store keeps the names there; see [`copying`](super::copying).)

use std::collections::HashSet;

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
    /// When the last right to write it ends or ended, in milliseconds since 1970: that of a URL and the uploads by
    /// it, or that of the upload itself, of which a request that was sent twice may still be on its way. Until then,
    /// and a request's life longer, the file may come again once it is deleted. `None` where no request can
    /// outlive the call that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) writable_until: Option<i64>,
}

impl Blob {
    /// A file, before it is known who may still write it.
    pub(super) const fn new(bytes: u64, hash: String) -> Self {
        Self { bytes, hash, writable_until: None }
    }

    /// The same file, wherever it is: who may write it is a matter of one store.
    pub(super) fn elsewhere(&self) -> Self {
        Self::new(self.bytes, self.hash.clone())
    }
}

/// What of a file's entry goes along to another store, if that is not all of it.
pub(super) fn portable(entry: &[u8]) -> Option<Bytes> {
    let blob = serde_json::from_slice::<Blob>(entry).ok().filter(|blob| blob.writable_until.is_some())?;
    Some(text(&blob.elsewhere()))
}

/// Quota held for an upload under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// How many bytes are held.
    pub(super) bytes: u64,
    /// When the right to publish ends, in milliseconds since 1970.
    pub(super) until: i64,
    /// For an upload by URL, what no process needs to remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by_url: Option<ByUrl>,
}

/// An upload by URL that is not completed yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ByUrl {
    /// Who asked for the URL.
    pub(super) principal: String,
    pub(super) title: String,
    pub(super) original_name: String,
    /// Whether it is to have as many bytes as are held, and not less.
    pub(super) exact: bool,
    /// Whether what is there is never replaced, so that it can stay where it is.
    pub(super) creates_only: bool,
    /// The name, which no URL knows, that it is being copied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy: Option<FileName>,
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
    put_reservation(draft, area, name, &Reservation { bytes, until: until.as_millisecond(), by_url: None });
}

fn put_reservation(draft: &mut Draft, area: Area, name: &FileName, reservation: &Reservation) {
    draft.put(&Section::RESERVATIONS, &address(area, name), Vec::new(), text(reservation));
}

/// Holds `bytes` for an upload by URL until some time.
pub(super) fn reserve_by_url(
    draft: &mut Draft,
    area: Area,
    name: &FileName,
    bytes: u64,
    until: Timestamp,
    by_url: ByUrl,
) {
    let by_url = Some(by_url);
    put_reservation(draft, area, name, &Reservation { bytes, until: until.as_millisecond(), by_url });
}

/// The reservation of an upload by URL, if its time is not over.
fn standing_by_url(
    draft: &Draft,
    operation: &'static str,
    area: Area,
    name: &FileName,
) -> Result<(Reservation, ByUrl)> {
    let held =
        reservation(draft.state(), area, name).filter(|held| held.until > draft.now().as_millisecond());
    let found = held.and_then(|held| Some((held.clone(), held.by_url?)));
    found.ok_or_else(|| Error::new(ErrorKind::Expired, operation))
}

/// Begins to copy what was uploaded by URL to another name, until some time at least; until when. An earlier
/// copy is given up.
pub(super) fn begin_copy(
    draft: &mut Draft,
    operation: &'static str,
    area: Area,
    name: &FileName,
    copy: &FileName,
    until: Timestamp,
) -> Result<i64> {
    let (held, mut by_url) = standing_by_url(draft, operation, area, name)?;
    if let Some(earlier) = by_url.copy.replace(copy.clone()) {
        doom_until(draft, area, &earlier, held.until);
    }
    let until = held.until.max(until.as_millisecond());
    put_reservation(draft, area, name, &Reservation { until, by_url: Some(by_url), ..held });
    Ok(until)
}

/// The names to which what was uploaded by URLs is being copied. Every reservation is read for it.
pub(super) fn copies(state: &State) -> HashSet<(Area, FileName)> {
    let held = entries::<Reservation>(state, &Section::RESERVATIONS).into_iter();
    held.filter_map(|(address, held)| Some((of_address(&address)?.0, held.by_url?.copy?))).collect()
}

/// Turns the reservation of an upload by URL into the file of that name: the one that was uploaded, if it can't
/// change any more, or its copy. It was seen to be no longer than what is held.
///
/// # Errors
/// [`ErrorKind::Expired`] if it is gone or its time is over; [`ErrorKind::Contended`] if somebody else has begun
/// another copy.
pub(super) fn settle_by_url(
    draft: &mut Draft,
    operation: &'static str,
    area: Area,
    (uploaded, kept): (&FileName, &FileName),
    blob: &Blob,
) -> Result<ByUrl> {
    let (held, by_url) = standing_by_url(draft, operation, area, uploaded)?;
    let stays = by_url.creates_only && uploaded == kept;
    if !stays && by_url.copy.as_ref() != Some(kept) {
        return Err(Error::new(ErrorKind::Contended, operation));
    }
    if held.bytes < blob.bytes {
        return Err(Error::new(ErrorKind::TooLarge, operation));
    }
    draft.remove(&Section::RESERVATIONS, &address(area, uploaded));
    if !stays {
        doom_until(draft, area, uploaded, held.until);
    }
    // The copy's put had as long.
    let blob = Blob { writable_until: Some(held.until), ..blob.clone() };
    draft.put(&Section::BLOBS, &address(area, kept), Vec::new(), text(&blob));
    Ok(by_url)
}

/// Dooms a file that somebody may publish until then, in milliseconds since 1970; one that is doomed stays so for
/// as long at least.
fn doom_until(draft: &mut Draft, area: Area, name: &FileName, until: i64) {
    let address = address(area, name);
    let doom = match read::<Doom>(draft.state(), &Section::DOOMS, &address) {
        Some(doom) => Doom { until: doom.until.max(until), ..doom },
        None => Doom { since: draft.now().as_millisecond(), until },
    };
    draft.put(&Section::DOOMS, &address, Vec::new(), text(&doom));
}

/// Lets what is doomed be watched until then at least: somebody may hold a right to write it for so long.
pub(super) fn prolong_dooms(draft: &mut Draft, until: Timestamp) {
    for (doomed, _) in entries::<Doom>(draft.state(), &Section::DOOMS) {
        if let Some((area, name)) = of_address(&doomed) {
            doom_until(draft, area, &name, until.as_millisecond());
        }
    }
}

/// Puts what is known of a stored file into a draft that is of no tenant yet.
#[cfg(feature = "migrate")]
pub(super) fn put(draft: &mut Draft, area: Area, name: &FileName, blob: &Blob) {
    draft.put(&Section::BLOBS, &address(area, name), Vec::new(), text(blob));
}

/// Turns a reservation into a stored file. Where a request of its put may be on its way yet, the file remembers
/// until when there was a right to send one.
///
/// # Errors
/// [`ErrorKind::Expired`] if it is gone or its time is over.
pub(super) fn settle(
    draft: &mut Draft,
    core: &Core,
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
    let writable_until = core.requests_outlive_calls().then_some(held.until);
    let blob = Blob { writable_until, ..blob.clone() };
    draft.put(&Section::BLOBS, &address, Vec::new(), text(&blob));
    Ok(())
}

/// Turns a reservation into a doom, if it is still there: the upload failed, or its time is over.
///
/// A URL can't be taken back: as long as somebody may write by it, its quota is held beside the doom (I5).
pub(super) fn abandon(draft: &mut Draft, area: Area, name: &FileName) -> bool {
    let Some(mut held) = reservation(draft.state(), area, name) else { return false };
    doom_until(draft, area, name, held.until);
    let by_url = held.by_url.take();
    if let Some(copy) = by_url.as_ref().and_then(|by_url| by_url.copy.as_ref()) {
        doom_until(draft, area, copy, held.until);
    }
    if by_url.is_some() && held.until > draft.now().as_millisecond() {
        put_reservation(draft, area, name, &held);
    } else {
        draft.remove(&Section::RESERVATIONS, &address(area, name));
    }
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
    if let Some(gone) = draft.remove(&Section::BLOBS, &address(area, name)) {
        // A repeated request of its upload may still be on its way, and so may one by a URL.
        let life = SignedDuration::try_from(core.settings.reservation_life).unwrap_or_default();
        let until = draft.now().checked_add(life).unwrap_or(Timestamp::MAX).as_millisecond();
        let by_url = serde_json::from_slice::<Blob>(&gone.text).ok().and_then(|blob| blob.writable_until);
        doom_until(draft, area, name, by_url.unwrap_or(until).max(until));
    }
}

/// Forgets a doomed blob; true only once its deletion can't be undone by a late request.
pub(super) fn forget(draft: &mut Draft, area: Area, name: &FileName) -> bool {
    draft.remove(&Section::DOOMS, &address(area, name)).is_some()
}
