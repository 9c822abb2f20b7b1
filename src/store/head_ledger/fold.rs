//! Replacing what a ledger holds by a snapshot.
//!
//! A number within one life names one state, so a snapshot of the state at a number may replace
//! whatever leads to that number; commits after it are carried. A fold that replaces is a commit
//! with a state instead of a text, and is settled like one.

use super::append::misuse;
use super::head::{Head, SnapshotReference};
use super::omission::Step;
use super::swap::{Mark, Swapped};
use super::{HeadLedger, Known};
use crate::paths::TenantId;
use crate::store::object_error::from_object;
use crate::store::{Fold, FoldKind, Outcome, StoreError, Version};

use object_store::ObjectStoreExt;

impl HeadLedger {
    /// Replaces snapshot and commits; see [`TenantStore::fold`](crate::store::TenantStore::fold).
    ///
    /// # Errors
    /// The fold did not happen and never will.
    pub async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        if fold.header.incarnation != base.incarnation {
            return Err(misuse("a fold stays within its life"));
        }
        if fold.header.tombstone && !(fold.kind == FoldKind::Replace && fold.snapshot.is_empty()) {
            return Err(misuse("a tombstone replaces everything by nothing"));
        }
        match fold.kind {
            FoldKind::Same => self.shorten(tenant, base, fold).await,
            FoldKind::Replace => self.replace(tenant, base, fold).await,
        }
    }

    async fn shorten(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        let mut known = match Self::known(base)? {
            Some(known) => known.clone(),
            None => self.read_existing_head(tenant).await?,
        };
        if !covers(&known.head, base) {
            return Ok(Outcome::Conflict);
        }
        let count = known.head.snapshot_count + 1;
        let snapshot = self.write_snapshot(tenant, count, base.number, &fold.snapshot).await?;
        for attempt in 0..self.settings.attempts {
            self.pause(attempt).await;
            let mut next = shortened(&known.head, snapshot.clone());
            next.nonce = self.random();
            let mark = Mark::Snapshot { count, name: snapshot.name.clone() };
            match self.swap(tenant, Some(&known), next, &mark).await? {
                Swapped::Landed(landed) if landed.head.number == base.number => {
                    return Ok(Outcome::Committed(landed.version()));
                }
                Swapped::Landed(_) | Swapped::Passed => {
                    return Ok(Outcome::Committed(Self::behind(base.incarnation, base.number)));
                }
                Swapped::Moved(now) if covers(&now.head, base) && now.head.snapshot_count + 1 == count => {
                    known = now;
                }
                Swapped::Moved(_) | Swapped::Lost => return Ok(Outcome::Conflict),
                Swapped::Unknown(error) => return Ok(Outcome::Unknown(error)),
            }
        }
        Ok(Outcome::Conflict)
    }

    async fn replace(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        let Some(mut known) = self.base(tenant, base).await? else { return Ok(Outcome::Conflict) };
        if known.head.header.tombstone {
            return Err(misuse("a tombstone stays as it is"));
        }
        if fold.header.tombstone && self.omission.leaves_out(Step::Tombstone) {
            return self.remove_head(tenant, &known).await;
        }
        for attempt in 0..self.settings.attempts {
            self.pause(attempt).await;
            let number = known.head.number + 1;
            let count = known.head.snapshot_count + 1;
            let snapshot = self.write_snapshot(tenant, count, number, &fold.snapshot).await?;
            let id = self.id();
            let next = self.replaced(&known.head, &fold, snapshot, &id);
            match self.swap(tenant, Some(&known), next, &Mark::Commit { number, id }).await? {
                Swapped::Landed(landed) => return Ok(Outcome::Committed(landed.version())),
                Swapped::Passed => {
                    return Ok(Outcome::Committed(Self::behind(base.incarnation, number)));
                }
                Swapped::Lost => return Ok(Outcome::Conflict),
                Swapped::Moved(now) => known = now,
                Swapped::Unknown(error) => return Ok(Outcome::Unknown(error)),
            }
        }
        Ok(Outcome::Conflict)
    }

    fn replaced(&self, head: &Head, fold: &Fold, snapshot: SnapshotReference, id: &str) -> Head {
        let mut next = head.clone();
        next.previous = if fold.header.tombstone { Vec::new() } else { named(head) };
        next.header = fold.header.clone();
        next.number += 1;
        next.ids.push(id.to_owned());
        let surplus = next.ids.len().saturating_sub(self.settings.ids_kept.max(1));
        next.ids.drain(..surplus);
        next.snapshot = snapshot;
        next.snapshot_count += 1;
        // Past whatever a writer has under way: all of it may be cleared.
        next.segment_count += 1;
        next.segments.clear();
        next.tail.clear();
        next.nonce = self.random();
        next
    }

    /// What erasing would be if there were no tombstones.
    async fn remove_head(&self, tenant: &TenantId, known: &Known) -> Result<Outcome, StoreError> {
        match self.objects.delete(&self.head_key(tenant)).await {
            Ok(()) => Ok(Outcome::Committed(known.version())),
            Err(error) => Ok(Outcome::Unknown(from_object("fold", "the head", error))),
        }
    }
}

/// Whether the state of `base` still is a point of what the head holds.
fn covers(head: &Head, base: &Version) -> bool {
    head.header.incarnation == base.incarnation
        && !head.header.tombstone
        && (head.snapshot.number..=head.number).contains(&base.number)
}

/// `head` with a snapshot in place of what led to the snapshot's number.
fn shortened(head: &Head, snapshot: SnapshotReference) -> Head {
    let mut next = head.clone();
    let (kept, replaced): (Vec<_>, Vec<_>) =
        next.segments.into_iter().partition(|segment| segment.last > snapshot.number);
    next.segments = kept;
    next.previous = std::iter::once(head.snapshot.name.clone())
        .chain(replaced.into_iter().map(|segment| segment.name))
        .collect();
    let covered = snapshot.number.saturating_sub(head.tail_base());
    let covered = usize::try_from(covered).unwrap_or(usize::MAX).min(next.tail.len());
    next.tail.drain(..covered);
    next.snapshot = snapshot;
    next.snapshot_count += 1;
    next
}

/// The names of all objects that make up the head's state.
fn named(head: &Head) -> Vec<String> {
    std::iter::once(head.snapshot.name.clone())
        .chain(head.segments.iter().map(|segment| segment.name.clone()))
        .collect()
}
