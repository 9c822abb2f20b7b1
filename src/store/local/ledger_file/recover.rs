//! Recovery: fold everything that validates into a new file.
//!
//! There is this one way only. What lies beyond the word may or may not be durable; in the new
//! file, synced, it is, and only then is it believed.

use super::fold::Draft;
use super::open::{Found, find};
use super::parts;
use super::{Ledger, Site};
use crate::store::StoreError;
use crate::store::local::failure::corrupt;

/// When to write a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store::local) enum Recovery {
    /// If the ledger is not settled.
    WhereNeeded,
    /// In any case: a sync failed, so that what is read may not be what is durable.
    Always,
}

/// Settles the ledger at the path, by the holder of the lock; `None` if there never was one.
pub(in crate::store::local) fn recover(
    site: Site<'_>,
    recovery: Recovery,
) -> Result<Option<Ledger>, StoreError> {
    let Some(found) = find(site)? else { return Ok(None) };
    let settled = found.settled(site)?;
    if let (Recovery::WhereNeeded, Some(position)) = (recovery, settled) {
        return Ok(found.into_ledger(position));
    }
    if !found.lines.rest_is_zero() && found.lines.has_later_line() {
        let at = found.lines.end.offset;
        return Err(corrupt("recover ledger", site.ledger(), at, "a damaged line with a whole one after it"));
    }
    fold(site, &found).map(Some)
}

fn fold(site: Site<'_>, found: &Found) -> Result<Ledger, StoreError> {
    let (snapshot, index) = parts::all(site, &found.file, &found.head)?;
    let newest = found.word.map_or(0, |word| word.epoch).max(found.head.epoch);
    let mut draft =
        Draft::begin(site, newest + 1, found.head.end.number, &found.head.header, (&snapshot, &index))?;
    for commit in &found.lines.commits {
        draft.push(commit.header.as_ref(), &commit.text);
    }
    draft.install(site)
}
