//! What can be known of a tenant without its records: its life and its profile.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

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

/// What the workspace layer keeps in a header: a JSON object, opaque to the ledger, and beside it what was read
/// from it, so that who asks again need not read it again. Text and reading never part.
#[derive(Clone)]
pub(crate) struct ProfileText(Arc<ReadText>);

struct ReadText {
    text: Box<str>,
    /// For each of those who read it, which are two: workspaces and quotas.
    read: [OnceLock<Arc<dyn Any + Send + Sync>>; 2],
}

impl ProfileText {
    /// What was read from it as that type, if it was and is kept.
    pub(crate) fn known<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.read.iter().map_while(OnceLock::get).find_map(|known| known.downcast_ref())
    }

    /// What was read from it, or is now by `read`: what the first two types read is kept.
    pub(crate) fn read_as<T: Send + Sync + 'static, E>(
        &self,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let known = self.0.read.iter().map_while(OnceLock::get);
        if let Some(known) = known.map(Arc::clone).find_map(|known| known.downcast().ok()) {
            return Ok(known);
        }
        let value = Arc::new(read(&self.0.text)?);
        let kept = Arc::clone(&value) as Arc<dyn Any + Send + Sync>;
        // Each place takes one, and hands back what comes after that.
        let _ = self.0.read.iter().try_fold(kept, |kept, place| place.set(kept).err());
        Ok(value)
    }
}

impl std::ops::Deref for ProfileText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl<T: Into<Box<str>>> From<T> for ProfileText {
    fn from(text: T) -> Self {
        Self(Arc::new(ReadText { text: text.into(), read: Default::default() }))
    }
}

impl fmt::Debug for ProfileText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The header as the library reads it; `text` of [`Header`].
#[derive(Debug, Clone)]
pub(crate) struct TenantHeader {
    pub(crate) incarnation: Incarnation,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) profile: ProfileText,
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
