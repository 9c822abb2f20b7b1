//! Records: one JSON object each, kept as it was written, and the types through which hosts see them.
//!
//! A record is stored as [`RecordText`]: one line of JSON whose field order, unknown fields and
//! number texts survive everything that is done to it. Its [`Revision`] is a digest of that line.
//! A host's own type implements [`Entity`] and is read as a [`Record`]; an update through it touches
//! only the fields that changed. What must never be sent out is a [`SecretText`].
//!
//! (`serde(flatten)` would lose the order and the text of numbers, and serde_json's features
//! `preserve_order` and `arbitrary_precision` would change the host's own serde.)
//!
//! This module is pure: where records lie, who may see them, and which limits and times hold is the
//! business of its callers.

mod edited;
mod entity;
mod envelope;
mod error;
pub(crate) mod fields;
mod id;
pub mod lenient;
mod limits;
pub mod local_time;
pub(crate) mod named;
mod offset_time;
mod one_pass;
mod plain;
mod reference;
mod revision;
mod secret;
#[cfg(feature = "migrate")]
mod spaced;
mod text;
mod typed;
mod writing;

pub use entity::Entity;
pub use envelope::Envelope;
pub use error::RecordError;
pub use fields::Fields;
pub use id::RecordId;
pub use limits::RecordLimits;
pub use local_time::LocalTime;
pub use offset_time::OffsetTime;
pub(crate) use reference::Target;
pub use reference::{ChangeRefusal, OnReferenced, Reference};
pub use revision::Revision;
pub use secret::SecretText;
pub use text::RecordText;
pub use typed::Record;
pub(crate) use typed::RecordParts;
pub(crate) use writing::NewValue;

/// Serialises a type as the text that it displays, and reads it by its `FromStr`.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::paths::of_text(deserializer, str::parse::<Self>)
            }
        }
    };
}
pub(crate) use serde_as_text;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
