//! Sweeping a tenant: reservations whose time is over become dooms, and doomed blobs go.
//!
//! A blob is deleted only after the ledger, read from the store, dooms it. Its doom is forgotten only
//! after a delete that was begun when nothing could publish the blob any more (I9): where the store
//! fences late requests, that is at once; elsewhere once the right to publish ended and the longest
//! life of a request and twice the skew of the clocks have passed since. There a doomed blob also
//! waits for those who are still reading it.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::ledger::{Draft, Section, State};
use crate::ownership::{Permit, Resource};
use crate::paths::{Area, BlobKey, FileName};
use crate::store::Incarnation;

use super::super::access::{Core, missing};
use super::super::files::{self, Doom, Reservation};
use super::super::profile::is_alive;

/// How many blobs are deleted before their dooms are forgotten in one commit.
const BATCH: usize = 256;
/// How many are deleted at a time.
const AT_ONCE: usize = 8;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Swept {
    /// How many reservations had expired.
    pub expired: u64,
    /// How many doomed files were deleted.
    pub deleted: u64,
    /// How many of those are done with.
    pub forgotten: u64,
    /// How many wait for a later sweep: somebody may still read them, or a late request bring them
    /// back.
    pub waiting: u64,
}

/// Expires what is due in the permit's tenant and deletes what is doomed.
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) if the tenant does not live; the store's. What could be
/// done is done all the same.
pub(in crate::workspace) async fn sweep(core: &Core, permit: &Permit) -> Result<Swept> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    let ledger = core.guarded.ledger(permit);
    let read = core.clock.now();
    let mut state = ledger.read(operation, tenant).await?;
    let life = life(&state).ok_or_else(|| missing(operation, &Resource::Tenant))?;
    let mut swept = Swept::default();
    if !due(&state, core.clock.now()).is_empty() {
        let expire = move |draft: &mut Draft| Ok(expire(draft, life));
        (swept.expired, state) = ledger.transact(operation, tenant, expire).await?;
    }
    let mut failed = None;
    for batch in doomed(&state).chunks(BATCH) {
        let (forgettable, error) = delete(core, permit, batch, read, &mut swept).await;
        failed = failed.or(error);
        if !forgettable.is_empty() {
            if let Err(error) = clear_unfinished(core, permit, &forgettable).await {
                failed = failed.or(Some(error));
                continue;
            }
            let forget = move |draft: &mut Draft| Ok(forget(draft, life, &forgettable));
            swept.forgotten += ledger.transact(operation, tenant, forget).await?.0;
        }
    }
    failed.map_or(Ok(swept), Err)
}

/// The life of a tenant whose files are in order; one that is being erased has none.
fn life(state: &State) -> Option<Incarnation> {
    state.header().filter(|header| is_alive(&header.lifecycle)).map(|header| header.incarnation)
}

type File = (Area, FileName);

/// The reservations whose time is over.
pub(super) fn due(state: &State, now: Timestamp) -> Vec<File> {
    let entries = files::entries::<Reservation>(state, &Section::RESERVATIONS).into_iter();
    let due = entries.filter(|(_, held)| held.until <= now.as_millisecond());
    due.filter_map(|(address, _)| files::of_address(&address)).collect()
}

fn doomed(state: &State) -> Vec<(File, Doom)> {
    let entries = files::entries::<Doom>(state, &Section::DOOMS).into_iter();
    entries.filter_map(|(address, doom)| Some((files::of_address(&address)?, doom))).collect()
}

/// Expiry is one commit that turns the reservations into dooms.
fn expire(draft: &mut Draft, life_then: Incarnation) -> u64 {
    if life(draft.state()) != Some(life_then) {
        return 0;
    }
    let due = due(draft.state(), draft.now());
    due.iter().map(|(area, name)| u64::from(files::abandon(draft, *area, name))).sum()
}

/// Clears what killed processes left of the uploads of files that are to be forgotten: afterwards nobody knows of
/// them any more. Whoever could go on with one had to do so before.
async fn clear_unfinished(core: &Core, permit: &Permit, files: &[File]) -> Result<()> {
    let tenant = permit.tenant();
    let key = |(area, name): &File| BlobKey::new(tenant.clone(), *area, name.clone());
    let keys: Vec<BlobKey> = files.iter().map(key).collect();
    let cleared = core.guarded.store(permit).clear_unfinished(tenant, Some(&keys)).await;
    cleared.map_err(|error| Error::store(permit.action().as_str(), error))
}

fn forget(draft: &mut Draft, life_then: Incarnation, files: &[File]) -> u64 {
    if life(draft.state()) != Some(life_then) {
        return 0;
    }
    files.iter().map(|(area, name)| u64::from(files::forget(draft, *area, name))).sum()
}

/// Deletes doomed blobs; which of them can be forgotten now, and the first error.
async fn delete(
    core: &Core,
    permit: &Permit,
    batch: &[(File, Doom)],
    read: Timestamp,
    swept: &mut Swept,
) -> (Vec<File>, Option<Error>) {
    let delete_one = |((area, name), doom): &(File, Doom)| {
        let key = BlobKey::new(permit.tenant().clone(), *area, name.clone());
        let (file, fate) = ((*area, name.clone()), Fate::of(core, &key, doom));
        async move {
            // By now the life may be over in which it was doomed.
            let fate = if core.is_old(read) { Fate::Wait } else { fate };
            if fate != Fate::Wait {
                core.guarded.store(permit).delete(&key).await?;
            }
            Ok((file, fate))
        }
    };
    let jobs: Vec<_> = batch.iter().map(delete_one).collect();
    let mut answers = stream::iter(jobs).buffer_unordered(AT_ONCE);
    let (mut forgettable, mut failed) = (Vec::new(), None);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok((_, Fate::Wait)) => swept.waiting += 1,
            Ok((_, Fate::Delete)) => {
                swept.deleted += 1;
                swept.waiting += 1;
            }
            Ok((file, Fate::Forget)) => {
                swept.deleted += 1;
                forgettable.push(file);
            }
            Err(error) => failed = failed.or(Some(Error::store(permit.action().as_str(), error))),
        }
    }
    (forgettable, failed)
}

/// What a sweep may do with a doomed blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing yet: it may be in use.
    Wait,
    /// Delete it, and again later: a request under way may bring it back.
    Delete,
    /// Delete it and forget it.
    Forget,
}

impl Fate {
    /// The fate of a blob whose deletion begins now.
    pub(super) fn of(core: &Core, key: &BlobKey, doom: &Doom) -> Self {
        if core.pins.keeps(key) {
            return Self::Wait;
        }
        if core.guarded.capabilities().fenced {
            return Self::Forget;
        }
        let now = core.clock.now().as_millisecond();
        let milliseconds = |wait: SignedDuration| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let grace = SignedDuration::try_from(core.settings.reading_grace).unwrap_or(SignedDuration::MAX);
        if now < doom.since.saturating_add(milliseconds(grace)) {
            Self::Wait
        } else if now <= doom.until.saturating_add(milliseconds(core.late_request())) {
            Self::Delete
        } else {
            Self::Forget
        }
    }
}
