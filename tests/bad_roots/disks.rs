//! Disks that are full, read-only or refuse access, at each call in turn: what, where, and that nothing
//! is changed.

use std::sync::Arc;

use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{StoreError, StoreErrorKind};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{Fault, Matching, OperationKind, SimulatedDisk};
use tenantry::{ErrorKind, Tenantry};

use crate::places::{id, said, settings};

const CALLS: &[OperationKind] = &[
    OperationKind::OpenDirectory,
    OperationKind::CreateDirectory,
    OperationKind::OpenFile,
    OperationKind::CreateFile,
    OperationKind::Entries,
    OperationKind::Metadata,
    OperationKind::SyncDirectory,
    OperationKind::Read,
    OperationKind::Write,
    OperationKind::SyncFile,
];

/// What a call can fail with, and the kinds of errors that tell of it.
const FAULTS: [(Fault, StoreErrorKind, ErrorKind); 3] = [
    (Fault::Denied, StoreErrorKind::PermissionDenied, ErrorKind::Configuration),
    (Fault::ReadOnly, StoreErrorKind::PermissionDenied, ErrorKind::Configuration),
    (Fault::Full, StoreErrorKind::Full, ErrorKind::StorageFull),
];

/// The names with which the places begin that are named.
const PLACES: [&str; 6] = [".tenantry", "data", "tokens", "videos", "thumbnails", "the root"];

async fn open(disk: &SimulatedDisk) -> Result<LocalStore, StoreError> {
    let entropy = Arc::new(SeededEntropy::new(disk.changes()));
    LocalStore::on(disk.process().root().unwrap(), LocalOptions::default(), entropy).await
}

/// The combinations that a file system can answer: for want of space and where all is read-only, only
/// what changes something fails.
fn combinations() -> impl Iterator<Item = (OperationKind, (Fault, StoreErrorKind, ErrorKind))> {
    let each = |&call: &OperationKind| FAULTS.map(|fault| (call, fault));
    CALLS.iter().flat_map(each).filter(|(call, fault)| fault.0 == Fault::Denied || call.changes())
}

#[tokio::test]
async fn a_root_that_can_t_be_made_is_as_it_was() {
    let mut failed = 0;
    for (call, (fault, kind, _)) in combinations() {
        for nth in 0.. {
            let disk = SimulatedDisk::new();
            disk.inject(Matching::every(call).nth(nth), fault);
            let opened = open(&disk).await;
            if disk.matched() <= nth {
                break;
            }
            let Err(error) = opened else { continue };
            let context = format!("{fault:?} at {call:?} {nth}: {error:?}");
            assert_eq!(error.kind(), kind, "{context}");
            assert!(PLACES.iter().any(|place| error.detail().starts_with(place)), "{context}");
            said(&error);
            // From here on the lock is there, and it is never taken away again.
            let locked = disk.tree().contains_key(".tenantry/lock");
            assert!(disk.tree().is_empty() || locked, "{context}: {:?}", disk.tree().keys());
            assert!(!(locked && fault == Fault::Full && call != OperationKind::SyncDirectory), "{context}");
            disk.heal();
            open(&disk).await.expect(&context);
            failed += 1;
        }
    }
    assert!(failed > 40, "only {failed} calls failed");
}

#[tokio::test]
async fn a_first_tenant_that_can_t_be_made_leaves_nothing() {
    let mut failed = 0;
    for (call, (fault, _, kind)) in combinations() {
        for nth in 0.. {
            let disk = SimulatedDisk::new();
            let tenantry = Tenantry::builder(open(&disk).await.unwrap()).settings(settings());
            let tenantry = tenantry.open().await.unwrap();
            let before = disk.tree();
            disk.inject(Matching::every(call).nth(nth), fault);
            let made = tenantry.bootstrap_admin(&id("root"), "Root").await;
            let reached = disk.matched() > nth;
            disk.heal();
            if !reached {
                break;
            }
            let Err(error) = made else { continue };
            let context = format!("{fault:?} at {call:?} {nth}: {error:?}");
            let text = said(&error);
            assert!(PLACES.iter().any(|place| text.contains(place)), "{context}");
            failed += 1;
            if error.kind() == ErrorKind::OutcomeUnknown {
                continue;
            }
            assert_eq!(error.kind(), kind, "{context}");
            let mut after = disk.tree();
            after.remove(".tenantry/locks/root");
            let left: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
            assert!(left.is_empty(), "{context}: {left:?}");
            tenantry.bootstrap_admin(&id("root"), "Root").await.expect(&context);
        }
    }
    assert!(failed > 40, "only {failed} calls failed");
}

#[tokio::test]
async fn a_full_disk_of_a_root_in_use_refuses_uploads_and_keeps_the_rest() {
    let disk = SimulatedDisk::new();
    let tenantry = Tenantry::builder(open(&disk).await.unwrap()).settings(settings()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let own = tenantry.session(&id("root")).await.unwrap().own();
    disk.set_capacity(0);
    let body = futures::stream::iter([Ok(bytes::Bytes::from(vec![7; 100_000]))]);
    let error = own.videos().upload("long.mp4", body).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error:?}");
    said(&error);
    assert!(disk.tree().keys().all(|name| !name.starts_with("videos/root/")), "{:?}", disk.tree().keys());
    own.profile().await.unwrap();
}
