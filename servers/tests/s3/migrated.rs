//! One shared folder that becomes tenants in a bucket of a real server, and goes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tenantry::environment::ManualClock;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, PlanOptions, Planner};
use tenantry::testkit::TreeImage;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::bucket::keys;
use crate::support::{prefix, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_becomes_tenants_in_a_bucket_and_of_a_rollback_only_tombstones_are_left() {
    let (folder, place) = (tempfile::tempdir().unwrap(), prefix());
    let root = folder.path().join("root");
    let tree = LegacyTree::build(1, &BTreeSet::from([Trap::FileOfTwoOwners]), 4);
    tree.write_to(&root).unwrap();
    let before = TreeImage::of(&root).unwrap();
    let migration = || {
        let migration = Migration::new(&root, Planner::new(PlanOptions::default()));
        migration.to(Arc::new(store(&place)), "the bucket")
    };
    let plan = migration().plan().unwrap();
    assert!(plan.can_be_applied(), "{plan}");
    migration().apply(&plan).await.unwrap();
    let verified = migration().verify().await.unwrap();
    assert!(verified.is_clean(), "{verified}");
    let brought = keys(&place).await;
    assert!(brought.iter().any(|key| key.contains("/videos/")), "{brought:?}");

    let until = match migration().rollback().await {
        Err(MigrateError::Erasing { tenants, until }) => {
            assert_eq!(tenants.len(), plan.tenants.len());
            until
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(migration().status().unwrap().phase, MigrationPhase::RollingBack);
    let after = ManualClock::new(until.checked_add(Duration::from_secs(1)).unwrap());
    migration().clock(Arc::new(after)).rollback().await.unwrap();
    assert_eq!(before.difference(&TreeImage::of(&root).unwrap()), None);
    let left = keys(&place).await;
    assert!(left.iter().all(|key| key.contains("/heads/")), "{left:?}");
    assert_eq!(left.len(), plan.tenants.len());
}
