//! The store does what a store has to do, also when the machine crashes; and the program says so.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use redb::StorageBackend;
use tenantry::store::{StoreError, TenantStore};
use tenantry::testkit::conformance::{Medium, conformance};
use tenantry_example_custom_backend::RedbStore;

/// What is written, and what of it a crash leaves: what was there at the last sync.
#[derive(Debug, Default)]
struct Contents {
    live: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Length(length) => file.resize(*length, 0),
            Self::Bytes(at, bytes) => file[*at..*at + bytes.len()].copy_from_slice(bytes),
        }
    }
}

/// A file in memory.
#[derive(Debug, Clone, Default)]
struct File(Arc<Mutex<Contents>>);

impl File {
    fn change(&self, change: Change) {
        let mut contents = self.0.lock().unwrap();
        change.apply(&mut contents.live);
        contents.changes.push(change);
    }

    /// The file as it is after a crash.
    fn crashed(&self) -> Self {
        let left = self.0.lock().unwrap().durable.clone();
        Self(Arc::new(Mutex::new(Contents { live: left.clone(), durable: left, changes: Vec::new() })))
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap()
}

impl StorageBackend for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let contents = self.0.lock().unwrap();
        let start = place(offset);
        let found = contents.live.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.change(Change::Length(place(length)));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut contents = self.0.lock().unwrap();
        let changes = std::mem::take(&mut contents.changes);
        changes.iter().for_each(|change| change.apply(&mut contents.durable));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Bytes(place(offset), data.to_vec()));
        Ok(())
    }
}

/// One database over such a file; the stores are clones.
#[derive(Default)]
struct Disk {
    file: Mutex<File>,
    store: tokio::sync::Mutex<Option<RedbStore>>,
}

#[async_trait]
impl Medium for Disk {
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
        let mut opened = self.store.lock().await;
        if opened.is_none() {
            let file = self.file.lock().unwrap().clone();
            *opened = Some(RedbStore::opened(|| redb::Database::builder().create_with_backend(file)).await?);
        }
        Ok(Arc::new(opened.clone().unwrap()))
    }

    async fn crash(&self) -> io::Result<bool> {
        *self.store.lock().await = None;
        let mut file = self.file.lock().unwrap();
        *file = file.crashed();
        Ok(true)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms_on_a_disk_that_crashes() {
    let report = conformance(Disk::default).await.ensure().unwrap();
    let reasons: BTreeSet<&str> = report.not_run().map(|(_, reason)| reason).collect();
    // Its own answers come from one process, and a database has neither links nor a ledger's own file.
    let expected = [
        "the medium gives no way to damage a ledger",
        "the medium gives no way to lose an answer",
        "the medium knows no links",
    ];
    assert_eq!(reasons, BTreeSet::from(expected), "{report}");
}

#[test]
fn the_program_prints_the_report_and_what_the_host_did() {
    let program = env!("CARGO_BIN_EXE_tenantry-example-custom-backend");
    let shown = std::process::Command::new(program).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let text = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "  holds    a blob is invisible until it is whole",
        "  not run  a link in a blob's place leads nowhere: the medium knows no links",
        "Ana reads her video: 19 bytes.",
        "And again from the file: 3 tenants.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
