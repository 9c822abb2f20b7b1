//! What a migration takes of memory, in proportion to what there is: counted where it is allocated.
//!
//! Everything is in one test: the counter is the whole process's. It says how much was in use at the peak of each step;
//! `cargo test --release --test migrate_memory -- --nocapture` shows it, and with `MIGRATE_FILES=20000
//! MIGRATE_RECORDS=100000` of as many, besides.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use peak_alloc::PeakAlloc;
use tenantry::migrate::{MigrateError, Migration, MigrationStage, Next, PlanOptions, Planner};
use tenantry::testkit::legacy_trees::LegacyTree;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// How many files and records there are: few, and as many as are told apart from what any migration takes.
const FEW: (usize, usize) = (500, 2_500);
const MANY: (usize, usize) = (2_000, 10_000);

/// How much each more record may take, with its share of the files, one for five records: 3 KiB, so that 20,000 files and
/// 100,000 records take less than 300 MiB. Such a record has some 400 bytes of text.
const PER_RECORD: usize = 3 << 10;
/// And what any migration takes.
const ANY: usize = 4 << 20;

/// Does something, and adds how much memory was in use at its peak, beside what was in use before.
async fn measured<T>(
    peaks: &mut Vec<(&'static str, usize)>,
    what: &'static str,
    work: impl Future<Output = T>,
) -> T {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let done = work.await;
    peaks.push((what, ALLOCATED.peak_usage() - before));
    done
}

fn migration(root: &Path) -> Migration {
    Migration::new(root, Planner::new(PlanOptions::default()))
}

/// One that is stopped once half of the tenants are there.
fn stopped(root: &Path, tenants: u64) -> Migration {
    let begun = AtomicU64::new(0);
    migration(root).progress(move |progress| {
        let begins = progress.stage == MigrationStage::Beginning;
        let stops = begins && begun.fetch_add(1, Ordering::Relaxed) == tenants / 2;
        if stops { Next::Stop } else { Next::Go }
    })
}

/// How much each step takes that a process would do, one after the other.
async fn migrated((files, records): (usize, usize)) -> Vec<(&'static str, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    LegacyTree::large(files, records).write_to(root).unwrap();
    let mut peaks = Vec::new();
    let plan = measured(&mut peaks, "plan", async { migration(root).plan().unwrap() }).await;
    assert!(plan.can_be_applied(), "{}", plan.summary());
    assert_eq!(plan.totals.files, files as u64);
    assert!(plan.totals.records >= records as u64);
    let tenants = plan.tenants.len() as u64;
    drop(plan);
    let apply = async {
        let migration = stopped(root, tenants);
        migration.apply(&migration.plan().unwrap()).await
    };
    let cut_off = measured(&mut peaks, "apply", apply).await;
    assert!(matches!(cut_off, Err(MigrateError::Stopped)), "{cut_off:?}");
    let goes_on = async {
        let migration = migration(root);
        migration.apply(&migration.planned().unwrap().unwrap()).await.unwrap()
    };
    assert!(measured(&mut peaks, "apply that goes on", goes_on).await.went_on);
    let verified = measured(&mut peaks, "verify", async { migration(root).verify().await.unwrap() }).await;
    assert!(verified.is_clean(), "{verified}");
    for (step, peak) in &peaks {
        println!("{files} files, {records} records, {step}: {} KiB at the peak", peak >> 10);
    }
    peaks
}

fn given(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_takes_so_much_for_each_record_and_no_more() {
    let (few, many) = (migrated(FEW).await, migrated(MANY).await);
    for ((step, few), (_, many)) in few.into_iter().zip(many) {
        let each = (many - few) / (MANY.1 - FEW.1);
        println!("{step}: {each} bytes for each record");
        assert!(each <= PER_RECORD, "{step}: {each} bytes for each record");
        assert!(few <= ANY + FEW.1 * PER_RECORD, "{step}: {few} bytes");
    }
    if let (Some(files), Some(records)) = (given("MIGRATE_FILES"), given("MIGRATE_RECORDS")) {
        migrated((files, records)).await;
    }
}
