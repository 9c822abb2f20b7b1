//! Backends whose ledgers are wrong.

use bytes::Bytes;
use tenantry::paths::TenantId;
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Loaded, Opened, Outcome, Refreshed, StoreError, StoreErrorKind, Version,
};

use crate::medium::broken;

broken! {
    /// Adds to whatever is newest, whatever the commit was made for.
    IgnoresCondition {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            let newest = match base {
                Some(_) => self.0.load(tenant).await?.map(|loaded| loaded.version),
                None => None,
            };
            self.0.append(tenant, newest.as_ref(), commit).await
        }
    }
}

broken! {
    /// Compares first, and writes in another step.
    LooksThenWrites {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            let Some(base) = base else { return self.0.append(tenant, None, commit).await };
            let point = |version: &Version| (version.incarnation, version.number);
            let is_newest = |newest: &Loaded| point(&newest.version) == point(base);
            if !self.0.load(tenant).await?.as_ref().is_some_and(is_newest) {
                return self.0.append(tenant, Some(base), commit).await;
            }
            tokio::task::yield_now().await;
            let newest = self.0.load(tenant).await?.map(|newest| newest.version);
            self.0.append(tenant, newest.as_ref().or(Some(base)), commit).await
        }
    }
}

broken! {
    /// Takes a second creation for a commit.
    CreatesTwice {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            mut commit: Commit,
        ) -> Result<Outcome, StoreError> {
            let there = if base.is_none() { self.0.load(tenant).await? } else { None };
            match there {
                Some(there) if !there.header.tombstone => {
                    commit.header = None;
                    self.0.append(tenant, Some(&there.version), commit).await
                }
                _ => self.0.append(tenant, base, commit).await,
            }
        }
    }
}

broken! {
    /// Says of a commit that came too late that it was committed; it is lost.
    LosesCommitOnConflict {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            match (self.0.append(tenant, base, commit).await?, base) {
                (Outcome::Conflict, Some(base)) => {
                    let newest = self.0.load(tenant).await?;
                    Ok(Outcome::Committed(newest.map_or_else(|| base.clone(), |loaded| loaded.version)))
                }
                (outcome, _) => Ok(outcome),
            }
        }
    }
}

broken! {
    /// Hands out the last two commits the other way round.
    ReordersCommits {
        async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
            let mut loaded = self.0.load(tenant).await?;
            if let Some(loaded) = &mut loaded {
                let count = loaded.commits.len();
                if count > 2 {
                    loaded.commits.swap(count - 1, count - 2);
                }
            }
            Ok(loaded)
        }
    }
}

broken! {
    /// Opens a ledger without its last commit.
    OpensTooLittle {
        async fn open(&self, tenant: &TenantId) -> Result<Option<Opened>, StoreError> {
            let mut opened = self.0.open(tenant).await?;
            if let Some(opened) = &mut opened {
                opened.commits.pop();
            }
            Ok(opened)
        }
    }
}

broken! {
    /// Says that nothing is new, since it looked once.
    NeverRefreshes {
        async fn refresh(&self, _: &TenantId, _: &Version) -> Result<Refreshed, StoreError> {
            Ok(Refreshed::Unchanged)
        }
    }
}

broken! {
    /// Says at once that nothing is new.
    SaysNewestAtOnce {
        fn is_newest(&self, _: &TenantId, _: &Version) -> bool {
            true
        }
    }
}

broken! {
    /// Tells of all commits since but the last.
    RefreshesLate {
        async fn refresh(&self, tenant: &TenantId, version: &Version) -> Result<Refreshed, StoreError> {
            match self.0.refresh(tenant, version).await? {
                Refreshed::Commits { mut version, header, mut commits } if commits.len() > 1 => {
                    commits.pop();
                    version.number -= 1;
                    Ok(Refreshed::Commits { version, header, commits })
                }
                refreshed => Ok(refreshed),
            }
        }
    }
}

broken! {
    /// Replaces everything by the snapshot, the commits included that came after its base.
    FoldDropsLaterCommits {
        async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
            let outcome = self.0.fold(tenant, base, fold.clone()).await?;
            if fold.kind == FoldKind::Same && matches!(outcome, Outcome::Committed(_)) {
                let newest = self.0.load(tenant).await?.filter(|newest| newest.version.number > base.number);
                if let Some(newest) = newest {
                    let fold = Fold { kind: FoldKind::Replace, ..fold };
                    self.0.fold(tenant, &newest.version, fold).await?;
                }
            }
            Ok(outcome)
        }
    }
}

broken! {
    /// Leaves the header of a fold out.
    FoldForgetsHeader {
        async fn fold(
            &self,
            tenant: &TenantId,
            base: &Version,
            mut fold: Fold,
        ) -> Result<Outcome, StoreError> {
            if let (Some(old), false) = (self.0.header(tenant).await?, fold.header.tombstone) {
                fold.header.text = old.text;
            }
            self.0.fold(tenant, base, fold).await
        }
    }
}

broken! {
    /// Begins a life wherever it is asked to, by making the tombstone itself.
    BeginsLifeOnTheLiving {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            let (Some(base), Some(next)) = (base, &commit.header) else {
                return self.0.append(tenant, base, commit).await;
            };
            let now = self.0.header(tenant).await?;
            let Some(header) = now.filter(|now| !now.tombstone && now.incarnation != next.incarnation) else {
                return self.0.append(tenant, Some(base), commit).await;
            };
            let header = Header { tombstone: true, ..header };
            let erased = Fold { kind: FoldKind::Replace, header, snapshot: Bytes::new(), index: Bytes::new() };
            match self.0.fold(tenant, base, erased).await? {
                Outcome::Committed(tombstone) => self.0.append(tenant, Some(&tombstone), commit).await,
                outcome => Ok(outcome),
            }
        }
    }
}

broken! {
    /// Says that it failed where it does not know.
    TakesUnknownForFailure {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            match self.0.append(tenant, base, commit).await? {
                Outcome::Unknown(error) => Err(error),
                outcome => Ok(outcome),
            }
        }
    }
}

broken! {
    /// Says that others were first where it does not know.
    TakesUnknownForConflict {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            match self.0.append(tenant, base, commit).await? {
                Outcome::Unknown(_) => Ok(Outcome::Conflict),
                outcome => Ok(outcome),
            }
        }
    }
}

broken! {
    /// Says that it is done where it does not know.
    TakesUnknownForSuccess {
        async fn append(
            &self,
            tenant: &TenantId,
            base: Option<&Version>,
            commit: Commit,
        ) -> Result<Outcome, StoreError> {
            match (self.0.append(tenant, base, commit).await?, base) {
                (Outcome::Unknown(_), Some(base)) => Ok(Outcome::Committed(base.clone())),
                (outcome, _) => Ok(outcome),
            }
        }
    }
}

broken! {
    /// Takes a ledger that can't be read for one that never was.
    TakesDamageForAbsence {
        async fn load(&self, tenant: &TenantId) -> Result<Option<Loaded>, StoreError> {
            match self.0.load(tenant).await {
                Err(error) if error.kind() == StoreErrorKind::Corrupt => Ok(None),
                loaded => loaded,
            }
        }
    }
}

/// Remembers the first header that it saw of each tenant.
pub(crate) struct StaleHeaders {
    right: std::sync::Arc<dyn tenantry::store::TenantStore>,
    seen: std::sync::Mutex<std::collections::BTreeMap<TenantId, Header>>,
}

impl StaleHeaders {
    pub(crate) fn over(
        right: std::sync::Arc<dyn tenantry::store::TenantStore>,
        _: &crate::folder::Folder,
    ) -> std::sync::Arc<dyn tenantry::store::TenantStore> {
        std::sync::Arc::new(tenantry::testkit::Layered::new(Self {
            right,
            seen: std::sync::Mutex::default(),
        }))
    }
}

#[async_trait::async_trait]
impl tenantry::testkit::StoreLayer for StaleHeaders {
    fn inner(&self) -> &dyn tenantry::store::TenantStore {
        &*self.right
    }

    async fn header(&self, tenant: &TenantId) -> Result<Option<Header>, StoreError> {
        if let Some(seen) = self.seen.lock().unwrap().get(tenant) {
            return Ok(Some(seen.clone()));
        }
        let found = self.right.header(tenant).await?;
        if let Some(found) = &found {
            self.seen.lock().unwrap().insert(tenant.clone(), found.clone());
        }
        Ok(found)
    }
}
