//! Tombstones for which nothing is left to be done, so that a round asks nothing of them.
//!
//! What a process knows of them it does not tell the store: another one sees to each tombstone once more.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ledger::TenantHeader;
use crate::store::MarkedTenant;

/// How many tombstones are remembered, at up to 40 bytes each; more of them cost requests in every round.
const MOST: usize = 1 << 20;

/// The first half of a digest: of a tenant, and of what its ledger never was and never will be but once.
type Digest = [u8; 16];

/// The tombstones for which nothing is left to be done, as far as this process knows.
#[derive(Debug, Default)]
pub(in crate::workspace) struct Settled(Mutex<HashSet<Digest>>);

impl Settled {
    fn known(&self) -> MutexGuard<'_, HashSet<Digest>> {
        // Every section under this lock leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the listing alone tells that a tenant is one of them.
    pub(super) fn is_listed(&self, found: &MarkedTenant) -> bool {
        found.mark.as_deref().is_some_and(|mark| self.known().contains(&digest(found, mark)))
    }

    /// Whether a tombstone that was read is one of them.
    pub(super) fn has(&self, found: &MarkedTenant, tombstone: &TenantHeader) -> bool {
        self.known().contains(&digest(found, &mark(found, tombstone)))
    }

    /// Remembers a tombstone that was read after its tenant was listed. (If it is younger than the mark, then that
    /// mark is nobody's any more.)
    pub(super) fn remember(&self, found: &MarkedTenant, tombstone: &TenantHeader) {
        let mut known = self.known();
        if known.len() < MOST {
            known.insert(digest(found, &mark(found, tombstone)));
        }
    }
}

/// What tells a tombstone from all else that its tenant's ledger ever is; where the listing does not, the life that
/// ended with it.
fn mark(found: &MarkedTenant, tombstone: &TenantHeader) -> String {
    found.mark.clone().unwrap_or_else(|| tombstone.incarnation.to_string())
}

fn digest(found: &MarkedTenant, mark: &str) -> Digest {
    let digest = blake3::hash(format!("{}/{mark}", found.tenant).as_bytes());
    let mut half = Digest::default();
    half.copy_from_slice(&digest.as_bytes()[..16]);
    half
}
