//! A process, or the whole machine, that stops at any instant of a copy: the next one brings it to its end,
//! and what it said is there stays there whatever was not synced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::simulated_disk::{Cut, LoseAll, Scope, Seeded, SimulatedDisk};
use tenantry::{Session, Settings, Tenantry, ViewMode};

use crate::observed::{Observed, observe};
use crate::world::{Kind, Place, admin, clock, configured, id, upload};

/// The target as a process of its own finds it, and that process.
async fn open(disk: &SimulatedDisk, from: &Place) -> (Tenantry, usize) {
    let process = disk.process();
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let entropy = Arc::new(SeededEntropy::new(OPENED.fetch_add(1, Ordering::SeqCst)));
    let store = LocalStore::on(process.root().unwrap(), LocalOptions::default(), entropy).await.unwrap();
    let mut settings = Settings::default();
    (settings.free_space_reserve, settings.views) = (0, ViewMode::AtClose);
    let tenantry = configured(Tenantry::builder(store), &from.clock).settings(settings).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    (tenantry, process.id())
}

async fn copied(from: &Session, to: &Tenantry) -> tenantry::Result<tenantry::Copied> {
    from.tenants().copy(&id("ana"), &admin(to).await.tenants()).await
}

/// Sees that Ana is there as she was, or can't be seen.
async fn ensure_whole_or_unseen(tenantry: &Tenantry, before: &Observed, context: &str) -> bool {
    match tenantry.session(&id("ana")).await {
        Ok(session) => {
            assert_eq!(observe(&session.own()).await, *before, "{context}");
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), tenantry::ErrorKind::NotFound, "{context}");
            false
        }
    }
}

#[tokio::test]
async fn whatever_stops_a_copy_the_next_one_ends_it_for_good() {
    let from = Place::new(Kind::Memory, &clock()).await;
    let own = from.user("ana").await;
    upload(&own, 3, 10).await;
    let (source, before) = (from.admin().await, observe(&own).await);
    let (mut stops, mut unseen) = (0, 0);
    for scope in [None, Some(Scope::Machine)] {
        for changes in 0.. {
            let disk = SimulatedDisk::new();
            let (first, process) = open(&disk, &from).await;
            disk.stop_after(scope.unwrap_or(Scope::Process(process)), changes, Cut::Midway);
            let done = copied(&source, &first).await.is_ok();
            let context = format!("{scope:?} after {changes} changes");
            let disk = match scope {
                None => disk,
                Some(_) => disk.crash(&mut Seeded::new(changes)),
            };
            let (second, _) = open(&disk, &from).await;
            let seen = ensure_whole_or_unseen(&second, &before, &context).await;
            assert!(seen || !done, "{context}");
            let again = copied(&source, &second).await;
            again.unwrap_or_else(|error| panic!("{context}: {error:?}"));
            // Whatever was not synced by then is lost.
            let after = disk.crash(&mut LoseAll);
            let (third, _) = open(&after, &from).await;
            assert!(ensure_whole_or_unseen(&third, &before, &context).await, "{context}");
            let report = admin(&third).await.tenants().check(&id("ana")).await.unwrap();
            assert!(report.findings.is_empty(), "{context}: {:?}", report.findings);
            stops += 1;
            unseen += u64::from(!seen);
            if done {
                break;
            }
        }
    }
    assert!(unseen > 60, "{unseen} of {stops}");
}
