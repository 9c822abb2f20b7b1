//! One compare-and-swap of the head, and how its outcome is found out.
//!
//! No status is proof: a conflict can come from an own request that was repeated on its way, and a
//! fault can follow a success. So after any answer but success the head itself is read. While it
//! is still the base, nothing is settled and the same bytes are sent again; they can land once at
//! most, since the base's ETag never comes back. Once it is another, what it says is final.

use std::sync::Arc;

use bytes::Bytes;
use object_store::{Error as ObjectError, ObjectStore, PutMode, PutOptions, PutResult, UpdateVersion};

use super::head::{Head, corrupt};
use super::objects::{Kind, parse_name};
use super::omission::Step;
use super::{HeadLedger, Known};
use crate::paths::TenantId;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

/// By what a swap is recognised in later heads. Never by an ETag.
#[derive(Debug)]
pub(super) enum Mark {
    /// The id of the commit with that number.
    Commit {
        /// The number that it can only have.
        number: u64,
        /// Its own id, made for this attempt.
        id: String,
    },
    /// The snapshot with that count.
    Snapshot {
        /// The count that it can only have.
        count: u64,
        /// Its own name, made for this attempt.
        name: String,
    },
}

/// What became of a swap.
#[derive(Debug)]
pub(super) enum Swapped {
    /// It landed, and this head is what it made.
    Landed(Known),
    /// It landed, and others have gone on from there.
    Passed,
    /// Another came first; it never landed and never can.
    Lost,
    /// The same: but that number or count is still free, on this head.
    Moved(Known),
    /// Nobody can tell.
    Unknown(StoreError),
}

impl HeadLedger {
    /// Replaces `base` (`None`: nothing) by `next`.
    pub(super) async fn swap(
        &self,
        tenant: &TenantId,
        base: Option<&Known>,
        next: Head,
        mark: &Mark,
    ) -> Result<Swapped, StoreError> {
        let body = next.encode()?;
        let next = Arc::new(next);
        let mut trouble = StoreError::new(StoreErrorKind::Unavailable, "commit", "the head stayed as it was");
        for attempt in 0..self.settings.attempts {
            self.pause(attempt).await;
            match self.send(tenant, base, body.clone()).await {
                Ok(PutResult { e_tag: Some(etag), version, .. }) => {
                    let etag = UpdateVersion { e_tag: Some(etag), version };
                    return Ok(Swapped::Landed(Known { etag, head: next }));
                }
                Ok(_) => {}
                Err(ObjectError::Precondition { .. } | ObjectError::AlreadyExists { .. })
                    if self.omission.leaves_out(Step::OwnIdAfterConflict) =>
                {
                    return Ok(Swapped::Lost);
                }
                Err(error) => trouble = from_object("commit", "the head", error),
            }
            match (self.read_head(tenant).await, base) {
                (Err(error), _) => trouble = error,
                (Ok(None), None) => {}
                (Ok(None), Some(_)) => {
                    return Ok(Swapped::Unknown(corrupt("the head is missing where one was")));
                }
                (Ok(Some(now)), Some(base)) if now.etag.e_tag == base.etag.e_tag => {}
                (Ok(Some(now)), base) => return Ok(self.judge(base, mark, now)),
            }
        }
        Ok(Swapped::Unknown(trouble))
    }

    async fn send(
        &self,
        tenant: &TenantId,
        base: Option<&Known>,
        body: Bytes,
    ) -> object_store::Result<PutResult> {
        let mode = base.map_or(PutMode::Create, |base| PutMode::Update(base.etag.clone()));
        let options = PutOptions { mode, ..PutOptions::default() };
        self.objects.put_opts(&self.head_key(tenant), body.into(), options).await
    }

    /// What a head that is not the base says of the swap.
    fn judge(&self, base: Option<&Known>, mark: &Mark, now: Known) -> Swapped {
        let before = base.map_or(0, |base| base.head.number);
        if now.head.number < before && !self.omission.leaves_out(Step::NumbersGoOn) {
            return Swapped::Unknown(corrupt("the head's number went back"));
        }
        let another_life =
            base.is_some_and(|base| base.head.header.incarnation != now.head.header.incarnation);
        match mark {
            // Numbers go on from life to life, so the base was never a head of this tenant's.
            Mark::Commit { number, .. } if another_life && now.head.number < *number => Swapped::Lost,
            Mark::Commit { number, id } => self.judge_commit(*number, id, now),
            Mark::Snapshot { count, name } => judge_snapshot(*count, name, now),
        }
    }

    /// A commit can only become `number`. The id kept for that number decides, in whichever life
    /// of the tenant, since numbers and ids go on across them.
    fn judge_commit(&self, number: u64, id: &str, now: Known) -> Swapped {
        if now.head.number < number {
            return Swapped::Moved(now);
        }
        if self.omission.leaves_out(Step::IdAtItsNumber) && !now.head.ids.iter().any(|kept| kept == id) {
            return Swapped::Lost;
        }
        match now.head.id_at(number) {
            Some(kept) if kept == id && now.head.number == number => Swapped::Landed(now),
            Some(kept) if kept == id => Swapped::Passed,
            Some(_) => Swapped::Lost,
            None => Swapped::Unknown(forgotten()),
        }
    }
}

/// A snapshot's swap can only have raised the count to `count`; the last two are still named.
fn judge_snapshot(count: u64, name: &str, now: Known) -> Swapped {
    if now.head.snapshot_count < count {
        return Swapped::Moved(now);
    }
    if now.head.snapshot.name == name {
        return Swapped::Landed(now);
    }
    if now.head.snapshot_count == count {
        return Swapped::Lost;
    }
    let same_count = |previous: &&String| parse_name(previous) == Some((Kind::Snapshot, count));
    match now.head.previous.iter().find(same_count) {
        Some(previous) if previous == name => Swapped::Passed,
        Some(_) => Swapped::Lost,
        None => Swapped::Unknown(forgotten()),
    }
}

fn forgotten() -> StoreError {
    StoreError::new(StoreErrorKind::OutcomeUnknown, "commit", "too much came since to tell what became of it")
}
