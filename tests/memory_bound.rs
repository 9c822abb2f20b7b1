//! The states of all tenants take no more memory than the budget allows, and a tenant that another
//! process writes takes no more than it holds: counted where memory is allocated.
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
use tenantry::{Expected, ListOptions, NewTenant, Settings, Tenantry, Workspace};

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
    let mut settings = Settings::default();
    settings.memory = memory;
    open_with(root, settings).await
}

async fn open_with(root: &Path, settings: Settings) -> Tenantry {
    let store = LocalStore::open(root, LocalOptions::default()).await.unwrap();
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

/// Reads all of every tenant, several times around, and returns by how much the memory in use had grown at
/// its peak, and at the end.
async fn read_all(root: &Path, memory: usize) -> (usize, usize) {
    let tenantry = open(root, memory).await;
    let_go().await;
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    for number in (0..TENANTS).chain(0..TENANTS) {
        let own = tenantry.session(&tenant(number)).await.unwrap().own();
        // What counts reads everything; records are read only as far as they are looked at.
        own.usage().await.unwrap();
        let page = own.collection::<Note>().list(&ListOptions::new().limit(10)).await.unwrap();
        assert!(page.items.iter().all(|note| note.value().text.len() == LENGTH));
    }
    (ALLOCATED.peak_usage() - before, ALLOCATED.current_usage() - before)
}

/// How often the other process writes records and removes all but one of each lot, and how many times
/// the text of one lot a reader may keep: for a while it keeps what came since it last tidied up.
const LOTS: usize = 48;
const KEPT_LOTS: usize = 4;

async fn write_and_remove(own: &Workspace, lot: usize) {
    let id = move |record: usize| RecordId::parse(&format!("lot-{lot}-{record}")).unwrap();
    let insert = move |transaction: &mut tenantry::Transaction<'_>| {
        for record in 0..RECORDS {
            let note = Note { text: "x".repeat(LENGTH) };
            transaction.collection::<Note>().insert_as(&id(record), &note)?;
        }
        Ok(())
    };
    own.transaction(insert).await.unwrap();
    let remove = move |transaction: &mut tenantry::Transaction<'_>| {
        for record in 1..RECORDS {
            transaction.collection::<Note>().remove(&id(record), Expected::Any)?;
        }
        Ok(())
    };
    own.transaction(remove).await.unwrap();
}

/// Reads a tenant again and again while another process writes it, and returns what the reader keeps
/// of it. The other one never folds, so that nothing in the store helps the reader.
async fn read_what_another_writes(root: &Path) -> usize {
    let mut never_folds = Settings::default();
    never_folds.fold_minimum = usize::MAX;
    let (writer, reader) = (open_with(root, never_folds).await, open(root, usize::MAX).await);
    let written = writer.session(&tenant(0)).await.unwrap().own();
    let read = reader.session(&tenant(0)).await.unwrap().own();
    let first = RecordId::parse("lot-0-0").unwrap();
    for lot in 0..LOTS {
        write_and_remove(&written, lot).await;
        read.collection::<Note>().get(&first).await.unwrap();
    }
    drop(written);
    writer.close(std::time::Duration::from_secs(600)).await.unwrap();
    drop(writer);
    let_go().await;
    let all = ALLOCATED.current_usage();
    drop((read, reader));
    all - ALLOCATED.current_usage()
}

/// Waits until the one thread that may block has let go of what it had been given: it answers before it does.
async fn let_go() {
    tokio::task::spawn_blocking(|| ()).await.unwrap();
}

/// How many records one tenant has, and a budget that has room for their text and for little beside it.
const MANY: usize = 16 * RECORDS;
const BUDGET_OF_MANY: usize = 4 << 20;

/// Reads all records of a snapshot, and returns by how much the memory in use has grown.
async fn read_of_a_snapshot(root: &Path, memory: usize) -> usize {
    let tenantry = open(root, memory).await;
    let own = tenantry.session(&tenant(1)).await.unwrap().own();
    // So the texts are there, and what is added is what is kept of them.
    own.usage().await.unwrap();
    let snapshot = own.snapshot().await.unwrap();
    let_go().await;
    let before = ALLOCATED.current_usage();
    let (mut read, mut options) = (0, ListOptions::new().limit(ListOptions::MAX));
    loop {
        let page = snapshot.collection::<Note>().list(&options).unwrap();
        read += page.items.len();
        let Some(next) = page.next else { break };
        options = options.after(next);
    }
    assert!(read >= MANY);
    ALLOCATED.current_usage() - before
}

#[test]
fn the_budget_and_what_a_tenant_holds_bound_what_states_allocate() {
    let one_thread =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    one_thread.block_on(bounds_hold());
}

async fn bounds_hold() {
    let folder = tempfile::tempdir().unwrap();
    populate(folder.path()).await;
    let (peak, kept) = read_all(folder.path(), BUDGET).await;
    let (unbounded_peak, unbounded_kept) = read_all(folder.path(), usize::MAX).await;
    println!("budget {BUDGET}: peak {peak}, kept {kept}; without: {unbounded_peak}, {unbounded_kept}");
    assert!(peak <= BUDGET * FACTOR, "{peak} bytes at the peak, with a budget of {BUDGET}");
    // Without the budget everything stays, so that the bound above is no accident.
    assert!(unbounded_kept >= TEXT, "{unbounded_kept} bytes kept of {TEXT}");
    assert!(unbounded_kept >= 3 * BUDGET * FACTOR);

    let lot = RECORDS * LENGTH;
    let kept = read_what_another_writes(folder.path()).await;
    println!("of {LOTS} lots of {lot} bytes a reader keeps {kept} bytes");
    assert!(kept <= KEPT_LOTS * lot, "{kept} bytes kept");

    let many = open(folder.path(), usize::MAX).await;
    let own = many.session(&tenant(1)).await.unwrap().own();
    for lot in 0..MANY / RECORDS {
        let insert = move |transaction: &mut tenantry::Transaction<'_>| {
            for record in 0..RECORDS {
                let id = RecordId::parse(&format!("many-{lot}-{record}")).unwrap();
                transaction.collection::<Note>().insert_as(&id, &Note { text: "x".repeat(LENGTH) })?;
            }
            Ok(())
        };
        own.transaction(insert).await.unwrap();
    }
    drop(own);
    many.close(std::time::Duration::from_secs(600)).await.unwrap();
    drop(many);
    let kept = read_of_a_snapshot(folder.path(), BUDGET_OF_MANY).await;
    let unbounded = read_of_a_snapshot(folder.path(), usize::MAX).await;
    println!("of {MANY} records that are read {kept} bytes are kept, {unbounded} without a budget");
    assert!(kept <= BUDGET_OF_MANY / 2, "{kept} bytes kept");
    assert!(unbounded > BUDGET_OF_MANY / 2, "{unbounded} bytes kept, so that the bound is no accident");
}
