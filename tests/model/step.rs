//! What a history is made of, and what each step shows: the words that model and system share.
use tenantry::ErrorKind;
use tenantry::ownership::Role;

use super::files::{FileKind, OnFile, Uploading};
use super::planned::{PlanDeed, PlanKind};
use super::secrets::{KeyDeed, TokenDeed};

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
    pub(crate) const RECORD_BYTES: usize = 800;
    /// The longest thumbnail, in bytes.
    pub(crate) const THUMBNAIL_BYTES: u64 = 80;
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

/// Which of the things that the library made: of the tenant that is worked in, the latest first, or of
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Own(usize),
    Foreign(Name, usize),
}

/// A collection that is listed through its own handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Files(FileKind),
    Plans(PlanKind),
    Tokens,
    StreamKeys,
}

impl Listing {
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::Files(kind) => kind.collection(),
            Self::Plans(kind) => kind.collection(),
            Self::Tokens => "tokens",
            Self::StreamKeys => "stream_mapping",
        }
    }
}

/// Limits, as a plan or a profile names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Caps {
    pub(crate) blob_bytes: Option<u64>,
    pub(crate) files: Option<u64>,
    pub(crate) active_streams: Option<u64>,
    pub(crate) record_bytes: Option<u64>,
    pub(crate) notes: Option<u64>,
    pub(crate) tasks: Option<u64>,
}

/// The plans that there are; the second is the default of demo principals.
pub(crate) const PLANS: [(&str, Caps); 2] = [
    ("small", Caps { files: Some(3), record_bytes: Some(1500), tasks: Some(2), ..NO_CAPS }),
    ("trial", Caps { blob_bytes: Some(50), active_streams: Some(1), notes: Some(3), ..NO_CAPS }),
];

const NO_CAPS: Caps = Caps {
    blob_bytes: None,
    files: None,
    active_streams: None,
    record_bytes: None,
    notes: None,
    tasks: None,
};

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
    OnFile(OnFile),
    /// List a collection, page by page.
    List(Listing, usize),
    /// List the videos of all tenants, page by page.
    AllVideos(usize),
    Plan(PlanKind, PlanDeed),
    Token(TokenDeed),
    StreamKey(KeyDeed),
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

    /// Whether it is about what a shared workspace does not share.
    pub(crate) const fn is_about_secrets(&self) -> bool {
        matches!(
            self,
            Self::Token(_) | Self::StreamKey(_) | Self::List(Listing::Tokens | Listing::StreamKeys, _)
        )
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
    pub(crate) active_streams: u64,
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
    /// Each collection with its records in order, then with the newest first, read in pages of two; those
    /// of which whoever took it sees nothing without.
    pub(crate) collections: Vec<(&'static str, Option<[Vec<String>; 2]>)>,
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
    /// What a fetch added, changed, left alone, and was not told of.
    Fetched([Vec<String>; 4]),
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

impl Seen {
    /// The same, with no secret of a record.
    pub(crate) fn without_secrets(mut self) -> Self {
        let hide = |texts: &mut Vec<String>| {
            for text in texts {
                *text = text.replace(r#""stream_key":"synthetic""#, r#""stream_key":"[secret]""#);
                // Of a kind with secrets only what the type writes is shown: of what names nothing any more, nothing.
                if text.contains(r#""process_pid":"#) {
                    for field in ["video_file", "token_file", "stream_id", "thumbnail"] {
                        *text = text.replace(&format!(r#","{field}":null"#), "");
                    }
                }
            }
        };
        match &mut self {
            Self::Texts(texts) | Self::Page(texts, _) => hide(texts),
            Self::Snapshot(seen) => {
                seen.collections.iter_mut().flat_map(|(_, texts)| texts).flatten().for_each(hide);
            }
            _ => {}
        }
        self
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
