//! Finds out whether an object store honours the conditions on which the ledger rests.

use bytes::Bytes;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{Error as ObjectError, GetOptions, ObjectStore, PutMode, PutOptions, UpdateVersion};

use super::ObjectTenantStore;
use crate::store::object_error::from_object;
use crate::store::{StoreError, StoreErrorKind};

/// How many racers a race has.
const RACERS: u8 = 4;

impl ObjectTenantStore {
    /// Races conditional creates and swaps, and tries a stale swap, on an object of its own.
    pub(super) async fn probe_conditions(&self) -> Result<(), StoreError> {
        let mut random = [0_u8; 16];
        self.entropy.fill(&mut random);
        let key = self.keys.reserved(&format!("probe-{:032x}", u128::from_be_bytes(random)));
        let found = self.probe_at(&key).await;
        let removed = self.delete_object("probe", "the probe", &key).await;
        found.and(removed)
    }

    async fn probe_at(&self, key: &Path) -> Result<(), StoreError> {
        // Some stores compare the ETag, some the version; neither has these.
        let (e_tag, version) = (Some("\"absent\"".to_owned()), Some("1".to_owned()));
        let absent = UpdateVersion { e_tag, version };
        if self.race(key, &PutMode::Update(absent), 1).await?.is_some() {
            return Err(lacks("it replaced an object that was not there"));
        }
        let Some(first) = self.race(key, &PutMode::Create, RACERS).await? else {
            return Err(lacks("of several creations of one object, not exactly one succeeded"));
        };
        let stale = self.probe_read(key, first, None).await?.ok_or_else(unreadable)?;
        if self.probe_read(key, first, stale.e_tag.clone()).await?.is_some() {
            return Err(lacks("it does not tell that an object is unchanged"));
        }
        let Some(second) = self.race(key, &PutMode::Update(stale.clone()), RACERS).await? else {
            return Err(lacks("of several swaps of one object, not exactly one succeeded"));
        };
        if self.race(key, &PutMode::Update(stale), 1).await?.is_some() {
            return Err(lacks("it replaced an object that was no longer as expected"));
        }
        if self.race(key, &PutMode::Create, 1).await?.is_some() {
            return Err(lacks("it created an object that was there"));
        }
        self.probe_read(key, second, None).await?.ok_or_else(unreadable).map(drop)
    }

    /// Lets `racers` put at once; the number of the winner, if there is exactly one.
    async fn race(&self, key: &Path, mode: &PutMode, racers: u8) -> Result<Option<u8>, StoreError> {
        let puts = (0..racers).map(|racer| {
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            self.objects.put_opts(key, content(mode, racer).into(), options)
        });
        let mut winners = Vec::new();
        for (racer, answer) in (0..racers).zip(join_all(puts).await) {
            match answer {
                Ok(_) => winners.push(racer),
                Err(
                    ObjectError::AlreadyExists { .. }
                    | ObjectError::Precondition { .. }
                    | ObjectError::NotFound { .. },
                ) => {}
                Err(ObjectError::NotSupported { .. } | ObjectError::NotImplemented { .. }) => {
                    return Err(lacks("it has no conditional puts"));
                }
                // A store may answer a racer with a fault of any kind; the winner counts.
                Err(error) if racers == 1 => return Err(from_object("probe", "the probe", error)),
                Err(_) => {}
            }
        }
        match winners[..] {
            [winner] => Ok(Some(winner)),
            [] if racers > 1 => {
                let detail = "no conditional put was answered with success";
                Err(StoreError::new(StoreErrorKind::Unavailable, "probe", detail))
            }
            _ => Ok(None),
        }
    }

    /// Reads what the winner wrote; `None` if told that it is as before.
    async fn probe_read(
        &self,
        key: &Path,
        winner: u8,
        unless: Option<String>,
    ) -> Result<Option<UpdateVersion>, StoreError> {
        let failed = |error| from_object("probe", "the probe", error);
        let options = GetOptions::new().with_if_none_match(unless);
        let found = match self.objects.get_opts(key, options).await {
            Ok(found) => found,
            Err(ObjectError::NotModified { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        if version.e_tag.is_none() {
            return Err(lacks("its objects have no ETags"));
        }
        let body = found.bytes().await.map_err(failed)?;
        let wanted = [content(&PutMode::Create, winner), content(&PutMode::Overwrite, winner)];
        if !wanted.contains(&body) {
            return Err(lacks("an object was not what the winning put had written"));
        }
        Ok(Some(version))
    }
}

/// What a racer writes.
fn content(mode: &PutMode, racer: u8) -> Bytes {
    let kind = if matches!(mode, PutMode::Create) { "create" } else { "swap" };
    format!("tenantry probe: {kind} {racer}\n").into()
}

fn lacks(detail: &str) -> StoreError {
    let needed = "it takes one that keeps to If-Match and If-None-Match on PUT, or their like";
    StoreError::new(
        StoreErrorKind::Unsupported,
        "probe",
        format!("the object store won't do: {detail}; {needed}"),
    )
}

fn unreadable() -> StoreError {
    lacks("it said unchanged without being asked")
}
