//! What the process that is killed and the one that kills it have in common: tenants, settings, and
//! the words in which the one tells the other what it does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tenantry::environment::{Clock, Entropy, ManualClock, SystemClock};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::Entity;
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::testkit::SeededEntropy;
use tenantry::{NewTenant, Settings, Tenantry};

/// What a kill can come into the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Phase {
    Upload,
    Fold,
    View,
    Erase,
    Commit,
}

impl Phase {
    pub(crate) const ALL: [Self; 5] = [Self::Upload, Self::Fold, Self::View, Self::Erase, Self::Commit];
}

/// A step of one of the workers, each of which has a tenant of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// A note or token of the first tenant gets that text.
    Write { key: String, text: String },
    /// A note or token of the first tenant is removed.
    Remove { key: String },
    /// The second tenant gets a video of that title, whose bytes follow from it.
    Upload { title: String },
    /// A video of the second tenant is deleted.
    Delete { title: String },
    /// The third tenant comes to be, empty.
    Create,
    /// The third tenant gets a note and a video of that title.
    Fill { title: String },
    /// The third tenant is to be deleted.
    Leave,
    /// The third tenant is erased.
    Erase,
}

/// A line of the process that is killed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    Begins(Phase),
    Ended(Phase),
    /// A step is about to be taken.
    Will(Step),
    /// It was acknowledged.
    Did(Step),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// The admin, and the tenants of the three workers.
pub(crate) fn root() -> TenantId {
    tenant("root")
}
pub(crate) fn writer() -> TenantId {
    tenant("writer")
}
pub(crate) fn uploader() -> TenantId {
    tenant("uploader")
}
pub(crate) fn passing() -> TenantId {
    tenant("passing")
}

/// Whether what is written under that key is a token.
pub(crate) fn is_token(key: &str) -> bool {
    key.ends_with(".json")
}

/// The bytes of the video of that title: a few KiB, different for each.
pub(crate) fn content(title: &str) -> Vec<u8> {
    let length = 1000 + title.bytes().map(usize::from).sum::<usize>() * 7 % 9000;
    title.bytes().cycle().take(length).collect()
}

pub(crate) async fn local(path: &Path) -> LocalStore {
    LocalStore::open(path, LocalOptions::default()).await.unwrap()
}

/// Opens a root such that folds and views come often.
pub(crate) async fn open(store: impl TenantStore, clock: Arc<dyn Clock>) -> Tenantry {
    let mut settings = Settings::default();
    settings.fold_minimum = 1 << 10;
    settings.view_delay = Duration::from_millis(1);
    settings.free_space_reserve = 0;
    settings.reservation_step = 4 << 10;
    Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap()
}

/// The clock of the one who examines: so late that every reservation of a killed upload is over.
pub(crate) fn late() -> Arc<dyn Clock> {
    let later: Timestamp = SystemClock.now() + SignedDuration::from_hours(2);
    Arc::new(ManualClock::new(later))
}

/// Makes the tenants that stay.
pub(crate) async fn prepare(path: &Path) {
    let tenantry = open(local(path).await, Arc::new(SystemClock)).await;
    tenantry.bootstrap_admin(&root(), "Root").await.unwrap();
    let admin = tenantry.session(&root()).await.unwrap();
    for name in [writer(), uploader()] {
        admin.tenants().create(&name, NewTenant::new(Role::User)).await.unwrap();
    }
}

/// Randomness that is the same for the same seed.
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
