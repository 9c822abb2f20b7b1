//! What is held or comes late waits for what its fault names, and never for time.

use std::pin::pin;

use futures::FutureExt;
use tenantry::store::{Outcome, StoreMethod, TenantStore};
use tenantry::testkit::faulty_store::{Fault, Truthful, Until};

use crate::support::{Bench, ana};

#[tokio::test]
async fn a_held_call_is_made_once_it_is_released() {
    let bench = Bench::with(Fault::new(Truthful::Hold(Until::Released))).await;
    let mut held = pin!(bench.append());
    assert!(held.as_mut().now_or_never().is_none());
    bench.faults.holding(1).await;
    assert_eq!(bench.number().await, 1);
    assert!(bench.faults.release());
    assert!(matches!(held.await.unwrap(), Outcome::Committed(_)));
    assert!(!bench.faults.release());
}

#[tokio::test]
async fn a_held_call_that_is_given_up_is_held_no_more_and_never_made() {
    let bench = Bench::with(Fault::new(Truthful::Hold(Until::Released))).await;
    {
        let mut held = pin!(bench.append());
        assert!(held.as_mut().now_or_never().is_none());
        assert_eq!(bench.faults.held().len(), 1);
    }
    assert_eq!((bench.faults.held().len(), bench.number().await), (0, 1));
}

#[tokio::test]
async fn a_held_call_goes_on_after_so_many_others() {
    let bench = Bench::with(Fault::new(Truthful::Hold(Until::Calls(2))).of(StoreMethod::Append)).await;
    let mut held = pin!(bench.append());
    assert!(held.as_mut().now_or_never().is_none());
    bench.store.header(&ana()).await.unwrap();
    // What others do does not count.
    bench.store.tenants(None, 1).await.unwrap();
    assert!(held.as_mut().now_or_never().is_none());
    bench.store.header(&ana()).await.unwrap();
    assert!(matches!(held.now_or_never().unwrap().unwrap(), Outcome::Committed(_)));
}

#[tokio::test]
async fn of_two_appends_the_later_overtakes_the_one_that_is_held() {
    let bench = Bench::with(Fault::new(Truthful::Hold(Until::Overtaken))).await;
    let mut first = pin!(bench.append());
    assert!(first.as_mut().now_or_never().is_none());
    bench.store.header(&ana()).await.unwrap();
    assert!(first.as_mut().now_or_never().is_none());
    let second = bench.append_to(&bench.first, r#"["two"]"#).await.unwrap();
    assert!(matches!(second, Outcome::Committed(_)));
    assert!(matches!(first.await.unwrap(), Outcome::Conflict));
}

#[tokio::test]
async fn what_is_late_comes_before_the_call_that_follows_those_it_waits_for() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Calls(1))).of(StoreMethod::Append)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Unknown(_)));
    let number = async || bench.store.load(&ana()).await.unwrap().unwrap().version.number;
    assert_eq!((number().await, number().await), (1, 2));
}

#[tokio::test]
async fn of_two_puts_the_late_one_takes_effect_last() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Overtaken)).of(StoreMethod::Put)).await;
    bench.put("a").await.unwrap_err();
    bench.store.header(&ana()).await.unwrap();
    assert_eq!(bench.length("a").await, None);
    bench.put("b").await.unwrap();
    bench.store.header(&ana()).await.unwrap();
    assert_eq!((bench.length("a").await, bench.length("b").await), (Some(10), Some(10)));
}

#[tokio::test]
async fn what_is_stuck_is_released() {
    let bench = Bench::with(Fault::new(Truthful::Hold(Until::Released)).times(u64::MAX)).await;
    let work = async {
        let (one, other) = tokio::join!(bench.append(), bench.put("a"));
        (one.unwrap(), other.unwrap().length)
    };
    let (outcome, length) = bench.faults.release_when_stuck(work).await;
    assert!(matches!(outcome, Outcome::Committed(_)));
    assert_eq!(length, 10);
}

#[tokio::test]
async fn clearing_lets_go_what_is_held_and_keeps_what_is_late() {
    let bench = Bench::with(Fault::new(Truthful::Delay(Until::Released)).of(StoreMethod::Append)).await;
    bench.append().await.unwrap();
    bench.faults.inject(Fault::new(Truthful::Hold(Until::Released)));
    let ana = ana();
    let mut held = pin!(bench.store.header(&ana));
    assert!(held.as_mut().now_or_never().is_none());
    bench.faults.clear();
    assert!(held.now_or_never().is_some());
    assert_eq!(bench.faults.late().len(), 1);
}
