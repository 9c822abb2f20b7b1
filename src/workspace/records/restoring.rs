//! Putting records back that were stored before, here or elsewhere.

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Draft, IndexKey, Section};
use crate::ownership::{Action, Resource};
use crate::record::{ChangeRefusal, Entity, Record, RecordId, RecordText};

use super::super::access::Author;
use super::super::{files, references};
use super::{blob_key, check_change, invalid, resource, section};

/// Whether a record may name a file of its own that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workspace) enum MissingFiles {
    #[cfg(feature = "archive")]
    Refused,
    #[cfg(feature = "migrate")]
    Allowed,
}

impl MissingFiles {
    const fn are_refused(self) -> bool {
        match self {
            #[cfg(feature = "archive")]
            Self::Refused => true,
            #[cfg(feature = "migrate")]
            Self::Allowed => false,
        }
    }
}

/// Puts a record back as it was, with every field. What it names is not looked at, and neither are the
/// steps by which its type says that it may come to what it is; the values of its fields are.
pub(in crate::workspace) fn restore<E: Entity>(
    draft: &mut Draft,
    author: &Author<'_>,
    action: Action,
    text: &RecordText,
    missing: MissingFiles,
) -> Result<()> {
    let record = Record::<E>::read_of(text.clone(), author.tenant)
        .map_err(|error| invalid(action.as_str(), &Resource::Collection(E::collection()), error))?;
    let (id, value, section) = (record.id(), record.value(), section(&E::collection()));
    if draft.state().order_of(&section, id.as_str()).is_some() {
        let about = resource::<E>(id).to_string();
        return Err(Error::new(ErrorKind::AlreadyExists, action.as_str()).about(about));
    }
    if let Err(refusal @ ChangeRefusal::Field { .. }) = value.check_change(None) {
        let about = resource::<E>(id).to_string();
        return Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(about).with_source(refusal));
    }
    check_change(action, id, value, Some(value))?;
    let keys = keys(draft, author, action, &record, missing)?;
    draft.put_at(&section, id.as_str().into(), None, keys, text.as_bytes().clone());
    Ok(())
}

/// The keys under which such a record is found, each made once: there may be very many records.
fn keys<E: Entity>(
    draft: &Draft,
    author: &Author<'_>,
    action: Action,
    record: &Record<E>,
    missing: MissingFiles,
) -> Result<Vec<IndexKey>> {
    let (id, value, section) = (record.id(), record.value(), section(&E::collection()));
    let mut found_by = value.index_keys();
    found_by.extend(value.references().iter().map(references::key));
    let limits = &author.core.settings.record_limits;
    limits.check_index(&found_by).map_err(|error| invalid(action.as_str(), &resource::<E>(id), error))?;
    let mut keys: Vec<_> = found_by.iter().map(|(index, key)| IndexKey::new(index, key)).collect();
    for (area, name) in value.blobs() {
        let is_there = || draft.state().order_of(&Section::BLOBS, &files::address(area, &name)).is_some();
        if missing.are_refused() && !is_there() {
            let file = Resource::File(area, name);
            return Err(Error::new(ErrorKind::InvalidInput, action.as_str()).about(file.to_string()));
        }
        keys.push(blob_key(area, &name));
    }
    keys.sort();
    keys.dedup();
    let mut claims = keys.iter().filter(|key| E::unique_indexes().contains(&key.index()));
    if let Some(other) = claims.find_map(|key| draft.state().find(&section, key).pop()) {
        let about = Resource::Record(E::collection(), RecordId::addressed(&other.id)).to_string();
        return Err(Error::new(ErrorKind::AlreadyExists, action.as_str()).about(about));
    }
    Ok(keys)
}
