//! The end of a tenant: erasing → erased.
//!
//! The swap to erasing drops all records and keeps only when the last reservation ends. Then the
//! blobs go, and once none is left and none can come back, the tombstone is written (I7).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::json_error::JsonError;
use crate::ledger::{Lifecycle, Section, State, TenantHeader};
use crate::ownership::{Permit, Resource};
use crate::paths::{Area, BlobKey};
use crate::quota::usage_of;

use super::access::{Core, missing};
use super::files::{self, Blob, Doom, Reservation};
use super::tenants::Grace;

/// What went with a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The identity of the life that ended.
    pub life: String,
    /// How many records it held when it was erased.
    pub records: u64,
    /// How many files.
    pub files: u64,
    /// The bytes of those files.
    pub bytes: u64,
    /// When the tombstone was written, in milliseconds since 1970.
    pub erased_at: i64,
}

/// How far an erasure got.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Erasure {
    /// Nothing is left.
    Done(Receipt),
    /// The records and the files that were found are gone; a request under way could still bring a
    /// file until then, so it is to be repeated after that.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
}

/// Takes an erasure as far as it goes.
pub(super) async fn erase(core: &Core, permit: &Permit, grace: Grace) -> Result<Erasure> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    let ledger = core.guarded.ledger(permit);
    for _ in 0..core.settings.attempts {
        let state = ledger.read(operation, tenant).await?;
        let Some(header) = state.header() else { return Err(missing(operation, &Resource::Tenant)) };
        match header.lifecycle {
            Lifecycle::Erased => {
                // The one that wrote the tombstone may not have got to what follows it.
                let tidied = core.guarded.store(permit).tidy(tenant).await;
                tidied.map_err(|error| Error::store(operation, error))?;
                return Err(missing(operation, &Resource::Tenant));
            }
            Lifecycle::Active => return Err(not_yet(operation, "the tenant is not being deleted")),
            Lifecycle::Deleting { until } if grace == Grace::Respect && core.clock.now() < until => {
                return Err(not_yet(operation, "the grace is not over"));
            }
            // What is only arriving nobody had: there is nothing to be restored.
            Lifecycle::Deleting { .. } | Lifecycle::Arriving => {
                ledger.clear(operation, tenant, &state, &erasing(core, &state, header)).await?;
            }
            Lifecycle::Erasing { reserved_until, .. } => {
                if let Some(until) = remove_files(core, permit, header, reserved_until).await? {
                    return Ok(Erasure::Waiting { until });
                }
                let (tombstone, receipt) = tombstone(core, header)?;
                if ledger.clear(operation, tenant, &state, &tombstone).await? {
                    let tidied = core.guarded.store(permit).tidy(tenant).await;
                    tidied.map_err(|error| Error::store(operation, error))?;
                    return Ok(Erasure::Done(receipt));
                }
            }
        }
    }
    Err(Error::new(ErrorKind::Contended, operation))
}

fn not_yet(operation: &'static str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, operation).about(why)
}

/// The header with which all records go.
fn erasing(core: &Core, state: &State, header: &TenantHeader) -> TenantHeader {
    let usage = usage_of(state);
    let reservations = files::entries::<Reservation>(state, &Section::RESERVATIONS);
    let dooms = files::entries::<Doom>(state, &Section::DOOMS);
    let blobs = files::entries::<Blob>(state, &Section::BLOBS);
    let ends = reservations.iter().map(|(_, held)| held.until);
    let ends = ends.chain(dooms.iter().map(|(_, doom)| doom.until));
    let ends = ends.chain(blobs.iter().filter_map(|(_, blob)| blob.writable_until));
    // Of two copies that brought the tenant here the slower one may still be writing, under reservations that
    // the other one settled; so of what they brought the files themselves remember nothing.
    let copied = state.origin().and_then(|_| {
        let life = SignedDuration::try_from(core.settings.reservation_life).ok()?;
        Some(core.clock.now().checked_add(life).unwrap_or(Timestamp::MAX).as_millisecond())
    });
    let ends = ends.chain(copied);
    let reserved_until = Timestamp::from_millisecond(ends.max().unwrap_or(0)).unwrap_or(Timestamp::MAX);
    let lifecycle = Lifecycle::Erasing {
        reserved_until,
        records: usage.counts.values().sum(),
        files: usage.files,
        bytes: usage.blob_bytes,
    };
    TenantHeader { lifecycle, profile: "{}".into(), ..header.clone() }
}

/// Removes what files there are; until when there may come more, if there may.
async fn remove_files(
    core: &Core,
    permit: &Permit,
    header: &TenantHeader,
    reserved_until: Timestamp,
) -> Result<Option<Timestamp>> {
    let (operation, tenant) = (permit.action().as_str(), permit.tenant());
    let failed = |error| Error::store(operation, error);
    let store = core.guarded.store(permit);
    if store.remove_areas(tenant).await.map_err(failed)?.is_some() {
        return Ok(None);
    }
    let settled = reserved_until.checked_add(core.late_request()).unwrap_or(Timestamp::MAX);
    loop {
        let begun = core.clock.now();
        let mut found = Vec::new();
        for &area in Area::ALL {
            let mut after = None;
            loop {
                let page = store.list(tenant, area, after.as_deref(), 1000).await.map_err(failed)?;
                let names = page.items.into_iter().filter_map(|item| item.file);
                found.extend(names.map(|name| BlobKey::new(tenant.clone(), area, name)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        if found.is_empty() {
            if begun <= settled {
                return Ok(Some(settled));
            }
            // No put is under way any more: what is unfinished stays so. (If another has begun a new life meanwhile, an
            // upload of that may fail by this, and nothing else.)
            store.clear_unfinished(tenant, None).await.map_err(failed)?;
            return Ok(None);
        }
        // Another may have ended this life and begun a new one since the state was read.
        let looked = core.clock.now();
        let now = core.guarded.ledger(permit).header(operation, tenant).await?;
        let still = now.is_some_and(|now| {
            now.incarnation == header.incarnation && matches!(now.lifecycle, Lifecycle::Erasing { .. })
        });
        if !still {
            return Err(missing(operation, &Resource::Tenant));
        }
        for key in &found {
            // What was read too long ago is read again.
            if core.is_old(looked) {
                break;
            }
            store.delete(key).await.map_err(failed)?;
        }
    }
}

impl Core {
    /// Whether a request may take effect after the call that made it has ended: one that was not answered, say, and
    /// was sent again.
    pub(super) fn requests_outlive_calls(&self) -> bool {
        let capabilities = self.guarded.capabilities();
        !capabilities.fenced && capabilities.longest_request != Some(Duration::ZERO)
    }

    /// For how long after its right ended a request may still take effect, where nothing fences it.
    pub(super) fn late_request(&self) -> SignedDuration {
        let wait = self.settings.request_life.saturating_add(self.settings.clock_skew.saturating_mul(2));
        SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
    }

    /// Whether a ledger was read too long ago for a delete to rest on it. So after a tenant was erased it is
    /// known when its last delete is over.
    pub(super) fn is_old(&self, read: Timestamp) -> bool {
        self.clock.now().duration_since(read) > self.delete_life()
    }

    /// How long after a ledger was read a delete may begin that rests on it. (A store whose requests are not
    /// waited for has no life of theirs that could be too short.)
    fn delete_life(&self) -> SignedDuration {
        let life = self.settings.request_life.max(Duration::from_secs(60));
        SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX)
    }
}

/// From when on files may have the names again that they had in the life which ended with a tombstone: the
/// tombstone's own request, the time in which a delete may begin that rests on what was read before it, that
/// delete's wait for its turn, and its request have to be over.
pub(super) fn names_free_from(
    core: &Core,
    operation: &'static str,
    tombstone: &TenantHeader,
) -> Result<Timestamp> {
    #[derive(Deserialize)]
    struct Ended {
        erased_at: i64,
    }
    let ended: Ended = serde_json::from_str(&tombstone.profile).map_err(|error| {
        Error::new(ErrorKind::Corrupt, operation).about("receipt").with_source(JsonError::from(error))
    })?;
    let ended = Timestamp::from_millisecond(ended.erased_at).unwrap_or(Timestamp::MAX);
    let request = core.late_request();
    let turn = core.guarded.capabilities().longest_request.unwrap_or_default();
    let turn = SignedDuration::try_from(turn).unwrap_or(SignedDuration::MAX);
    let wait = core.delete_life().saturating_add(turn).saturating_add(request).saturating_add(request);
    Ok(ended.checked_add(wait).unwrap_or(Timestamp::MAX))
}

/// The header that stays, and the receipt in it.
fn tombstone(core: &Core, header: &TenantHeader) -> Result<(TenantHeader, Receipt)> {
    let Lifecycle::Erasing { records, files, bytes, .. } = header.lifecycle else {
        return Err(Error::new(ErrorKind::Corrupt, "tenants.erase"));
    };
    let life = header.incarnation.to_string();
    let erased_at = core.clock.now().as_millisecond();
    let receipt = Receipt { life, records, files, bytes, erased_at };
    let text = serde_json::to_string(&receipt).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "tenants.erase").with_source(JsonError::from(error))
    })?;
    let header = TenantHeader { lifecycle: Lifecycle::Erased, profile: text.into(), ..header.clone() };
    Ok((header, receipt))
}
