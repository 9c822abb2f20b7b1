//! What the processes and the one that starts them have in common: the tenant, the settings, and the words
//! in which they tell what they do.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenantry::environment::{Clock, Entropy};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::quota::Limits;
use tenantry::record::{Entity, RecordId};
use tenantry::store::TenantStore;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::testkit::SeededEntropy;
use tenantry::{NewTenant, Settings, Tenantry};

use crate::support;

/// The records that all work on.
pub(crate) const KEYS: u64 = 3;
/// The length of a short file, and of one that is sent in two parts, of which the first is as short as S3
/// takes it.
pub(crate) const SHORT: u64 = 1000;
pub(crate) const LONG: u64 = PART_BYTES + 1000;
const PART_BYTES: u64 = 5 << 20;
/// The tenant has room for one long file and a few short ones.
pub(crate) const ROOM: u64 = LONG + 3 * SHORT;
/// For how long a dead process' upload holds quota, and a deleted file can be read by who has it open.
const RESERVATION_LIFE: Duration = Duration::from_millis(1500);
const READING_GRACE: Duration = Duration::from_millis(200);
/// The longest that a request takes before it is given up.
const REQUEST: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Never the same twice.
    pub(crate) value: u64,
    /// So that the ledger grows.
    pub(crate) text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

impl Note {
    pub(crate) fn of(value: u64) -> Self {
        Self { value, text: format!("{value:08}").repeat(12) }
    }
}

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Where in the bucket.
    pub(crate) place: String,
    /// The server's address, or that of a proxy before it.
    pub(crate) endpoint: String,
    pub(crate) seed: u64,
    pub(crate) number: u64,
    /// How many steps each of its tasks takes; without end if it is to be killed.
    pub(crate) steps: Option<u64>,
    pub(crate) ledger: Ledger,
}

/// What becomes of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ledger {
    /// All are kept, so that each can be looked at afterwards.
    Kept,
    /// They are folded, often, and soon known no more.
    Folded,
}

/// What a task did, with the answer that it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Did {
    /// Saw a record's value, if it was there.
    Read { key: u64, value: Option<u64> },
    /// Made a record, unless it was there.
    Insert { key: u64, value: u64, done: bool },
    /// Changed or removed a record, if its value was the one that was read.
    Swap { key: u64, from: u64, to: Option<u64>, done: bool },
    /// Uploaded a file of that title.
    Upload { title: String },
    /// Was refused an upload, with that much in use.
    NoRoom { used: u64 },
    /// Saw which files there are.
    See { titles: Vec<String> },
    /// Read a file whole, if it was there.
    Open { title: String, done: bool },
    /// Deleted a file, if it was there.
    Delete { title: String, done: bool },
    /// Saw how much is in use.
    Use { bytes: u64 },
    /// Something that says nothing of records and files.
    Other,
}

/// What a task was told in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Told {
    This(Did),
    /// That it is not known whether it happened.
    Unknown,
    /// That nothing happened.
    Nothing,
}

/// A line of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Said {
    Ready,
    /// A task begins to do something: this, if it goes well.
    Will {
        task: u64,
        at: u64,
        did: Did,
    },
    /// It was told what came of it.
    Was {
        task: u64,
        at: u64,
        told: Told,
    },
    /// A call of the store begins or ends.
    Call,
}

/// Nanoseconds of the kernel's clock, which all processes share and which never goes back.
pub(crate) fn moment() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap()
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) fn record(key: u64) -> RecordId {
    RecordId::parse(&format!("note-{key}")).unwrap()
}

/// How titles of long files begin.
pub(crate) const LONG_TITLE: &str = "long";

/// The bytes of the file of that title.
pub(crate) fn content(title: &str) -> Vec<u8> {
    let length = if title.starts_with(LONG_TITLE) { LONG } else { SHORT };
    let length = usize::try_from(length).unwrap();
    let mut bytes = title.as_bytes().repeat(length / title.len() + 1);
    bytes.truncate(length);
    bytes
}

/// A store in which commits soon become segments.
pub(crate) fn store(place: &str, endpoint: &str, ledger: Ledger) -> S3Store {
    let mut options: S3Options = support::options().prefix(place).endpoint(endpoint);
    (options.request_timeout, options.upload_timeout) = (REQUEST, REQUEST);
    options.store.ledger.tail_bytes = 2000;
    if ledger == Ledger::Folded {
        // So few that what became of a commit is forgotten now and then.
        options.store.ledger.ids_kept = 3;
    }
    options.store.part_bytes = usize::try_from(PART_BYTES).unwrap();
    S3Store::new(options).unwrap()
}

/// The server's own address.
pub(crate) fn server() -> String {
    let url = std::env::var("TENANTRY_S3").unwrap();
    url.rsplit_once("endpoint=").unwrap().1.to_owned()
}

pub(crate) async fn open(store: impl TenantStore, ledger: Ledger, clock: Arc<dyn Clock>) -> Tenantry {
    let mut settings = Settings::default();
    settings.fold_minimum = if ledger == Ledger::Kept { usize::MAX } else { 3000 };
    settings.attempts = 1000;
    settings.reservation_life = RESERVATION_LIFE;
    settings.reservation_step = SHORT;
    settings.reading_grace = READING_GRACE;
    settings.request_life = REQUEST;
    settings.clock_skew = Duration::ZERO;
    Tenantry::builder(store).settings(settings).clock(clock).open().await.unwrap()
}

/// Makes the tenant that all work on.
pub(crate) async fn prepare(tenantry: &Tenantry) {
    tenantry.bootstrap_admin(&tenant("root"), "Root").await.unwrap();
    let admin = tenantry.session(&tenant("root")).await.unwrap();
    let limits = Limits::unlimited().with_blob_bytes(ROOM);
    admin.tenants().create(&tenant("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
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
