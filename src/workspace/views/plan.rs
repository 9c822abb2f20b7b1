//! What adopting an edited view does, or why it is refused, row by row.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::{RecordError, RecordId};

/// What adopting an edited view would do now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AdoptionPlan {
    /// The records that would be inserted.
    pub inserted: Vec<RecordId>,
    /// The records that would be changed.
    pub updated: Vec<RecordId>,
    /// The records that would be removed.
    pub removed: Vec<RecordId>,
    /// The records that changed, appeared or went since the file was written, and that nobody edited
    /// in it: they stay as they are now.
    pub left: Vec<RecordId>,
    /// What can't be carried over. If there is any of it, nothing would be.
    pub refused: RefusedEdits,
}

/// What adopting an edited view did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Adoption {
    /// How many records were inserted.
    pub inserted: usize,
    /// How many were changed.
    pub updated: usize,
    /// How many were removed.
    pub removed: usize,
    /// How many are newer than the file and were left as they are.
    pub left: usize,
}

/// Everything in an edited view that can't be carried over. It is the source of the error with which
/// [`adopt`](super::EditedViews::adopt) refuses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RefusedEdits {
    /// The first of them, in the order of the file; then the records that it lacks.
    pub edits: Vec<RefusedEdit>,
    /// How many there are in all.
    pub count: usize,
}

impl RefusedEdits {
    /// How many are told one by one.
    pub const MOST: usize = 100;

    /// Whether nothing is refused.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn push(&mut self, edit: RefusedEdit) {
        self.count += 1;
        if self.edits.len() < Self::MOST {
            self.edits.push(edit);
        }
    }

    /// Whether all that is refused changed meanwhile in the ledger.
    pub(super) fn are_conflicts(&self) -> bool {
        let all_told = self.edits.len() == self.count;
        all_told && self.edits.iter().all(|edit| edit.reason == EditRefusal::ChangedSince)
    }
}

impl fmt::Display for RefusedEdits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, edit) in self.edits.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fmt::Display::fmt(edit, f)?;
        }
        match self.count - self.edits.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for RefusedEdits {}

/// One thing that can't be carried over. It holds no value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedEdit {
    /// Which row of the file it is, from 1; `None` for a record that the file lacks.
    pub row: Option<usize>,
    /// The record's id, as far as it can be read.
    pub id: Option<RecordId>,
    /// The field, if it is about one.
    pub field: Option<String>,
    /// Why.
    pub reason: EditRefusal,
}

/// Why an edit can't be carried over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditRefusal {
    /// The row is no record, or not one of this type, or exceeds a limit.
    #[error("it is no record of this kind: {0}")]
    NotARecord(RecordError),
    /// Another row before it has the same id.
    #[error("a row before it has the same id")]
    DuplicateId,
    /// The row names another owner than the tenant.
    #[error("a record belongs to the tenant with which it is stored")]
    ForeignOwner,
    /// The field is set by the library or the application alone, or may not have this value.
    #[error("this field can't be edited so")]
    Field,
    /// The record changed in the ledger since the file was written, or was removed there; or the row
    /// does not say by `updated_at` which state of it was edited.
    #[error("the record changed since the file was written")]
    ChangedSince,
    /// The record lies behind all rows that the file has of the ledger's present state, so that it may
    /// have come since, rather than been taken out by hand.
    #[error("the record is missing in the file, but may have been added since it was read")]
    MayBeNewer,
    /// The record stands for a stored file, which no row of a file can bring or take away.
    #[error("a record with a stored file is neither added nor removed by a row")]
    StoredFile,
}

impl fmt::Display for RefusedEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, &self.id) {
            (Some(row), Some(id)) => write!(f, "row {row} ({id:?})", id = id.as_str())?,
            (Some(row), None) => write!(f, "row {row}")?,
            (None, Some(id)) => write!(f, "{:?}", id.as_str())?,
            (None, None) => f.write_str("the file")?,
        }
        if let Some(field) = &self.field {
            write!(f, ", field {field:?}")?;
        }
        write!(f, ": {}", self.reason)
    }
}
