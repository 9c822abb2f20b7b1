//! Migrations into another store: the tree stays as it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tenantry::environment::ManualClock;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, Plan};
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Fold, FoldKind, MemoryStore, Outcome, StoreError, TenantStore, Version};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};
use tenantry::testkit::{Layered, StoreLayer, TreeImage};
use tenantry::{ErrorKind, Tenantry};

use crate::expected::assert_as_expected;
use crate::observed::Observed;
use crate::place::{Place, close, observed_in, open, shared, sound_trees};
use crate::whole::run;

/// The root but for the journal, and its own time, which the journal's folder changed.
fn beside_the_journal(image: TreeImage) -> TreeImage {
    image.without(".tenantry").without("")
}

fn assert_source_unchanged(place: &Place) {
    let before = beside_the_journal(place.before.clone());
    assert_eq!(before.difference(&beside_the_journal(place.image())), None);
}

fn into(place: &Place, store: &MemoryStore) -> Migration {
    place.migration().to(shared(store.reopen()), "memory")
}

/// Rolls back to the end: once more, where something could still come, when that is over.
async fn rolled_back(place: &Place, store: &MemoryStore) {
    match into(place, store).rollback().await {
        Err(MigrateError::Erasing { until, .. }) => {
            let after = until.checked_add(Duration::from_secs(1)).unwrap();
            into(place, store).clock(Arc::new(ManualClock::new(after))).rollback().await.unwrap();
        }
        rolled_back => drop(rolled_back.unwrap()),
    }
}

/// Asserts that nobody of a plan is there any more.
async fn assert_nobody(tenantry: Tenantry, plan: &Plan) {
    for tenant in plan.tenants.iter().filter(|tenant| !tenant.exists) {
        let refused = tenantry.session(&tenant.id).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound, "{}", tenant.id);
    }
    close(tenantry).await;
}

async fn there_and_back(tree: &LegacyTree) -> Observed {
    let (place, store) = (Place::of(tree), MemoryStore::new());
    let (plan, migration) = (place.plan(), into(&place, &store));
    migration.apply(&plan).await.unwrap();
    assert_source_unchanged(&place);
    let verified = migration.verify().await.unwrap();
    assert!(verified.is_clean(), "{tree:?}: {verified}");
    assert!(migration.apply(&plan).await.unwrap().was_done);
    let found = observed_in(Tenantry::builder(store.reopen()), &plan).await;
    assert_as_expected(tree, &found);
    rolled_back(&place, &store).await;
    assert_eq!(place.before.difference(&place.image()), None, "{tree:?}");
    assert_nobody(open(Tenantry::builder(store.reopen()), &plan).await, &plan).await;
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn in_another_store_each_user_has_what_is_its_and_the_tree_stays_as_it_is(tree in sound_trees()) {
        run(there_and_back(&tree));
    }
}

fn tree() -> LegacyTree {
    LegacyTree::build(
        2,
        &BTreeSet::from([Trap::FileOfTwoOwners, Trap::UserDatabases, Trap::WorkbookOwners]),
        4,
    )
}

async fn local(root: &Path) -> LocalStore {
    LocalStore::open(root, LocalOptions::default()).await.unwrap()
}

#[test]
fn in_whatever_store_users_find_the_same() {
    run(async {
        let in_memory = there_and_back(&tree()).await;

        let place = Place::of(&tree());
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        assert_eq!(place.observed(&plan).await, in_memory);

        let place = Place::of(&tree());
        let other = place.beside("other");
        let migration = place.migration().to(shared(local(&other).await), "the other root");
        migration.apply(&plan).await.unwrap();
        assert_source_unchanged(&place);
        drop(migration);
        assert_eq!(observed_in(Tenantry::builder(local(&other).await), &plan).await, in_memory);
    });
}

#[test]
fn what_was_stopped_at_any_step_goes_on_in_the_other_store_to_the_same_end() {
    run(async {
        let undisturbed = there_and_back(&tree()).await;
        for step in 0.. {
            let (place, store) = (Place::of(&tree()), MemoryStore::new());
            let plan = place.plan();
            let stopped = place.stopped_at(step).to(shared(store.reopen()), "memory").apply(&plan).await;
            if stopped.is_ok() {
                assert!(step > 5);
                break;
            }
            assert!(matches!(stopped, Err(MigrateError::Stopped)), "step {step}: {stopped:?}");
            let migration = into(&place, &store);
            if step % 2 == 1 {
                migration.apply(&plan).await.unwrap();
                assert!(migration.verify().await.unwrap().is_clean(), "step {step}");
                let found = observed_in(Tenantry::builder(store.reopen()), &plan).await;
                assert_eq!(found, undisturbed, "step {step}");
            }
            if migration.status().unwrap().phase != MigrationPhase::NotBegun {
                rolled_back(&place, &store).await;
            }
            assert_eq!(place.before.difference(&place.image()), None, "step {step}");
            assert_nobody(open(Tenantry::builder(store.reopen()), &plan).await, &plan).await;
        }
    });
}

/// A store whose first fold that replaces comes a moment after the library's own fold of the same.
struct FoldsBetween {
    store: MemoryStore,
    was_between: AtomicBool,
}

#[async_trait::async_trait]
impl StoreLayer for FoldsBetween {
    fn inner(&self) -> &dyn TenantStore {
        &self.store
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        if fold.kind == FoldKind::Replace && !self.was_between.swap(true, Ordering::SeqCst) {
            return Ok(Outcome::Conflict);
        }
        self.store.fold(tenant, base, fold).await
    }
}

#[test]
fn a_fold_that_comes_between_stops_nothing() {
    run(async {
        let (place, store) = (Place::of(&tree()), MemoryStore::new());
        let layer = FoldsBetween { store: store.reopen(), was_between: AtomicBool::new(false) };
        let migration = place.migration().to(shared(Layered::new(layer)), "memory");
        migration.apply(&place.plan()).await.unwrap();
        assert!(migration.verify().await.unwrap().is_clean());
    });
}

#[test]
fn a_migration_goes_on_in_the_store_in_which_it_began_and_in_no_other() {
    run(async {
        let (place, store) = (Place::of(&tree()), MemoryStore::new());
        let plan = place.plan();
        into(&place, &store).apply(&plan).await.unwrap();
        let status = place.migration().status().unwrap();
        assert_eq!((status.phase, status.to.as_deref()), (MigrationPhase::Applied, Some("memory")));
        let other = || place.migration().to(shared(MemoryStore::new()), "another");
        for migration in [place.migration(), other()] {
            assert!(matches!(migration.apply(&plan).await, Err(MigrateError::OtherMigration)));
            assert!(matches!(migration.verify().await, Err(MigrateError::OtherMigration)));
            assert!(matches!(migration.rollback().await, Err(MigrateError::OtherMigration)));
        }
        assert!(into(&place, &store).verify().await.unwrap().is_clean());
    });
}

#[test]
fn files_that_lie_under_the_name_of_a_tenant_that_was_never_there_are_not_taken_for_its_own() {
    run(async {
        let place = Place::of(&tree());
        let (plan, other) = (place.plan(), place.beside("other"));
        let tenant = &plan.tenants.iter().rfind(|tenant| !tenant.exists).unwrap().id;
        let file = other.join("thumbnails").join(tenant.as_str()).join("holiday.jpg");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "somebody's").unwrap();
        match place.migration().to(shared(local(&other).await), "the other root").apply(&plan).await {
            Err(MigrateError::TenantsExist(found)) => assert_eq!(found, std::slice::from_ref(tenant)),
            other => panic!("{other:?}"),
        }
        assert_eq!(place.before.difference(&place.image()), None);
        assert_eq!(std::fs::read(file).unwrap(), b"somebody's");
    });
}
