//! A record seen through its type.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::error::shown;
use super::fields::quoted;
use super::secret::{SecretText, hidden, revealed};
use super::{
    Entity, Envelope, Fields, LocalTime, RecordError, RecordId, RecordLimits, RecordText, Revision, one_pass,
};
use crate::paths::TenantId;

/// A record read as a `T`.
///
/// It keeps the text it was read from, so that fields its type does not know are still there. A clone
/// shares all of it, and so do those who read the same record of the same state: a type that can be
/// changed through a shared reference (a `Mutex`, an atomic) is changed for all of them.
///
/// # Serialising
/// What `Serialize` writes is meant for a response: the envelope, then the value's own fields as the
/// type writes them, without [`secret_fields`](Entity::secret_fields), and with `[secret]` for any
/// [`SecretText`](super::SecretText). Fields that the type does not know are left out, since nobody
/// has said what they hold; [`extra`](Self::extra) has them. It is made for JSON: values are handed on
/// as JSON text.
pub struct Record<T>(Arc<RecordParts<T>>);

/// What a record is made of. What who looks for one needs (its id, and beside the whole who shares it) stands first, so
/// that it comes from memory in one piece.
#[derive(PartialEq)]
#[repr(C)]
pub(crate) struct RecordParts<T> {
    envelope: Envelope,
    value: T,
    text: RecordText,
}

impl<T> RecordParts<T> {
    /// Whether that is the record's id.
    #[inline]
    pub(crate) fn is_of(&self, id: &str) -> bool {
        self.envelope.id().as_str() == id
    }
}

impl<T> Clone for Record<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: PartialEq> PartialEq for Record<T> {
    fn eq(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl<T> Record<T> {
    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        self.0.envelope.id()
    }

    /// The owner that the record names, if it names one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.0.envelope.owner()
    }

    /// Who made it.
    #[must_use]
    pub fn created_by(&self) -> Option<&str> {
        self.0.envelope.created_by()
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Option<LocalTime> {
        self.0.envelope.created_at()
    }

    /// When it was last changed.
    #[must_use]
    pub fn updated_at(&self) -> Option<LocalTime> {
        self.0.envelope.updated_at()
    }

    /// The fields that every record has.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0.envelope
    }

    /// What tells this state of the record from any other: the digest of its text, made when it is asked for.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.text.revision()
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// The value, taken out; a clone of it where somebody else has the record too.
    #[must_use]
    pub fn into_value(self) -> T
    where
        T: Clone,
    {
        match Arc::try_unwrap(self.0) {
            Ok(parts) => parts.value,
            Err(shared) => shared.value.clone(),
        }
    }

    /// The text from which it was read; secrets stand in it as they are.
    #[must_use]
    pub fn text(&self) -> &RecordText {
        &self.0.text
    }

    /// The record of which these are the parts: what its text says.
    pub(super) fn of_parts(envelope: Envelope, value: T, text: RecordText) -> Self {
        Self(Arc::new(RecordParts { envelope, value, text }))
    }
}

impl<T: Entity> Record<T> {
    /// Reads a record.
    ///
    /// # Errors
    /// [`MissingField`](RecordError::MissingField) or [`Unreadable`](RecordError::Unreadable) if it
    /// does not fit the type; as for [`RecordText::envelope`].
    pub fn read(text: &RecordText) -> Result<Self, RecordError> {
        Self::read_knowing(text.clone(), None)
    }

    /// Reads a record that is probably the tenant's, whose name it then shares.
    pub(crate) fn read_of(text: RecordText, tenant: &TenantId) -> Result<Self, RecordError> {
        Self::read_knowing(text, Some(tenant))
    }

    fn read_knowing(text: RecordText, known: Option<&TenantId>) -> Result<Self, RecordError> {
        let (envelope, value) = match one_pass::read(text.as_bytes(), known) {
            Some(read) => read,
            None => Self::read_fields(&text.fields()?, known)?,
        };
        Ok(Self::of_parts(envelope, value, text))
    }

    /// Reads a record of its fields: what reading in one pass gives, or what is wrong.
    pub(super) fn read_fields(
        fields: &Fields<'_>,
        known: Option<&TenantId>,
    ) -> Result<(Envelope, T), RecordError> {
        let envelope = Envelope::read(fields, known)?;
        let mut fields = fields.clone();
        fields.retain(|name| !Envelope::has(name));
        let value =
            serde_json::from_str(&fields.to_text()).map_err(|error| unreadable::<T>(&error, &fields))?;
        Ok((envelope, value))
    }

    /// What a record is made of, shared: to be kept beside the text from which it was read.
    pub(crate) fn into_parts(self) -> Arc<RecordParts<T>> {
        self.0
    }

    /// The record that was made of these.
    pub(crate) const fn of_shared(parts: Arc<RecordParts<T>>) -> Self {
        Self(parts)
    }

    /// The bytes of memory that it takes, roughly: what the type holds is not known, and is taken to be what
    /// was read, once more and in pieces.
    pub(crate) fn weight(&self) -> usize {
        size_of::<RecordParts<T>>() + 2 * self.0.text.as_bytes().len() + 64
    }

    /// The text of this record with another value; see [`RecordText::update`].
    ///
    /// # Errors
    /// As for [`RecordText::update`].
    pub fn update(
        &self,
        new: &T,
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<RecordText, RecordError> {
        Ok(self.changed(new, updated_at, limits)?.text().clone())
    }

    /// A field that the type does not know, as it is written.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<&RawValue> {
        let shown = self.shown_fields().ok()?;
        let shown = Fields::read(shown.as_bytes()).ok()?;
        if Envelope::has(name) || T::secret_fields().contains(&name) || shown.get(name).is_some() {
            return None;
        }
        self.0.text.raw(name)
    }

    /// The record as those see it who may see it without its secrets: `[secret]` stands in place of each,
    /// and of a type that has some the fields are gone that it does not know.
    ///
    /// # Errors
    /// As for [`read`](Self::read), if the type can't do without.
    pub(crate) fn without_secrets(self) -> Result<Self, RecordError> {
        let written = |text: serde_json::Result<String>| text.map_err(|_| RecordError::Unserializable);
        let shown = written(hidden(|| serde_json::to_string(&self.0.value)))?;
        let known = written(revealed(|| serde_json::to_string(&self.0.value)).result)?;
        if shown == known && T::secret_fields().is_empty() {
            return Ok(self);
        }
        let shown = Fields::read(shown.as_bytes())?;
        let marker = quoted(SecretText::REDACTED);
        let mut fields = self.0.text.fields()?;
        fields.retain(|name| Envelope::has(name) || shown.get(name).is_some());
        let known = Fields::read(known.as_bytes())?;
        for (name, value) in shown.iter().filter(|(name, _)| !T::secret_fields().contains(name)) {
            if known.get(name) != Some(value) {
                fields.set(usize::MAX, name, value);
            }
        }
        let mut without = fields.clone();
        without.retain(|name| !T::secret_fields().contains(&name));
        for name in T::secret_fields() {
            if fields.get(name).is_some_and(|value| value != "null") {
                fields.set(usize::MAX, name, marker.as_str());
            }
        }
        let read = |fields: &Fields<'_>| Self::read(&RecordText::from_stored(fields.to_text().into()));
        read(&fields).or_else(|_| read(&without))
    }

    /// The value's fields as a response shows them, as a JSON object.
    fn shown_fields(&self) -> Result<String, RecordError> {
        let text =
            hidden(|| serde_json::to_string(&self.0.value)).map_err(|_| RecordError::Unserializable)?;
        let mut fields = Fields::read(text.as_bytes())?;
        fields.retain(|name| !T::secret_fields().contains(&name) && !Envelope::has(name));
        Ok(fields.to_text())
    }
}

/// Why a value could not be read: serde's message is not passed on, since it quotes values, but for
/// the name of a missing field, which is the type's own.
pub(super) fn unreadable<T: Entity>(error: &serde_json::Error, fields: &Fields<'_>) -> RecordError {
    let message = error.to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    if let Some((field, _)) = missing {
        return RecordError::MissingField { field: shown(field) };
    }
    // An error that was made outside the parser has no place: column 0. One of the whole has that of the
    // object's end, in no field; and so has one that the last field's own type made.
    let place = Some(error.column()).filter(|column| *column > 0);
    let field = place.and_then(|column| fields.at(column)).or_else(|| refused_alone::<T>(error, fields));
    RecordError::Unreadable { field: field.map(shown) }
}

/// The field that is refused with this message also by itself, before an end behind it that is no JSON:
/// what is against the whole is not said before that end.
fn refused_alone<'a, T: Entity>(error: &serde_json::Error, fields: &'a Fields<'_>) -> Option<&'a str> {
    let message = |error: &serde_json::Error| {
        let text = error.to_string();
        text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
    };
    let wanted = message(error);
    let refused = |(name, value): &(&str, &str)| {
        let alone = format!("{{{}:{value},!", quoted(name));
        serde_json::from_str::<T>(&alone).is_err_and(|error| message(&error) == wanted)
    };
    fields.iter().find(refused).map(|(name, _)| name)
}

impl<T> fmt::Debug for Record<T> {
    /// The fields are left out: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", self.id())
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}

impl<T: Entity> Serialize for Record<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let own = self.shown_fields().map_err(serde::ser::Error::custom)?;
        let own = Fields::read(own.as_bytes()).map_err(serde::ser::Error::custom)?;
        let envelope = self.0.envelope.to_fields();
        let mut map = serializer.serialize_map(Some(envelope.len() + own.len()))?;
        for (name, value) in envelope.iter().chain(own.iter()) {
            let value: &RawValue = serde_json::from_str(value).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
