//! Media that fail: disks that are full from some change on, in the root and in another store, and stores that take
//! nothing. What was begun goes on once there is room, or goes back.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tenantry::ErrorKind;
use tenantry::migrate::{MigrateError, Migration, MigrationPhase, MigrationStage, Next};
use tenantry::paths::{BlobKey, TenantId};
use tenantry::store::local::{LocalOptions, LocalStore, NetworkFileSystems};
use tenantry::store::{
    BlobInfo, Commit, Fold, Outcome, Put, StoreError, StoreErrorKind, TenantStore, Version, ViewKey,
};
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};
use tenantry::testkit::simulated_disk::{Fault as DiskFault, Matching, OperationKind, SimulatedDisk};
use tenantry::testkit::{Layered, SeededEntropy, StoreLayer};

use crate::place::{Place, shared};
use crate::whole::run;

fn tree() -> LegacyTree {
    LegacyTree::build(0, &BTreeSet::from([Trap::UserDatabases]), 4)
}

/// The migration on a disk that is full from a change on.
fn full_from(migration: Migration, first: u64) -> Migration {
    let changes = AtomicU64::new(0);
    migration.before_change(move || match changes.fetch_add(1, Ordering::SeqCst) < first {
        true => Ok(()),
        false => Err(io::ErrorKind::StorageFull.into()),
    })
}

fn is_full(error: &MigrateError) -> bool {
    matches!(error, MigrateError::Write { kind: io::ErrorKind::StorageFull, .. })
}

#[test]
fn on_a_disk_that_is_full_from_any_change_on_an_apply_stops_where_it_can_go_on_or_back() {
    for across in [false, true] {
        let place = Place::of(&tree());
        let plan = place.plan();
        let migration = || match across {
            true => place.migration().across_file_systems(),
            false => place.migration(),
        };
        for first in 0.. {
            match run(full_from(migration(), first).apply(&plan)) {
                Ok(_) => {
                    assert!(first > 20, "{first}");
                    break;
                }
                Err(error) => assert!(is_full(&error), "{error:?}"),
            }
            match place.migration().status().unwrap().phase {
                MigrationPhase::Applying if first % 2 == 0 => {
                    run(migration().apply(&plan)).unwrap();
                    assert!(run(migration().verify()).unwrap().is_clean(), "{first}");
                    run(migration().rollback()).unwrap();
                }
                _ => drop(run(migration().rollback())),
            }
            place.assert_as_before();
        }
    }
}

#[test]
fn what_could_not_be_begun_since_one_change_failed_leaves_nothing() {
    let place = Place::of(&tree());
    let plan = place.plan();
    for at in 0.. {
        let changes = AtomicU64::new(0);
        let migration =
            place.migration().before_change(move || match changes.fetch_add(1, Ordering::SeqCst) {
                change if change == at => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(()),
            });
        assert!(is_full(&run(migration.apply(&plan)).unwrap_err()), "{at}");
        if place.migration().status().unwrap().phase != MigrationPhase::NotBegun {
            assert!(at > 8, "{at}");
            break;
        }
        place.assert_as_before();
    }
}

#[test]
fn on_a_disk_that_is_full_from_any_change_on_a_rollback_stops_and_goes_on_when_there_is_room() {
    let place = Place::of(&tree());
    let plan = place.plan();
    for first in 0.. {
        run(place.migration().apply(&plan)).unwrap();
        let rolled_back = run(full_from(place.migration(), first).rollback());
        if rolled_back.is_ok() {
            assert!(first > 20, "{first}");
            break;
        }
        assert!(is_full(&rolled_back.unwrap_err()), "{first}");
        drop(run(place.migration().rollback()));
        place.assert_as_before();
    }
    place.assert_as_before();
}

/// A store on that disk.
async fn store_on(disk: &SimulatedDisk) -> Arc<dyn TenantStore> {
    let (root, entropy) = (disk.process().root().unwrap(), Arc::new(SeededEntropy::new(1)));
    shared(LocalStore::on(root, LocalOptions::default(), entropy).await.unwrap())
}

#[test]
fn another_store_that_is_full_says_of_which_tenant_and_takes_the_rest_when_there_is_room() {
    run(async {
        let place = Place::of(&LegacyTree::build(1, &BTreeSet::from([Trap::RecordWithOwner]), 2));
        let (plan, disk) = (place.plan(), SimulatedDisk::new());
        let migration = place.migration().to(store_on(&disk).await, "a small disk");
        let tenants: BTreeSet<_> = plan.tenants.iter().map(|tenant| tenant.id.clone()).collect();
        let mut refusals = BTreeSet::new();
        // It has begun when the disk fills up.
        let stopping = place.migration().to(store_on(&disk).await, "a small disk");
        let stopping = stopping.progress(|progress| match progress.stage {
            MigrationStage::Beginning => Next::Stop,
            _ => Next::Go,
        });
        assert!(matches!(stopping.apply(&plan).await, Err(MigrateError::Stopped)));
        for room in (0..).map(|step| step * 4096) {
            disk.set_capacity(room);
            match migration.apply(&plan).await {
                Ok(_) => break,
                Err(MigrateError::Tenant { tenant, source }) => {
                    assert_eq!(source.kind(), ErrorKind::StorageFull, "{source:?}");
                    refusals.insert(tenant);
                }
                Err(MigrateError::Library(source)) => assert_eq!(source.kind(), ErrorKind::StorageFull),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(refusals, tenants);
        assert!(migration.verify().await.unwrap().is_clean());
    });
}

#[test]
fn another_store_that_can_only_be_read_is_told_and_the_root_can_be_rolled_back() {
    run(async {
        let place = Place::of(&tree());
        let (plan, disk) = (place.plan(), SimulatedDisk::new());
        let store = store_on(&disk).await;
        let kinds = [OperationKind::CreateDirectory, OperationKind::CreateFile, OperationKind::Write];
        for kind in kinds {
            disk.inject(Matching::every(kind), DiskFault::ReadOnly);
        }
        let migration = place.migration().to(store, "a disk that is only to be read");
        let refused = migration.apply(&plan).await.unwrap_err();
        let source = match &refused {
            MigrateError::Tenant { source, .. } | MigrateError::Library(source) => source,
            other => panic!("{other:?}"),
        };
        assert_eq!(source.kind(), ErrorKind::Configuration, "{source:?}");
        drop(migration.rollback().await);
        place.assert_as_before();
    });
}

/// The number by which a system tells that a folder lies on NFS.
const NFS: u32 = 0x6969;

#[test]
fn on_a_network_file_system_a_root_is_migrated_only_if_the_host_vouches_for_it() {
    run(async {
        let place = Place::of(&tree());
        let plan = place.plan();
        let mut options = LocalOptions::default();
        options.file_system = Some(NFS);
        let migration = |options: &LocalOptions| place.migration().local_options(options.clone());
        match migration(&options).apply(&plan).await {
            Err(MigrateError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Unsupported),
            other => panic!("{other:?}"),
        }
        place.assert_as_before();
        options.network = NetworkFileSystems::Allowed;
        migration(&options).apply(&plan).await.unwrap();
        assert!(migration(&options).verify().await.unwrap().is_clean());
        // It is held alone whatever the options say.
        let store = LocalStore::open(place.root(), LocalOptions::default()).await.unwrap();
        assert!(matches!(migration(&options).rollback().await, Err(MigrateError::Busy)));
        drop(store);
        migration(&options).rollback().await.unwrap();
        place.assert_as_before();
    });
}

#[test]
fn originals_are_removed_at_the_end_only_if_that_is_said_and_then_all_of_them() {
    run(async {
        let place = Place::of(&tree());
        let secret = "ya29.synthetic-secret";
        fs::write(place.root().join("tokens/channel9.json"), format!("{{\"token\": \"{secret}\"}}")).unwrap();
        let plan = place.plan();
        place.migration().apply(&plan).await.unwrap();
        place.migration().finish().await.unwrap();
        let record = r#"[{"id": "late", "title": "late", "filename": "late.mp4", "owner": "late"}]"#;
        fs::write(place.root().join("video_database.json"), record).unwrap();
        fs::write(place.root().join("videos/late.mp4"), "late").unwrap();
        let second = place.plan();
        place.migration().apply(&second).await.unwrap();
        let kept = place.migration().finish().await.unwrap().originals.unwrap().to_string();
        let first = kept.replace("migrations/2", "migrations/1");
        assert!(place.root().join(&first).join("tokens/channel9.json").exists());
        assert!(place.root().join(&kept).exists());
        for _ in 0..2 {
            let finished = place.migration().dropping_originals().finish().await.unwrap();
            assert_eq!(finished.originals, None);
            assert_eq!(place.migration().status().unwrap().originals, None);
            for (path, bytes) in files_beneath(&place.root().join(".tenantry")) {
                assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{path}");
                assert!(!path.contains("originals"), "{path}");
            }
        }
        // What was migrated is there all the same.
        assert!(!place.observed(&plan).await.is_empty());
    });
}

fn files_beneath(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_beneath(&path)),
            false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found
}

#[test]
fn with_too_little_room_it_is_not_begun_in_the_root_or_elsewhere() {
    run(async {
        let place = Place::of(&tree());
        let (mut plan, disk) = (place.plan(), SimulatedDisk::new());
        disk.set_capacity(1 << 20);
        let elsewhere = place.migration().to(store_on(&disk).await, "a small disk");
        plan.totals.space_needed = u64::MAX;
        plan.totals.space_needed_elsewhere = 1 << 21;
        for migration in [place.migration(), elsewhere] {
            let refused = migration.apply(&plan).await.unwrap_err();
            assert!(matches!(refused, MigrateError::Space { .. }), "{refused:?}");
            place.assert_as_before();
        }
    });
}

/// The root's own store, on a disk that is full from a write on.
struct FullFrom {
    store: Arc<dyn TenantStore>,
    writes: Arc<AtomicU64>,
    first: u64,
}

impl FullFrom {
    fn write(&self) -> Result<(), StoreError> {
        match self.writes.fetch_add(1, Ordering::SeqCst) < self.first {
            true => Ok(()),
            false => Err(StoreError::new(StoreErrorKind::Full, "write", "no space is left on the disk")),
        }
    }
}

#[async_trait::async_trait]
impl StoreLayer for FullFrom {
    fn inner(&self) -> &dyn TenantStore {
        &*self.store
    }

    async fn put(&self, key: &BlobKey, put: Put) -> Result<BlobInfo, StoreError> {
        self.write()?;
        self.store.put(key, put).await
    }

    async fn append(
        &self,
        tenant: &TenantId,
        base: Option<&Version>,
        commit: Commit,
    ) -> Result<Outcome, StoreError> {
        self.write()?;
        self.store.append(tenant, base, commit).await
    }

    async fn fold(&self, tenant: &TenantId, base: &Version, fold: Fold) -> Result<Outcome, StoreError> {
        self.write()?;
        self.store.fold(tenant, base, fold).await
    }

    async fn put_view(&self, tenant: &TenantId, view: &ViewKey, content: Bytes) -> Result<(), StoreError> {
        self.write()?;
        self.store.put_view(tenant, view, content).await
    }
}

#[test]
fn where_the_root_s_own_store_is_full_from_any_write_on_it_stops_and_goes_on_or_back() {
    let place = Place::of(&LegacyTree::build(1, &BTreeSet::from([Trap::FileOfTwoOwners]), 2));
    let plan = place.plan();
    run(place.migration().apply(&plan)).unwrap();
    let undisturbed = run(place.observed(&plan));
    run(place.migration().rollback()).unwrap();
    place.assert_as_before();
    let mut refusals = 0;
    for first in 0.. {
        let writes = Arc::new(AtomicU64::new(0));
        let of_migration = Arc::clone(&writes);
        let layer =
            move |store| shared(Layered::new(FullFrom { store, writes: Arc::clone(&of_migration), first }));
        match run(place.migration().over_store(layer).apply(&plan)) {
            Ok(_) if writes.load(Ordering::SeqCst) <= first => break,
            // Views that can't be written are written later.
            Ok(_) => {}
            Err(MigrateError::Tenant { source, .. }) => {
                assert_eq!(source.kind(), ErrorKind::StorageFull, "{first}: {source:?}");
                refusals += 1;
                assert_eq!(place.migration().status().unwrap().phase, MigrationPhase::Applying, "{first}");
            }
            // All is there by then but the views, which are written once more.
            Err(MigrateError::Library(source)) => {
                assert_eq!(source.kind(), ErrorKind::Unavailable, "{source:?}")
            }
            Err(other) => panic!("{first}: {other:?}"),
        }
        if first % 2 == 0 {
            run(place.migration().apply(&plan)).unwrap();
            assert!(run(place.migration().verify()).unwrap().is_clean(), "{first}");
            assert_eq!(run(place.observed(&plan)), undisturbed, "{first}");
        }
        run(place.migration().rollback()).unwrap();
        place.assert_as_before();
    }
    assert!(refusals > 5, "{refusals}");
}
