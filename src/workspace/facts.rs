//! What a type says of a record before it is stored, for those who plan to store many: whether it would
//! be taken, by which keys it is found, what it names.

use std::collections::HashMap;

use super::references;
use super::{LiveStream, Schedule, StreamKey, Thumbnail, Token, Video};
use crate::paths::CollectionName;
use crate::quota::ACTIVE_INDEX;
use crate::record::{ChangeRefusal, Entity, Record, RecordError, RecordLimits, RecordText, Reference};

/// What a record's type says of it.
pub(crate) struct Facts {
    /// The keys under which it can be found beside its id.
    pub(crate) keys: Vec<(&'static str, String)>,
    /// Those of the indexes in which no two records may have the same.
    pub(crate) unique: &'static [&'static str],
    /// The others that it names.
    pub(crate) references: Vec<Reference>,
}

impl Facts {
    /// Whether it is a live stream that is scheduled or live.
    pub(crate) fn is_active(&self) -> bool {
        self.keys.iter().any(|(index, _)| *index == ACTIVE_INDEX)
    }

    fn of<E: Entity>(text: &RecordText, limits: &RecordLimits) -> Result<Self, FactsRefusal> {
        let record = Record::<E>::read(text)?;
        let value = record.value();
        // The steps by which it came to what it is are another life's.
        if let Err(refusal @ ChangeRefusal::Field { .. }) = value.check_change(None) {
            return Err(refusal.into());
        }
        let (keys, references) = (value.index_keys(), value.references());
        let mut found_by = keys.clone();
        found_by.extend(references.iter().map(references::key));
        limits.check_index(&found_by)?;
        Ok(Self { keys, unique: E::unique_indexes(), references })
    }
}

/// Why a record would not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FactsRefusal {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Change(#[from] ChangeRefusal),
}

/// How a kind tells of its records.
#[derive(Clone, Copy)]
pub(crate) struct Teller {
    /// What it says of one.
    pub(crate) tell: fn(&RecordText, &RecordLimits) -> Result<Facts, FactsRefusal>,
    /// Its fields that hold times by the tenant's clock.
    pub(crate) times: &'static [&'static str],
}

/// The kinds that can tell.
#[derive(Clone)]
pub(crate) struct Tellers(HashMap<CollectionName, Teller>);

impl Tellers {
    /// The library's own.
    pub(crate) fn own() -> Self {
        let mut own = Self(HashMap::new());
        own.add::<Video>();
        own.add::<LiveStream>();
        own.add::<Schedule>();
        own.add::<StreamKey>();
        own.add::<Thumbnail>();
        own.add::<Token>();
        own
    }

    /// Adds a kind, in place of the one that its collection had.
    pub(crate) fn add<E: Entity>(&mut self) {
        self.0.insert(E::collection(), Teller { tell: Facts::of::<E>, times: E::time_fields() });
    }

    pub(crate) fn get(&self, collection: &CollectionName) -> Option<Teller> {
        self.0.get(collection).copied()
    }
}
