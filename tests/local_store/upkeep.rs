//! Views, tidying and erasing on a real disk.

use bytes::Bytes;
use tenantry::paths::{FileName, TenantId};
use tenantry::store::{Removed, StoreErrorKind, TenantStore, ViewKey, ViewName, ViewPlace};

use crate::support::{Place, ana, bury, create, put};

fn view(place: ViewPlace, name: &str) -> ViewKey {
    ViewKey { place, name: ViewName::File(FileName::parse(name).unwrap()) }
}

#[tokio::test]
async fn a_view_is_replaced_set_aside_and_removed() {
    let place = Place::new();
    let store = place.open().await;
    let schedules = view(ViewPlace::Data, "schedules.json");
    let nobody = store.put_view(&ana(), &schedules, Bytes::from_static(b"[]")).await.unwrap_err();
    assert_eq!(nobody.kind(), StoreErrorKind::NotFound);
    create(&store, &ana()).await;
    for text in ["[]", "[1]"] {
        store.put_view(&ana(), &schedules, Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
        assert_eq!(store.read_view(&ana(), &schedules).await.unwrap().unwrap(), text);
    }
    assert_eq!(place.mode("data/ana/schedules.json"), 0o600);
    let aside = ViewKey {
        place: ViewPlace::Data,
        name: ViewName::Edited(FileName::parse("schedules.json").unwrap(), 12),
    };
    store.rename_view(&ana(), &schedules, &aside).await.unwrap();
    assert_eq!(place.read("data/ana/schedules.json.edited-12"), b"[1]");
    assert_eq!(store.read_view(&ana(), &schedules).await.unwrap(), None);
    store.remove_view(&ana(), &aside).await.unwrap();
    store.remove_view(&ana(), &aside).await.unwrap();
    assert_eq!(place.names("data/ana"), ["ledger", "ledger.word"]);
}

#[tokio::test]
async fn tidying_clears_what_the_dead_left_and_not_what_the_living_write() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    for name in ["data/ana/.fold-dead", "data/ana/.view-dead", "videos/ana/.upload-dead"] {
        std::fs::write(place.path(name), b"half").unwrap();
    }
    std::fs::write(place.path("data/ana/schedules.json"), b"[]").unwrap();
    let living = std::fs::File::create(place.path("data/ana/.fold-living")).unwrap();
    living.lock().unwrap();
    store.tidy(&ana()).await.unwrap();
    assert_eq!(place.names("data/ana"), [".fold-living", "ledger", "ledger.word", "schedules.json"]);
    assert!(place.names("videos/ana").is_empty());
}

#[tokio::test]
async fn a_link_under_a_name_of_the_dead_stays_and_keeps_nothing_from_being_cleared() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    std::fs::write(place.path("data/ana/kept"), b"kept").unwrap();
    for folder in ["data", "videos"] {
        std::fs::write(place.path(&format!("{folder}/ana/.fold-dead")), b"half").unwrap();
        let link = place.path(&format!("{folder}/ana/.fold-link"));
        std::os::unix::fs::symlink(place.path("data/ana/kept"), link).unwrap();
    }
    store.tidy(&ana()).await.unwrap();
    assert_eq!(place.names("data/ana"), [".fold-link", "kept", "ledger", "ledger.word"]);
    assert_eq!(place.names("videos/ana"), [".fold-link"]);
    assert_eq!(place.read("data/ana/kept"), b"kept");
}

#[tokio::test]
async fn a_tombstone_is_all_that_stays_of_a_tenant() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    put(&store, "a.mp4", b"twelve bytes").await.unwrap();
    put(&store, "b.mp4", b"three").await.unwrap();
    store.put_view(&ana(), &view(ViewPlace::Tokens, "t.json"), Bytes::from_static(b"{}")).await.unwrap();
    std::fs::write(place.path("data/ana/schedules.json.edited-3"), b"[]").unwrap();
    let removed = store.remove_areas(&ana()).await.unwrap();
    assert_eq!(removed, Some(Removed { files: 2, bytes: 17 }));
    let late = put(&store, "c.mp4", b"late").await.unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::NotFound);
    bury(&store, &first).await;
    store.tidy(&ana()).await.unwrap();
    assert_eq!(place.names("data/ana"), ["ledger", "ledger.word"]);
    for folder in ["videos", "thumbnails", "tokens"] {
        assert!(place.names(folder).is_empty(), "{folder}");
    }
    let view = view(ViewPlace::Data, "schedules.json");
    let late = store.put_view(&ana(), &view, Bytes::from_static(b"[]")).await.unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::NotFound);
    assert_eq!(place.names("data/ana"), ["ledger", "ledger.word"]);
}

#[tokio::test]
async fn erasing_follows_no_link() {
    let place = Place::new();
    let store = place.open().await;
    create(&store, &ana()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("mine"), b"mine").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), place.path("videos/ana/folder")).unwrap();
    store.remove_areas(&ana()).await.unwrap();
    assert!(!place.path("videos/ana").exists());
    assert_eq!(std::fs::read(elsewhere.path().join("mine")).unwrap(), b"mine");
}

#[tokio::test]
async fn only_folders_with_a_ledger_are_tenants() {
    let place = Place::new();
    let store = place.open().await;
    for name in ["ana", "budi", "citra"] {
        create(&store, &TenantId::parse(name).unwrap()).await;
    }
    std::fs::create_dir(place.path("data/bare")).unwrap();
    std::fs::write(place.path("data/file"), b"").unwrap();
    let page = store.tenants(None, 2).await.unwrap();
    let names: Vec<_> = page.items.iter().map(TenantId::as_str).collect();
    assert_eq!((names, page.next.as_deref()), (vec!["ana", "budi"], Some("budi")));
    let page = store.tenants(Some("budi"), 2).await.unwrap();
    assert_eq!((page.items[0].as_str(), page.items.len(), page.next), ("citra", 1, None));
}
