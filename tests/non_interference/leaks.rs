//! What lets tenants meet is found, and told by a history in which nothing is too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::ownership::{Action, Decision, DefaultPolicy, Effect, OwnershipPolicy, Reason, Request};
use tenantry::store::MemoryStore;
use tenantry::testkit::non_interference::{Difference, Failure, Options, World, check};

use crate::leaking_store::{Leak, LeakingStore};

fn interference(report: tenantry::testkit::non_interference::Report) -> Difference {
    match report.failure {
        Some(Failure::Interference(difference)) => *difference,
        _ => panic!("it was not found: {report}"),
    }
}

async fn found_in_store(leak: Leak) -> Difference {
    let report = check(&Options::default(), async |surroundings| {
        let store = LeakingStore::new(Arc::new(MemoryStore::new()), leak);
        Ok(World::new(surroundings.builder(store).open().await?))
    })
    .await;
    interference(report)
}

#[tokio::test]
async fn a_store_that_lists_anothers_blobs_is_found() {
    let found = found_in_store(Leak::ListsOthers).await;
    // One upload of another is all that it takes.
    assert_eq!(found.history.len(), 1, "{found}");
    assert_eq!(found.when, "after the history, \"the host checks user 0\"");
    assert!(found.together.contains("UnknownFile") && !found.alone.contains("UnknownFile"), "{found}");
}

#[tokio::test]
async fn a_store_with_one_quota_for_all_is_found() {
    let found = found_in_store(Leak::OneQuota(200)).await;
    assert!(found.history.len() <= 6, "{found}");
    assert!(found.together.contains("StorageFull") && !found.alone.contains("StorageFull"), "{found}");
    let told = found.to_string();
    let others = told.contains("user 1: upload") || told.contains("user 2: upload");
    assert!(others && told.contains("user 0: upload"), "{told}");
}

#[tokio::test]
async fn a_store_that_takes_a_name_for_the_beginning_of_another_is_found() {
    let found = found_in_store(Leak::ByPrefix).await;
    assert!(found.history.len() <= 3, "{found}");
}

/// A policy that shows everybody what anybody has.
struct Open;

impl OwnershipPolicy for Open {
    fn decide(&self, request: &Request<'_>) -> Decision {
        match request.action().effect() {
            Effect::Read => Decision::Allow(Reason::Shared),
            _ => DefaultPolicy.decide(request),
        }
    }
}

#[tokio::test]
async fn a_policy_that_shows_what_is_foreign_is_found() {
    let report = check(&Options::default(), async |surroundings| {
        Ok(World::new(surroundings.builder(MemoryStore::new()).policy(Open).open().await?))
    })
    .await;
    let found = interference(report);
    assert!(found.history.len() <= 2, "{found}");
    assert!(found.when.contains("user 0 in the workspace of user"), "{found}");
    assert!(found.alone.starts_with("an error, NotFound"), "{found}");
}

/// A policy that tires of being asked, by whomever.
#[derive(Default)]
struct Tired(AtomicU64);

impl OwnershipPolicy for Tired {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let asked = self.0.fetch_add(1, Ordering::SeqCst);
        if asked > 20 && request.action() == Action::UploadVideo {
            return Decision::Deny(Reason::Other("too many questions".to_owned()));
        }
        DefaultPolicy.decide(request)
    }
}

#[tokio::test]
async fn a_policy_that_counts_what_all_ask_is_found() {
    let report = check(&Options::default(), async |surroundings| {
        let policy = Tired::default();
        Ok(World::new(surroundings.builder(MemoryStore::new()).policy(policy).open().await?))
    })
    .await;
    let found = interference(report);
    assert!(found.together.contains("Denied") || found.alone.contains("Denied"), "{found}");
}
