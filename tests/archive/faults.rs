//! Whatever an object store does with one request or with many, an import is there whole or not at all,
//! and what it left is cleared.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use tenantry::environment::ManualClock;
use tenantry::ownership::Role;
use tenantry::quota::Usage;
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, Status};
use tenantry::{ErrorKind, NewTenant, Session, Tenantry, Verification};

use crate::world::{Looped, Place, exported, furnish, id, in_chunks};

const EFFECTS: [Effect; 7] = [
    Effect::FailBefore(Status::Unavailable),
    Effect::FailBefore(Status::Precondition),
    Effect::FailAfter(Status::Unavailable),
    Effect::FailAfter(Status::Precondition),
    Effect::Delay,
    Effect::DuplicateLate,
    Effect::Repeat,
];

/// A store that can be looked at by several processes.
struct Shelf {
    objects: FaultyObjects,
    faults: Faults,
    clock: Arc<ManualClock>,
}

impl Shelf {
    fn new() -> Self {
        let (objects, faults) = FaultyObjects::new(Arc::new(InMemory::new()));
        let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
        Self { objects, faults, clock }
    }

    async fn open(&self) -> Tenantry {
        let store = ObjectTenantStore::new(Arc::new(self.objects.clone()));
        Tenantry::builder(store).clock(self.clock.clone()).kind::<Looped>().open().await.unwrap()
    }

    /// Imports while something happens to some requests; whether it did happen.
    async fn import(&self, archive: &[u8], fault: Fault) -> (tenantry::Result<()>, bool) {
        let tenantry = self.open().await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let admin = tenantry.session(&id("root")).await.unwrap();
        admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        let (before, spare) = (self.faults.log().len(), fault.spare);
        self.faults.inject(fault);
        let done = admin.tenants().import(&id("ana"), in_chunks(archive.to_vec(), 512)).await;
        let log = self.faults.log();
        let of_ana = log[before..].iter().filter(|request| request.key.as_ref().contains("ana"));
        let happened = of_ana.count() as u64 > spare;
        self.faults.clear();
        (done.map(drop), happened)
    }

    /// Lets everything arrive that is late, and clears what is due.
    async fn clear(&self, admin: &Session) {
        while self.faults.late() > 0 {
            self.faults.deliver(0, &self.objects).await;
        }
        for _ in 0..4 {
            self.clock.advance(Duration::from_secs(3 * 3600));
            admin.tenants().sweep(&id("ana")).await.unwrap();
        }
    }
}

async fn usage(admin: &Session) -> Usage {
    admin.workspace(&id("ana")).usage().await.unwrap().0
}

/// Sees that nothing is there that no record names, nor the other way round, and that every file is whole.
async fn ensure_whole(admin: &Session) {
    let report = admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let own = admin.workspace(&id("ana"));
    for video in own.videos().list(&Default::default()).await.unwrap().items {
        assert_eq!(own.videos().verify(video.id()).await.unwrap(), Verification::Intact);
    }
    for thumbnail in own.thumbnails().list(&Default::default()).await.unwrap().items {
        assert_eq!(own.thumbnails().verify(thumbnail.id()).await.unwrap(), Verification::Intact);
    }
}

#[tokio::test]
async fn an_import_is_whole_or_nothing_whatever_the_store_does() {
    let place = Place::memory().await;
    let own = place.user("ana").await;
    furnish(&own).await;
    let archive = exported(&own).await;
    let (mut failed, mut unknown, mut came) = (0, 0, 0);
    for effect in EFFECTS {
        // One request, some, and all from then on.
        for affect in [1, 3, u64::MAX] {
            for spare in 0.. {
                let shelf = Shelf::new();
                let fault = Fault { kind: None, key_contains: "ana".to_owned(), spare, affect, effect };
                let context = format!("{fault:?}");
                let (done, happened) = shelf.import(&archive, fault).await;
                // Another process looks, which knows nothing of it.
                let elsewhere = shelf.open().await;
                let admin = elsewhere.session(&id("root")).await.unwrap();
                let found = usage(&admin).await;
                match done.map_err(|error| error.kind()) {
                    Ok(()) => assert_eq!((found.files, found.reserved_files), (3, 0), "{context}"),
                    Err(ErrorKind::OutcomeUnknown) => unknown += 1,
                    Err(_) => {
                        failed += 1;
                        assert_eq!((found.files, found.record_bytes), (0, 0), "{context}");
                    }
                }
                shelf.clear(&admin).await;
                let found = usage(&admin).await;
                assert_eq!(found.reserved_files, 0, "{context}");
                assert!(found.files == 3 || found.files + found.record_bytes == 0, "{context}: {found:?}");
                if found.files == 0 {
                    let body = in_chunks(archive.clone(), 512);
                    admin.tenants().import(&id("ana"), body).await.unwrap();
                    came += 1;
                }
                ensure_whole(&admin).await;
                if !happened {
                    break;
                }
            }
        }
    }
    assert!(failed > 20 && unknown > 5 && came > 20, "{failed} {unknown} {came}");
}
