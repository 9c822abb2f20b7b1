//! A tenant's records of one kind.

use std::marker::PhantomData;

use crate::error::Result;
use crate::ledger::Draft;
use crate::ownership::Action;
use crate::paths::CollectionName;
use crate::record::{Entity, OnReferenced, Record, RecordId};

use super::access::{Access, Author};
use super::operations;
use super::page::{ListOptions, Page};
use super::records::{self, Expected, Inserted};

/// A tenant's records of one kind.
///
/// # Errors
/// Every operation answers [`NotFound`](crate::ErrorKind::NotFound) for what is missing or foreign,
/// [`Denied`](crate::ErrorKind::Denied) for what may be seen and not done, and the store's errors.
/// Changes also answer [`QuotaExceeded`](crate::ErrorKind::QuotaExceeded),
/// [`TooLarge`](crate::ErrorKind::TooLarge), [`InvalidInput`](crate::ErrorKind::InvalidInput),
/// [`Contended`](crate::ErrorKind::Contended), and
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), after which the change may have happened.
#[derive(Debug)]
pub struct Collection<'a, E> {
    access: &'a Access,
    /// The type's: it is asked once.
    collection: CollectionName,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: Entity> Collection<'a, E> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access, collection: E::collection(), entity: PhantomData }
    }

    /// One record.
    ///
    /// # Errors
    /// See [`Collection`].
    pub async fn get(&self, id: &RecordId) -> Result<Record<E>> {
        operations::get_of(self.access, Action::GetRecord, &self.collection, id).await
    }

    /// A page of the records.
    ///
    /// # Errors
    /// See [`Collection`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a limit out of range
    /// or a cursor of another list.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<Record<E>>> {
        operations::list_of(self.access, Action::ListRecords, self.collection.clone(), options).await
    }

    /// The records that an index finds under a key, in order of insertion.
    ///
    /// # Errors
    /// See [`Collection`].
    pub async fn find(&self, index: &str, key: &str) -> Result<Vec<Record<E>>> {
        operations::find(self.access, Action::ListRecords, index, key).await
    }

    /// Inserts a record under a fresh id.
    ///
    /// # Errors
    /// See [`Collection`].
    pub async fn insert(&self, value: E) -> Result<Record<E>> {
        let id = self.access.core.fresh_id();
        self.insert_as(&id, value).await
    }

    /// Inserts a record under an id of the host's.
    ///
    /// # Errors
    /// See [`Collection`]; [`AlreadyExists`](crate::ErrorKind::AlreadyExists) if the id is taken.
    pub async fn insert_as(&self, id: &RecordId, value: E) -> Result<Record<E>> {
        let action = Action::InsertRecord;
        let (resource, id) = (records::resource_in(&self.collection, id), id.clone());
        let mut inserted = Inserted::new(&self.access.core, &self.collection, value);
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            records::insert_made(draft, author, action, &id, &mut inserted)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }

    /// Replaces a record's value, if its revision is the expected one. Fields that the type does not
    /// know stay.
    ///
    /// # Errors
    /// See [`Collection`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch).
    pub async fn update(&self, id: &RecordId, expected: impl Into<Expected>, value: E) -> Result<Record<E>>
    where
        E: Clone,
    {
        self.modify(id, expected, move |_| Ok(value.clone())).await
    }

    /// Changes a record to what the function makes of its newest value. It may run again.
    ///
    /// # Errors
    /// See [`Collection`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch); what the function
    /// returns.
    pub async fn modify(
        &self,
        id: &RecordId,
        expected: impl Into<Expected>,
        mut change: impl FnMut(&E) -> Result<E> + Send + 'static,
    ) -> Result<Record<E>> {
        let action = Action::UpdateRecord;
        let resource = records::resource_in(&self.collection, id);
        let (id, expected) = (id.clone(), expected.into());
        let run = move |draft: &mut Draft, author: &Author<'_>| {
            records::update(draft, author, action, &id, expected, &mut change)
        };
        Ok(self.access.transact(action, &resource, run).await?.0)
    }

    /// Removes a record, if its revision is the expected one, and returns it. Files to which no other
    /// record refers go with it.
    ///
    /// # Errors
    /// See [`Collection`]; [`RevisionMismatch`](crate::ErrorKind::RevisionMismatch);
    /// [`Referenced`](crate::ErrorKind::Referenced) if another record names it, and is to
    /// [stay as it is](crate::record::Reference::rule).
    pub async fn remove(&self, id: &RecordId, expected: impl Into<Expected>) -> Result<Record<E>> {
        self.remove_with(id, expected, OnReferenced::Refuse).await
    }

    /// The same, saying what becomes of the records that name it, where their own rule does not: each of
    /// those changes is decided by the policy as an action of its own, and all happens or nothing.
    ///
    /// # Errors
    /// As for [`remove`](Self::remove); [`Denied`](crate::ErrorKind::Denied) if one of the others may not be
    /// changed; [`Referenced`](crate::ErrorKind::Referenced) also if one of them can't do without, or is of a
    /// kind that is not [registered](super::Builder::kind).
    pub async fn remove_with(
        &self,
        id: &RecordId,
        expected: impl Into<Expected>,
        named: OnReferenced,
    ) -> Result<Record<E>> {
        operations::remove(self.access, Action::RemoveRecord, id, expected.into(), named).await
    }
}
