//! Folders for which the process has no permission: tried by one that is not the superuser.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use tenantry::store::StoreErrorKind;
use tenantry::store::local::{LocalOptions, LocalStore};

use crate::places::{Place, said};

const ROOT: &str = "TENANTRY_TEST_REFUSED_ROOT";
/// Somebody who owns nothing.
const NOBODY: u32 = 65_534;

/// The part of the child: opens the root and says what came of it.
#[test]
fn opens() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(LocalStore::open(&root, LocalOptions::default())) {
        Ok(_) => println!("\n@ opened"),
        Err(error) => {
            said(&error);
            println!("\n@ {:?} {}", error.kind(), error.detail());
        }
    }
}

/// What an ordinary user is told who opens the root.
fn told(place: &Place) -> String {
    told_with(place, "022")
}

/// The same with a mask for the modes of what it makes.
fn told_with(place: &Place, umask: &str) -> String {
    let mut program = std::env::current_exe().unwrap();
    // Where the binary lies, the other user may not go.
    let beside = tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let superuser = std::fs::metadata(beside.path()).unwrap().uid() == 0;
    if superuser {
        // Copied by a process of its own: one that this process had open for writing can't be run as long
        // as a child of another test, begun meanwhile, has it open too.
        let copy = beside.path().join("opens");
        assert!(Command::new("cp").arg(&program).arg(&copy).status().unwrap().success());
        program = copy;
    }
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask "$1"; exec "$0" permissions::opens --exact --nocapture"#]);
    command.arg(program).arg(umask).current_dir("/").env(ROOT, place.root());
    if superuser {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("@ "));
    line.unwrap_or_else(|| panic!("nothing was said: {text}")).to_owned()
}

/// Gives all beneath a place to the ordinary user.
fn give(path: &Path) {
    if std::fs::symlink_metadata(path).unwrap().uid() == 0 {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}

/// Sees that opening is refused, naming a place, as long as something has that mode, and that nothing is
/// changed.
fn denied(place: &Place, path: &Path, mode: u32, names: &str) {
    let before = place.tree();
    let usual = std::fs::metadata(path).unwrap().permissions();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let told = told(place);
    std::fs::set_permissions(path, usual).unwrap();
    let kind = StoreErrorKind::PermissionDenied;
    assert_eq!(told, format!("{kind:?} {names}: the operating system refused access"));
    assert_eq!(place.tree(), before, "{names}");
}

/// A root that its user can use.
async fn in_use() -> Place {
    let place = Place::in_use().await;
    give(&place.root());
    assert_eq!(told(&place), "opened");
    place
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_is_named() {
    for name in [".tenantry", "data", "tokens", "videos", "thumbnails"] {
        let place = in_use().await;
        denied(&place, &place.path(name), 0, name);
    }
}

#[test]
fn where_a_folder_may_not_be_read_no_other_is_made() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("videos")).unwrap();
    give(&place.root());
    denied(&place, &place.path("videos"), 0, "videos");
}

#[tokio::test]
async fn a_file_of_the_librarys_own_that_may_not_be_used_is_named() {
    for (name, mode) in [(".tenantry/format", 0), (".tenantry/lock", 0o400)] {
        let place = in_use().await;
        denied(&place, &place.path(name), mode, name);
    }
}

#[tokio::test]
async fn a_root_that_may_not_be_entered_is_named() {
    let place = in_use().await;
    denied(&place, &place.root(), 0, "the root");
}

#[test]
fn a_root_in_which_nothing_may_be_made_stays_empty() {
    let place = Place::new();
    std::fs::create_dir(place.root()).unwrap();
    give(&place.root());
    denied(&place, &place.root(), 0o555, ".tenantry");
}

#[test]
fn a_root_that_may_not_be_made_is_not_there() {
    let place = Place::new();
    denied(&place, place.folder(), 0o555, "the root");
    assert!(!place.root().exists());
}

#[test]
fn a_root_that_may_not_be_used_once_it_is_made_goes_again() {
    let place = Place::new();
    give(place.folder());
    let told = told_with(&place, "777");
    assert!(told.starts_with("PermissionDenied the root: "), "{told}");
    assert!(!place.root().exists());
}
