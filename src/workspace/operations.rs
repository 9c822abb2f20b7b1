//! One operation on the records of a kind, decided as the action that a handle asks for.
//!
//! [`Collection`](super::Collection) asks for the general actions; a handle for a kind of its own asks
//! for that kind's.

use crate::error::Result;
use crate::ledger::Draft;
use crate::ownership::{Action, Resource};
use crate::paths::CollectionName;
use crate::record::{Entity, OnReferenced, Record, RecordId};

use super::access::{Access, Author};
use super::page::{ListOptions, Page};
use super::records::{self, Expected, Inserted};

/// One record.
pub(super) async fn get<E: Entity>(access: &Access, action: Action, id: &RecordId) -> Result<Record<E>> {
    get_of(access, action, &E::collection(), id).await
}

/// The same of a type whose collection is known to be that.
pub(super) async fn get_of<E: Entity>(
    access: &Access,
    action: Action,
    collection: &CollectionName,
    id: &RecordId,
) -> Result<Record<E>> {
    let admitted = access.admit_to_look(action, &records::resource_in(collection, id)).await?;
    let record = records::get_of(&admitted.state, access.tenant(), action, collection, id)?;
    access.sight(&admitted.principal, &admitted.state)?.of(action, record)
}

/// A page of the records.
pub(super) async fn list<E: Entity>(
    access: &Access,
    action: Action,
    options: &ListOptions,
) -> Result<Page<Record<E>>> {
    list_of(access, action, E::collection(), options).await
}

/// The same of a type whose collection is known to be that.
pub(super) async fn list_of<E: Entity>(
    access: &Access,
    action: Action,
    collection: CollectionName,
    options: &ListOptions,
) -> Result<Page<Record<E>>> {
    let admitted = access.admit_to_look(action, &Resource::Collection(collection.clone())).await?;
    let page = records::list_of(&admitted.state, access.tenant(), action, collection, options)?;
    let sight = access.sight(&admitted.principal, &admitted.state)?;
    Ok(Page { items: sight.of_all(action, page.items)?, next: page.next })
}

/// The records that an index finds under a key.
pub(super) async fn find<E: Entity>(
    access: &Access,
    action: Action,
    index: &str,
    key: &str,
) -> Result<Vec<Record<E>>> {
    let admitted = access.admit_to_look(action, &Resource::Collection(E::collection())).await?;
    let found = records::find(&admitted.state, access.tenant(), action, index, key)?;
    let sight = access.sight(&admitted.principal, &admitted.state)?;
    sight.of_all(action, found)
}

/// Inserts a record under a fresh id.
pub(super) async fn insert<E: Entity>(access: &Access, action: Action, value: E) -> Result<Record<E>> {
    let id = access.core.fresh_id();
    let collection = E::collection();
    let mut inserted = Inserted::new(&access.core, &collection, value);
    let resource = Resource::Collection(collection);
    let run = move |draft: &mut Draft, author: &Author<'_>| {
        records::insert_made(draft, author, action, &id, &mut inserted)
    };
    Ok(access.transact(action, &resource, run).await?.0)
}

/// Changes a record inside a transaction, by a function that may run again.
pub(super) async fn change<E: Entity, T: Send + 'static>(
    access: &Access,
    action: Action,
    id: &RecordId,
    mut function: impl FnMut(&mut Draft, &Author<'_>, &RecordId) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (resource, id) = (records::resource::<E>(id), id.clone());
    let run = move |draft: &mut Draft, author: &Author<'_>| function(draft, author, &id);
    Ok(access.transact(action, &resource, run).await?.0)
}

/// Removes a record, and sees to those who name it.
pub(super) async fn remove<E: Entity>(
    access: &Access,
    action: Action,
    id: &RecordId,
    expected: Expected,
    named: OnReferenced,
) -> Result<Record<E>> {
    let run = move |draft: &mut Draft, author: &Author<'_>, id: &RecordId| {
        records::remove::<E>(draft, author, action, id, expected, named)
    };
    change::<E, _>(access, action, id, run).await
}
