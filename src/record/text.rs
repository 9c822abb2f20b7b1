//! A record as it is stored. How the value of a type becomes such a text is told in [`writing`](super::writing).

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::fields::quoted;
use super::{Entity, Envelope, Fields, LocalTime, NewValue, Record, RecordError, RecordLimits, Revision};
use crate::paths::TenantId;

/// One record as it is stored: a JSON object in one line, without white space between tokens.
///
/// Field order, unknown fields, and the texts of numbers and strings are those that were written.
/// (Escapes in the names of fields are resolved, so that a name has one spelling.) A clone shares
/// the text.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordText(Bytes);

impl RecordText {
    /// Takes in a record that somebody wrote.
    ///
    /// # Errors
    /// [`NotJson`](RecordError::NotJson), [`NotAnObject`](RecordError::NotAnObject),
    /// [`DuplicateField`](RecordError::DuplicateField), or the limit that it exceeds.
    pub fn parse(text: &[u8], limits: &RecordLimits) -> Result<Self, RecordError> {
        Self::of(&Fields::read(text)?.compacted(), limits)
    }

    /// Takes a text that came from a `RecordText` before, by way of a store that vouches for it.
    /// Nothing is checked here; a text that is no record fails where it is read.
    #[must_use]
    pub const fn from_stored(text: Bytes) -> Self {
        Self(text)
    }

    /// Makes the text of a new record.
    ///
    /// # Errors
    /// [`EnvelopeField`](RecordError::EnvelopeField), [`NotAnObject`](RecordError::NotAnObject) and
    /// the like for a type that can't be stored; [`RedactedSecret`](RecordError::RedactedSecret); the
    /// limit that it exceeds.
    pub fn insert<E: Entity>(
        envelope: &Envelope,
        value: &E,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        Ok(NewValue::of(value, limits)?.into_record(envelope.clone(), limits)?.text().clone())
    }

    /// Makes the text of a changed record. `old` is the value as it was read from this text. Fields
    /// that differ between the values are replaced where they stand, those gone are removed, new
    /// ones appended; the rest stays as it is, to the letter.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert); [`NotKept`](RecordError::NotKept) if the type would not see
    /// its own change.
    pub fn update<E: Entity>(
        &self,
        old: &E,
        new: &E,
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        Ok(Record::updated(self, None, (old, new), updated_at, limits)?.text().clone())
    }

    /// This text with other times in some fields, each in the form that it had; `None` if that changes
    /// nothing. What is no time, and what `change` has no other for, stays as it is.
    pub(crate) fn with_times<'a>(
        &self,
        names: impl IntoIterator<Item = &'a &'static str>,
        change: impl Fn(LocalTime) -> Option<LocalTime>,
    ) -> Result<Option<Self>, RecordError> {
        self.with_texts(names, |written| {
            let old = LocalTime::parse(written).ok()?;
            let new = change(old).filter(|new| *new != old)?;
            Some(new.written_as(written))
        })
    }

    /// This text with other texts in some fields; `None` if that changes nothing. What `change` has no
    /// other for stays as it is.
    pub(crate) fn with_texts<'a>(
        &self,
        names: impl IntoIterator<Item = &'a &'static str>,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, RecordError> {
        let mut fields = self.fields()?;
        for name in names {
            if let Some(new) = fields.get_text(name).and_then(|written| change(&written)) {
                fields.set(usize::MAX, name, quoted(&new));
            }
        }
        let text = fields.to_text();
        Ok((text.as_bytes() != &*self.0).then(|| Self(text.into())))
    }

    /// This text with null in some fields, changed at that time.
    pub(crate) fn cleared(
        &self,
        names: &[&'static str],
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        let mut fields = self.fields()?;
        for name in names {
            fields.set(usize::MAX, name, "null");
        }
        Envelope::touch(&mut fields, updated_at);
        Self::of(&fields, limits)
    }

    /// The digest of this text.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision::of(&self.0)
    }

    /// The fields, in order.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), for a text that came from a store and is no record.
    pub fn fields(&self) -> Result<Fields<'_>, RecordError> {
        Fields::read(&self.0)
    }

    /// The fields that every record has.
    ///
    /// # Errors
    /// [`MissingId`](RecordError::MissingId), [`Id`](RecordError::Id),
    /// [`Owner`](RecordError::Owner), and as for [`fields`](Self::fields).
    pub fn envelope(&self) -> Result<Envelope, RecordError> {
        Envelope::read(&self.fields()?, None)
    }

    /// The same of a text that was taken in or stored: one that serde wrote or has read, as all are that a ledger has.
    /// Whether it is JSON is not seen here.
    pub(super) fn stored_fields(&self) -> Result<Fields<'_>, RecordError> {
        let plain = std::str::from_utf8(&self.0).ok().and_then(Fields::of_plain_own);
        plain.map_or_else(|| self.fields(), Ok)
    }

    /// Whether a text that was taken in or stored is a record of that tenant's: the owner that it names, if it names
    /// one, is the tenant.
    pub(crate) fn is_own(&self, tenant: &TenantId) -> bool {
        let plain = std::str::from_utf8(&self.0).ok().and_then(|text| Envelope::of_who_owns(text, tenant));
        let envelope = plain.map_or_else(|| self.envelope(), Ok);
        envelope.is_ok_and(|envelope| envelope.owner().is_none_or(|owner| owner == tenant.as_str()))
    }

    /// One field as it is written.
    pub(super) fn raw(&self, name: &str) -> Option<&RawValue> {
        match self.fields().ok()?.take(name)? {
            Cow::Borrowed(text) => serde_json::from_str(text).ok(),
            Cow::Owned(_) => None, // what was read is borrowed
        }
    }

    /// The text: one line without its end.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The text of these fields, if the limits allow it.
    pub(crate) fn of(fields: &Fields<'_>, limits: &RecordLimits) -> Result<Self, RecordError> {
        limits.check_fields(fields)?;
        let text = fields.to_text();
        limits.check_length(text.len())?;
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for RecordText {
    /// The text itself is left out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordText")
            .field("bytes", &self.0.len())
            .field("revision", &self.revision())
            .finish()
    }
}
