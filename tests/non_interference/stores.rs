//! The library's own stores and policy show it; and what shows nothing is not taken for it.

use proptest::prelude::*;
use tenantry::Settings;
use tenantry::ownership::{Decision, OwnershipPolicy, Reason, Request};
use tenantry::store::MemoryStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::histories::Step;
use tenantry::testkit::non_interference::{Failure, OpenError, Options, Surroundings, World, check, compare};
use tenantry::testkit::strategies;

async fn memory(surroundings: Surroundings) -> Result<World, OpenError> {
    Ok(World::new(surroundings.builder(MemoryStore::new()).open().await?))
}

async fn disk(surroundings: Surroundings) -> Result<World, OpenError> {
    let folder = tempfile::tempdir()?;
    let store = LocalStore::open(folder.path().join("root"), LocalOptions::default()).await?;
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    Ok(World::new(surroundings.builder(store).settings(settings).open().await?).keeping(folder))
}

#[tokio::test]
async fn in_memory_a_tenant_cannot_tell_whether_others_are_there() {
    let report = check(&Options::default(), memory).await;
    assert!(report.holds() && report.cases == 32, "{report}");
    let counts = report.counts;
    // Most of what is done is not refused.
    assert!(counts.succeeded * 3 > counts.observations && counts.others > 300, "{report}");
}

#[tokio::test]
async fn on_the_disk_a_tenant_cannot_tell_whether_others_are_there() {
    let mut options = Options::default();
    (options.cases, options.seed) = (12, 1);
    let report = check(&options, disk).await;
    assert!(report.holds() && report.cases == 12, "{report}");
}

#[tokio::test]
async fn a_world_with_a_randomness_of_its_own_is_said_to_show_nothing() {
    let report = check(&Options::default(), async |_| {
        Ok(World::new(tenantry::Tenantry::builder(MemoryStore::new()).open().await?))
    })
    .await;
    assert!(matches!(report.failure, Some(Failure::NotRepeatable(_))), "{report}");
}

#[tokio::test]
async fn a_world_that_cannot_be_opened_is_no_success() {
    let report = check(&Options::default(), async |_| Err("no disk".into())).await;
    assert_eq!(report.failure, Some(Failure::World("opening: no disk".to_owned())));
    assert!(!report.holds());
}

/// A policy that allows nobody anything.
struct Nothing;

impl OwnershipPolicy for Nothing {
    fn decide(&self, _: &Request<'_>) -> Decision {
        Decision::Hide(Reason::Foreign)
    }
}

#[tokio::test]
async fn where_nothing_is_allowed_nothing_is_shown() {
    let mut options = Options::default();
    options.cases = 2;
    let report = check(&options, async |surroundings| {
        Ok(World::new(surroundings.builder(MemoryStore::new()).policy(Nothing).open().await?))
    })
    .await;
    assert_eq!(report.failure, Some(Failure::Nothing));
}

#[tokio::test]
async fn one_seed_gives_one_report() {
    let report = async |seed| {
        let mut options = Options::default();
        (options.cases, options.seed) = (2, seed);
        check(&options, memory).await
    };
    let (one, again, other) = (report(1).await, report(1).await, report(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

async fn compared(history: Vec<Step>) -> Result<(), Failure> {
    compare(&history, 2, memory).await.map(drop)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4) })]

    #[test]
    fn histories_can_be_compared_within_property_tests(history in strategies::histories(2, 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let compared = runtime.block_on(compared(history));
        prop_assert!(compared.is_ok(), "{}", compared.unwrap_err());
    }
}
