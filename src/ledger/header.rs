//! What can be known of a tenant without its records: its life and its profile.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json_error::JsonError;
use crate::store::{Header, Incarnation};

/// Where a tenant stands between creation and erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// On its way from another store: as long as not all of it is there, nothing of it is shown.
    Arriving,
    /// In use.
    Active,
    /// To be erased once the grace ends; writes are refused, and it can be restored until then.
    Deleting {
        /// When the grace ends.
        until: Timestamp,
    },
    /// Its records are gone and its blobs are going.
    Erasing {
        /// When the last reservation for one of its blobs ends.
        reserved_until: Timestamp,
        /// How many records there were.
        records: u64,
        /// How many files.
        files: u64,
        /// The bytes of those files.
        bytes: u64,
    },
    /// Nothing is left of it.
    Erased,
}

impl Lifecycle {
    /// Refuses writes as one that is being deleted does, without an end: it is being moved to another store.
    pub(crate) const SUSPENDED: Self = Self::Deleting { until: Timestamp::MAX };

    /// Whether it is being deleted, and not only suspended.
    pub(crate) fn is_being_deleted(self) -> bool {
        // A store keeps milliseconds.
        matches!(self, Self::Deleting { until } if until.as_millisecond() != Timestamp::MAX.as_millisecond())
    }
}

/// The header as the library reads it; `text` of [`Header`].
#[derive(Debug, Clone)]
pub(crate) struct TenantHeader {
    pub(crate) incarnation: Incarnation,
    pub(crate) lifecycle: Lifecycle,
    /// What the workspace layer keeps here: a JSON object, opaque to the ledger.
    pub(crate) profile: Arc<str>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StoredLifecycle {
    Arriving,
    Active,
    Deleting { until: i64 },
    Erasing { reserved_until: i64, records: u64, files: u64, bytes: u64 },
    Erased,
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    lifecycle: StoredLifecycle,
    #[serde(borrow)]
    profile: &'a serde_json::value::RawValue,
}

impl TenantHeader {
    /// Reads a store's header.
    pub(super) fn read(header: &Header) -> Result<Self, JsonError> {
        let stored: Stored<'_> = serde_json::from_slice(&header.text)?;
        let time = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
        let lifecycle = match stored.lifecycle {
            StoredLifecycle::Arriving => Lifecycle::Arriving,
            StoredLifecycle::Active => Lifecycle::Active,
            StoredLifecycle::Deleting { until } => Lifecycle::Deleting { until: time(until) },
            StoredLifecycle::Erasing { reserved_until, records, files, bytes } => {
                Lifecycle::Erasing { reserved_until: time(reserved_until), records, files, bytes }
            }
            StoredLifecycle::Erased => Lifecycle::Erased,
        };
        Ok(Self { incarnation: header.incarnation, lifecycle, profile: stored.profile.get().into() })
    }

    /// Writes it for a store.
    pub(super) fn write(&self) -> Result<Header, JsonError> {
        let lifecycle = match self.lifecycle {
            Lifecycle::Arriving => StoredLifecycle::Arriving,
            Lifecycle::Active => StoredLifecycle::Active,
            Lifecycle::Deleting { until } => StoredLifecycle::Deleting { until: until.as_millisecond() },
            Lifecycle::Erasing { reserved_until, records, files, bytes } => {
                let reserved_until = reserved_until.as_millisecond();
                StoredLifecycle::Erasing { reserved_until, records, files, bytes }
            }
            Lifecycle::Erased => StoredLifecycle::Erased,
        };
        let profile = serde_json::from_str(&self.profile)?;
        let text = Bytes::from(serde_json::to_vec(&Stored { lifecycle, profile })?);
        Ok(Header {
            incarnation: self.incarnation,
            tombstone: matches!(self.lifecycle, Lifecycle::Erased),
            text,
        })
    }
}
