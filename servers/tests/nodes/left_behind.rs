//! Processes killed at chosen moments, and what they had begun taken up by another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use tenantry::environment::{Clock, ManualClock, SystemClock};
use tenantry::paths::TenantId;
use tenantry::record::Record;
use tenantry::store::s3::S3Store;
use tenantry::store::{StoreMethod, TenantStore};
use tenantry::testkit::{Moment, ObservedStore};
use tenantry::{Expected, Grace, ListOptions, Swept, Tenantry, Video, Workspace};

use crate::child::{self, Process};
use crate::words::{self, Ledger, Note, server, tenant};
use crate::{bucket, support};

/// What a process does until it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Upload,
    Delete,
    Sweep,
    Erase,
}

/// What is left of the file that it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Quota is held, and there are no bytes.
    Reserved,
    /// Quota is held, and the bytes are there.
    Written,
    /// It is nobody's, and the bytes are there.
    Doomed,
    /// It is nobody's, the bytes are gone, and the ledger still watches for them.
    Deleted,
    /// Its tenant is being erased, and the bytes are there.
    Erasing,
    /// Its tenant is being erased, and the bytes are gone.
    Cleared,
    /// Its tenant is erased, and parts of its ledger are there.
    Erased,
}

/// Dies at the beginning or end of that call of a method.
#[derive(Debug)]
struct Death {
    deed: Deed,
    method: StoreMethod,
    call: usize,
    moment: Moment,
    left: Left,
}

const fn death(deed: Deed, method: StoreMethod, call: usize, moment: Moment, left: Left) -> Death {
    Death { deed, method, call, moment, left }
}

const DEATHS: [Death; 13] = [
    death(Deed::Upload, StoreMethod::Append, 1, Moment::End, Left::Reserved),
    death(Deed::Upload, StoreMethod::Put, 1, Moment::Begin, Left::Reserved),
    death(Deed::Upload, StoreMethod::Put, 1, Moment::End, Left::Written),
    death(Deed::Upload, StoreMethod::Append, 2, Moment::Begin, Left::Written),
    death(Deed::Delete, StoreMethod::Append, 1, Moment::End, Left::Doomed),
    death(Deed::Sweep, StoreMethod::Delete, 1, Moment::Begin, Left::Doomed),
    death(Deed::Sweep, StoreMethod::Delete, 1, Moment::End, Left::Deleted),
    death(Deed::Erase, StoreMethod::Fold, 1, Moment::End, Left::Erasing),
    death(Deed::Erase, StoreMethod::Delete, 1, Moment::Begin, Left::Erasing),
    death(Deed::Erase, StoreMethod::Delete, 1, Moment::End, Left::Cleared),
    death(Deed::Erase, StoreMethod::Fold, 2, Moment::Begin, Left::Cleared),
    death(Deed::Erase, StoreMethod::Fold, 2, Moment::End, Left::Erased),
    death(Deed::Erase, StoreMethod::Tidy, 1, Moment::Begin, Left::Erased),
];

/// A clock by which all waiting of before is over.
fn late(hours: i64) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(SystemClock.now() + SignedDuration::from_hours(hours)))
}

async fn upload(own: &Workspace) -> tenantry::Result<Record<Video>> {
    let body = futures::stream::iter([Ok(Bytes::from_static(b"moving pictures"))]);
    own.videos().upload("clip.mp4", body).await
}

/// Not a test of its own: what a process does that dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_part_of_one_that_dies() {
    let Some((place, number)) = child::told() else { return };
    let Death { deed, method, call, moment, .. } = DEATHS[usize::try_from(number).unwrap()];
    let (begun, left) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(call));
    let is_at_work = Arc::clone(&begun);
    let die = move |called: StoreMethod, of: Option<&TenantId>, at: Moment| {
        let is_meant = is_at_work.load(Ordering::SeqCst) && of == Some(&tenant("ana"));
        if is_meant && (called, at) == (method, moment) && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            child::say("there");
            // Whatever comes after this moment never begins.
            loop {
                std::thread::park();
            }
        }
    };
    let store = ObservedStore::new(Arc::new(store(place.to_str().unwrap())), die);
    let clock: Arc<dyn Clock> = match deed {
        Deed::Sweep => late(1),
        // What the upload could still write is over.
        Deed::Erase => late(2),
        Deed::Upload | Deed::Delete => Arc::new(SystemClock),
    };
    // It folds nothing beside what it does, so that the calls that are counted are of that alone.
    let tenantry = words::open(store, Ledger::Kept, clock).await;
    let own = tenantry.session(&tenant("ana")).await.unwrap().own();
    let admin = tenantry.session(&tenant("root")).await.unwrap();
    let files = own.videos().list(&ListOptions::new()).await.unwrap().items;
    begun.store(true, Ordering::SeqCst);
    match deed {
        Deed::Upload => drop(upload(&own).await),
        Deed::Delete => drop(own.videos().delete(files[0].id(), Expected::Any).await),
        Deed::Sweep => drop(tenantry.operator("one that dies").sweep(&tenant("ana")).await),
        Deed::Erase => {
            admin.tenants().delete(&tenant("ana")).await.unwrap();
            drop(admin.tenants().erase(&tenant("ana"), Grace::Skip).await);
        }
    }
}

fn store(place: &str) -> S3Store {
    words::store(place, &server(), Ledger::Folded)
}

/// The keys of the tenant's files.
async fn files(place: &str) -> BTreeSet<String> {
    bucket::keys(&format!("{place}/videos/ana")).await
}

/// What is left, as another process finds it.
async fn left(place: &str, tenantry: &Tenantry) -> Left {
    let has_bytes = !files(place).await.is_empty();
    let admin = tenantry.session(&tenant("root")).await.unwrap();
    let header = store(place).header(&tenant("ana")).await.unwrap().unwrap();
    match admin.workspace(&tenant("ana")).usage().await {
        Ok((usage, _)) if usage.reserved_files > 0 && has_bytes => Left::Written,
        Ok((usage, _)) if usage.reserved_files > 0 => Left::Reserved,
        Ok(_) if has_bytes => Left::Doomed,
        Ok(_) => Left::Deleted,
        Err(_) if header.tombstone => Left::Erased,
        Err(_) if has_bytes => Left::Erasing,
        Err(_) => Left::Cleared,
    }
}

/// Sees that a round of another's upkeep, or a few, leave nothing over.
async fn take_up(place: &str, death: &Death) {
    let clock = late(2);
    let tenantry = words::open(store(place), Ledger::Folded, Arc::clone(&clock) as Arc<dyn Clock>).await;
    let found = left(place, &tenantry).await;
    assert_eq!(found, death.left, "{death:?}");
    let mut last = None;
    for _ in 0..3 {
        let report = tenantry.operator("another node").round().await.unwrap();
        assert!(report.failed.is_empty(), "{report:?}");
        last = Some(report.swept);
        clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(last, Some(Swept::default()), "something is left to be done");
    assert_eq!(files(place).await, BTreeSet::new());
    let admin = tenantry.session(&tenant("root")).await.unwrap();
    if death.deed == Deed::Erase {
        let all = bucket::keys(place).await;
        let of_ana: Vec<_> = all.iter().filter(|key| key.contains("/ana")).collect();
        assert_eq!(of_ana.len(), 1, "more than the tombstone is left: {of_ana:?}");
        let (there, _) = admin.tenants().list(None, 10).await.unwrap();
        assert!(there.iter().all(|entry| entry.tenant != tenant("ana")));
    } else {
        let (usage, _) = admin.workspace(&tenant("ana")).usage().await.unwrap();
        assert_eq!((usage.files, usage.blob_bytes), (0, 0));
        assert_eq!((usage.reserved_files, usage.reserved_bytes), (0, 0));
        assert!(tenantry.operator("another node").check(&tenant("ana")).await.unwrap().is_clean());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_process_that_died_had_begun_is_taken_up_by_another() {
    for (number, death) in (0..).zip(&DEATHS) {
        let place = support::prefix();
        let tenantry = words::open(store(&place), Ledger::Folded, Arc::new(SystemClock)).await;
        words::prepare(&tenantry).await;
        let own = tenantry.session(&tenant("ana")).await.unwrap().own();
        // So much that it does not fit into the head of the ledger.
        for value in 0..15 {
            own.collection::<Note>().insert(Note::of(value)).await.unwrap();
        }
        if death.deed != Deed::Upload {
            let video = upload(&own).await.unwrap();
            if death.deed == Deed::Sweep {
                own.videos().delete(video.id(), Expected::Any).await.unwrap();
            }
        }
        let name = "left_behind::the_part_of_one_that_dies";
        let mut process = Process::start(name, place.as_ref(), number);
        assert_eq!(process.next_line().as_deref(), Some("there"));
        process.kill();
        assert!(!process.finish());
        take_up(&place, death).await;
    }
}
