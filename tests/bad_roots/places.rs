//! Folders with all that is in them, and a comparison to the last detail.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{StoreError, StoreErrorKind};
use tenantry::{Settings, Tenantry, ViewMode};

/// A part of every path of a place.
pub(crate) const MARK: &str = "zq9place";

/// What is known of one entry: mode, time of change of its contents, what it is and holds.
type Entry = (u32, (i64, i64), Vec<u8>);
pub(crate) type Tree = BTreeMap<PathBuf, Entry>;

/// A folder that holds a root.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::Builder::new().prefix(MARK).tempdir().unwrap());
        std::fs::set_permissions(place.0.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        place
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    /// Something beneath the root.
    pub(crate) fn path(&self, beneath: &str) -> PathBuf {
        self.root().join(beneath)
    }

    /// A root with the admin `root` and what goes with it.
    pub(crate) async fn in_use() -> Self {
        let place = Self::new();
        let tenantry = open(&place.root()).await;
        tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
        place
    }

    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        walk(self.folder(), Path::new(""), &mut tree);
        tree
    }
}

fn walk(path: &Path, name: &Path, tree: &mut Tree) {
    let found = std::fs::symlink_metadata(path).unwrap();
    let holds = if found.is_symlink() {
        std::fs::read_link(path).unwrap().into_os_string()
    } else if found.is_dir() {
        OsString::from("folder")
    } else {
        OsString::from_vec(std::fs::read(path).unwrap())
    };
    let times = (found.mtime(), found.mtime_nsec());
    tree.insert(name.to_owned(), (found.mode(), times, holds.into_vec()));
    if found.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            walk(&entry.path(), &name.join(entry.file_name()), tree);
        }
    }
}

pub(crate) fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    settings.views = ViewMode::AtClose;
    settings
}

pub(crate) async fn open(root: &Path) -> Tenantry {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    Tenantry::builder(store).settings(settings()).open().await.unwrap()
}

/// Everything that an error says.
pub(crate) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text.push_str(&format!("{error}; {error:?}; "));
        next = error.source();
    }
    assert!(!text.contains(MARK) && !text.contains("/tmp"), "an absolute path: {text}");
    text
}

/// Opens a root that is to be refused, for this reason and naming that place; sees that nothing is
/// changed.
pub(crate) async fn refused(place: &Place, root: &Path, kind: StoreErrorKind, names: &str) -> StoreError {
    refused_with(place, root, LocalOptions::default(), kind, names).await
}

pub(crate) async fn refused_with(
    place: &Place,
    root: &Path,
    options: LocalOptions,
    kind: StoreErrorKind,
    names: &str,
) -> StoreError {
    let before = place.tree();
    let error = LocalStore::open(root, options).await.expect_err(names);
    assert_eq!(error.kind(), kind, "{names}: {error:?}");
    assert!(error.detail().starts_with(names), "{names}: {error:?}");
    said(&error);
    assert_eq!(place.tree(), before, "{names}: {error:?}");
    error
}
