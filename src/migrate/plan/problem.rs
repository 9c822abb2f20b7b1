//! What is wrong with a tree.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Position;
use crate::migrate::TreePath;
use crate::paths::TenantId;

/// Something that is wrong, and what could be done about it. It quotes no value of a record but its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Of which kind it is.
    pub kind: ProblemKind,
    /// Whether the plan can't be applied because of it.
    pub blocking: bool,
    /// Whom alone it concerns; `None` if that can't be told, or if it concerns all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// Where; `None` for the tree as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<TreePath>,
    /// Which record there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// What is wrong.
    pub reason: String,
    /// What could be done.
    pub proposal: Cow<'static, str>,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The tree holds nothing that could be migrated.
    NothingFound,
    /// A file or folder can't be read, or is not of the kind that it should be.
    Unreadable,
    /// A database, the workbook or the users' file is damaged.
    Damaged,
    /// A folder is missing in which there should be files.
    MissingFolder,
    /// A record can't be stored as it is.
    RefusedRecord,
    /// Two records claim to be the same one, and differ.
    Conflict,
    /// A name can't be a tenant's.
    BadOwner,
    /// Something has an owner whose tenant has a ledger already.
    ExistingTenant,
    /// Something of a tenant that is migrated later lies in the folder of one that is migrated now.
    InTheWay,
    /// A database was read otherwise than it is written.
    ReadOtherwise,
    /// A record's id was missing, no id, or another's.
    NewId,
    /// A file is stored under another name.
    NewName,
    /// Files with the same content.
    Duplicate,
    /// A file that no record named.
    NoRecord,
    /// A record whose file is not there.
    NoFile,
    /// A record names another one that is not there.
    Dangling,
    /// A file beneath `tokens` that is none.
    NoToken,
    /// A database whose kind of records is not known.
    UnknownKind,
    /// A plan or limit of a user that can't be told.
    Limits,
    /// A tenant would have more than it may.
    OverLimit,
    /// An owner was given for something that there is not.
    UnusedOwner,
}

impl ProblemKind {
    /// What it is called for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing to migrate",
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
            Self::MissingFolder => "missing folder",
            Self::RefusedRecord => "record that can't be placed",
            Self::Conflict => "two that differ",
            Self::BadOwner => "owner that can't be one",
            Self::ExistingTenant => "tenant that exists already",
            Self::InTheWay => "another's in a tenant's folder",
            Self::ReadOtherwise => "read otherwise than written",
            Self::NewId => "new id",
            Self::NewName => "new name",
            Self::Duplicate => "duplicate",
            Self::NoRecord => "file without record",
            Self::NoFile => "record without file",
            Self::Dangling => "names what is not there",
            Self::NoToken => "no token",
            Self::UnknownKind => "unknown database",
            Self::Limits => "limits",
            Self::OverLimit => "over a limit",
            Self::UnusedOwner => "owner of nothing",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
