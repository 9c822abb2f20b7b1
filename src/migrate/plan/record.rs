//! What becomes of a record.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::migrate::{Digest, TreePath};
use crate::paths::{CollectionName, TenantId};
use crate::record::RecordId;

/// One record, where it is and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedRecord {
    /// The file in which it stands; for one that is made, the file for which.
    pub from: TreePath,
    /// Where in it.
    pub at: Position,
    /// The digest of its text as it was read: a JSON object in one line, or a row as one.
    pub original: Digest,
    /// Whose it becomes.
    pub tenant: TenantId,
    /// In which collection.
    pub collection: CollectionName,
    /// Under which id.
    pub id: RecordId,
    /// What is changed of the text, in this order.
    pub edits: Vec<Edit>,
    /// The digest of the text that is stored.
    pub text: Digest,
    /// The length of that text.
    pub bytes: u64,
    /// Why it goes there.
    pub why: Cow<'static, str>,
}

/// Where in a file a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// The whole file is one.
    Whole,
    /// The element of an array, from 1.
    Record(usize),
    /// The member of a stream mapping: which token, and which stream of it, both from 1; 0 is all of a token's.
    Stream {
        /// Which token.
        token: usize,
        /// Which of its streams.
        stream: usize,
    },
    /// The row of a sheet, as a spreadsheet numbers it.
    Row(u32),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("the file"),
            Self::Record(number) => write!(f, "record {number}"),
            Self::Stream { token, stream: 0 } => write!(f, "token {token}"),
            Self::Stream { token, stream } => write!(f, "token {token}, stream {stream}"),
            Self::Row(number) => write!(f, "row {number}"),
        }
    }
}

/// One change of a record's text.
///
/// A field is set where it stands; a new one goes to the end, but `id` to the beginning, and each of the
/// other [envelope fields](crate::record::Envelope::FIELDS) behind the last of those before it in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Edit {
    /// A field gets this value.
    Set {
        /// The field.
        field: Cow<'static, str>,
        /// Its value.
        value: Value,
    },
    /// What a field holds is kept in a new one at the end, before it is set.
    Keep {
        /// The field.
        field: Cow<'static, str>,
        /// The new one.
        under: Cow<'static, str>,
    },
}
