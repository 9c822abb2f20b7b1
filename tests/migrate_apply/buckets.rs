//! Migrations into a bucket: nothing of a tenant is left there after a rollback, which does not end before that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use tenantry::environment::ManualClock;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, Plan};
use tenantry::paths::TenantId;
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};
use tenantry::{ErrorKind, Tenantry};

use crate::expected::assert_as_expected;
use crate::place::{Place, clock, close, observed_in, open, shared};
use crate::whole::run;

fn tree() -> LegacyTree {
    LegacyTree::build(1, &BTreeSet::from([Trap::FileOfTwoOwners, Trap::WorkbookOwners]), 4)
}

struct Bucket(Arc<InMemory>);

impl Bucket {
    fn new() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    fn store(&self) -> ObjectTenantStore {
        ObjectTenantStore::new(Arc::clone(&self.0) as _)
    }

    fn migration(&self, place: &Place) -> Migration {
        place.migration().to(shared(self.store()), "memory://host")
    }

    async fn keys(&self) -> Vec<String> {
        let listed: Vec<_> = self.0.list(None).try_collect().await.unwrap();
        listed.into_iter().map(|object| object.location.to_string()).collect()
    }
}

/// The clock of the tests, so much later.
fn later(by: Duration) -> Arc<ManualClock> {
    let clock = clock();
    clock.advance(by);
    clock
}

fn brought(plan: &Plan) -> Vec<TenantId> {
    plan.tenants.iter().filter(|tenant| !tenant.exists).map(|tenant| tenant.id.clone()).collect()
}

#[test]
fn in_a_bucket_each_user_has_what_is_its() {
    run(async {
        let (place, bucket) = (Place::of(&tree()), Bucket::new());
        let plan = place.plan();
        bucket.migration(&place).apply(&plan).await.unwrap();
        assert!(bucket.migration(&place).verify().await.unwrap().is_clean());
        assert_as_expected(&tree(), &observed_in(Tenantry::builder(bucket.store()), &plan).await);
    });
}

#[test]
fn a_rollback_goes_on_until_nothing_can_come_into_the_bucket_any_more() {
    run(async {
        let (place, bucket) = (Place::of(&tree()), Bucket::new());
        let plan = place.plan();
        bucket.migration(&place).apply(&plan).await.unwrap();
        for _ in 0..2 {
            match bucket.migration(&place).rollback().await {
                Err(MigrateError::Erasing { tenants, until }) => {
                    assert_eq!(tenants, brought(&plan));
                    assert!(until > "2025-11-10T04:00:00Z".parse().unwrap());
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::RollingBack);
            let refused = bucket.migration(&place).apply(&plan).await.unwrap_err();
            assert!(matches!(refused, MigrateError::RollingBack), "{refused:?}");
        }
        let end = later(Duration::from_secs(2 * 3600));
        bucket.migration(&place).clock(end).rollback().await.unwrap();
        place.assert_as_before();
        let keys = bucket.keys().await;
        assert!(keys.iter().all(|key| key.starts_with("heads/")), "{keys:?}");
        assert_eq!(keys.len(), brought(&plan).len());
        let tenantry = open(Tenantry::builder(bucket.store()), &plan).await;
        for tenant in brought(&plan) {
            assert_eq!(tenantry.session(&tenant).await.unwrap_err().kind(), ErrorKind::NotFound);
        }
        close(tenantry).await;
    });
}

#[test]
fn tenants_that_are_in_the_other_store_already_are_all_told_before_anything_is_changed() {
    run(async {
        let (place, bucket) = (Place::of(&tree()), Bucket::new());
        let plan = place.plan();
        let tenants = brought(&plan);
        assert!(tenants.len() > 1, "{tenants:?}");
        let last = tenants.last().unwrap();
        let tenantry = open(Tenantry::builder(bucket.store()), &plan).await;
        tenantry.ensure(last, "Of another host").await.unwrap();
        close(tenantry).await;
        let before = bucket.keys().await;
        match bucket.migration(&place).apply(&plan).await {
            Err(MigrateError::TenantsExist(found)) => assert_eq!(found, std::slice::from_ref(last)),
            other => panic!("{other:?}"),
        }
        place.assert_as_before();
        assert_eq!(bucket.keys().await, before);
    });
}

#[test]
fn where_they_were_erased_lately_that_is_told_before_anything_is_changed() {
    run(async {
        let (place, bucket) = (Place::of(&tree()), Bucket::new());
        let plan = place.plan();
        bucket.migration(&place).apply(&plan).await.unwrap();
        assert!(bucket.migration(&place).rollback().await.is_err());
        let erased = Duration::from_secs(2 * 3600);
        bucket.migration(&place).clock(later(erased)).rollback().await.unwrap();
        let refused = bucket.migration(&place).clock(later(erased)).apply(&plan).await.unwrap_err();
        assert!(
            matches!(&refused, MigrateError::Tenant { tenant, .. } if *tenant == brought(&plan)[0]),
            "{refused:?}"
        );
        place.assert_as_before();
        let long_after = later(Duration::from_secs(9 * 3600));
        bucket.migration(&place).clock(long_after).apply(&plan).await.unwrap();
    });
}
