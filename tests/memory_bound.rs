//! The states of all tenants take no more memory than the budget allows, counted where it is
//! allocated.
//!
//! The data lies on the disk, so that what is counted is what the library keeps of it. Everything
//! is in one test: the counter is the whole process's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;

use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{ListOptions, NewTenant, Settings, Tenantry};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// How many tenants there are, how many records each has, and how long those are: 6 MiB of text.
const TENANTS: usize = 48;
const RECORDS: usize = 128;
const LENGTH: usize = 1 << 10;
const TEXT: usize = TENANTS * RECORDS * LENGTH;

/// What the states may take, and how many times that the process may take at its peak: the budget
/// is kept by an estimate, the tenant that is read comes on top of it, and so does what a read of
/// it takes on its way.
const BUDGET: usize = 1 << 20;
const FACTOR: usize = 2;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn tenant(number: usize) -> TenantId {
    TenantId::parse(&format!("tenant-{number:03}")).unwrap()
}

async fn open(root: &Path, memory: usize) -> Tenantry {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
    let mut settings = Settings::default();
    settings.memory = memory;
    Tenantry::builder(store).settings(settings).open().await.unwrap()
}

async fn populate(root: &Path) {
    let tenantry = open(root, BUDGET).await;
    let admin = TenantId::parse("admin").unwrap();
    tenantry.bootstrap_admin(&admin, "Admin").await.unwrap();
    let session = tenantry.session(&admin).await.unwrap();
    for number in 0..TENANTS {
        session.tenants().create(&tenant(number), NewTenant::new(Role::User)).await.unwrap();
        let own = tenantry.session(&tenant(number)).await.unwrap().own();
        let insert = |transaction: &mut tenantry::Transaction<'_>| {
            for record in 0..RECORDS {
                let id = RecordId::parse(&format!("note-{record}")).unwrap();
                let note = Note { text: "x".repeat(LENGTH) };
                transaction.collection::<Note>().insert_as(&id, &note)?;
            }
            Ok(())
        };
        own.transaction(insert).await.unwrap();
    }
    tenantry.close(std::time::Duration::from_secs(600)).await.unwrap();
}

/// Reads every tenant, several times around, and returns by how much the memory in use had grown at
/// its peak, and at the end.
async fn read_all(root: &Path, memory: usize) -> (usize, usize) {
    let tenantry = open(root, memory).await;
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    for number in (0..TENANTS).chain(0..TENANTS) {
        let own = tenantry.session(&tenant(number)).await.unwrap().own();
        let page = own.collection::<Note>().list(&ListOptions::new().limit(10)).await.unwrap();
        assert!(page.items.iter().all(|note| note.value().text.len() == LENGTH));
    }
    (ALLOCATED.peak_usage() - before, ALLOCATED.current_usage() - before)
}

#[tokio::test]
async fn the_budget_bounds_what_the_states_of_many_tenants_allocate() {
    let folder = tempfile::tempdir().unwrap();
    populate(folder.path()).await;
    let (peak, kept) = read_all(folder.path(), BUDGET).await;
    let (unbounded_peak, unbounded_kept) = read_all(folder.path(), usize::MAX).await;
    println!("budget {BUDGET}: peak {peak}, kept {kept}; without: {unbounded_peak}, {unbounded_kept}");
    assert!(peak <= BUDGET * FACTOR, "{peak} bytes at the peak, with a budget of {BUDGET}");
    // Without the budget everything stays, so that the bound above is no accident.
    assert!(unbounded_kept >= TEXT, "{unbounded_kept} bytes kept of {TEXT}");
    assert!(unbounded_kept >= 3 * BUDGET * FACTOR);
}
