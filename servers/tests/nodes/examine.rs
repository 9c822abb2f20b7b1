//! What is there after a run, seen from a node that had no part in it, once its upkeep has taken up what
//! the others left behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tenantry::environment::{Clock, ManualClock, SystemClock};
use tenantry::paths::Area;
use tenantry::store::TenantStore;
use tenantry::store::s3::S3Store;
use tenantry::{ErrorKind, ListOptions, Swept, Tenantry, Verification, Workspace};

use crate::bucket;
use crate::history::{Event, History};
use crate::words::{self, Did, KEYS, Ledger, Note, content, moment, record, tenant};

/// What the others had left, over all runs.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Uploads that held quota.
    pub(crate) reservations: u64,
    /// Deleted files whose bytes were there still, or that were watched.
    pub(crate) dooms: u64,
}

/// Sees that what is there is what was acknowledged, and nothing else. Adds what it sees to the history.
pub(crate) async fn examine(place: &str, ledger: Ledger, history: &mut History, left: &mut Left) {
    let begin = SystemClock.now() + SignedDuration::from_hours(2);
    let clock = Arc::new(ManualClock::new(begin));
    let store = || words::store(place, &words::server(), ledger);
    let tenantry = words::open(store(), ledger, Arc::clone(&clock) as Arc<dyn Clock>).await;
    let own = tenantry.session(&tenant("ana")).await.unwrap().own();
    left.reservations += own.usage().await.unwrap().0.reserved_files;
    // Once for what is over by now, once more for the files of the uploads that are given up by that.
    for _ in 0..2 {
        left.dooms += take_up(&tenantry).await.forgotten;
        clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(take_up(&tenantry).await, Swept::default(), "something is left to be done");
    let report = tenantry.operator("after a run").check(&tenant("ana")).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let titles = files(place, &store(), &own).await;
    see(history, Did::See { titles });
    for key in 0..KEYS {
        let value = match own.collection::<Note>().get(&record(key)).await {
            Ok(found) => Some(found.value().value),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => panic!("{error:?}"),
        };
        see(history, Did::Read { key, value });
    }
}

async fn take_up(tenantry: &Tenantry) -> Swept {
    let report = tenantry.operator("after a run").round().await.unwrap();
    assert!(report.failed.is_empty(), "{report:?}");
    report.swept
}

fn see(history: &mut History, did: Did) {
    let at = moment();
    history.events.push(Event { begun: at, ended: Some(at + 1), did });
}

/// The titles of the files, each of which is whole. They are all that is in use, and all that there is.
async fn files(place: &str, store: &S3Store, own: &Workspace) -> Vec<String> {
    let videos = own.videos();
    let page = videos.list(&ListOptions::new().limit(1000)).await.unwrap();
    let (mut titles, mut names, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
    for video in &page.items {
        let title = video.value().title.clone();
        assert!(videos.open(video.id()).await.unwrap().bytes().await.unwrap() == content(&title));
        assert_eq!(videos.verify(video.id()).await.unwrap(), Verification::Intact);
        names.insert(video.value().filename.to_string());
        bytes += video.value().bytes.unwrap();
        titles.push(title);
    }
    let (usage, _) = own.usage().await.unwrap();
    assert_eq!((usage.files, usage.blob_bytes), (page.items.len() as u64, bytes));
    assert_eq!((usage.reserved_files, usage.reserved_bytes), (0, 0));
    let listed = store.list(own.tenant(), Area::Videos, None, 1000).await.unwrap().items;
    assert_eq!(listed.iter().map(|found| found.name.clone()).collect::<BTreeSet<_>>(), names);
    assert_eq!(listed.iter().map(|found| found.length).sum::<u64>(), bytes);
    let keys = names.iter().map(|name| format!("{place}/videos/ana/{name}")).collect();
    assert_eq!(bucket::keys(&format!("{place}/videos")).await, keys, "as the bucket itself lists them");
    titles
}
