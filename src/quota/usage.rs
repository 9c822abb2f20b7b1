//! What a tenant holds, kept as it changes and read without counting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Limits, Plans};
use crate::ledger::{IndexKey, Section, State, TenantHeader};
use crate::paths::CollectionName;

/// The index under whose empty key each live stream stands that is scheduled or live: what is counted.
pub(crate) const ACTIVE_INDEX: &str = "active";

/// How much of one thing a tenant uses, and how much it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measure<'a> {
    /// What is measured: `blob_bytes`, `record_bytes`, `files`, `active_streams`, or a collection's name.
    pub dimension: &'a str,
    /// What is used, and reserved for uploads under way.
    pub used: u64,
    /// The most that may be, if there is a limit.
    pub limit: Option<u64>,
}

/// What a tenant holds, and what is reserved for its uploads under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// The bytes of stored files.
    pub blob_bytes: u64,
    /// The bytes reserved for uploads under way.
    pub reserved_bytes: u64,
    /// The number of stored files.
    pub files: u64,
    /// The number of uploads under way.
    pub reserved_files: u64,
    /// The bytes of records, as they are stored.
    pub record_bytes: u64,
    /// The number of live streams that are scheduled or live.
    pub active_streams: u64,
    /// The number of records by collection; collections without any are left out.
    pub counts: BTreeMap<String, u64>,
}

impl Usage {
    /// The bytes of files that count against a limit: those stored and those reserved.
    pub(crate) const fn counted_bytes(&self) -> u64 {
        self.blob_bytes.saturating_add(self.reserved_bytes)
    }

    /// All that is measured against limits, for a page that shows it: bytes and numbers of files, live streams
    /// that are scheduled or live, bytes of records, and each collection that has records or a limit.
    pub fn measures<'a>(&'a self, limits: &'a Limits) -> impl Iterator<Item = Measure<'a>> {
        let files = self.files + self.reserved_files;
        let whole = [
            ("blob_bytes", self.counted_bytes(), limits.blob_bytes),
            ("files", files, limits.files),
            ("active_streams", self.active_streams, limits.active_streams),
            ("record_bytes", self.record_bytes, limits.record_bytes),
        ];
        let names: BTreeSet<&String> = self.counts.keys().chain(limits.counts.keys()).collect();
        let counted = names.into_iter().map(|name| {
            (name.as_str(), self.counts.get(name).copied().unwrap_or(0), limits.counts.get(name).copied())
        });
        whole.into_iter().chain(counted).map(|(dimension, used, limit)| Measure { dimension, used, limit })
    }
}

/// What a state holds.
pub(crate) fn usage_of(state: &State) -> Usage {
    let blobs = state.tallies().of(&Section::BLOBS);
    let reservations = state.tallies().of(&Section::RESERVATIONS);
    // More than can be told is told as the most: no limit is beyond that.
    let told = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
    let mut usage = Usage {
        blob_bytes: told(blobs.amount),
        files: blobs.count,
        reserved_bytes: told(reservations.amount),
        reserved_files: reservations.count,
        active_streams: active_streams(state),
        ..Usage::default()
    };
    for (section, tally) in state.tallies().iter() {
        if !section.is_internal() && tally.count > 0 {
            usage.record_bytes += tally.text_bytes;
            usage.counts.insert(section.as_str().to_owned(), tally.count);
        }
    }
    usage
}

fn active_streams(state: &State) -> u64 {
    let section = Section::of(&CollectionName::LIVE_STREAMS);
    state.count(&section, &IndexKey::new(ACTIVE_INDEX, ""))
}

/// The part of a profile that quotas rest on.
#[derive(Deserialize)]
struct QuotaProfile {
    role: String,
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    limits: Limits,
}

/// The limits of the tenant whose header it is; a profile that can't be read allows nothing more.
pub(crate) fn effective_limits(plans: &Plans, header: Option<&Arc<TenantHeader>>) -> Limits {
    let Some(header) = header else { return Limits::unlimited() };
    match header.profile.read_as(|text| serde_json::from_str::<QuotaProfile>(text)) {
        Ok(profile) => plans.limits(&profile.role, profile.plan.as_deref()).overridden(&profile.limits),
        Err(_) => Limits::exhausted(),
    }
}
