//! What a record says of the others that it names.

use crate::paths::{CollectionName, FileName};

use super::{RecordId, named};

/// That a record names another one of the same tenant.
///
/// It is made by [`Entity::references`](super::Entity::references). The record that is named has to be
/// there when the reference is written, in the same tenant; and as long as the reference stands, it
/// goes only as the reference's [rule](OnReferenced) says.
///
/// ```
/// use tenantry::paths::CollectionName;
/// use tenantry::record::{OnReferenced, RecordId, Reference};
///
/// let camera = RecordId::parse("cam-1").unwrap();
/// let cameras = CollectionName::parse("cameras").unwrap();
/// // A recording of a camera goes with it.
/// let reference = Reference::to_id("camera", cameras, &camera).rule(OnReferenced::Cascade);
/// assert_eq!(reference.field(), "camera");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    field: &'static str,
    collection: CollectionName,
    target: Target,
    rule: OnReferenced,
}

/// How a reference tells which record it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The one with this id.
    Id(String),
    /// Those that this index finds under this key.
    Key(&'static str, String),
}

/// What becomes of a record that names another one when that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnReferenced {
    /// Nothing: the other one is not removed.
    #[default]
    Refuse,
    /// It is removed as well.
    Cascade,
    /// Its field becomes null.
    Clear,
}

impl Reference {
    /// By its field `field` a record names the one with this id.
    #[must_use]
    pub fn to_id(field: &'static str, collection: CollectionName, id: &RecordId) -> Self {
        Self::new(field, collection, Target::Id(id.as_str().to_owned()))
    }

    /// By its field `field` a record names the video, thumbnail or token of this file name, ignoring case.
    #[must_use]
    pub fn to_file(field: &'static str, collection: CollectionName, file: &FileName) -> Self {
        Self::by_index(field, collection, named::FILE_INDEX, file.folded())
    }

    /// By its field `field` a record names the stream key of this token with this id.
    #[must_use]
    pub fn to_stream_key(field: &'static str, token_file: &FileName, stream_id: &str) -> Self {
        let key = named::stream(token_file, stream_id);
        Self::by_index(field, CollectionName::STREAM_MAPPING, named::STREAM_INDEX, key)
    }

    /// By its field `field` a record names those that an [index](super::Entity::index_keys) of the other
    /// collection finds under a key. As long as one of them is left, the reference holds.
    #[must_use]
    pub fn by_index(
        field: &'static str,
        collection: CollectionName,
        index: &'static str,
        key: impl Into<String>,
    ) -> Self {
        Self::new(field, collection, Target::Key(index, key.into()))
    }

    const fn new(field: &'static str, collection: CollectionName, target: Target) -> Self {
        Self { field, collection, target, rule: OnReferenced::Refuse }
    }

    /// Sets what becomes of the record that names when the one that is named is removed:
    /// [`Refuse`](OnReferenced::Refuse) unless told, and then whoever removes it may choose.
    #[must_use]
    pub const fn rule(mut self, rule: OnReferenced) -> Self {
        self.rule = rule;
        self
    }

    /// The field of the record that names: one of its own, not nested in another.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The collection of the one that is named.
    #[must_use]
    pub const fn collection(&self) -> &CollectionName {
        &self.collection
    }

    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) const fn standing_rule(&self) -> OnReferenced {
        self.rule
    }
}

/// Why a change is refused by the rules of the record's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// The field can't have this value, or can't be changed to it.
    #[error("the field {field:?} can't be changed so")]
    Field {
        /// The field.
        field: &'static str,
    },
    /// The record's state does not allow it.
    #[error("what is {from} can't become {to}")]
    State {
        /// The state that the record has.
        from: &'static str,
        /// The one that it can't have next.
        to: &'static str,
    },
}
