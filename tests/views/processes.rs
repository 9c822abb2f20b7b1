//! Several processes at one tenant's views, and the end of a tenant's life.

use std::path::PathBuf;
use std::sync::Arc;

use tenantry::environment::{Clock, ManualClock};
use tenantry::paths::FileName;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{MemoryStore, StoreMethod, TenantStore, ViewKey, ViewName, ViewPlace};
use tenantry::{ErrorKind, Expected, Settings, Tenantry, ViewMode};

use crate::meanwhile::Meanwhile;
use crate::support::{CLOSE, Note, Place, id, note, record, texts};

#[tokio::test]
async fn two_processes_that_write_one_tenants_views_take_nothing_of_each_other_for_edited() {
    let place = Place::new();
    let (one, ana) = place.begin(ViewMode::Soon).await;
    let two = place.open(ViewMode::Soon).await;
    let other = two.session(&id("ana")).await.unwrap().own();
    let insert = |at: usize| {
        let workspace = if at < 6 { ana.clone() } else { other.clone() };
        async move {
            workspace.collection::<Note>().insert(note(&at.to_string())).await.unwrap();
            workspace.write_views().await.unwrap().edited
        }
    };
    let edited = futures::future::join_all((0..12).map(insert)).await.concat();
    one.close(CLOSE).await.unwrap();
    two.close(CLOSE).await.unwrap();
    assert_eq!(edited, []);
    assert_eq!(texts(&place.read("notes.json")).len(), 12);
    assert!(place.names().iter().all(|name| !name.contains("edited")), "{:?}", place.names());
}

/// A second process on the same root.
pub(crate) async fn other(root: PathBuf, clock: Arc<ManualClock>, mode: ViewMode) -> Tenantry {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    let mut settings = Settings::default();
    settings.views = mode;
    Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap()
}

#[tokio::test]
async fn a_view_written_late_does_not_stay_behind_what_another_process_wrote() {
    let place = Place::new();
    place.begin(ViewMode::EveryCommit).await;
    let (store, meanwhile) = Meanwhile::before(place.store().await);
    let mut settings = Settings::default();
    settings.views = ViewMode::EveryCommit;
    let clock: Arc<dyn Clock> = place.clock.clone();
    let tenantry = Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let (root, clock) = (place.folder.path().join("root"), place.clock.clone());
    // Between the digests and the view; what it takes back makes the text the same as before.
    meanwhile.at(StoreMethod::PutView, 2, || async {
        let two = other(root, clock, ViewMode::EveryCommit).await;
        let ana = two.session(&id("ana")).await.unwrap().own();
        ana.collection::<Note>().remove(&record("n-2"), Expected::Any).await.unwrap();
    });
    ana.collection::<Note>().insert_as(&record("n-2"), note("two")).await.unwrap();
    assert!(meanwhile.is_over());
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn what_is_known_of_a_tenants_views_ends_with_its_life() {
    let place = Place::new();
    let (tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert_as(&record("n"), note("one")).await.unwrap();
    let two = place.open(ViewMode::AtClose).await;
    let admin = two.session(&id("root")).await.unwrap();
    admin.tenants().delete(&id("ana")).await.unwrap();
    admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    two.ensure(&id("ana"), "Ana").await.unwrap();
    let again = tenantry.session(&id("ana")).await.unwrap().own();
    again.collection::<Note>().insert_as(&record("n"), note("one")).await.unwrap();
    assert_eq!(texts(&place.read("notes.json")), ["one"]);
}

#[tokio::test]
async fn a_view_that_is_written_while_its_tenant_is_erased_does_not_come_back() {
    let memory = MemoryStore::new();
    let (beside, eraser) = (memory.reopen(), memory.reopen());
    let (store, meanwhile) = Meanwhile::before(memory);
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    meanwhile.at(StoreMethod::PutView, 1, || async {
        let two = Tenantry::builder(eraser).open().await.unwrap();
        let admin = two.session(&id("root")).await.unwrap();
        admin.tenants().delete(&id("ana")).await.unwrap();
        admin.tenants().erase(&id("ana"), tenantry::Grace::Skip).await.unwrap();
    });
    assert_eq!(ana.write_views().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(meanwhile.is_over());
    for name in ["notes.json", "schedules.json"] {
        let view = ViewKey { place: ViewPlace::Data, name: ViewName::File(FileName::parse(name).unwrap()) };
        assert_eq!(beside.read_view(&id("ana"), &view).await.unwrap(), None, "{name}");
    }
    let digests = ViewKey { place: ViewPlace::Data, name: ViewName::Digests };
    assert_eq!(beside.read_view(&id("ana"), &digests).await.unwrap(), None);
}

#[tokio::test]
async fn what_another_process_wrote_and_is_about_to_say_so_is_not_taken_for_edited() {
    let place = Place::new();
    let (_tenantry, ana) = place.begin(ViewMode::EveryCommit).await;
    ana.collection::<Note>().insert(note("one")).await.unwrap();
    let before = place.read(".views");
    ana.collection::<Note>().insert(note("two")).await.unwrap();
    let after = place.read(".views");
    let (store, meanwhile) = Meanwhile::before(place.store().await);
    let mut settings = Settings::default();
    settings.views = ViewMode::AtClose;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    let ana = tenantry.session(&id("ana")).await.unwrap().own();
    ana.collection::<Note>().insert(note("three")).await.unwrap();
    // As if a third process, late with its digests, had covered those of the view that lies there, and
    // its writer had not yet noticed.
    std::fs::write(place.path(".views"), before).unwrap();
    let digests = place.path(".views");
    // The digests, the live streams, the notes; and the digests again.
    meanwhile.at(StoreMethod::ReadView, 4, || async move { std::fs::write(digests, after).unwrap() });
    assert_eq!(ana.write_views().await.unwrap().edited, []);
    assert!(meanwhile.is_over());
    assert_eq!(texts(&place.read("notes.json")), ["one", "two", "three"]);
}
