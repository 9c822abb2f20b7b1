//! Which places of tenants are in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::environment::{SystemClock, SystemEntropy};
use crate::store::memory::MemoryStore;

struct NoRule;

impl CommitRule for NoRule {
    fn check(&self, _: &State, _: &Draft) -> Result<()> {
        Ok(())
    }

    fn committed<'a>(
        &'a self,
        _: &'a TenantId,
        _: &State,
        _: &State,
        _: &[&Section],
    ) -> Option<BoxFuture<'a, ()>> {
        None
    }
}

#[tokio::test]
async fn a_place_that_was_let_go_is_not_found_again_though_it_was_used_last() {
    let settings = LedgerSettings {
        memory: 1 << 20,
        fold_minimum: 1 << 20,
        queue: 1,
        attempts: 1,
        freshness: Freshness::Strict,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        rule: Arc::new(NoRule),
    };
    let ledger = Ledger::new(Arc::new(MemoryStore::new()), settings, Handle::current());
    let [ana, ben] = ["ana", "ben"].map(|name| TenantId::parse(name).unwrap());
    ledger.cell(&ana);
    let last = ledger.cell(&ben);
    assert!(Arc::ptr_eq(&last, &ledger.cell(&ben)));
    // The other's state takes all that there is.
    ledger.shared().account(&ana, 1 << 20);
    let again = ledger.cell(&ben);
    assert!(!Arc::ptr_eq(&last, &again));
    assert!(ledger.shared().all_cells().iter().any(|cell| Arc::ptr_eq(cell, &again)));
}
