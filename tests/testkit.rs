//! The wrappers that tests put before a store do what they say.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use futures::FutureExt;
use tenantry::environment::Entropy;
use tenantry::paths::TenantId;
use tenantry::store::{MemoryStore, StoreMethod, TenantStore};
use tenantry::testkit::{CountingStore, HangingStore, SeededEntropy};

fn tenants() -> [TenantId; 2] {
    ["ana", "budi"].map(|name| TenantId::parse(name).unwrap())
}

#[tokio::test]
async fn calls_are_counted_by_method_and_tenant() {
    let [ana, budi] = tenants();
    let (store, counts) = CountingStore::new(Arc::new(MemoryStore::new()));
    store.header(&ana).await.unwrap();
    store.header(&ana).await.unwrap();
    store.load(&budi).await.unwrap();
    store.tenants(None, 1).await.unwrap();
    assert_eq!(counts.of(StoreMethod::Header, Some(&ana)), 2);
    assert_eq!(counts.of(StoreMethod::Load, Some(&budi)), 1);
    assert_eq!(counts.of(StoreMethod::Load, Some(&ana)), 0);
    assert_eq!(counts.of(StoreMethod::Tenants, None), 1);
    assert_eq!(counts.take().values().sum::<u64>(), 4);
    assert_eq!(counts.total(), 0);
}

#[tokio::test]
async fn a_closed_gate_holds_one_tenants_calls_until_it_opens() {
    let [ana, budi] = tenants();
    let (store, gates) = HangingStore::new(Arc::new(MemoryStore::new()));
    gates.close(&ana);
    let mut held = Box::pin(store.header(&ana));
    assert!(held.as_mut().now_or_never().is_none());
    gates.hanging(&ana, 1).await;
    assert!(store.header(&budi).now_or_never().is_some());
    assert!(gates.hanging(&ana, 2).now_or_never().is_none());
    gates.open(&ana);
    assert!(held.await.unwrap().is_none());
    assert!(gates.hanging(&ana, 1).now_or_never().is_none());
}

#[tokio::test]
async fn a_call_that_is_given_up_hangs_no_more() {
    let [ana, _] = tenants();
    let (store, gates) = HangingStore::new(Arc::new(MemoryStore::new()));
    gates.close(&ana);
    let mut held = Box::pin(store.header(&ana));
    assert!(held.as_mut().now_or_never().is_none());
    drop(held);
    assert!(gates.hanging(&ana, 1).now_or_never().is_none());
}

#[test]
fn one_seed_gives_one_sequence() {
    let draw = |seed| {
        let entropy = SeededEntropy::new(seed);
        let mut drawn = [[0_u8; 40]; 2];
        drawn.iter_mut().for_each(|bytes| entropy.fill(bytes));
        drawn
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    assert_ne!(draw(1)[0], draw(1)[1]);
}
