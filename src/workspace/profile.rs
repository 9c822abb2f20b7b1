//! What is known of a tenant beside its records.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::json_error::JsonError;
use crate::ledger::{Lifecycle, TenantHeader};
use crate::ownership::{Role, Visibility};
use crate::quota::Limits;
use crate::record::{LocalTime, OffsetTime};

use super::daily;

/// A tenant's profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The name that people read, in any script; at most 200 bytes.
    pub display_name: String,
    /// What the tenant may do as a principal.
    pub role: Role,
    /// Who else may read its workspace.
    #[serde(default)]
    pub visibility: Visibility,
    /// The IANA name of the time zone in which its times are written.
    pub time_zone: String,
    /// The plan that limits it; the role's default if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Limits of its own, in place of the plan's.
    #[serde(default)]
    pub limits: Limits,
    /// When the tenant was created.
    #[serde(with = "milliseconds")]
    pub created_at: Timestamp,
}

/// Moments, written as milliseconds since 1970 in UTC.
mod milliseconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_millisecond())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let milliseconds = i64::deserialize(deserializer)?;
        Timestamp::from_millisecond(milliseconds).map_err(serde::de::Error::custom)
    }
}

/// What to change of a profile; what is `None` stays.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProfileChange {
    /// The name that people read.
    pub display_name: Option<String>,
    /// The IANA name of the time zone. The times of all records are rewritten, so that they mean the same
    /// moments by the new clock; that is refused as [`Configuration`](ErrorKind::Configuration) while a
    /// collection holds records of a kind that is not [known](super::Builder::kind).
    pub time_zone: Option<String>,
    /// What the tenant may do; only admins change it.
    pub role: Option<Role>,
    /// Who else may read its workspace; only admins change it.
    pub visibility: Option<Visibility>,
    /// The plan, or `Some(None)` for the role's default; only admins change it.
    pub plan: Option<Option<String>>,
    /// Limits of its own; only admins change it.
    pub limits: Option<Limits>,
}

impl ProfileChange {
    /// A change of nothing, to be built upon.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the display name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets the time zone.
    #[must_use]
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = Some(name.into());
        self
    }

    /// Sets the role.
    #[must_use]
    pub const fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Sets the visibility.
    #[must_use]
    pub const fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// Sets the plan.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(Some(plan.into()));
        self
    }

    /// Sets limits of the tenant's own.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Whether it changes what only admins may change.
    pub(super) const fn administers(&self) -> bool {
        self.role.is_some() || self.visibility.is_some() || self.plan.is_some() || self.limits.is_some()
    }

    pub(super) fn apply(self, profile: &mut Profile) {
        let Self { display_name, time_zone, role, visibility, plan, limits } = self;
        profile.display_name = display_name.unwrap_or_else(|| profile.display_name.clone());
        profile.time_zone = time_zone.unwrap_or_else(|| profile.time_zone.clone());
        profile.role = role.unwrap_or(profile.role);
        profile.visibility = visibility.unwrap_or(profile.visibility);
        profile.plan = plan.unwrap_or_else(|| profile.plan.clone());
        profile.limits = limits.unwrap_or_else(|| profile.limits.clone());
    }
}

impl Profile {
    /// The longest display name, in bytes.
    pub const MAX_DISPLAY_NAME: usize = 200;

    /// The longest profile, in bytes as it is stored: the number of limits is bounded by it.
    pub const MAX_BYTES: usize = 4096;

    /// Checks what is not typed.
    pub(super) fn validate(&self, operation: &'static str) -> Result<()> {
        let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidInput, operation).about(what));
        let name = &self.display_name;
        if name.len() > Self::MAX_DISPLAY_NAME || name.chars().any(char::is_control) {
            return refuse("display_name");
        }
        if !is_time_zone(&self.time_zone) {
            return refuse("time_zone");
        }
        Ok(())
    }

    pub(super) fn read(operation: &'static str, header: &TenantHeader) -> Result<Self> {
        Self::of(operation, header).map(Arc::unwrap_or_clone)
    }

    /// The profile in a header, which is read once and shared by all who ask.
    pub(super) fn of(operation: &'static str, header: &TenantHeader) -> Result<Arc<Self>> {
        header.profile.read_as(|text| serde_json::from_str(text)).map_err(|error| {
            Error::new(ErrorKind::Corrupt, operation).about("profile").with_source(JsonError::from(error))
        })
    }

    /// What somebody wants to know of it.
    pub(super) fn seen<T>(
        operation: &'static str,
        header: &TenantHeader,
        look: impl FnOnce(&Self) -> T,
    ) -> Result<T> {
        match header.profile.known::<Self>() {
            Some(known) => Ok(look(known)),
            None => Self::of(operation, header).map(|read| look(&read)),
        }
    }

    /// The header that carries this profile.
    pub(super) fn into_header(self, header: &TenantHeader, operation: &'static str) -> Result<TenantHeader> {
        let profile = serde_json::to_string(&self).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, operation).with_source(JsonError::from(error))
        })?;
        if profile.len() > Self::MAX_BYTES {
            // A store would refuse it too, and with it what others have in the same commit.
            return Err(Error::new(ErrorKind::TooLarge, operation).about("profile"));
        }
        Ok(TenantHeader { profile: profile.into(), ..header.clone() })
    }

    /// A moment as the tenant's clock shows it.
    #[must_use]
    pub fn local_time(&self, at: Timestamp) -> LocalTime {
        LocalTime::new(self.zone().to_datetime(at))
    }

    /// The same with the offset that this clock has then.
    #[must_use]
    pub fn offset_time(&self, at: Timestamp) -> OffsetTime {
        OffsetTime::new(at, self.zone().to_offset(at))
    }

    /// The moment that a time by the tenant's clock means. Of two, where the clock is set back, it is the
    /// first; where the clock is set forward over it, it is as much later. `None` for a time out of range.
    #[must_use]
    pub fn moment(&self, time: LocalTime) -> Option<Timestamp> {
        daily::moment(&self.zone(), time.civil())
    }

    /// The tenant's time zone: as this machine knows it, or as this library does where that lacks it.
    pub(super) fn zone(&self) -> TimeZone {
        let own = || TimeZoneDatabase::bundled().get(&self.time_zone);
        TimeZone::get(&self.time_zone).or_else(|_| own()).unwrap_or(TimeZone::UTC)
    }
}

/// Whether that is the name of a time zone wherever the tenant's data may lie. A machine may have names of its
/// own, such as `localtime`, which mean something else on the next one, or nothing.
pub(super) fn is_time_zone(name: &str) -> bool {
    TimeZoneDatabase::bundled().get(name).is_ok_and(|zone| !zone.is_unknown())
}

/// Whether a tenant in that stage of life can be seen at all.
pub(super) const fn is_alive(lifecycle: &Lifecycle) -> bool {
    matches!(lifecycle, Lifecycle::Active | Lifecycle::Deleting { .. })
}
