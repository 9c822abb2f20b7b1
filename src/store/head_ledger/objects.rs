//! The immutable objects that a head names: snapshots and segments.
//!
//! An object is `<kind>-<count>-<random>` and is created, never replaced. The count is one above
//! the head's; only the swap that raises the head's count to it may name the object. So what is at
//! or below the head's count and not named never will be, and may be cleared by anyone; what is
//! above may belong to a writer at work and is left alone.

use bytes::Bytes;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::{Deserialize, Serialize};

use super::HeadLedger;
use super::head::{SegmentReference, SnapshotReference, corrupt, split_line, split_texts};
use super::omission::Step;
use crate::paths::TenantId;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

const SNAPSHOT: &str = "snapshot";
const SEGMENT: &str = "segment";

/// A kind of object beside the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Snapshot,
    Segment,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => SNAPSHOT,
            Self::Segment => SEGMENT,
        }
    }
}

/// Reads kind and count from an object's name; `None` if it is no such name.
pub(super) fn parse_name(name: &str) -> Option<(Kind, u64)> {
    let mut words = name.splitn(3, '-');
    let kind = match words.next()? {
        SNAPSHOT => Kind::Snapshot,
        SEGMENT => Kind::Segment,
        _ => return None,
    };
    let count = words.next()?.parse().ok()?;
    words.next()?;
    Some((kind, count))
}

/// Why an object could not be had.
pub(super) enum FetchError {
    /// It is not there.
    Missing(String),
    /// It could not be read, or is not what the head says.
    Other(StoreError),
}

/// The first line of a segment; the texts follow by their lengths.
#[derive(Serialize, Deserialize)]
struct SegmentLine {
    first: u64,
    lengths: Vec<usize>,
}

impl HeadLedger {
    fn name(&self, kind: Kind, count: u64) -> String {
        let count = if self.omission.leaves_out(Step::CountInName) { 0 } else { count };
        let random =
            if self.omission.leaves_out(Step::RandomInName) { "0".to_owned() } else { self.random() };
        format!("{}-{count}-{random}", kind.as_str())
    }

    /// Writes a snapshot of the state at `number` as number `count` of its kind.
    pub(super) async fn write_snapshot(
        &self,
        tenant: &TenantId,
        count: u64,
        number: u64,
        snapshot: &Bytes,
    ) -> Result<SnapshotReference, StoreError> {
        let name = self.name(Kind::Snapshot, count);
        if !snapshot.is_empty() {
            self.create(tenant, &name, snapshot).await?;
        }
        let digest = blake3::hash(snapshot).to_hex().to_string();
        Ok(SnapshotReference { name, number, length: snapshot.len() as u64, digest })
    }

    /// Writes commits, the first of which has the number `first`, as segment number `count`.
    pub(super) async fn write_segment(
        &self,
        tenant: &TenantId,
        count: u64,
        first: u64,
        commits: &[Bytes],
    ) -> Result<SegmentReference, StoreError> {
        let line = SegmentLine { first, lengths: commits.iter().map(Bytes::len).collect() };
        let mut body = serde_json::to_vec(&line).map_err(|error| {
            StoreError::new(StoreErrorKind::Unsupported, "write segment", "the segment has no text form")
                .with_source(error)
        })?;
        body.push(b'\n');
        for text in commits {
            body.extend_from_slice(text);
            body.push(b'\n');
        }
        let body = Bytes::from(body);
        let name = self.name(Kind::Segment, count);
        self.create(tenant, &name, &body).await?;
        let last = first + commits.len() as u64 - 1;
        let digest = blake3::hash(&body).to_hex().to_string();
        Ok(SegmentReference { name, first, last, length: body.len() as u64, digest })
    }

    /// Creates an object. Its name is random: if it is there already, an own request was repeated.
    async fn create(&self, tenant: &TenantId, name: &str, body: &Bytes) -> Result<(), StoreError> {
        let key = self.key(tenant, name);
        let mut attempt = 0;
        loop {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let Err(error) = self.objects.put_opts(&key, body.clone().into(), options).await else {
                return Ok(());
            };
            // That it is there is believed only when it is seen: the same answer may mean that
            // another request for it is under way, and may yet fail.
            let said_to_exist =
                matches!(error, ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. });
            if said_to_exist && self.objects.head(&key).await.is_ok() {
                return Ok(());
            }
            attempt += 1;
            if attempt >= self.settings.attempts {
                let error = from_object("write ledger", "an object of the ledger", error);
                // Nobody else has that name: whoever asked must not take it for what it wanted to write.
                return Err(match said_to_exist {
                    true => {
                        let detail = "an object of the ledger could not be seen after it was written";
                        StoreError::new(StoreErrorKind::Unavailable, "write ledger", detail)
                            .with_source(error)
                    }
                    false => error,
                });
            }
            self.pause(attempt).await;
        }
    }

    /// Reads a snapshot and compares it with what the head says of it.
    pub(super) async fn read_snapshot(
        &self,
        tenant: &TenantId,
        reference: &SnapshotReference,
    ) -> Result<Bytes, FetchError> {
        if reference.length == 0 {
            return Ok(Bytes::new());
        }
        self.fetch(tenant, &reference.name, reference.length, &reference.digest).await
    }

    /// Reads a segment's commits.
    pub(super) async fn read_segment(
        &self,
        tenant: &TenantId,
        reference: &SegmentReference,
    ) -> Result<Vec<Bytes>, FetchError> {
        let body = self.fetch(tenant, &reference.name, reference.length, &reference.digest).await?;
        let unfit = || FetchError::Other(corrupt("a segment's texts don't fit"));
        let (line, texts) = split_line(&body).ok_or_else(unfit)?;
        let line: SegmentLine = serde_json::from_slice(&line).map_err(|_| unfit())?;
        let commits = split_texts(&texts, &line.lengths).ok_or_else(unfit)?;
        let last = line.first.checked_add(commits.len() as u64).and_then(|end| end.checked_sub(1));
        if line.first != reference.first || last != Some(reference.last) {
            return Err(unfit());
        }
        Ok(commits)
    }

    async fn fetch(
        &self,
        tenant: &TenantId,
        name: &str,
        length: u64,
        digest: &str,
    ) -> Result<Bytes, FetchError> {
        let unreadable =
            |error| FetchError::Other(from_object("read ledger", "an object of the ledger", error));
        let found = match self.objects.get(&self.key(tenant, name)).await {
            Ok(found) => found,
            Err(ObjectError::NotFound { .. }) => return Err(FetchError::Missing(name.to_owned())),
            Err(error) => return Err(unreadable(error)),
        };
        let body = found.bytes().await.map_err(unreadable)?;
        if body.len() as u64 != length || blake3::hash(&body).to_hex().as_str() != digest {
            return Err(FetchError::Other(corrupt("an object of the ledger has another digest")));
        }
        Ok(body)
    }
}
