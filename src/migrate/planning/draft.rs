//! A record on its way into the plan.

use std::borrow::Cow;

use jiff::Timestamp;

use super::findings::Place;
use crate::migrate::{Digest, Edit, Form, PlannedRecord, Position, TreePath};
use crate::paths::{CollectionName, TenantId};
use crate::record::{Fields, RecordId};

/// A record on its way.
pub(super) struct Draft {
    pub(super) from: TreePath,
    pub(super) at: Position,
    /// What its file is; none for a record that is made.
    pub(super) form: Option<Form>,
    /// Whether its file is not there any more.
    pub(super) is_taken: bool,
    /// The tenant in whose folder its file lies.
    pub(super) scope: Option<TenantId>,
    pub(super) collection: CollectionName,
    /// The text as it was read.
    pub(super) base: String,
    /// When its file was changed last.
    pub(super) modified: Timestamp,
    pub(super) tenant: TenantId,
    pub(super) why: Cow<'static, str>,
    /// The id as it was read, whatever it is.
    pub(super) old_id: Option<String>,
    /// The id that it has or gets.
    pub(super) id: Option<RecordId>,
    /// What its fields name, by their place among the [fields](super::super::documented::file_fields).
    pub(super) files: Vec<(&'static str, Named)>,
    pub(super) edits: Vec<Edit>,
    pub(super) text: Digest,
    pub(super) bytes: u64,
    pub(super) is_active: bool,
    /// The keys under which it is found, and the fields by which it names others with theirs, as digests.
    pub(super) keys: Vec<u128>,
    pub(super) names: Vec<(&'static str, u128)>,
}

/// What a field that names a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A file that is there, by its number.
    Media(usize),
    /// A token that is there, by the number of its draft.
    Token(usize),
    /// Nothing that there is.
    Missing,
}

impl Draft {
    /// The fields as they were read.
    pub(super) fn fields(&self) -> Fields<'_> {
        // It was read before.
        Fields::of_own(&self.base).unwrap_or_default()
    }

    /// The text of a field that has one.
    pub(super) fn text_of(&self, field: &str) -> Option<String> {
        text_in(&self.fields(), field)
    }

    /// Where it stands.
    pub(super) const fn place(&self) -> Place<'_> {
        Place::of(&self.tenant, Some(&self.from), Some(self.at))
    }

    pub(super) fn into_planned(mut self) -> PlannedRecord {
        self.edits.shrink_to_fit();
        PlannedRecord {
            original: Digest::of(self.base.as_bytes()),
            from: self.from,
            at: self.at,
            tenant: self.tenant,
            collection: self.collection,
            // Every draft that is left has one.
            id: self.id.unwrap_or_else(|| super::identity::made_id(&[])),
            edits: self.edits,
            text: self.text,
            bytes: self.bytes,
            why: self.why,
        }
    }
}

/// The text of a field that has one; to be asked of the same fields again and again.
pub(super) fn text_in(fields: &Fields<'_>, field: &str) -> Option<String> {
    fields.get_text(field).filter(|text| !text.trim().is_empty())
}
