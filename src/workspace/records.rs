//! The rules of records: pure functions over a tenant's state.

mod inserting;
#[cfg(any(feature = "archive", feature = "migrate"))]
mod restoring;

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{
    Direction, Draft, Entry, Found, IndexKey, Kept, LazyState, OfEntry, Section, State, kept_as,
};
use crate::ownership::{Action, Resource};
use crate::paths::{Area, CollectionName, FileName, TenantId};
use crate::record::{
    ChangeRefusal, Entity, OnReferenced, Record, RecordError, RecordId, RecordParts, RecordText, Revision,
};

use super::access::{Author, missing};
use super::files;
use super::page::{Cursor, ListOptions, Page};
use super::references;
pub(super) use inserting::{Inserted, insert, insert_like, insert_made};
#[cfg(any(feature = "archive", feature = "migrate"))]
pub(super) use restoring::{MissingFiles, restore};

/// Which revision a change is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// This one and no other: what was changed meanwhile is not overwritten.
    Revision(Revision),
}

impl From<Revision> for Expected {
    fn from(revision: Revision) -> Self {
        Self::Revision(revision)
    }
}

/// The section that holds a collection.
pub(super) fn section(collection: &CollectionName) -> Section {
    Section::of(collection)
}

/// A record as what an action is about.
pub(super) fn resource<E: Entity>(id: &RecordId) -> Resource {
    Resource::Record(E::collection(), id.clone())
}

/// The same in a collection that is known.
pub(super) fn resource_in(collection: &CollectionName, id: &RecordId) -> Resource {
    Resource::Record(collection.clone(), id.clone())
}

/// The index in which a record's blobs are found.
const BLOB_INDEX: &str = "@blob";

pub(super) fn blob_key(area: Area, name: &FileName) -> IndexKey {
    IndexKey::new(BLOB_INDEX, &files::address(area, name))
}

fn damaged(operation: &'static str, resource: &Resource, error: RecordError) -> Error {
    Error::new(ErrorKind::Corrupt, operation).about(resource.to_string()).with_source(error)
}

fn invalid(operation: &'static str, resource: &Resource, error: RecordError) -> Error {
    let kind = match error {
        RecordError::TooLarge { .. } => ErrorKind::TooLarge,
        _ => ErrorKind::InvalidInput,
    };
    Error::new(kind, operation).about(resource.to_string()).with_source(error)
}

impl<E: Entity> OfEntry for RecordParts<E> {
    #[inline]
    fn is_of(&self, id: &str) -> bool {
        RecordParts::is_of(self, id)
    }
}

/// A record that was kept, if it was read as this type.
#[inline(always)]
fn of_kept<E: Entity>(kept: &Kept) -> Option<Record<E>> {
    kept_as(kept).map(Record::of_shared)
}

/// Reads an entry as a record; `None` if it names another owner than the tenant it is stored with.
///
/// What is kept beside the entry is a function of its text and the tenant alone: who it is shown to, and how, is
/// decided for each read, above. What names another owner is not kept, so that nobody need look for one in what is.
#[inline(always)]
fn read_entry<E: Entity>(action: Action, tenant: &TenantId, found: Found<'_>) -> Result<Option<Record<E>>> {
    match found.kept().and_then(of_kept::<E>) {
        Some(record) => {
            debug_assert!(is_own(&record, tenant));
            Ok(Some(record))
        }
        None => read_text(action, tenant, found),
    }
}

/// The same of an entry of which nothing is kept, or not as this type; kept from now on.
#[inline(never)]
fn read_text<E: Entity>(action: Action, tenant: &TenantId, found: Found<'_>) -> Result<Option<Record<E>>> {
    let record = read_own::<E>(action, tenant, found)?;
    if let Some(record) = &record {
        found.keep(record.clone().into_parts(), record.weight());
    }
    Ok(record)
}

/// The same without keeping it.
fn read_own<E: Entity>(action: Action, tenant: &TenantId, found: Found<'_>) -> Result<Option<Record<E>>> {
    let text = RecordText::from_stored(found.text());
    let record = Record::<E>::read_of(text, tenant).map_err(|error| {
        let resource = Resource::Record(E::collection(), RecordId::addressed(&found.id()));
        damaged(action.as_str(), &resource, error)
    })?;
    Ok(Some(record).filter(|record| is_own(record, tenant)))
}

/// Whether a record names no other owner than the tenant.
fn is_own<E>(record: &Record<E>, tenant: &TenantId) -> bool {
    record.owner().is_none_or(|owner| owner == tenant.as_str())
}

/// The record of that id.
pub(super) fn get<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    id: &RecordId,
) -> Result<Record<E>> {
    get_of(state, tenant, action, &E::collection(), id)
}

/// The same of a type whose collection is known to be that.
#[inline(always)]
pub(super) fn get_of<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    collection: &CollectionName,
    id: &RecordId,
) -> Result<Record<E>> {
    match state.met(collection.as_str(), id.as_str()) {
        Some(parts) => {
            let record = Record::of_shared(Arc::clone(parts));
            debug_assert!(is_own(&record, tenant));
            Ok(record)
        }
        None => get_unmet(state, tenant, action, collection, id),
    }
}

/// The same of one that was not met in that state.
#[inline(never)]
fn get_unmet<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    collection: &CollectionName,
    id: &RecordId,
) -> Result<Record<E>> {
    let found = found_of(state, action, collection, id)?;
    let record = read_entry(action, tenant, found)?;
    state.meet::<RecordParts<E>>(collection.as_str(), id.as_str(), found);
    record.ok_or_else(|| missing(action.as_str(), &resource_in(collection, id)))
}

/// The entry of that id where it stands.
fn found_of<'a>(
    state: &'a LazyState,
    action: Action,
    collection: &CollectionName,
    id: &RecordId,
) -> Result<Found<'a>> {
    let found = state.found(collection.as_str(), id.as_str());
    let found = found.map_err(|error| Error::store(action.as_str(), error))?;
    found.ok_or_else(|| missing(action.as_str(), &resource_in(collection, id)))
}

/// The records with a key of an index, in order.
pub(super) fn find<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    index: &str,
    key: &str,
) -> Result<Vec<Record<E>>> {
    let found = state.find_places(&section(&E::collection()), &IndexKey::new(index, key));
    let found = found.map_err(|error| Error::store(action.as_str(), error))?;
    let records = found.into_iter().map(|found| read_entry(action, tenant, found));
    records.filter_map(Result::transpose).collect()
}

/// A page of a collection.
pub(super) fn list<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    options: &ListOptions,
) -> Result<Page<Record<E>>> {
    list_of(state, tenant, action, E::collection(), options)
}

/// The same of a type whose collection is known to be that.
pub(super) fn list_of<E: Entity>(
    state: &LazyState,
    tenant: &TenantId,
    action: Action,
    collection: CollectionName,
    options: &ListOptions,
) -> Result<Page<Record<E>>> {
    let Some(header) = state.header() else {
        return Err(missing(action.as_str(), &Resource::Collection(collection)));
    };
    let life = header.incarnation;
    let (direction, after, limit) = options.start(action.as_str(), &collection, life)?;
    let (mut items, mut seen, mut last) = (Vec::with_capacity(limit), 0, None);
    let unread = |error| Error::store(action.as_str(), error);
    let mut walk = state.walk(collection.as_str(), direction, after).map_err(unread)?;
    while let Some(found) = (seen < limit).then(|| walk.next()).flatten() {
        let found = found.map_err(unread)?;
        if let Some(record) = read_entry(action, tenant, found)? {
            items.push(record);
        }
        seen += 1;
        if seen == limit {
            last = Some(found);
        }
    }
    drop(walk);
    let next = last.map(|last| Cursor { collection, life, direction, order: last.order() });
    Ok(Page { items, next })
}

/// The file whose blob a key stands for.
pub(super) fn file_of_key(key: &IndexKey) -> Option<(Area, FileName)> {
    (key.index() == BLOB_INDEX).then(|| files::of_address(key.key()))?
}

/// The keys under which a record is found: those of its type, its blobs, and the records that it names.
pub(super) fn keys<E: Entity>(value: &E) -> Vec<IndexKey> {
    let own = value.index_keys().into_iter().map(|(index, key)| IndexKey::new(index, &key));
    let blobs = value.blobs().into_iter().map(|(area, name)| blob_key(area, &name));
    let named = value.references();
    let named = named.iter().map(references::key).map(|(index, key)| IndexKey::new(index, &key));
    let mut keys: Vec<IndexKey> = own.chain(blobs).chain(named).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// What the rules of a type have against a change.
fn check_change<E: Entity>(action: Action, id: &RecordId, value: &E, before: Option<&E>) -> Result<()> {
    value.check_change(before).map_err(|refusal| {
        let kind = match refusal {
            ChangeRefusal::State { .. } => ErrorKind::WrongState,
            ChangeRefusal::Field { .. } => ErrorKind::InvalidInput,
        };
        Error::new(kind, action.as_str()).about(resource::<E>(id).to_string()).with_source(refusal)
    })
}

/// Puts a record's text with the keys by which it is found, in place of `before` if there was one.
pub(super) fn put<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    (value, before): (&E, Option<&E>),
    text: &RecordText,
) -> Result<()> {
    let section = section(&E::collection());
    let there = Standing::of_id(draft.state(), action, &section, id)?;
    put_as(draft, author, action, (&section, id, there), (value, before), text, &[])
}

/// Where an entry stands now, and under which keys.
struct Standing {
    order: u64,
    keys: Vec<IndexKey>,
}

impl Standing {
    fn of(action: Action, found: Found<'_>) -> Result<Self> {
        let keys = found.keys().map_err(|error| Error::store(action.as_str(), error))?;
        Ok(Self { order: found.order(), keys })
    }

    /// The same of the entry of that id, if there is one.
    fn of_id(state: &State, action: Action, section: &Section, id: &RecordId) -> Result<Option<Self>> {
        let found = state.found(section.as_str(), id.as_str());
        let found = found.map_err(|error| Error::store(action.as_str(), error))?;
        found.map(|found| Self::of(action, found)).transpose()
    }
}

/// The same where an entry stands there now, and references and files that have these keys stood already.
fn put_as<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    (section, id, there): (&Section, &RecordId, Option<Standing>),
    (value, before): (&E, Option<&E>),
    text: &RecordText,
    stood: &[IndexKey],
) -> Result<()> {
    let limits = &author.core.settings.record_limits;
    check_change(action, id, value, before)?;
    let refused = |error| invalid(action.as_str(), &resource::<E>(id), error);
    let references = value.references();
    let mut found_by = value.index_keys();
    found_by.extend(references.iter().map(references::key));
    limits.check_index(&found_by).map_err(refused)?;
    let (there, old) = there.map_or_else(Default::default, |there| (Some(there.order), there.keys));
    let stood = [&*old, stood].concat();
    if let Some(field) = references::dangling(draft.state(), author.tenant, &references, &stood) {
        return Err(refused(RecordError::Dangling { field }));
    }
    for (area, name) in value.blobs() {
        let is_there = draft.state().get(&Section::BLOBS, &files::address(area, &name)).is_some();
        if !is_there && !stood.contains(&blob_key(area, &name)) {
            let file = Resource::File(area, name);
            return Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(file.to_string()));
        }
    }
    let keys = keys(value);
    // What stood before is left alone: data from elsewhere may break the rule.
    let is_claim = |key: &&IndexKey| E::unique_indexes().contains(&key.index()) && !old.contains(key);
    if let Some(other) = keys.iter().filter(is_claim).find_map(|key| draft.state().find(section, key).pop()) {
        let about = Resource::Record(E::collection(), RecordId::addressed(&other.id)).to_string();
        return Err(Error::new(ErrorKind::AlreadyExists, action.as_str()).about(about));
    }
    let lost: Vec<IndexKey> = old.into_iter().filter(|key| !keys.contains(key)).collect();
    references::lose_keys(draft, author, action, section, id.as_str(), &lost)?;
    draft.put_at(section, id.as_str().into(), there, keys, text.as_bytes().clone());
    Ok(())
}

/// Reads a record that is to be changed, where it stands, and sees that it is the one that was meant. It is not kept:
/// soon nobody finds it there any more.
fn expect<'a, E: Entity>(
    draft: &'a Draft,
    author: &Author<'_>,
    action: Action,
    (collection, id): (&CollectionName, &RecordId),
    expected: Expected,
) -> Result<(Found<'a>, Record<E>)> {
    let found = found_of(draft.state(), action, collection, id)?;
    let record = match found.kept().and_then(of_kept::<E>) {
        Some(record) => Some(record),
        None => read_own(action, author.tenant, found)?,
    };
    let record = record.ok_or_else(|| missing(action.as_str(), &resource_in(collection, id)))?;
    match expected {
        Expected::Revision(revision) if revision != record.revision() => {
            let resource = resource_in(collection, id).to_string();
            Err(Error::new(ErrorKind::RevisionMismatch, action.as_str()).about(resource))
        }
        _ => Ok((found, record)),
    }
}

/// Changes a record to the value that `change` makes of the old one.
pub(super) fn update<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    expected: Expected,
    change: impl FnOnce(&E) -> Result<E>,
) -> Result<Record<E>> {
    let collection = E::collection();
    let (found, old) = expect::<E>(draft, author, action, (&collection, id), expected)?;
    let there = Standing::of(action, found)?;
    let new = change(old.value())?;
    let now = author.profile.local_time(draft.now());
    let record = old
        .changed(&new, now, &author.core.settings.record_limits)
        .map_err(|error| invalid(action.as_str(), &resource_in(&collection, id), error))?;
    let (section, there) = (section(&collection), Some(there));
    put_as(draft, author, action, (&section, id, there), (&new, Some(old.value())), record.text(), &[])?;
    files::release(draft, author.core, &old.value().blobs());
    Ok(record)
}

/// Removes a record, sees to those who name it, and dooms the blobs that it alone referred to.
pub(super) fn remove<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    expected: Expected,
    named: OnReferenced,
) -> Result<Record<E>> {
    let collection = E::collection();
    let (_, old) = expect::<E>(draft, author, action, (&collection, id), expected)?;
    let place = (section(&collection), id.as_str().into());
    references::remove(draft, author, action, place, named)?;
    Ok(old)
}

/// Those of a collection that are the tenant's own, in order: one that names another owner is not, nor one
/// that can't be read.
pub(super) fn own_texts(state: &State, tenant: &TenantId, collection: &CollectionName) -> Vec<Entry> {
    let mut entries = texts(state, collection);
    entries.retain(|entry| references::is_own(tenant, entry));
    entries
}

/// All records of a collection in order; for checks.
pub(super) fn texts(state: &State, collection: &CollectionName) -> Vec<Entry> {
    state.list(&section(collection), Direction::InOrder, None, usize::MAX)
}
