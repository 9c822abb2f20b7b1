//! Histories: what several users do, step by step, as data.
//!
//! A [`Step`] says who does what in whose workspace. Users are numbers, so that the same history can be
//! told of any tenants; a [`Stage`] lends them names and performs the steps on a host's
//! [`Tenantry`](crate::Tenantry), by the public API alone. Random ones come from
//! [`strategies::histories`](super::strategies::histories).
//!
//! ```
//! use tenantry::testkit::histories::{Act, Deed, Note, Stage, Step};
//! use tenantry::{Tenantry, paths::TenantId, store::MemoryStore};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let users = vec![TenantId::parse("ana")?, TenantId::parse("ben")?];
//! let tenantry = Tenantry::builder(MemoryStore::new()).open().await?;
//! for user in &users {
//!     tenantry.ensure(user, "").await?;
//! }
//! let mut stage = Stage::new(&tenantry, users);
//! let note = Act::Note(Deed::Insert(0, Note { text: "rain".into(), tag: None }));
//! stage.perform(&Step { by: 0, on: 0, act: note }).await?;
//! // Ben looks for it.
//! let look = Step { by: 1, on: 0, act: Act::Note(Deed::Get(0)) };
//! assert_eq!(look.to_string(), "user 1 in the workspace of user 0: get note 0");
//! stage.perform(&look).await.unwrap_err();
//! # Ok(())
//! # }
//! ```

mod stage;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::stage::Stage;
use crate::Schedule;
use crate::ownership::Action;
use crate::paths::CollectionName;
use crate::record::Entity;

/// A record of a host's own kind, in the collection `notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Any text.
    pub text: String,
    /// What it is found by, in the index `tag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Under which its records are kept.
const NOTES: &str = "notes";

impl Entity for Note {
    #[allow(clippy::expect_used, reason = "the name is valid")]
    fn collection() -> CollectionName {
        CollectionName::parse(NOTES).expect("the name is valid")
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        self.tag.iter().map(|tag| ("tag", tag.clone())).collect()
    }
}

/// What is done with one note. Their ids are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deed {
    /// Insert it.
    Insert(u8, Note),
    /// Read it.
    Get(u8),
    /// Replace its value, whatever its revision.
    Update(u8, Note),
    /// Remove it, whatever its revision.
    Remove(u8),
}

/// One operation. Videos are named by how many came after them in the same workspace: 0 is the newest.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Act {
    /// Something with one note.
    Note(Deed),
    /// Several such things in one transaction, which is given up at its end or not.
    Together {
        /// What is done.
        deeds: Vec<Deed>,
        /// Whether its function returns an error at last.
        gives_up: bool,
    },
    /// List notes.
    ListNotes {
        /// In which order.
        newest_first: bool,
        /// How many at the most.
        limit: usize,
    },
    /// Find notes by their tag.
    FindNotes(String),
    /// Upload a video.
    Upload {
        /// The name that it has with its user.
        original: String,
        /// The lengths of the pieces in which its bytes come.
        pieces: Vec<u16>,
        /// Whether the upload breaks off behind them.
        breaks: bool,
    },
    /// List videos, so many at the most.
    ListVideos(usize),
    /// Read a video's bytes from the `first` on.
    OpenVideo {
        /// Which.
        which: usize,
        /// The first byte that is wanted.
        first: u64,
    },
    /// Compare a video's bytes with their checksum.
    VerifyVideo(usize),
    /// Give a video another title.
    RenameVideo(usize, String),
    /// Delete a video.
    DeleteVideo(usize),
    /// Add a schedule.
    AddSchedule(Box<Schedule>),
    /// List schedules.
    ListSchedules,
    /// Store a token under a name made of a number.
    CreateToken(u8, String),
    /// Read one with its content.
    ReadToken(u8),
    /// Delete one.
    DeleteToken(u8),
    /// List tokens.
    ListTokens,
    /// Read the profile.
    ReadProfile,
    /// Change the display name.
    ChangeName(String),
    /// Read usage and limits.
    ReadUsage,
    /// Take a snapshot and look at it.
    Snapshot,
    /// Ask whether an action would be allowed on the tenant.
    Can(Action),
    /// Try to list all tenants.
    ListTenants,
    /// So many seconds pass, for everybody.
    Advance(u32),
}

/// An operation of one user in a user's workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whose operation it is.
    pub by: usize,
    /// In whose workspace.
    pub on: usize,
    /// What is done.
    pub act: Act,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(id, note) => write!(f, "insert note {id} {:?}", note.text),
            Self::Get(id) => write!(f, "get note {id}"),
            Self::Update(id, note) => write!(f, "update note {id} to {:?}", note.text),
            Self::Remove(id) => write!(f, "remove note {id}"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(deed) => write!(f, "{deed}"),
            Self::Together { deeds, gives_up } => {
                let deeds: Vec<_> = deeds.iter().map(Deed::to_string).collect();
                let ending = if *gives_up { ", and give up" } else { "" };
                write!(f, "in one transaction: {}{ending}", deeds.join(", "))
            }
            Self::ListNotes { newest_first, limit } => {
                write!(f, "list {limit} notes{}", if *newest_first { ", the newest first" } else { "" })
            }
            Self::FindNotes(tag) => write!(f, "find the notes of tag {tag:?}"),
            Self::Upload { original, pieces, breaks } => {
                let length: u64 = pieces.iter().copied().map(u64::from).sum();
                let ending = if *breaks { ", and break off" } else { "" };
                write!(f, "upload {original:?} of {length} bytes{ending}")
            }
            Self::ListVideos(limit) => write!(f, "list {limit} videos"),
            Self::OpenVideo { which, first } => write!(f, "open video {which} from byte {first} on"),
            Self::VerifyVideo(which) => write!(f, "verify video {which}"),
            Self::RenameVideo(which, title) => write!(f, "rename video {which} to {title:?}"),
            Self::DeleteVideo(which) => write!(f, "delete video {which}"),
            Self::AddSchedule(schedule) => write!(f, "add the schedule {:?}", schedule.title),
            Self::ListSchedules => f.write_str("list schedules"),
            Self::CreateToken(number, _) => write!(f, "create token {number}"),
            Self::ReadToken(number) => write!(f, "read token {number}"),
            Self::DeleteToken(number) => write!(f, "delete token {number}"),
            Self::ListTokens => f.write_str("list tokens"),
            Self::ReadProfile => f.write_str("read the profile"),
            Self::ChangeName(name) => write!(f, "change the display name to {name:?}"),
            Self::ReadUsage => f.write_str("read usage and limits"),
            Self::Snapshot => f.write_str("take a snapshot"),
            Self::Can(action) => write!(f, "ask whether {action} would be allowed"),
            Self::ListTenants => f.write_str("list all tenants"),
            Self::Advance(seconds) => write!(f, "{seconds} seconds pass"),
        }
    }
}

impl fmt::Display for Step {
    /// A sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.act, self.by == self.on) {
            (Act::Advance(_), _) => write!(f, "{}", self.act),
            (act, true) => write!(f, "user {}: {act}", self.by),
            (act, false) => write!(f, "user {} in the workspace of user {}: {act}", self.by, self.on),
        }
    }
}
