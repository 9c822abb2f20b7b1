//! The legacy tree in `examples/legacy` is what its script makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tenantry::testkit::TreeImage;

/// Every file and link beneath a folder: its bytes, or where it leads.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let image = TreeImage::of(folder).unwrap();
    let paths = image.paths().map(|path| String::from_utf8(path.to_vec()).unwrap());
    let content = |path: String| {
        let at = folder.join(&path);
        let kind = fs::symlink_metadata(&at).unwrap().file_type();
        let bytes = if kind.is_symlink() {
            fs::read_link(at).unwrap().into_os_string().into_encoded_bytes()
        } else if kind.is_dir() {
            return None;
        } else {
            fs::read(at).unwrap()
        };
        Some((path, bytes))
    };
    paths.filter_map(content).collect()
}

#[test]
fn the_committed_tree_is_what_its_script_makes_to_the_byte() {
    let python = std::env::var_os("TENANTRY_PYTHON")
        .expect("TENANTRY_PYTHON names a Python with openpyxl and pandas; cargo xtask test sees to both");
    let committed: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/legacy");
    let made = tempfile::tempdir().unwrap();
    let done = Command::new(python).arg(committed.join("make.py")).arg(made.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (mut before, after) = (contents(&committed), contents(made.path()));
    before.retain(|path, _| path == "narrow.xlsx" || path.starts_with("jadwalstream/"));
    let paths = |contents: &BTreeMap<String, Vec<u8>>| contents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&before), paths(&after));
    for (path, bytes) in &before {
        assert!(after[path] == *bytes, "{path} is another");
    }
}
