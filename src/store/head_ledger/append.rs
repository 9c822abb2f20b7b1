//! Adding a commit.

use bytes::Bytes;

use super::head::{Head, SnapshotReference};
use super::omission::Step;
use super::swap::{Mark, Swapped};
use super::{HeadLedger, Known};
use crate::paths::TenantId;
use crate::store::{Commit, Header, Outcome, StoreError, StoreErrorKind, Version};

impl HeadLedger {
    /// Adds a commit after `base`; see [`TenantStore::append`](crate::store::TenantStore::append).
    ///
    /// # Errors
    /// The commit did not happen and never will.
    pub async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        let mut known = match base {
            None if self.read_head(tenant).await?.is_some() => return Ok(Outcome::Conflict),
            None => None,
            Some(version) => match self.base(tenant, version).await? {
                Some(known) => Some(known),
                None => return Ok(Outcome::Conflict),
            },
        };
        for attempt in 0..self.settings.attempts {
            self.pause(attempt).await;
            let id = self.id();
            let next = match &known {
                None => self.first(tenant, &commit, &id).await?,
                Some(known) => self.next(tenant, &known.head, &commit, &id).await?,
            };
            let mark = Mark::Commit { number: next.number, id };
            let incarnation = next.header.incarnation;
            let number = next.number;
            match self.swap(tenant, known.as_ref(), next, &mark).await? {
                Swapped::Landed(landed) => return Ok(Outcome::Committed(landed.version())),
                Swapped::Passed => return Ok(Outcome::Committed(Self::behind(incarnation, number))),
                Swapped::Lost => return Ok(Outcome::Conflict),
                Swapped::Moved(now) => known = Some(now),
                Swapped::Unknown(error) => return Ok(Outcome::Unknown(error)),
            }
        }
        Ok(Outcome::Conflict)
    }

    /// The head with the first commit of a tenant that never existed.
    async fn first(&self, tenant: &TenantId, commit: &Commit, id: &str) -> Result<Head, StoreError> {
        let header = commit.header.clone().ok_or_else(|| misuse("the first commit has no header"))?;
        let nothing = SnapshotReference { name: String::new(), number: 0, length: 0, digest: String::new() };
        let head = Head {
            nonce: String::new(),
            header,
            number: 0,
            ids: Vec::new(),
            snapshot_count: 0,
            segment_count: 0,
            snapshot: nothing,
            segments: Vec::new(),
            previous: Vec::new(),
            tail: Vec::new(),
        };
        self.with_commit(tenant, head, commit, id).await
    }

    /// The head that follows `head` with `commit`.
    async fn next(
        &self,
        tenant: &TenantId,
        head: &Head,
        commit: &Commit,
        id: &str,
    ) -> Result<Head, StoreError> {
        let mut next = head.clone();
        let begins = |header: &&Header| header.incarnation != head.header.incarnation;
        match commit.header.as_ref().filter(begins) {
            Some(_) if head.header.tombstone && self.omission.leaves_out(Step::NumbersGoOn) => {
                forget_earlier_lives(&mut next);
            }
            Some(_) if head.header.tombstone => {}
            Some(_) => return Err(misuse("a life begins on a tombstone only")),
            None if head.header.tombstone => {
                return Err(StoreError::new(StoreErrorKind::NotFound, "append", "the tenant was erased"));
            }
            None => {}
        }
        self.with_commit(tenant, next, commit, id).await
    }

    /// `head` with a commit more; a tail that is full becomes a segment first.
    async fn with_commit(
        &self,
        tenant: &TenantId,
        mut head: Head,
        commit: &Commit,
        id: &str,
    ) -> Result<Head, StoreError> {
        if commit.text.contains(&b'\n') {
            return Err(misuse("a commit is one line"));
        }
        if let Some(header) = &commit.header {
            if header.tombstone {
                return Err(misuse("a tombstone is made by a fold that replaces"));
            }
            head.header = header.clone();
        }
        let limit = self.settings.tail_bytes;
        let held: usize = head.tail.iter().map(Bytes::len).sum();
        let first = head.tail_base() + 1;
        if commit.text.len() > limit {
            head.tail.push(commit.text.clone());
            self.spill(tenant, &mut head, first).await?;
        } else {
            if held + commit.text.len() > limit {
                self.spill(tenant, &mut head, first).await?;
            }
            head.tail.push(commit.text.clone());
        }
        head.number += 1;
        head.ids.push(id.to_owned());
        let surplus = head.ids.len().saturating_sub(self.settings.ids_kept.max(1));
        head.ids.drain(..surplus);
        head.nonce = self.random();
        Ok(head)
    }

    /// Moves the tail, whose first commit has the number `first`, into a segment.
    async fn spill(&self, tenant: &TenantId, head: &mut Head, first: u64) -> Result<(), StoreError> {
        let commits = std::mem::take(&mut head.tail);
        head.segment_count += 1;
        let segment = self.write_segment(tenant, head.segment_count, first, &commits).await?;
        head.segments.push(segment);
        Ok(())
    }

    /// The head that `version` stands for; `None` if others have come since.
    pub(super) async fn base(
        &self,
        tenant: &TenantId,
        version: &Version,
    ) -> Result<Option<Known>, StoreError> {
        if let Some(known) = Self::known(version)? {
            return Ok(Some(known.clone()));
        }
        let now = self.read_existing_head(tenant).await?;
        let same = now.head.header.incarnation == version.incarnation && now.head.number == version.number;
        Ok(same.then_some(now))
    }
}

/// What re-creation would be if numbers did not go on.
fn forget_earlier_lives(head: &mut Head) {
    head.number = 0;
    head.snapshot.number = 0;
    head.ids.clear();
    head.snapshot_count = 0;
    head.segment_count = 0;
}

/// A call that no state of the store allows.
pub(super) fn misuse(detail: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unsupported, "append", detail)
}
