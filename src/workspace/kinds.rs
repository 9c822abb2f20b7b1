//! The kinds of records that are known by their types, for what has to be done with a record without
//! naming its type: clearing a reference, reading a time, finding it anew, putting it back.
//!
//! The library's own kinds are known; a host's are [registered](super::Builder::kind). Nothing is
//! guessed of the others.

use std::collections::HashMap;

#[cfg(any(feature = "archive", feature = "migrate"))]
use crate::error::Error;
#[cfg(any(feature = "archive", feature = "migrate"))]
use crate::ledger::Draft;
use crate::ledger::IndexKey;
#[cfg(any(feature = "archive", feature = "migrate"))]
use crate::ownership::Action;
use crate::paths::CollectionName;
use crate::record::{Entity, Record, RecordError, RecordText, Reference};

#[cfg(any(feature = "archive", feature = "migrate"))]
use super::access::Author;
use super::live_streams::LiveStream;
use super::records;
#[cfg(any(feature = "archive", feature = "migrate"))]
use super::records::MissingFiles;
use super::schedules::Schedule;
use super::stream_keys::StreamKey;
use super::thumbnails::Thumbnail;
use super::tokens::Token;
use super::videos::Video;

/// A kind of records, without its type.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// The keys under which a record is found.
    pub(super) keys: fn(&RecordText) -> Result<Vec<IndexKey>, RecordError>,
    /// The records that it names.
    pub(super) references: fn(&RecordText) -> Result<Vec<Reference>, RecordError>,
    /// Its fields that hold times.
    pub(super) times: &'static [&'static str],
    /// Puts a record back that comes from an archive or from before there were tenants.
    #[cfg(any(feature = "archive", feature = "migrate"))]
    pub(super) restore: fn(&mut Draft, &Author<'_>, Action, &RecordText, MissingFiles) -> Result<(), Error>,
}

impl Kind {
    fn of<E: Entity>() -> Self {
        Self {
            keys: |text| Ok(records::keys(Record::<E>::read(text)?.value())),
            references: |text| Ok(Record::<E>::read(text)?.value().references()),
            times: E::time_fields(),
            #[cfg(any(feature = "archive", feature = "migrate"))]
            restore: records::restore::<E>,
        }
    }
}

/// The kinds that are known.
pub(super) struct Kinds(HashMap<CollectionName, Kind>);

impl Kinds {
    /// The library's own.
    pub(super) fn own() -> Self {
        let mut kinds = Self(HashMap::new());
        kinds.add::<Video>();
        kinds.add::<LiveStream>();
        kinds.add::<Schedule>();
        kinds.add::<StreamKey>();
        kinds.add::<Thumbnail>();
        kinds.add::<Token>();
        kinds
    }

    /// Adds a kind; `false` if there is one for its collection already.
    pub(super) fn add<E: Entity>(&mut self) -> bool {
        self.0.insert(E::collection(), Kind::of::<E>()).is_none()
    }

    /// The kind of a collection, by its name.
    pub(super) fn get(&self, collection: &CollectionName) -> Option<Kind> {
        self.0.get(collection).copied()
    }
}
