//! A picture of a folder tells every change of it.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::tempdir;
use tenantry::testkit::TreeImage;

fn set_time(path: &Path, nanos: u32) {
    let time = UNIX_EPOCH + Duration::new(1_700_000_000, nanos);
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

/// A folder with one of each; all times are the same afterwards.
fn folder(root: &Path) {
    fs::create_dir(root.join("a")).unwrap();
    fs::write(root.join("a/file"), "twelve bytes").unwrap();
    symlink("nowhere", root.join("link")).unwrap();
    fs::write(root.join("other"), "").unwrap();
    settle(root);
}

fn settle(root: &Path) {
    ["a/file", "other", "a", ""].iter().map(|path| root.join(path)).filter(|path| path.exists()).for_each(
        |path| {
            set_time(&path, 0);
        },
    );
}

/// What a change makes of a picture, all times put back but those that the change sets.
fn told(change: impl FnOnce(&Path)) -> Option<String> {
    let place = tempdir().unwrap();
    let root = place.path().join("root");
    fs::create_dir(&root).unwrap();
    folder(&root);
    let before = TreeImage::of(&root).unwrap();
    change(&root);
    let after = TreeImage::of(&root).unwrap();
    assert_eq!(before.difference(&after).is_none(), before == after);
    before.difference(&after)
}

#[test]
fn nothing_is_told_where_nothing_changed() {
    assert_eq!(told(|_| {}), None);
    assert_eq!(
        told(|root| {
            fs::write(root.join("a/file"), "twelve bytes").unwrap();
            settle(root);
        }),
        None
    );
}

#[test]
fn each_change_is_told_as_a_sentence() {
    let sentence = |change: &dyn Fn(&Path)| {
        told(|root| {
            change(root);
            settle(root);
        })
        .unwrap()
    };
    let content = |root: &Path| fs::write(root.join("a/file"), "twelve byteS").unwrap();
    assert_eq!(sentence(&content), "\"a/file\" has another content: 12 bytes were there, 12 are");
    let gone = |root: &Path| fs::remove_file(root.join("other")).unwrap();
    assert_eq!(sentence(&gone), "\"other\" was a file and is gone");
    let new = |root: &Path| fs::create_dir(root.join("b")).unwrap();
    assert_eq!(sentence(&new), "\"b\" was not there before");
    let mode = |root: &Path| fs::set_permissions(root.join("a"), Permissions::from_mode(0o701)).unwrap();
    assert_eq!(sentence(&mode), "\"a\" had the mode 755 and has 701");
    let target = |root: &Path| {
        fs::remove_file(root.join("link")).unwrap();
        symlink("other", root.join("link")).unwrap();
    };
    assert_eq!(sentence(&target), "\"link\" led to \"nowhere\" and leads to \"other\"");
    let kind = |root: &Path| {
        fs::remove_file(root.join("other")).unwrap();
        fs::create_dir(root.join("other")).unwrap();
    };
    assert_eq!(sentence(&kind), "\"other\" was a file and is a folder");
}

#[test]
fn a_nanosecond_is_a_change_of_a_file_and_of_the_folder_itself() {
    assert_eq!(
        told(|root| set_time(&root.join("other"), 1)).unwrap(),
        "\"other\" was changed at 1700000000.000000000 and then at 1700000000.000000001"
    );
    assert!(told(|root| set_time(root, 1)).unwrap().starts_with("the folder itself was changed"));
}

#[test]
fn a_path_can_be_left_out_with_what_is_beneath_it() {
    let place = tempdir().unwrap();
    let root = place.path();
    folder(root);
    let before = TreeImage::of(root).unwrap();
    fs::write(root.join("a/more"), "").unwrap();
    set_time(&root.join("a"), 5);
    let after = TreeImage::of(root).unwrap();
    assert!(before.difference(&after).is_some());
    let paths: Vec<_> = after.clone().without("a").paths().map(<[u8]>::to_vec).collect();
    assert_eq!(paths, [&b""[..], b"link", b"other"]);
    assert_eq!(before.without("a").difference(&after.without("a")), None);
}

#[test]
fn a_name_that_is_no_text_is_told_with_escapes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let text = told(|root| {
        fs::write(root.join(OsStr::from_bytes(b"a/\xff")), "").unwrap();
        settle(root);
    });
    assert_eq!(text.unwrap(), "\"a/\\xff\" was not there before");
}
