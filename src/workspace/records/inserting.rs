//! How a record is inserted: what can be made of its value before its transaction runs, and the rest.

use super::{Standing, damaged, invalid, put_as, resource, section};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, Section};
use crate::ownership::Action;
use crate::paths::CollectionName;
use crate::record::{Entity, Envelope, NewValue, Record, RecordError, RecordId, RecordText};
use crate::workspace::access::{Author, Core};

/// A value that is to be inserted, with what can be made of it before its transaction runs. What is wrong with it
/// is said when it is its turn, after what the policy says and whether the id is taken.
pub(in crate::workspace) struct Inserted<E> {
    section: Section,
    value: E,
    new: Option<std::result::Result<NewValue<E>, RecordError>>,
}

impl<E: Entity> Inserted<E> {
    /// The value is to be in this collection, which is its type's. It has a place of its own, since the transaction
    /// is moved some ten times on its way.
    pub(in crate::workspace) fn new(core: &Core, collection: &CollectionName, value: E) -> Box<Self> {
        let new = Some(NewValue::of(&value, &core.settings.record_limits));
        Box::new(Self { section: section(collection), value, new })
    }
}

/// Inserts a record by a transaction that may run again.
pub(in crate::workspace) fn insert_made<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    Inserted { section, value, new }: &mut Inserted<E>,
) -> Result<Record<E>> {
    insert_with(draft, author, action, (section, id), value, || new.take())
}

/// Inserts a record.
pub(in crate::workspace) fn insert<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    value: &E,
) -> Result<Record<E>> {
    insert_with(draft, author, action, (&section(&E::collection()), id), value, || None)
}

/// The same where somebody may have made of the value what can be made of it.
fn insert_with<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    (section, id): (&Section, &RecordId),
    value: &E,
    made: impl FnOnce() -> Option<std::result::Result<NewValue<E>, RecordError>>,
) -> Result<Record<E>> {
    let limits = &author.core.settings.record_limits;
    if draft.state().order_of(section, id.as_str()).is_some() {
        let about = resource::<E>(id).to_string();
        return Err(Error::new(ErrorKind::AlreadyExists, action.as_str()).about(about));
    }
    let now = author.profile.local_time(draft.now());
    let envelope = Envelope::new(id.clone(), author.tenant, author.principal.tenant(), now);
    let record = made()
        .unwrap_or_else(|| NewValue::of(value, limits))
        .and_then(|new| new.into_record(envelope, limits))
        .map_err(|error| invalid(action.as_str(), &resource::<E>(id), error))?;
    put_as(draft, author, action, (section, id, None), (value, None), record.text(), &[])?;
    Ok(record)
}

/// Inserts a record with this value, and with those fields of another that the type does not know. What
/// the other one names too is not looked at again.
pub(in crate::workspace) fn insert_like<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    id: &RecordId,
    like: &Record<E>,
    value: &E,
) -> Result<Record<E>> {
    let resource = resource::<E>(id);
    let limits = &author.core.settings.record_limits;
    let now = author.profile.local_time(draft.now());
    let envelope = Envelope::new(id.clone(), author.tenant, author.principal.tenant(), now);
    let text = RecordText::added::<E>(&envelope, like.text(), limits)
        .and_then(|copy| copy.update(value, now, limits))
        .map_err(|error| invalid(action.as_str(), &resource, error))?;
    let section = section(&E::collection());
    let stood = draft.state().keys(&section, like.id().as_str());
    let there = Standing::of_id(draft.state(), action, &section, id)?;
    put_as(draft, author, action, (&section, id, there), (value, None), &text, &stood)?;
    Record::read(&text).map_err(|error| damaged(action.as_str(), &resource, error))
}
