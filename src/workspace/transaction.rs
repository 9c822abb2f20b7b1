//! Several changes at once, and answers that are given once.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::json_error::JsonError;
use crate::ledger::{Direction, Draft, Section};
use crate::ownership::{Action, Permit, Resource};
use crate::paths::TenantId;
use crate::record::{Entity, OnReferenced, Record, RecordId};

use super::access::Author;
use super::page::{ListOptions, Page};
use super::records::{self, Expected};

/// A tenant's state under change.
#[derive(Debug)]
pub struct Transaction<'a> {
    draft: &'a mut Draft,
    author: &'a Author<'a>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(draft: &'a mut Draft, author: &'a Author<'a>) -> Self {
        Self { draft, author }
    }

    /// The records of one kind.
    pub fn collection<E: Entity>(&mut self) -> TransactionCollection<'_, E> {
        TransactionCollection { draft: self.draft, author: self.author, entity: PhantomData }
    }

    /// The moment at which it runs.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.draft.now()
    }
}

/// The records of one kind, within a transaction. The operations are those of
/// [`Collection`](super::Collection), at once.
#[derive(Debug)]
pub struct TransactionCollection<'a, E> {
    draft: &'a mut Draft,
    author: &'a Author<'a>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> TransactionCollection<'_, E> {
    fn permit(&self, action: Action, resource: &Resource) -> Result<Permit> {
        self.author.permit(self.draft.state(), action, resource)
    }

    /// One record.
    ///
    /// # Errors
    /// See [`Collection::get`](super::Collection::get).
    pub fn get(&self, id: &RecordId) -> Result<Record<E>> {
        self.permit(Action::GetRecord, &records::resource::<E>(id))?;
        records::get(self.draft.state(), self.author.tenant, Action::GetRecord, id)
    }

    /// A page of the records.
    ///
    /// # Errors
    /// See [`Collection::list`](super::Collection::list).
    pub fn list(&self, options: &ListOptions) -> Result<Page<Record<E>>> {
        self.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        records::list(self.draft.state(), self.author.tenant, Action::ListRecords, options)
    }

    /// The records that an index finds under a key.
    ///
    /// # Errors
    /// See [`Collection::find`](super::Collection::find).
    pub fn find(&self, index: &str, key: &str) -> Result<Vec<Record<E>>> {
        self.permit(Action::ListRecords, &Resource::Collection(E::collection()))?;
        records::find(self.draft.state(), self.author.tenant, Action::ListRecords, index, key)
    }

    /// Inserts a record under an id, which the host makes before the transaction so that it is the
    /// same when it runs again.
    ///
    /// # Errors
    /// See [`Collection::insert_as`](super::Collection::insert_as).
    pub fn insert_as(&mut self, id: &RecordId, value: &E) -> Result<Record<E>> {
        self.permit(Action::InsertRecord, &records::resource::<E>(id))?;
        records::insert(self.draft, self.author, Action::InsertRecord, id, value)
    }

    /// Changes a record to what the function makes of its value.
    ///
    /// # Errors
    /// See [`Collection::modify`](super::Collection::modify).
    pub fn modify(
        &mut self,
        id: &RecordId,
        expected: impl Into<Expected>,
        change: impl FnOnce(&E) -> Result<E>,
    ) -> Result<Record<E>> {
        self.permit(Action::UpdateRecord, &records::resource::<E>(id))?;
        records::update(self.draft, self.author, Action::UpdateRecord, id, expected.into(), change)
    }

    /// Removes a record.
    ///
    /// # Errors
    /// See [`Collection::remove`](super::Collection::remove).
    pub fn remove(&mut self, id: &RecordId, expected: impl Into<Expected>) -> Result<Record<E>> {
        self.remove_with(id, expected, OnReferenced::Refuse)
    }

    /// The same, saying what becomes of the records that name it.
    ///
    /// # Errors
    /// See [`Collection::remove_with`](super::Collection::remove_with).
    pub fn remove_with(
        &mut self,
        id: &RecordId,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<E>> {
        self.permit(Action::RemoveRecord, &records::resource::<E>(id))?;
        records::remove(self.draft, self.author, Action::RemoveRecord, id, expected.into(), named)
    }
}

/// The key under which an answer is kept: of one principal, so that nobody meets another's.
pub(super) fn request_key(principal: &TenantId, key: &str) -> Result<String> {
    if key.is_empty() || key.len() > 128 {
        return Err(Error::new(ErrorKind::InvalidInput, Action::Transact.as_str()).about("idempotency key"));
    }
    Ok(format!("{principal}:{key}"))
}

/// Runs a function unless its answer is known already, and keeps what it answers.
pub(super) fn once<T: Serialize + DeserializeOwned>(
    draft: &mut Draft,
    author: &Author<'_>,
    key: &str,
    function: impl FnOnce(&mut Draft) -> Result<T>,
) -> Result<T> {
    let unusable = |error: serde_json::Error| {
        let refused = Error::new(ErrorKind::InvalidInput, Action::Transact.as_str());
        refused.about("idempotency key").with_source(JsonError::from(error))
    };
    if let Some(known) = draft.state().get(&Section::REQUESTS, key) {
        return serde_json::from_slice(&known.text).map_err(unusable);
    }
    let value = function(draft)?;
    let text = serde_json::to_vec(&value).map_err(unusable)?;
    if text.len() > author.core.settings.answer_bytes {
        return Err(Error::new(ErrorKind::TooLarge, Action::Transact.as_str()).about("answer"));
    }
    draft.put(&Section::REQUESTS, key, Vec::new(), text.into());
    let known = usize::try_from(draft.state().tallies().of(&Section::REQUESTS).count).unwrap_or(usize::MAX);
    let surplus = known.saturating_sub(author.core.settings.kept_requests);
    for old in draft.state().list(&Section::REQUESTS, Direction::InOrder, None, surplus) {
        draft.remove(&Section::REQUESTS, &old.id);
    }
    Ok(value)
}
