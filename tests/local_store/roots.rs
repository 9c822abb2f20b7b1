//! Roots: what is made, what is refused, and links in place of folders.

use std::os::unix::fs::symlink;

use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{StoreErrorKind, TenantStore};

use crate::support::{Place, ana, append, create, put};

async fn refused(place: &Place) -> tenantry::store::StoreError {
    LocalStore::open(place.path(""), LocalOptions::default()).await.unwrap_err()
}

#[tokio::test]
async fn a_new_tenant_has_the_folders_and_modes_of_the_layout() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(place.names(""), [".tenantry", "data", "thumbnails", "tokens", "videos"]);
    create(&store, &ana()).await;
    let modes = ["videos/ana", "thumbnails/ana", "tokens/ana", "data/ana"].map(|name| place.mode(name));
    assert_eq!(modes, [0o755, 0o755, 0o700, 0o700]);
    assert_eq!(place.names("data/ana"), ["ledger", "ledger.word"]);
    assert_eq!([place.mode("data/ana/ledger"), place.mode("data/ana/ledger.word")], [0o600, 0o600]);
    assert_eq!(place.mode(".tenantry"), 0o700);
    store.probe().await.unwrap();
    assert!(store.free_space().await.unwrap().unwrap() > 0);
    assert_eq!(place.names(".tenantry"), ["format", "lock", "locks"]);
}

#[tokio::test]
async fn a_file_in_place_of_a_folder_is_refused_and_nothing_is_changed() {
    let place = Place::new();
    std::fs::create_dir(place.path("")).unwrap();
    std::fs::write(place.path("data"), b"mine").unwrap();
    std::fs::write(place.path("notes.txt"), b"unrelated").unwrap();
    let error = refused(&place).await;
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert!(error.detail().starts_with("data: not a folder"), "{error}");
    assert_eq!(place.names(""), ["data", "notes.txt"]);
    std::fs::remove_file(place.path("data")).unwrap();
    place.open().await;
    assert_eq!(place.read("notes.txt"), b"unrelated");
}

#[tokio::test]
async fn a_root_that_is_a_file_or_has_no_parent_is_refused() {
    let place = Place::new();
    std::fs::write(place.path("").as_os_str().to_str().unwrap().trim_end_matches('/'), b"mine").unwrap();
    assert_eq!(refused(&place).await.kind(), StoreErrorKind::Unsupported);
    let place = Place::new();
    let error = LocalStore::open(place.path("deeper"), LocalOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert!(!place.path("").exists());
}

#[tokio::test]
async fn a_newer_or_strange_format_is_refused() {
    for (text, kind) in [
        ("tenantry 2\n", StoreErrorKind::NewerFormat),
        ("something else\n", StoreErrorKind::Corrupt),
        ("", StoreErrorKind::Corrupt),
    ] {
        let place = Place::new();
        drop(place.open().await);
        place.write(".tenantry/format", text.as_bytes());
        std::fs::remove_dir(place.path("videos")).unwrap();
        let error = refused(&place).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.detail().starts_with(".tenantry/format: "), "{error}");
        assert!(!place.path("videos").exists(), "nothing is changed");
    }
}

#[tokio::test]
async fn a_link_in_place_of_a_folder_of_the_root_is_refused() {
    for name in [".tenantry", "data", "tokens", "videos", "thumbnails"] {
        let place = Place::new();
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path("")).unwrap();
        symlink(elsewhere.path(), place.path(name)).unwrap();
        let error = refused(&place).await;
        assert_eq!(error.kind(), StoreErrorKind::Unsupported, "{error}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_link_in_place_of_a_tenants_folder_is_not_followed() {
    for folder in ["data", "tokens", "videos", "thumbnails"] {
        let place = Place::new();
        let store = place.open().await;
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), place.path(&format!("{folder}/ana"))).unwrap();
        let first = tenantry::store::Commit {
            header: Some(crate::support::header("{}")),
            text: bytes::Bytes::from_static(b"first"),
        };
        let error = store.append(&ana(), None, first).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        assert!(error.detail().starts_with(&format!("{folder}/ana: ")), "{error}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_link_in_place_of_the_ledger_or_the_word_is_not_followed() {
    for name in ["data/ana/ledger", "data/ana/ledger.word"] {
        let place = Place::new();
        let store = place.open().await;
        create(&store, &ana()).await;
        let moved = place.path("moved");
        std::fs::rename(place.path(name), &moved).unwrap();
        symlink(&moved, place.path(name)).unwrap();
        let error = place.open().await.load(&ana()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    }
}

#[tokio::test]
async fn a_link_that_appears_while_the_store_is_open_is_not_followed() {
    let place = Place::new();
    let store = place.open().await;
    let first = create(&store, &ana()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::remove_dir(place.path("videos/ana")).unwrap();
    symlink(elsewhere.path(), place.path("videos/ana")).unwrap();
    let error = put(&store, "a.mp4", b"one").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    append(&store, &first, "second").await;
}
