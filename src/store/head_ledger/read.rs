//! Reading a ledger: whole, or what came since.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{Error as ObjectError, GetOptions, GetResult, ObjectStore, UpdateVersion};

use super::head::{Head, SegmentReference, corrupt};
use super::objects::FetchError;
use super::omission::Step;
use super::{HeadLedger, Known, Token};
use crate::paths::TenantId;
use crate::store::object_error::from_object;
use crate::store::{Incarnation, Loaded, Refreshed, StoreError, StoreErrorKind, Version};

/// How many segments are read at once.
const READ_AHEAD: usize = 4;

impl HeadLedger {
    /// Reads a tenant's whole ledger.
    ///
    /// # Errors
    /// [`Corrupt`](StoreErrorKind::Corrupt), or whatever kept the store from it.
    pub async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
        let Some(mut known) = self.read_head(tenant).await? else { return Ok(None) };
        for _ in 0..self.settings.attempts {
            match self.assemble(tenant, &known).await {
                Ok(loaded) => return Ok(Some(loaded)),
                Err(FetchError::Other(error)) => return Err(error),
                Err(FetchError::Missing(name)) => known = self.read_past(tenant, &name).await?,
            }
        }
        Err(restless())
    }

    /// Asks what came after `version`; see
    /// [`TenantStore::refresh`](crate::store::TenantStore::refresh).
    ///
    /// # Errors
    /// [`Corrupt`](StoreErrorKind::Corrupt), or whatever kept the store from it.
    pub async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError> {
        let old = Self::known(version)?;
        let mut now = match old {
            None => self.read_existing_head(tenant).await?,
            Some(old) => match self.read_changed_head(tenant, old).await? {
                None => return Ok(Refreshed::Unchanged),
                Some(now) => now,
            },
        };
        for _ in 0..self.settings.attempts {
            let goes_on = now.head.header.incarnation == version.incarnation
                && (now.head.snapshot.number..=now.head.number).contains(&version.number);
            if !goes_on {
                return Ok(Refreshed::StartOver);
            }
            match self.commits_after(tenant, &now.head, version.number).await {
                Ok(commits) => {
                    let unchanged = old.is_some_and(|old| old.head.header == now.head.header);
                    let header = (!unchanged).then(|| now.head.header.clone());
                    return Ok(Refreshed::Commits { version: now.version(), header, commits });
                }
                Err(FetchError::Other(error)) => return Err(error),
                Err(FetchError::Missing(name)) => now = self.read_past(tenant, &name).await?,
            }
        }
        Err(restless())
    }

    /// Reads the head; `None` if there is none.
    pub(super) async fn read_head(&self, tenant: &TenantId) -> Result<Option<Known>, StoreError> {
        match self.objects.get_opts(&self.head_key(tenant), GetOptions::default()).await {
            Ok(found) => Ok(Some(receive(found).await?)),
            Err(ObjectError::NotFound { .. }) => Ok(None),
            Err(error) => Err(from_object("read ledger", "the head", error)),
        }
    }

    /// Reads a head that must be there.
    pub(super) async fn read_existing_head(&self, tenant: &TenantId) -> Result<Known, StoreError> {
        self.read_head(tenant).await?.ok_or_else(missing_head)
    }

    /// Reads the head, if it is no longer `old`.
    async fn read_changed_head(&self, tenant: &TenantId, old: &Known) -> Result<Option<Known>, StoreError> {
        let options = GetOptions::new().with_if_none_match(old.etag.e_tag.clone());
        match self.objects.get_opts(&self.head_key(tenant), options).await {
            Ok(found) => Ok(Some(receive(found).await?).filter(|now| now.etag.e_tag != old.etag.e_tag)),
            Err(ObjectError::NotModified { .. }) => Ok(None),
            Err(ObjectError::NotFound { .. }) => Err(missing_head()),
            Err(error) => Err(from_object("read ledger", "the head", error)),
        }
    }

    /// Reads the head again after an object that it named was missing: only if it still names it,
    /// something is wrong. Otherwise a fold and a clearing came between.
    async fn read_past(&self, tenant: &TenantId, name: &str) -> Result<Known, StoreError> {
        let wrong = || corrupt("the head names an object that is missing");
        if self.omission.leaves_out(Step::SecondRead) {
            return Err(wrong());
        }
        let now = self.read_existing_head(tenant).await?;
        if now.head.names(name) { Err(wrong()) } else { Ok(now) }
    }

    async fn assemble(&self, tenant: &TenantId, known: &Known) -> Result<Loaded, FetchError> {
        let head = &known.head;
        let snapshot = self.read_snapshot(tenant, &head.snapshot).await?;
        let commits = self.commits_after(tenant, head, head.snapshot.number).await?;
        Ok(Loaded {
            version: known.version(),
            header: head.header.clone(),
            snapshot_number: head.snapshot.number,
            snapshot,
            commits,
        })
    }

    /// The texts of the commits after number `after`, which the snapshot must not have swallowed.
    async fn commits_after(
        &self,
        tenant: &TenantId,
        head: &Head,
        after: u64,
    ) -> Result<Vec<Bytes>, FetchError> {
        let mut reads = Vec::new();
        for segment in head.segments.iter().filter(|segment| segment.last > after) {
            reads.push(self.read_run(tenant, segment));
        }
        let runs: Vec<(u64, Vec<Bytes>)> = stream::iter(reads).buffered(READ_AHEAD).try_collect().await?;
        let tail = (head.tail_base() + 1, head.tail.clone());
        let mut commits = Vec::new();
        let mut number = after;
        for (first, texts) in runs.into_iter().chain(std::iter::once(tail)) {
            let known = number.saturating_add(1).saturating_sub(first);
            let fresh = texts.into_iter().skip(usize::try_from(known).unwrap_or(usize::MAX));
            for text in fresh {
                commits.push(text);
                number += 1;
            }
        }
        if number != head.number {
            return Err(FetchError::Other(corrupt("the head's commits have a gap")));
        }
        Ok(commits)
    }

    /// A segment's commits, with the number of the first.
    async fn read_run(
        &self,
        tenant: &TenantId,
        segment: &SegmentReference,
    ) -> Result<(u64, Vec<Bytes>), FetchError> {
        Ok((segment.first, self.read_segment(tenant, segment).await?))
    }

    /// The head that a version carries, if it carries one.
    pub(super) fn known(version: &Version) -> Result<Option<&Known>, StoreError> {
        version.token::<Token>().map(|token| token.known.as_ref()).ok_or_else(|| {
            StoreError::new(StoreErrorKind::Unsupported, "read ledger", "the version is another store's")
        })
    }

    /// A version of which only later heads were seen.
    pub(super) fn behind(incarnation: Incarnation, number: u64) -> Version {
        Version::new(incarnation, number, Arc::new(Token { known: None }))
    }
}

async fn receive(found: GetResult) -> Result<Known, StoreError> {
    let etag = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
    if etag.e_tag.is_none() {
        return Err(StoreError::new(
            StoreErrorKind::Unsupported,
            "read ledger",
            "the object store has no ETags",
        ));
    }
    let body = found.bytes().await.map_err(|error| from_object("read ledger", "the head", error))?;
    Ok(Known { etag, head: Arc::new(Head::decode(&body)?) })
}

fn missing_head() -> StoreError {
    corrupt("the head is missing where one was")
}

/// Folds came faster than their objects could be read.
fn restless() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "read ledger", "the ledger was folded while it was read")
}
