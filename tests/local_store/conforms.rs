//! The local store does what every store has to do, however it is opened: on a real disk, on which links
//! are planted, and on one that fails and crashes.

use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry::paths::{BlobKey, TenantId};
use tenantry::store::local::{LocalOptions, LocalStore, Step};
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::conformance::{Link, Loss, Medium, Subject, conformance, conformance_of};
use tenantry::testkit::simulated_disk::{Fault, LoseAll, Matching, OperationKind, SimulatedDisk};

struct Disk {
    folder: tempfile::TempDir,
    options: LocalOptions,
}

impl Disk {
    fn new(options: LocalOptions) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), options }
    }

    fn blob(&self, key: &BlobKey) -> std::path::PathBuf {
        self.folder.path().join(format!("{}/{}/{}", key.area(), key.tenant(), key.name()))
    }
}

#[async_trait]
impl Medium for Disk {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        Ok(Arc::new(LocalStore::open(self.folder.path(), self.options.clone()).await?))
    }

    async fn plant_link(&self, link: &Link) -> io::Result<bool> {
        match link {
            Link::Blob { at, to } => std::os::unix::fs::symlink(self.blob(to), self.blob(at))?,
            Link::Area { at, to, area } => {
                let folder = |tenant: &TenantId| self.folder.path().join(area.as_str()).join(tenant.as_str());
                std::fs::remove_dir(folder(at))?;
                std::os::unix::fs::symlink(folder(to), folder(at))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn damage(&self, tenant: &TenantId) -> io::Result<bool> {
        let ledger = self.folder.path().join("data").join(tenant.as_str()).join("ledger");
        let mut text = std::fs::read(&ledger)?;
        // Within the first lines, with good ones after them.
        let at = text.iter().position(|byte| *byte == b'\n').unwrap() / 2;
        text[at] ^= 1;
        std::fs::write(&ledger, text)?;
        Ok(true)
    }
}

tenantry::conformance_tests!(it_conforms, || Disk::new(LocalOptions::default()));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms_with_room_for_a_single_tenant() {
    let mut options = LocalOptions::default();
    options.handles = 1;
    conformance(|| Disk::new(options.clone())).await.ensure().unwrap();
}

/// A disk that crashes, and loses all that was not synced.
struct Crashing {
    disk: Mutex<SimulatedDisk>,
    omitted: Vec<Step>,
}

impl Crashing {
    fn leaving_out(omitted: &[Step]) -> Self {
        Self { disk: Mutex::new(SimulatedDisk::new()), omitted: omitted.to_vec() }
    }

    fn disk(&self) -> SimulatedDisk {
        self.disk.lock().unwrap().clone()
    }
}

/// The calls that change something.
const CHANGES: [OperationKind; 8] = [
    OperationKind::Write,
    OperationKind::SyncFile,
    OperationKind::SyncDirectory,
    OperationKind::CreateFile,
    OperationKind::CreateDirectory,
    OperationKind::Link,
    OperationKind::Rename,
    OperationKind::RemoveFile,
];

#[async_trait]
impl Medium for Crashing {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let root = self.disk().process().root().unwrap();
        let mut options = LocalOptions::default();
        options.omit.clone_from(&self.omitted);
        Ok(Arc::new(LocalStore::on(root, options, Arc::new(tenantry::environment::SystemEntropy)).await?))
    }

    async fn open_losing(&self, loss: Loss) -> Result<Option<Arc<dyn TenantStore>>, StoreError> {
        let process = self.disk().process();
        let root = process.root().unwrap();
        let entropy = Arc::new(SeededEntropy::new(process.id() as u64));
        let store = LocalStore::on(root, LocalOptions::default(), entropy).await?;
        for kind in CHANGES {
            let matching = Matching::every(kind).by(process.id());
            let (matching, fault) = match loss {
                Loss::FirstRequest => (matching.nth(0), Fault::InputOutput),
                Loss::FirstAnswer => (matching.nth(0), Fault::Late),
                Loss::Requests => (matching, Fault::InputOutput),
                _ => (matching, Fault::Late),
            };
            self.disk().inject(matching, fault);
        }
        Ok(Some(Arc::new(store)))
    }

    async fn crash(&self) -> io::Result<bool> {
        let mut disk = self.disk.lock().unwrap();
        *disk = disk.crash(&mut LoseAll);
        Ok(true)
    }
}

tenantry::conformance_tests!(it_conforms_on_a_disk_that_crashes, || Crashing::leaving_out(&[]));

/// Each of these, left out, is noticed by the sentence that it is there for.
const CRASHES: [(Step, &[&str]); 6] = [
    (
        Step::SyncBeforeWord,
        &[
            "each commit that was answered survives a crash",
            "a fold that was answered survives a crash, with the commits after it",
        ],
    ),
    (
        Step::NewFolderSync,
        &[
            "each commit that was answered survives a crash",
            "a fold that was answered survives a crash, with the commits after it",
            "a blob that was answered survives a crash, whole",
            "a tombstone, and the life begun on it, survive a crash",
            "a view that was answered survives a crash",
        ],
    ),
    (Step::BlobSync, &["a blob that was answered survives a crash, whole"]),
    (Step::BlobFolderSync, &["a blob that was answered survives a crash, whole"]),
    (Step::ViewSync, &["a view that was answered survives a crash"]),
    (Step::ViewFolderSync, &["a view that was answered survives a crash"]),
];

#[tokio::test]
async fn a_sync_that_is_left_out_is_noticed_by_its_sentence() {
    for (step, expected) in CRASHES {
        let report = conformance_of(Subject::Durability, || Crashing::leaving_out(&[step])).await;
        let failed: Vec<_> = report.failures().map(|(sentence, _)| sentence).collect();
        assert_eq!(failed, expected, "without {step:?}\n{report}");
    }
}
