//! Roots that hold something else, or are something else.

use std::os::unix::fs::symlink;
use std::path::Path;

use tenantry::ErrorKind;
use tenantry::store::StoreErrorKind::{Corrupt, NotFound, Unsupported};
use tenantry::store::local::{LocalOptions, LocalStore, NetworkFileSystems};

use crate::child::{Process, say, told};
use crate::places::{Place, id, open, refused, refused_with, said};

#[tokio::test]
async fn a_file_in_place_of_any_folder_of_a_root_in_use_is_named() {
    for name in [".tenantry", "data", "tokens", "videos", "thumbnails", ".tenantry/locks"] {
        let place = Place::in_use().await;
        std::fs::rename(place.path(name), place.folder().join("moved")).unwrap();
        std::fs::write(place.path(name), b"mine").unwrap();
        refused(&place, &place.root(), Unsupported, name).await;
    }
}

#[tokio::test]
async fn a_folder_or_a_link_in_place_of_a_file_of_the_librarys_own_is_named() {
    for (name, kind) in [(".tenantry/lock", Unsupported), (".tenantry/format", Corrupt)] {
        let place = Place::in_use().await;
        std::fs::remove_file(place.path(name)).unwrap();
        std::fs::create_dir(place.path(name)).unwrap();
        refused(&place, &place.root(), kind, name).await;
        std::fs::remove_dir(place.path(name)).unwrap();
        symlink(place.path("data/root/ledger"), place.path(name)).unwrap();
        refused(&place, &place.root(), kind, name).await;
    }
}

#[tokio::test]
async fn a_file_in_place_of_a_folder_of_a_new_root_is_named_and_no_other_folder_is_made() {
    for name in ["tokens", ".tenantry/locks"] {
        let place = Place::new();
        std::fs::create_dir_all(place.path(name).parent().unwrap()).unwrap();
        std::fs::write(place.path(name), b"mine").unwrap();
        refused(&place, &place.root(), Unsupported, name).await;
    }
}

/// A tenant of which the first operation fails, naming the place; beside the lock, nothing is changed.
async fn first_operation_fails(place: &Place, kind: ErrorKind, names: &str) {
    let tenantry = open(&place.root()).await;
    // Locks are never taken away again.
    std::fs::write(place.path(".tenantry/locks/ana"), b"").unwrap();
    let before = place.tree();
    let error = tenantry.ensure(&id("ana"), "Ana").await.expect_err(names);
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(said(&error).contains(names), "{names}: {error:?}");
    let changed: Vec<_> = differences(&before, &place.tree());
    assert!(changed.is_empty(), "{names}: {changed:?}");
}

/// The names in which two trees differ, but for the times of the folders in which a tenant's were made
/// and taken away.
fn differences(before: &crate::places::Tree, after: &crate::places::Tree) -> Vec<std::path::PathBuf> {
    let names = before.keys().chain(after.keys());
    let content = |entry: &(u32, (i64, i64), Vec<u8>)| (entry.0, entry.2.clone());
    let differ = |name: &&std::path::PathBuf| before.get(*name).map(content) != after.get(*name).map(content);
    names.filter(differ).cloned().collect()
}

#[tokio::test]
async fn a_file_in_place_of_a_tenants_folder_is_named_by_the_first_operation() {
    for folder in ["videos", "thumbnails", "tokens", "data"] {
        let place = Place::in_use().await;
        std::fs::write(place.path(&format!("{folder}/ana")), b"mine").unwrap();
        first_operation_fails(&place, ErrorKind::Corrupt, &format!("{folder}/ana: not a folder")).await;
    }
}

#[tokio::test]
async fn something_else_in_place_of_a_ledger_is_named_and_left_as_it_is() {
    let kinds = [
        ("tenantry-ledger 2\nwhatever", ErrorKind::Configuration, "data/ana/ledger: format 2"),
        ("my own ledger\n", ErrorKind::Corrupt, "data/ana/ledger: at byte 0"),
        ("", ErrorKind::Corrupt, "data/ana/ledger: at byte 0"),
    ];
    for (text, kind, names) in kinds {
        let place = Place::in_use().await;
        std::fs::create_dir(place.path("data/ana")).unwrap();
        std::fs::write(place.path("data/ana/ledger"), text).unwrap();
        first_operation_fails(&place, kind, names).await;
        let others = open(&place.root()).await.session(&id("root")).await.unwrap();
        others.own().profile().await.unwrap();
    }
}

#[tokio::test]
async fn a_newer_format_of_the_root_is_named() {
    let place = Place::in_use().await;
    std::fs::write(place.path(".tenantry/format"), b"tenantry 2\n").unwrap();
    refused(
        &place,
        &place.root(),
        tenantry::store::StoreErrorKind::NewerFormat,
        ".tenantry/format: format 2",
    )
    .await;
}

#[tokio::test]
async fn files_of_somebody_else_in_a_root_stay_as_they_are() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("photos")).unwrap();
    std::fs::write(place.path("photos/one.jpg"), b"mine").unwrap();
    std::fs::write(place.path("README"), b"mine").unwrap();
    let before = place.tree();
    open(&place.root()).await.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let after = place.tree();
    for name in ["root/photos", "root/photos/one.jpg", "root/README"] {
        assert_eq!(before[Path::new(name)], after[Path::new(name)], "{name}");
    }
}

#[tokio::test]
async fn what_is_no_root_is_refused() {
    let place = Place::new();
    std::fs::write(place.folder().join("file"), b"mine").unwrap();
    let links = [("to-file", "file"), ("dangling", "nowhere"), ("loop", "loop")];
    for (link, target) in links {
        symlink(target, place.folder().join(link)).unwrap();
    }
    for (name, kind, names) in [
        ("file", Unsupported, "the root: not a folder"),
        ("file/root", Unsupported, "the root: not a folder"),
        ("to-file", Unsupported, "the root: not a folder"),
        ("dangling", NotFound, "the root: not there"),
        ("loop", Corrupt, "the root: a link"),
        ("missing/root", NotFound, "the folder that is to hold the root: not there"),
    ] {
        refused(&place, &place.folder().join(name), kind, names).await;
    }
    refused(&place, Path::new(""), NotFound, "the root").await;
}

#[tokio::test]
async fn a_root_that_is_a_link_to_a_folder_is_that_folder() {
    let place = Place::new();
    std::fs::create_dir(place.folder().join("elsewhere")).unwrap();
    symlink("elsewhere", place.root()).unwrap();
    open(&place.root()).await.bootstrap_admin(&id("root"), "Root").await.unwrap();
    assert!(place.folder().join("elsewhere/data/root/ledger").exists());
    assert!(place.root().is_symlink());
}

/// The part of the child: a relative root stays where it was, wherever the process goes.
#[test]
fn relative() {
    let Some((folder, _)) = told() else { return };
    std::env::set_current_dir(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tenantry = open(Path::new("root")).await;
        std::env::set_current_dir("/").unwrap();
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let missing = LocalStore::open("no/such/root", LocalOptions::default()).await.unwrap_err();
        say(&said(&missing));
    });
}

#[test]
fn a_relative_root_stays_where_it_was() {
    let place = Place::new();
    let mut child = Process::start("roots::relative", place.folder(), 0);
    assert!(child.next_line().is_some_and(|line| line.contains("the folder that is to hold the root")));
    assert!(child.finish());
    assert!(place.path("data/root/ledger").exists());
}

#[tokio::test]
async fn a_network_file_system_is_refused_unless_the_host_insists() {
    for (number, name) in [(0x6969, "NFS"), (0xFF53_4D42, "CIFS"), (0x6573_5546, "FUSE"), (0x0102_1997, "9P")]
    {
        let mut options = LocalOptions::default();
        options.file_system = Some(number);
        let place = Place::new();
        let names = format!("the root: on a network file system ({name})");
        refused_with(&place, &place.root(), options.clone(), Unsupported, &names).await;
        std::fs::create_dir(place.root()).unwrap();
        refused_with(&place, &place.root(), options.clone(), Unsupported, &names).await;
        options.network = NetworkFileSystems::Allowed;
        LocalStore::open(place.root(), options).await.unwrap();
    }
}
