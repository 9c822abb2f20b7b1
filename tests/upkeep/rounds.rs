//! Upkeep of all tenants, in rounds and in the background.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry::environment::Clock;
use tenantry::ownership::{Actor, AuditEvent, AuditSink};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::store::{StoreMethod, ViewKey, ViewName, ViewPlace};
use tenantry::testkit::{CountingStore, Counts, HangingStore};
use tenantry::{Erasure, ErrorKind, Grace, MaintenanceOptions, Settings, Tenantry, ViewMode};

use crate::support::{MINUTE, Note, Place, clock, file, id, local, memory, open};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn reserve(place: &Place) {
    let until = place.milliseconds() + 1;
    place.forge(&format!(r#"[["@reservations","videos/r.mp4",900,[],{{"bytes":9,"until":{until}}}]]"#)).await;
    place.clock.advance(MINUTE);
}

#[tokio::test]
async fn all_tenants_are_swept() {
    let place = memory().await;
    reserve(&place).await;
    let all = place.tenantry.operator("test").sweep_all().await.unwrap();
    assert_eq!((all.tenants, all.swept.expired, all.failed.len()), (3, 1, 0));
}

#[tokio::test]
async fn tenants_are_erased_once_their_grace_is_over_and_not_before() {
    for place in [memory().await, local().await] {
        let admin = place.tenantry.session(&id("root")).await.unwrap();
        admin.tenants().delete(&id("ana")).await.unwrap();
        place.clock.advance(29 * DAY);
        admin.tenants().delete(&id("ben")).await.unwrap();
        let upkeep = place.tenantry.operator("test");
        assert_eq!(upkeep.erase_due().await.unwrap().done, []);
        place.clock.advance(DAY);
        let erased = upkeep.erase_due().await.unwrap();
        assert_eq!((erased.done, erased.failed.len()), (vec![id("ana")], 0));
        assert_eq!(upkeep.erase_due().await.unwrap().done, []);
        admin.tenants().restore(&id("ben")).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_process_that_died_left_of_an_erased_tenant_is_cleared() {
    let place = local().await;
    let root = place.folder.as_ref().unwrap().path().join("root");
    let view = root.join("data/ana/notes.json");
    let admin = place.tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    // As if it had died after the tombstone.
    std::fs::write(&view, "[]").unwrap();
    let report = place.tenantry.operator("test").round().await.unwrap();
    assert!(report.failed.is_empty() && report.erased.is_empty(), "{report:?}");
    assert!(!view.exists());
}

/// The tenants ana, who was erased just now, and ben, in memory, with the calls of the store counted.
async fn one_erased() -> (Place, Counts, MemoryStore) {
    let (memory, clock) = (MemoryStore::new(), clock());
    let (beside, another) = (Arc::new(memory.reopen()), memory.reopen());
    let (store, counts) = CountingStore::new(Arc::new(memory));
    let place = Place { tenantry: open(store, &clock).await, beside, clock, folder: None };
    let admin = place.tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    let erased = admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    if matches!(erased, Erasure::Waiting { .. }) {
        place.clock.advance(DAY);
        admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    }
    (place, counts, another)
}

/// What the upkeep of all tenants asks of the store about ana.
async fn asked(place: &Place, counts: &Counts) -> u64 {
    let _ = counts.take();
    let upkeep = place.tenantry.operator("test");
    assert!(upkeep.round().await.unwrap().failed.is_empty());
    assert!(upkeep.erase_due().await.unwrap().failed.is_empty());
    assert!(upkeep.sweep_all().await.unwrap().failed.is_empty());
    let all = counts.take().into_iter();
    all.filter(|((_, tenant), _)| *tenant == Some(id("ana"))).map(|(_, calls)| calls).sum()
}

fn a_view() -> ViewKey {
    ViewKey { place: ViewPlace::Data, name: ViewName::File(file("notes.json")) }
}

#[tokio::test]
async fn a_tombstone_is_cleared_until_nothing_can_come_late_and_then_asked_nothing() {
    let (place, counts, _) = one_erased().await;
    let is_left = || async { place.beside.read_view(&id("ana"), &a_view()).await.unwrap().is_some() };
    for _ in 0..3 {
        place.clock.advance(MINUTE);
        place.beside.put_view(&id("ana"), &a_view(), "[]".into()).await.unwrap();
        assert!(asked(&place, &counts).await > 0);
        assert!(!is_left().await, "what came late is cleared");
    }
    // As late as anything can come, seen once more by the round after it.
    place.beside.put_view(&id("ana"), &a_view(), "[]".into()).await.unwrap();
    place.clock.advance(60 * MINUTE);
    assert!(asked(&place, &counts).await > 0);
    assert!(!is_left().await);
    for _ in 0..3 {
        assert_eq!(asked(&place, &counts).await, 0);
    }
}

#[tokio::test]
async fn a_life_that_begins_on_a_settled_tombstone_is_seen_to() {
    let (place, counts, another) = one_erased().await;
    place.clock.advance(DAY);
    asked(&place, &counts).await;
    assert_eq!(asked(&place, &counts).await, 0);
    // Another process makes it.
    open(another, &place.clock).await;
    reserve(&place).await;
    assert_eq!(place.tenantry.operator("test").round().await.unwrap().swept.expired, 1);
}

#[tokio::test]
async fn a_tombstone_on_a_disk_is_cleared_no_more_once_nothing_can_come_late() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let root = folder.path().join("root");
    let store = LocalStore::open(&root, LocalOptions::default()).await.unwrap();
    let (store, counts) = CountingStore::new(Arc::new(store));
    let tenantry = open(store, &clock).await;
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
    let tidied = || async {
        let _ = counts.take();
        tenantry.operator("test").round().await.unwrap();
        counts.of(StoreMethod::Tidy, Some(&id("ana")))
    };
    assert_eq!(tidied().await, 1);
    clock.advance(DAY);
    assert_eq!(tidied().await, 1);
    assert_eq!(tidied().await, 0);
}

/// Time stands still in this test, and passes only while nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn a_tenant_whose_store_hangs_keeps_no_other_from_its_upkeep() {
    let (memory, clock) = (MemoryStore::new(), clock());
    let beside = Arc::new(memory.reopen());
    let (store, gates) = HangingStore::new(Arc::new(memory));
    let tenantry = open(store, &clock).await;
    let place = Place { tenantry, beside, clock, folder: None };
    reserve(&place).await;
    gates.close(&id("ben"));
    let upkeep = place.tenantry.operator("test");
    let report = tokio::time::timeout(60 * MINUTE, upkeep.round()).await.expect("it ends").unwrap();
    assert_eq!((report.tenants, report.swept.expired), (2, 1));
    let [(tenant, error)] = &report.failed[..] else { panic!("{report:?}") };
    assert_eq!((tenant, error.kind()), (&id("ben"), ErrorKind::Unavailable));
    gates.open(&id("ben"));
    assert_eq!(place.tenantry.operator("test").round().await.unwrap().tenants, 3);
}

/// As above.
#[tokio::test(start_paused = true)]
async fn maintenance_does_what_is_due_again_and_again_until_it_is_closed() {
    let place = memory().await;
    place.tenantry.maintenance(MaintenanceOptions::default()).unwrap();
    let again = place.tenantry.maintenance(MaintenanceOptions::default()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Configuration);
    for _ in 0..2 {
        reserve(&place).await;
        while place.ana().await.usage().await.unwrap().0.reserved_files > 0 {
            tokio::time::sleep(MINUTE).await;
        }
    }
    place.tenantry.close(MINUTE).await.unwrap();
    let after = place.tenantry.maintenance(MaintenanceOptions::default()).unwrap_err();
    assert_eq!(after.kind(), ErrorKind::Configuration);
}

/// As above.
#[tokio::test(start_paused = true)]
async fn maintenance_that_waits_for_a_store_that_hangs_does_not_keep_the_library_from_closing() {
    let (memory, clock) = (MemoryStore::new(), clock());
    let (store, gates) = HangingStore::new(Arc::new(memory));
    let tenantry = open(store, &clock).await;
    gates.close(&id("ben"));
    let mut options = MaintenanceOptions::default();
    options.tenant_limit = 365 * DAY;
    tenantry.maintenance(options).unwrap();
    gates.hanging(&id("ben"), 1).await;
    tenantry.close(MINUTE).await.unwrap();
}

#[tokio::test]
async fn options_that_allow_nothing_are_refused() {
    let place = memory().await;
    let set: [fn(&mut MaintenanceOptions); 3] = [
        |options| options.interval = Duration::ZERO,
        |options| options.at_once = 0,
        |options| options.tenant_limit = Duration::ZERO,
    ];
    for set in set {
        let mut options = MaintenanceOptions::default();
        set(&mut options);
        let refused = place.tenantry.maintenance(options).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Configuration);
    }
}

#[tokio::test]
async fn a_round_brings_views_up_that_a_crash_left_behind() {
    let place = local().await;
    let root = place.folder.as_ref().unwrap().path().join("root");
    let view = root.join("data/ana/notes.json");
    {
        let mut settings = Settings::default();
        settings.views = ViewMode::AtClose;
        let store = tenantry::store::local::LocalStore::open(&root, Default::default()).await.unwrap();
        let crashing = Tenantry::builder(store).settings(settings).open().await.unwrap();
        let ana = crashing.session(&id("ana")).await.unwrap().own();
        ana.collection::<Note>().insert(Note { text: "one".into() }).await.unwrap();
    }
    assert!(!view.exists());
    let store = tenantry::store::local::LocalStore::open(&root, Default::default()).await.unwrap();
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    assert_eq!(tenantry.operator("test").round().await.unwrap().views, 3);
    assert!(view.exists());
    assert_eq!(tenantry.operator("test").round().await.unwrap().views, 0);
}

#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<String>>>);

impl AuditSink for Recorded {
    fn record(&self, event: &AuditEvent<'_>) {
        if let Actor::Operator { reason } = event.actor {
            let tenant = event.tenant.unwrap();
            self.0.lock().unwrap().push(format!("{reason}: {} {tenant}", event.action));
        }
    }
}

#[tokio::test]
async fn everything_an_operator_does_is_recorded_with_its_reason() {
    let recorded = Recorded::default();
    let clock: Arc<dyn Clock> = clock();
    let builder = Tenantry::builder(MemoryStore::new()).clock(clock).audit(recorded.clone());
    let tenantry = builder.open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    recorded.0.lock().unwrap().clear();
    let upkeep = tenantry.operator("nightly");
    upkeep.sweep(&id("ana")).await.unwrap();
    upkeep.check(&id("ana")).await.unwrap();
    upkeep.repair(&id("ana"), &[]).await.unwrap();
    upkeep.write_views(&id("ana")).await.unwrap();
    upkeep.sweep_all().await.unwrap();
    let expected = [
        "nightly: tenants.sweep ana",
        "nightly: tenants.check ana",
        "nightly: tenants.repair ana",
        "nightly: views.write ana",
        "nightly: tenants.sweep ana",
    ];
    assert_eq!(*recorded.0.lock().unwrap(), expected);
}
