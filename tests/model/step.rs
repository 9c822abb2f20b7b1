//! What a history is made of, and what each step shows: the words that model and system share.

use std::collections::BTreeMap;

use tenantry::ErrorKind;
use tenantry::ownership::Role;

use crate::videos::{OnVideo, Uploading};

/// A tenant's name; the tenants are also the principals.
pub(crate) type Name = &'static str;

/// The admin, who is never deleted and stays admin.
pub(crate) const ROOT: Name = "root";

/// Everybody. The last one does not exist at first.
pub(crate) const NAMES: [Name; 5] = [ROOT, "ana", "ben", "demo", "cyd"];

/// How many nodes work on the store.
pub(crate) const NODES: usize = 2;

/// How many snapshots, and how many cursors, are kept at once.
pub(crate) const SLOTS: usize = 3;

/// The zones that tenants live in, with the hours by which they are ahead of UTC.
pub(crate) const ZONES: [(&str, i64); 3] = [("Asia/Jakarta", 7), ("UTC", 0), ("Asia/Tokyo", 9)];

/// What the instances that are opened are set to.
pub(crate) mod settings {
    /// The longest record, in bytes.
    pub(crate) const RECORD_BYTES: usize = 600;
    /// How many answers to requests are remembered.
    pub(crate) const KEPT_REQUESTS: usize = 3;
    /// How long a deleted tenant can be restored, in milliseconds.
    pub(crate) const GRACE: i64 = 24 * 3600 * 1000;
    /// How long a reservation holds, in milliseconds.
    pub(crate) const RESERVATION_LIFE: i64 = 3600 * 1000;
    /// By how much a reservation grows.
    pub(crate) const RESERVATION_STEP: u64 = 16;
    /// For how long a request that is not fenced may come late: its life and two skews, in milliseconds.
    pub(crate) const LATE: i64 = (600 + 2 * 60) * 1000;
    /// When histories begin, in milliseconds since 1970.
    pub(crate) const BEGIN: i64 = 1_762_250_400_000;
}

/// A type through which records are seen. Two of them share a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lens {
    Notes,
    Briefs,
    Tasks,
}

impl Lens {
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::Notes | Self::Briefs => "notes",
            Self::Tasks => "tasks",
        }
    }
}

/// A record's value; each lens takes of it what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) tag: Option<String>,
    pub(crate) stars: u32,
}

/// A record's id: one of a few given ones, or one of those that the library made, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Id {
    Given(u8),
    Fresh(usize),
}

/// Which revision a change is meant for: any, or one of those that were ever shown of that id, the
/// latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    Any,
    Shown(usize),
}

/// Limits, as a plan or a profile names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Caps {
    pub(crate) blob_bytes: Option<u64>,
    pub(crate) files: Option<u64>,
    pub(crate) record_bytes: Option<u64>,
    pub(crate) notes: Option<u64>,
    pub(crate) tasks: Option<u64>,
}

/// The plans that there are; the second is the default of demo principals.
pub(crate) const PLANS: [(&str, Caps); 2] = [
    (
        "small",
        Caps { blob_bytes: None, files: Some(3), record_bytes: Some(900), notes: None, tasks: Some(2) },
    ),
    ("trial", Caps { blob_bytes: Some(50), files: None, record_bytes: None, notes: Some(3), tasks: None }),
];

/// What is done to a record, at once or within a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Insert(Value),
    Get,
    List { newest_first: bool, limit: usize },
    Find(String),
    Update(Meant, Value),
    Remove(Meant),
}

/// A deed, and what it is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordDeed {
    pub(crate) lens: Lens,
    pub(crate) id: Id,
    pub(crate) deed: Deed,
}

/// A change of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Change {
    pub(crate) display_name: Option<String>,
    pub(crate) zone: Option<&'static str>,
    pub(crate) role: Option<Role>,
    pub(crate) shared: Option<bool>,
    pub(crate) plan: Option<&'static str>,
    pub(crate) caps: Option<Caps>,
}

impl Change {
    /// Whether it changes what only admins may change.
    pub(crate) const fn administers(&self) -> bool {
        self.role.is_some() || self.shared.is_some() || self.plan.is_some() || self.caps.is_some()
    }
}

/// How a transaction goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Together {
    pub(crate) deeds: Vec<RecordDeed>,
    /// An idempotency key.
    pub(crate) key: Option<u8>,
    /// Whether it goes on when a deed is refused.
    pub(crate) lenient: bool,
    /// Whether it gives up at its end.
    pub(crate) gives_up: bool,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Begin a new session.
    Login,
    Bootstrap,
    Ensure(String),
    Create {
        role: Role,
        shared: bool,
        plan: Option<&'static str>,
        caps: Caps,
    },
    /// Change a profile, through the workspace or through the administration of tenants.
    Change {
        change: Change,
        through_tenants: bool,
    },
    Delete,
    Restore,
    Erase {
        skip_grace: bool,
    },
    ListTenants {
        limit: usize,
    },
    Profile,
    Usage,
    /// Ask whether one of a few actions would be allowed.
    Can(u8),
    InsertFresh(Lens, Value),
    Record(RecordDeed),
    /// Read a page, from the beginning or where a kept cursor stands, and keep the cursor after it.
    Page {
        lens: Lens,
        newest_first: bool,
        limit: usize,
        from: Option<usize>,
        keep: usize,
    },
    Together(Together),
    Upload(Uploading),
    OnVideo(OnVideo),
    /// List the videos, or those of all tenants, page by page.
    Videos {
        of_all: bool,
        limit: usize,
    },
    Snapshot(usize),
    ReadSnapshot(usize),
    /// Let time pass, in seconds.
    Advance(u32),
    /// The node ends, with or without a word, and another takes its place.
    Reopen {
        close: bool,
    },
}

impl Act {
    /// Whether it needs the session of whoever does it, and neither begins a new one nor is the host's.
    pub(crate) const fn is_in_session(&self) -> bool {
        let apart = matches!(self, Self::Login | Self::Bootstrap | Self::Ensure(_) | Self::Advance(_));
        !apart && !matches!(self, Self::Reopen { .. } | Self::ReadSnapshot(_))
    }
}

/// One step of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) node: usize,
    pub(crate) by: Name,
    pub(crate) on: Name,
    pub(crate) act: Act,
}

/// The answer to one deed within a transaction.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Answer {
    Texts(Vec<String>),
    Refused(String),
}

/// Which limit was hit, and by how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) dimension: String,
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) requested: u64,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    pub(crate) over: Option<Over>,
}

impl From<ErrorKind> for Refusal {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, over: None }
    }
}

/// A tenant's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileSeen {
    pub(crate) display_name: String,
    pub(crate) role: Role,
    pub(crate) shared: bool,
    pub(crate) zone: String,
    pub(crate) plan: Option<String>,
    pub(crate) caps: Caps,
    pub(crate) created_at: i64,
}

/// What a tenant holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct UsageSeen {
    pub(crate) blob_bytes: u64,
    pub(crate) files: u64,
    pub(crate) reserved: (u64, u64),
    pub(crate) record_bytes: u64,
    pub(crate) counts: Vec<(String, u64)>,
}

/// A tenant in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) tenant: String,
    pub(crate) profile: ProfileSeen,
    pub(crate) deleting_until: Option<i64>,
    pub(crate) usage: UsageSeen,
}

/// What a kept snapshot shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SnapshotSeen {
    /// Each collection in order, then with the newest first, read in pages of two.
    pub(crate) notes: [Vec<String>; 2],
    pub(crate) tasks: [Vec<String>; 2],
    pub(crate) videos: [Vec<String>; 2],
    /// The records with the given ids.
    pub(crate) by_id: Vec<Option<String>>,
    /// The notes with each tag.
    pub(crate) by_tag: Vec<Vec<String>>,
    pub(crate) usage: UsageSeen,
}

/// What a step shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Nothing,
    Refused(Refusal),
    Profile(ProfileSeen),
    Usage(UsageSeen, Caps),
    Texts(Vec<String>),
    /// A page, and whether the list ends with it.
    Page(Vec<String>, bool),
    Answers(Vec<Answer>),
    /// Some of a file's bytes, where they begin, and how many it has.
    Bytes(Vec<u8>, u64, u64),
    Intact,
    Tenants(Vec<Listed>),
    Snapshot(Box<SnapshotSeen>),
    Until(i64),
    Erased {
        records: u64,
        files: u64,
        bytes: u64,
        at: i64,
    },
    Waiting(i64),
    /// `a`llowed, `d`enied or `h`idden.
    Decision(char),
}

/// What a host remembers of what it was shown: ids that the library made, and texts of records.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered {
    fresh: BTreeMap<(Name, &'static str), Vec<String>>,
    shown: BTreeMap<(Name, &'static str, String), Vec<String>>,
    /// Ids and file names.
    videos: BTreeMap<Name, Vec<(String, String)>>,
}

impl Remembered {
    /// The id that is meant.
    pub(crate) fn id(&self, on: Name, deed: &RecordDeed) -> String {
        match deed.id {
            Id::Given(number) => format!("r{number}"),
            Id::Fresh(back) => {
                let made = self.fresh.get(&(on, deed.lens.collection()));
                made.and_then(|made| made.iter().rev().nth(back)).cloned().unwrap_or_else(|| "r0".to_owned())
            }
        }
    }

    /// A text that was shown of a record.
    pub(crate) fn text(&self, on: Name, collection: &'static str, id: &str, back: usize) -> Option<String> {
        let shown = self.shown.get(&(on, collection, id.to_owned()));
        shown.and_then(|shown| shown.iter().rev().nth(back)).cloned()
    }

    pub(crate) fn note_fresh(&mut self, on: Name, lens: Lens, id: &str) {
        self.fresh.entry((on, lens.collection())).or_default().push(id.to_owned());
    }

    pub(crate) fn note(&mut self, on: Name, collection: &'static str, id: &str, texts: &[String]) {
        let shown = self.shown.entry((on, collection, id.to_owned())).or_default();
        shown.extend(texts.iter().cloned());
    }

    pub(crate) fn note_video(&mut self, on: Name, id: &str, file: &str) {
        self.videos.entry(on).or_default().push((id.to_owned(), file.to_owned()));
    }

    /// A video's id and its file's name; of none if there was none.
    pub(crate) fn video(&self, on: Name, back: usize) -> (String, String) {
        let videos = self.videos.get(&on).and_then(|videos| videos.iter().rev().nth(back)).cloned();
        videos.unwrap_or_else(|| ("none".to_owned(), "none.mp4".to_owned()))
    }

    /// Notes what a transaction showed.
    pub(crate) fn note_answers(&mut self, on: Name, deeds: &[(Lens, String, bool)], answers: &[Answer]) {
        for ((lens, id, changes), answer) in deeds.iter().zip(answers) {
            if let (true, Answer::Texts(texts)) = (changes, answer) {
                self.note(on, lens.collection(), id, texts);
            }
        }
    }
}

impl Deed {
    /// Whether it changes nothing.
    pub(crate) const fn reads(&self) -> bool {
        matches!(self, Self::Get | Self::List { .. } | Self::Find(_))
    }

    /// Whether it makes a text that was not there before.
    pub(crate) const fn writes(&self) -> bool {
        matches!(self, Self::Insert(_) | Self::Update(..))
    }
}
