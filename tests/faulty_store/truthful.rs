//! What a right store may do: each call is answered so that the answer is true.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{MemoryStore, Outcome, StoreError, StoreErrorKind, StoreMethod, TenantStore};
use tenantry::testkit::conformance::{Medium, conformance};
use tenantry::testkit::faulty_store::{Effect, Fault, FaultyStore, Truthful, Until};

use crate::support::{BYTES, Bench, ana, kind};

struct Memory(MemoryStore);

#[async_trait]
impl Medium for Memory {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(FaultyStore::new(Arc::new(self.0.reopen())).0))
    }
}

#[tokio::test]
async fn without_faults_it_conforms() {
    conformance(|| Memory(MemoryStore::new())).await.ensure().unwrap();
}

#[tokio::test]
async fn it_never_says_that_it_is_fenced_since_its_puts_can_come_late() {
    let folder = tempfile::tempdir().unwrap();
    let disk = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await.unwrap();
    let fenced = disk.capabilities();
    assert!(fenced.fenced && fenced.live_views);
    let (store, _) = FaultyStore::new(Arc::new(disk));
    let said = store.capabilities();
    assert!(!said.fenced && said.live_views && said.local_path == fenced.local_path);
}

#[tokio::test]
async fn what_fails_before_is_not_done() {
    let all = || Fault::new(Truthful::FailBefore).times(u64::MAX);
    let bench = Bench::with(all()).await;
    assert_eq!(kind(bench.append().await), Some(StoreErrorKind::Unavailable));
    assert_eq!(kind(bench.fold().await), Some(StoreErrorKind::Unavailable));
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::Unavailable));
    assert_eq!(kind(bench.store.load(&ana()).await), Some(StoreErrorKind::Unavailable));
    assert_eq!((bench.number().await, bench.length("a").await), (1, None));
}

#[tokio::test]
async fn of_what_fails_after_it_landed_nobody_says_that_it_did_not() {
    let bench = Bench::with(Fault::new(Truthful::FailAfter).times(u64::MAX)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Unknown(_)));
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::OutcomeUnknown));
    assert_eq!((bench.number().await, bench.length("a").await), (2, Some(10)));
    // Of a delete an error says nothing.
    assert_eq!(kind(bench.delete("a").await), Some(StoreErrorKind::Unavailable));
    assert_eq!(bench.length("a").await, None);
}

#[tokio::test]
async fn what_is_delayed_is_done_when_the_test_says_so() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Released)).times(2)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Unknown(_)));
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::OutcomeUnknown));
    assert_eq!((bench.number().await, bench.length("a").await), (1, None));
    assert_eq!(bench.faults.late().len(), 2);
    assert!(bench.faults.deliver(1).await);
    assert_eq!((bench.number().await, bench.length("a").await), (1, Some(10)));
    bench.faults.deliver_all().await;
    assert_eq!((bench.number().await, bench.faults.late().len()), (2, 0));
    assert!(!bench.faults.deliver(0).await);
}

#[tokio::test]
async fn what_is_delayed_past_others_changes_nothing() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Released)).times(1)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Unknown(_)));
    let Outcome::Committed(_) = bench.append_to(&bench.first, r#"["two"]"#).await.unwrap() else { panic!() };
    bench.faults.deliver_all().await;
    let loaded = bench.below.load(&ana()).await.unwrap().unwrap();
    assert_eq!(loaded.commits.last().unwrap().as_ref(), br#"["two"]"#);
    assert_eq!(loaded.version.number, 2);
}

#[tokio::test]
async fn a_put_that_comes_after_its_deadline_publishes_nothing() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Released)).of(StoreMethod::Put)).await;
    bench.put("a").await.unwrap_err();
    bench.pass_the_deadline();
    bench.faults.deliver_all().await;
    assert_eq!(bench.length("a").await, None);
}

#[tokio::test]
async fn what_is_repeated_takes_effect_once_and_is_told_as_the_contract_says() {
    let bench = Bench::with(Fault::new(Truthful::Repeat).times(u64::MAX)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Committed(_)));
    assert_eq!(bench.number().await, 2);
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::AlreadyExists));
    assert_eq!(bench.read("a").await.unwrap(), BYTES);
    bench.delete("a").await.unwrap();
}

#[tokio::test]
async fn a_duplicate_that_comes_late_is_done_once_more() {
    let bench = Bench::with(Fault::new(Truthful::DuplicateLate(Until::Released)).times(2)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Committed(_)));
    bench.put("a").await.unwrap();
    // It is there again, and nobody has named it: that is what dooms wait for.
    bench.delete("a").await.unwrap();
    bench.faults.deliver_all().await;
    assert_eq!((bench.number().await, bench.length("a").await), (2, Some(10)));
}

#[tokio::test]
async fn a_put_that_is_cut_short_publishes_nothing() {
    let bench = Bench::with(Fault::new(Truthful::CutShort(5)).of(StoreMethod::Put)).await;
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::Unavailable));
    assert_eq!(bench.length("a").await, None);
    assert_eq!(bench.faults.injected().len(), 1);
}

#[tokio::test]
async fn a_read_that_is_cut_short_ends_with_an_error() {
    let bench = Bench::with(Fault::new(Truthful::CutShort(5)).of(StoreMethod::Get)).await;
    bench.put("a").await.unwrap();
    assert_eq!(kind(bench.read("a").await), Some(StoreErrorKind::Unavailable));
    assert_eq!(bench.read("a").await.unwrap(), BYTES);
}

#[tokio::test]
async fn what_is_cut_behind_its_end_is_whole_and_counts_as_no_fault() {
    let bench = Bench::with(Fault::new(Truthful::CutShort(10)).times(2)).await;
    bench.put("a").await.unwrap();
    assert_eq!(bench.read("a").await.unwrap(), BYTES);
    assert_eq!(bench.faults.injected(), []);
}

#[tokio::test]
async fn a_conflict_that_was_none_leaves_nothing() {
    let bench = Bench::with(Fault::new(Truthful::Conflict).times(2)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Conflict));
    assert!(matches!(bench.fold().await.unwrap(), Outcome::Conflict));
    assert_eq!(bench.number().await, 1);
}

#[tokio::test]
async fn the_calls_that_are_affected_are_chosen_by_method_tenant_and_count() {
    let fault = Fault::new(Truthful::FailBefore).of(StoreMethod::Load).for_tenant(&ana()).after(1).times(2);
    let bench = Bench::with(fault.clone()).await;
    let ben = tenantry::paths::TenantId::parse("ben").unwrap();
    let mut failed = Vec::new();
    for tenant in [&ben, &ana(), &ana(), &ben, &ana(), &ana()] {
        bench.store.header(tenant).await.unwrap();
        failed.push(bench.store.load(tenant).await.is_err());
    }
    assert_eq!(failed, [false, false, true, false, true, false]);
    let injected = bench.faults.injected();
    assert_eq!(injected.iter().map(|injected| injected.number).collect::<Vec<_>>(), [5, 9]);
    assert!(injected.iter().all(|injected| injected.effect == Effect::from(Truthful::FailBefore)));
    assert_eq!(fault.to_string(), "after 1, the next 2 Load for ana fails before anything is done");
}

#[tokio::test]
async fn a_fault_does_not_fit_calls_that_could_not_be_answered_truly() {
    let bench = Bench::with(Fault::new(Truthful::FailAfter).times(u64::MAX)).await;
    bench.store.load(&ana()).await.unwrap();
    bench.store.tenants(None, 10).await.unwrap();
    assert_eq!(bench.faults.injected(), []);
}
