//! What the tests of the local store share: a temporary root, and short ways to commit and to put.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tenantry::environment::{Deadline, ManualClock};
use tenantry::paths::{Area, BlobKey, FileName, TenantId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{
    BlobInfo, Commit, Fold, FoldKind, Header, Incarnation, Outcome, Put, StoreError, TenantStore, Version,
};

/// A root that is gone after the test.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, beneath: &str) -> PathBuf {
        self.folder.path().join("root").join(beneath)
    }

    /// A store of its own, as another process would have one.
    pub(crate) async fn open(&self) -> LocalStore {
        self.open_with(LocalOptions::default()).await
    }

    pub(crate) async fn open_with(&self, options: LocalOptions) -> LocalStore {
        LocalStore::open(self.path(""), options).await.unwrap()
    }

    pub(crate) fn read(&self, beneath: &str) -> Vec<u8> {
        std::fs::read(self.path(beneath)).unwrap()
    }

    pub(crate) fn write(&self, beneath: &str, bytes: &[u8]) {
        // In place, so that it is the same file, as when a process writes it.
        use std::os::unix::fs::FileExt;
        let file = std::fs::OpenOptions::new().write(true).open(self.path(beneath)).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
    }

    pub(crate) fn mode(&self, beneath: &str) -> u32 {
        use std::os::unix::fs::MetadataExt;
        std::fs::symlink_metadata(self.path(beneath)).unwrap().mode() & 0o777
    }

    pub(crate) fn names(&self, beneath: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(beneath)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

pub(crate) fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

pub(crate) const LIFE: Incarnation = Incarnation::from_bytes([7; 16]);

pub(crate) fn header(text: &str) -> Header {
    Header { incarnation: LIFE, tombstone: false, text: Bytes::copy_from_slice(text.as_bytes()) }
}

pub(crate) fn commit(text: impl Into<Bytes>) -> Commit {
    Commit { header: None, text: text.into() }
}

pub(crate) fn committed(outcome: Outcome) -> Version {
    match outcome {
        Outcome::Committed(version) => version,
        other => panic!("not committed: {other:?}"),
    }
}

/// Makes the tenant with the commit `"first"`.
pub(crate) async fn create(store: &LocalStore, tenant: &TenantId) -> Version {
    let first = Commit { header: Some(header("{\"v\":1}")), text: Bytes::from_static(b"first") };
    committed(store.append(tenant, None, first).await.unwrap())
}

pub(crate) async fn append(store: &LocalStore, base: &Version, text: impl Into<Bytes>) -> Version {
    committed(store.append(&ana(), Some(base), commit(text)).await.unwrap())
}

/// Folds at `base` without a change of state.
pub(crate) async fn fold_at(store: &LocalStore, base: &Version, snapshot: &str) -> Outcome {
    let snapshot = Bytes::copy_from_slice(snapshot.as_bytes());
    let fold = Fold { kind: FoldKind::Same, header: header("{\"v\":1}"), snapshot, index: Bytes::new() };
    store.fold(&ana(), base, fold).await.unwrap()
}

pub(crate) async fn bury(store: &LocalStore, base: &Version) -> Version {
    let tombstone = Header { tombstone: true, ..header("{}") };
    let fold =
        Fold { kind: FoldKind::Replace, header: tombstone, snapshot: Bytes::new(), index: Bytes::new() };
    committed(store.fold(&ana(), base, fold).await.unwrap())
}

/// The commits as the store has them now.
pub(crate) async fn commits(store: &LocalStore) -> Vec<String> {
    let loaded = store.load(&ana()).await.unwrap().unwrap();
    loaded.commits.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

pub(crate) fn key(name: &str) -> BlobKey {
    BlobKey::new(ana(), Area::Videos, FileName::parse(name).unwrap())
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()))
}

/// A put of these pieces, allowed for an hour by `clock`.
pub(crate) fn put_of(pieces: Vec<std::io::Result<Bytes>>, clock: &Arc<ManualClock>) -> Put {
    use tenantry::environment::Clock;
    let end = clock.now() + Duration::from_secs(3600);
    Put {
        incarnation: LIFE,
        body: stream::iter(pieces).boxed(),
        length_hint: None,
        deadline: Deadline::new(end, clock.clone()),
    }
}

pub(crate) async fn put(store: &LocalStore, name: &str, bytes: &[u8]) -> Result<BlobInfo, StoreError> {
    store.put(&key(name), put_of(vec![Ok(Bytes::copy_from_slice(bytes))], &clock())).await
}

pub(crate) async fn get(
    store: &LocalStore,
    name: &str,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    let stream = store.get(&key(name), range).await?;
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    Ok(pieces.concat())
}
