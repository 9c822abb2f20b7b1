//! A copy takes memory for what is on its way, not for what the files hold: counted where it is allocated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;

use bytes::Bytes;
use peak_alloc::PeakAlloc;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{Session, Settings, Tenantry};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// How many files there are, how long each is, and what a copy of them may take.
const FILES: usize = 6;
const LENGTH: usize = 24 << 20;
const BOUND: usize = 16 << 20;

async fn open(root: &Path) -> (Tenantry, Session) {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    let root = TenantId::parse("root").unwrap();
    tenantry.bootstrap_admin(&root, "Root").await.unwrap();
    let admin = tenantry.session(&root).await.unwrap();
    (tenantry, admin)
}

#[tokio::test]
async fn a_copy_takes_no_more_memory_for_longer_files() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, source) = open(from.path()).await;
    let (_there, target) = open(to.path()).await;
    let ana = TenantId::parse("ana").unwrap();
    here.ensure(&ana, "Ana").await.unwrap();
    let own = here.session(&ana).await.unwrap().own();
    for file in 0..FILES {
        let chunk = Bytes::from(vec![u8::try_from(file).unwrap(); 1 << 16]);
        let chunks = (0..LENGTH >> 16).map(move |_| Ok(chunk.clone()));
        own.videos().upload("long.mp4", futures::stream::iter(chunks)).await.unwrap();
    }
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let copied = source.tenants().copy(&ana, &target.tenants()).await.unwrap();
    let peak = ALLOCATED.peak_usage() - before;
    assert_eq!((copied.bytes, copied.read_back), ((FILES * LENGTH) as u64, FILES as u64));
    println!("{} bytes were copied with {peak} bytes of memory", copied.bytes);
    assert!(peak <= BOUND, "{peak} bytes at the peak");
    assert!(copied.bytes > 8 * BOUND as u64, "less than all of it would do to fail");
}
