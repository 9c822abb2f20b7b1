//! A hundred thousand tenants on one root, and 256 files that may be open: every tenant answers,
//! and work on many at once neither fails for want of handles nor mixes them up.
//!
//! The tenants are planted through the store's seam to the disk, as copies of one that the store
//! made: a hundred thousand creations with all their syncs would say nothing more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tenantry::paths::TenantId;
use tenantry::store::local::disk::Directory;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::{Commit, Header, Incarnation, Outcome, TenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{Process, SimulatedDisk};

const TENANTS: usize = 100_000;
const OPEN_FILES: usize = 256;
/// How many calls are under way at a time.
const AT_ONCE: usize = 64;
/// The folders that hold one folder per tenant.
const FOLDERS: [&str; 4] = ["videos", "thumbnails", "tokens", "data"];

fn tenant(number: usize) -> TenantId {
    TenantId::parse(&format!("tenant-{number:06}")).unwrap()
}

async fn open(disk: &SimulatedDisk, seed: u64) -> (LocalStore, Process) {
    let process = disk.process();
    let entropy = Arc::new(SeededEntropy::new(seed));
    // As by default where the process may have so many open.
    let mut options = LocalOptions::default();
    options.handles = OPEN_FILES / 2;
    let store = LocalStore::on(process.root().unwrap(), options, entropy).await.unwrap();
    (store, process)
}

/// A root with a tenant that the store itself made.
async fn root_with_one(disk: &SimulatedDisk) {
    let (store, _process) = open(disk, 1).await;
    let header = Header {
        incarnation: Incarnation::from_bytes([7; 16]),
        tombstone: false,
        text: Bytes::from_static(b"{\"role\":\"user\"}"),
    };
    let first = Commit { header: Some(header), text: Bytes::from_static(b"first") };
    let made = store.append(&tenant(0), None, first).await.unwrap();
    assert!(matches!(made, Outcome::Committed(_)), "{made:?}");
}

/// Gives the first tenant's files to all the others.
fn plant(disk: &SimulatedDisk) {
    let process = disk.process();
    let root = process.root().unwrap();
    let first = format!("data/{}/", tenant(0));
    let files: BTreeMap<String, (Vec<u8>, u64)> = disk
        .tree()
        .into_iter()
        .filter_map(|(path, bytes)| {
            let (name, mut bytes) = (path.strip_prefix(&first)?.to_owned(), bytes?);
            let length = bytes.len() as u64;
            // Zeros at the end come with the length.
            bytes.truncate(bytes.iter().rposition(|byte| *byte != 0)? + 1);
            Some((name, (bytes, length)))
        })
        .collect();
    assert!(files.len() >= 2, "a ledger and its word: {:?}", files.keys());
    for folder in FOLDERS {
        let folder = root.open_directory(folder).unwrap();
        for number in 1..TENANTS {
            folder.create_directory(tenant(number).as_str(), 0o700).unwrap();
        }
    }
    let data = root.open_directory("data").unwrap();
    for number in 1..TENANTS {
        let directory: Arc<dyn Directory> = data.open_directory(tenant(number).as_str()).unwrap();
        for (name, (bytes, length)) in &files {
            let file = directory.create_file(name, 0o600).unwrap();
            file.write_at(bytes, 0).unwrap();
            file.set_length(*length).unwrap();
        }
    }
}

async fn commit(store: &LocalStore, number: usize, text: String) {
    let tenant = tenant(number);
    let loaded = store.load(&tenant).await.unwrap().unwrap();
    let commit = Commit { header: None, text: Bytes::from(text) };
    let outcome = store.append(&tenant, Some(&loaded.version), commit).await.unwrap();
    assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_tenants_are_served_with_256_open_files() {
    let disk = SimulatedDisk::always_durable();
    root_with_one(&disk).await;
    plant(&disk);
    disk.set_open_limit(OPEN_FILES);
    let (store, process) = open(&disk, 2).await;

    let (mut listed, mut after) = (0, None);
    loop {
        let page = store.tenants(after.as_deref(), TENANTS / 4).await.unwrap();
        assert!(page.items.iter().enumerate().all(|(at, id)| *id == tenant(listed + at)));
        listed += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, TENANTS);

    stream::iter(0..TENANTS)
        .map(Ok::<_, String>)
        .try_for_each_concurrent(AT_ONCE, |number| {
            let store = &store;
            async move {
                let header = store.header(&tenant(number)).await.map_err(|error| error.to_string())?;
                if header.is_some() { Ok(()) } else { Err(format!("tenant {number} is gone")) }
            }
        })
        .await
        .unwrap();

    // More tenants at a time than there is room for.
    let written: Vec<usize> = (0..TENANTS).step_by(TENANTS / 1_000).collect();
    stream::iter(&written)
        .for_each_concurrent(AT_ONCE, |number| commit(&store, *number, format!("of {number}")))
        .await;
    for number in &written {
        let loaded = store.load(&tenant(*number)).await.unwrap().unwrap();
        assert_eq!(loaded.commits, ["first".to_owned(), format!("of {number}")]);
        let other = store.load(&tenant(number + 1)).await.unwrap().unwrap();
        assert_eq!(other.commits, ["first"]);
    }
    let most = process.most_open_handles();
    assert!(most > 32 && most <= OPEN_FILES, "{most} files were open at once");
}
