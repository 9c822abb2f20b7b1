//! What an edited view means: each row against the record in the ledger, and against what the view
//! showed before.
//!
//! A file says nothing of when it was read, and what lay in the ledger then may have changed twice
//! since. So an edit counts only where it is certain that it was made on the present state:
//! - a row changes a record if the view showed that record last as it is now, and the row has its
//!   present `updated_at`;
//! - a record was taken out by hand if the view showed it as it is now, and the file has a row, itself of
//!   the present state, of a record that was inserted later: then whoever read that one read this one too;
//! - a row is a new record if the view did not show its id, and nothing in it is the library's to say.
//!
//! A row that is as the view showed it was not edited, whatever the ledger has by now. All else that
//! differs is refused.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Entry, State};
use crate::ownership::{Action, Resource};
use crate::paths::TenantId;
use crate::record::{
    Entity, Envelope, LocalTime, OnReferenced, Record, RecordError, RecordId, RecordLimits, RecordText,
    Revision,
};
use crate::views::Shown;

use super::super::access::Author;
use super::super::{records, references};
use super::plan::{Adoption, AdoptionPlan, EditRefusal, RefusedEdit, RefusedEdits};

const ACTION: Action = Action::AdoptView;
const OPERATION: &str = ACTION.as_str();

/// A view that somebody edited, as it was read.
pub(super) struct EditedFile {
    rows: Vec<Row>,
    /// What the view showed before.
    base: Shown,
}

/// One row: its text and envelope, or what is wrong with it.
type Row = Result<(RecordText, Envelope), RecordError>;

impl EditedFile {
    /// Reads a file in the documented format.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if it is no array.
    pub(super) fn read(text: &Bytes, base: Shown, limits: &RecordLimits) -> Result<Self> {
        let rows: Vec<&RawValue> = serde_json::from_slice(text).map_err(|error| {
            // serde's own message may quote what stands there.
            let (line, column) = (error.line(), error.column());
            Error::new(ErrorKind::InvalidInput, OPERATION)
                .about("an array of records")
                .with_source(RecordError::NotJson { line, column })
        })?;
        let read = |row: &&RawValue| {
            let text = RecordText::parse(row.get().as_bytes(), limits)?;
            let envelope = text.envelope()?;
            Ok((text, envelope))
        };
        Ok(Self { rows: rows.iter().map(read).collect(), base })
    }
}

/// Who adopts, where and when.
pub(super) struct Adopter<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) principal: &'a TenantId,
    pub(super) now: LocalTime,
    pub(super) limits: &'a RecordLimits,
}

/// What an edited view means for a state.
pub(super) struct Changes<E> {
    inserted: Vec<Record<E>>,
    updated: Vec<Record<E>>,
    removed: Vec<RecordId>,
    left: Vec<RecordId>,
    refused: RefusedEdits,
}

/// What a row means, if it can be carried over.
enum Meaning<E> {
    /// It says what is so already; of the present state, if it was.
    Nothing {
        present: bool,
    },
    /// It was not edited, and the ledger has something newer.
    Left,
    Insert(Box<Record<E>>),
    Update(Box<Record<E>>),
}

/// Why a row is refused, with the fields that are.
struct Refused(Vec<String>, EditRefusal);

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        Self(Vec::new(), EditRefusal::NotARecord(error))
    }
}

fn refuse(reason: EditRefusal) -> Refused {
    Refused(Vec::new(), reason)
}

fn fields(names: Vec<impl Into<String>>) -> Result<(), Refused> {
    match names.is_empty() {
        true => Ok(()),
        false => Err(Refused(names.into_iter().map(Into::into).collect(), EditRefusal::Field)),
    }
}

impl<E: Entity> Changes<E> {
    /// Compares a file with a state.
    pub(super) fn between(state: &State, file: &EditedFile, adopter: &Adopter<'_>) -> Self {
        let entries = records::own_texts(state, adopter.tenant, &E::collection());
        let known: HashMap<&str, &Entry> = entries.iter().map(|entry| (&*entry.id, entry)).collect();
        let (inserted, updated, refused) = Default::default();
        let mut changes = Self { inserted, updated, removed: Vec::new(), left: Vec::new(), refused };
        let mut seen = HashSet::new();
        // The last record of which it is certain that whoever wrote the file had read it.
        let mut read_up_to = None;
        for (at, row) in file.rows.iter().enumerate() {
            let (text, envelope) = match row {
                Ok(row) => row,
                Err(error) => {
                    changes.refuse(Some(at), None, error.clone().into());
                    continue;
                }
            };
            let id = envelope.id();
            if !seen.insert(id.as_str()) {
                changes.refuse(Some(at), Some(id), refuse(EditRefusal::DuplicateId));
                continue;
            }
            let entry = known.get(id.as_str()).copied();
            match meaning(state, entry, (text, envelope), file.base.get(id.as_str()), adopter) {
                Ok(meaning) => {
                    if let Some(entry) = entry.filter(|_| meaning.is_of_the_present()) {
                        read_up_to = read_up_to.max(Some(entry.order));
                    }
                    changes.add(meaning, id);
                }
                Err(refused) => changes.refuse(Some(at), Some(id), refused),
            }
        }
        for entry in entries.iter().filter(|entry| !seen.contains(&*entry.id)) {
            changes.without_a_row(entry, file.base.get(&entry.id), read_up_to);
        }
        changes
    }

    fn add(&mut self, meaning: Meaning<E>, id: &RecordId) {
        match meaning {
            Meaning::Nothing { .. } => {}
            Meaning::Left => self.left.push(id.clone()),
            Meaning::Insert(record) => self.inserted.push(*record),
            Meaning::Update(record) => self.updated.push(*record),
        }
    }

    fn refuse(&mut self, at: Option<usize>, id: Option<&RecordId>, Refused(fields, reason): Refused) {
        let (row, id) = (at.map(|at| at + 1), id.cloned());
        let mut push = |field| {
            self.refused.push(RefusedEdit { row, id: id.clone(), field, reason: reason.clone() });
        };
        match fields.is_empty() {
            true => push(None),
            false => fields.into_iter().for_each(|field| push(Some(shortened(field)))),
        }
    }

    /// A record that the file does not have.
    fn without_a_row(&mut self, entry: &Entry, base: Option<Revision>, read_up_to: Option<u64>) {
        // An id that could not be parsed would not be in the ledger.
        let Ok(id) = RecordId::parse(&entry.id) else { return };
        let text = RecordText::from_stored(entry.text.clone());
        let Some(base) = base else { return self.left.push(id) };
        let refused = if text.meaning().ok() != Some(base) {
            refuse(EditRefusal::ChangedSince)
        } else {
            match Record::<E>::read(&text) {
                Err(error) => error.into(),
                Ok(record) if !record.value().blobs().is_empty() => refuse(EditRefusal::StoredFile),
                Ok(_) if read_up_to < Some(entry.order) => refuse(EditRefusal::MayBeNewer),
                Ok(_) => return self.removed.push(id),
            }
        };
        self.refuse(None, Some(&id), refused);
    }

    /// What would be done.
    pub(super) fn plan(self) -> AdoptionPlan {
        let ids = |records: &[Record<E>]| records.iter().map(|record| record.id().clone()).collect();
        AdoptionPlan {
            inserted: ids(&self.inserted),
            updated: ids(&self.updated),
            removed: self.removed,
            left: self.left,
            refused: self.refused,
        }
    }

    /// Carries everything over, each change decided as the action that it is.
    ///
    /// # Errors
    /// [`ErrorKind::RevisionMismatch`] if something is refused because it changed meanwhile, and only
    /// so; else [`ErrorKind::InvalidInput`]; what the policy says; what is wrong with a record.
    pub(super) fn apply(self, draft: &mut Draft, author: &Author<'_>) -> Result<Adoption> {
        if !self.refused.is_empty() {
            let conflicts = self.refused.are_conflicts();
            let kind = if conflicts { ErrorKind::RevisionMismatch } else { ErrorKind::InvalidInput };
            let subject = E::collection().to_string();
            return Err(Error::new(kind, OPERATION).about(subject).with_source(self.refused));
        }
        let permit = |draft: &Draft, action, id: &RecordId| {
            let resource = Resource::Record(E::collection(), id.clone());
            author.permit(draft.state(), action, &resource).map(drop)
        };
        for record in &self.inserted {
            permit(draft, Action::InsertRecord, record.id())?;
            records::put(draft, author, ACTION, record.id(), (record.value(), None), record.text())?;
        }
        for record in &self.updated {
            permit(draft, Action::UpdateRecord, record.id())?;
            let before = records::get::<E>(draft.state(), author.tenant, ACTION, record.id())?;
            let values = (record.value(), Some(before.value()));
            records::put(draft, author, ACTION, record.id(), values, record.text())?;
        }
        for id in &self.removed {
            permit(draft, Action::RemoveRecord, id)?;
            let place = (records::section(&E::collection()), id.as_str().into());
            references::remove(draft, author, ACTION, place, OnReferenced::Refuse)?;
        }
        let (inserted, updated) = (self.inserted.len(), self.updated.len());
        Ok(Adoption { inserted, updated, removed: self.removed.len(), left: self.left.len() })
    }
}

impl<E> Meaning<E> {
    /// Whether the row was made of the record's present state.
    fn is_of_the_present(&self) -> bool {
        matches!(self, Self::Nothing { present: true } | Self::Update(_))
    }
}

/// What a row means, where the ledger has that record, or none of that id.
fn meaning<E: Entity>(
    state: &State,
    entry: Option<&Entry>,
    (row, envelope): (&RecordText, &Envelope),
    base: Option<Revision>,
    adopter: &Adopter<'_>,
) -> Result<Meaning<E>, Refused> {
    if envelope.owner().is_some_and(|owner| owner != adopter.tenant.as_str()) {
        return Err(Refused(vec!["owner".to_owned()], EditRefusal::ForeignOwner));
    }
    let Some(entry) = entry else { return new_row(state, (row, envelope), base, adopter) };
    let present = RecordText::from_stored(entry.text.clone());
    let edits = present.edits(row)?;
    let is_as_new = present.is_as_new_as(row)?;
    if edits.is_empty() {
        return Ok(Meaning::Nothing { present: is_as_new });
    }
    if base == Some(row.meaning()?) {
        return Ok(Meaning::Left);
    }
    if base != Some(present.meaning()?) || !is_as_new {
        return Err(refuse(EditRefusal::ChangedSince));
    }
    fields(edits.into_iter().filter(|name| Envelope::has(name)).collect())?;
    let before = Record::<E>::read(&present)?;
    let record = present.edited::<E>(row, adopter.now, adopter.limits)?;
    fields(record.value().refused_edits(Some(before.value())))?;
    if record.value().blobs() != before.value().blobs() {
        return Err(refuse(EditRefusal::StoredFile));
    }
    Ok(Meaning::Update(Box::new(record)))
}

/// What a row means of which the ledger shows no record.
fn new_row<E: Entity>(
    state: &State,
    (row, envelope): (&RecordText, &Envelope),
    base: Option<Revision>,
    adopter: &Adopter<'_>,
) -> Result<Meaning<E>, Refused> {
    let id = envelope.id();
    if let Some(base) = base {
        let unedited = base == row.meaning()?;
        return if unedited { Ok(Meaning::Left) } else { Err(refuse(EditRefusal::ChangedSince)) };
    }
    if state.get(&records::section(&E::collection()), id.as_str()).is_some() {
        // One that is never shown, since it names another owner or can't be read.
        return Err(refuse(EditRefusal::ForeignOwner));
    }
    fields(row.claims()?)?;
    let envelope = Envelope::new(id.clone(), adopter.tenant, adopter.principal, adopter.now);
    let record = RecordText::added::<E>(&envelope, row, adopter.limits)?;
    if !record.value().blobs().is_empty() {
        return Err(refuse(EditRefusal::StoredFile));
    }
    fields(record.value().refused_edits(None))?;
    Ok(Meaning::Insert(Box::new(record)))
}

/// A field's name, short enough to be shown.
fn shortened(name: String) -> String {
    const MOST: usize = 64;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}
