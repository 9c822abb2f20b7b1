//! How a value of a type becomes the text of a record.
//!
//! A text is made once and read once through the type: what the type would not read again must not
//! become durable, and what it does read is the record that the caller is answered with.

use super::error::shown;
use super::fields::quoted;
use super::secret::{SecretText, revealed};
use super::typed::unreadable;
use super::{Entity, Envelope, Fields, LocalTime, Record, RecordError, RecordLimits, RecordText};

impl<T: Entity> Record<T> {
    /// A new record; see [`RecordText::insert`].
    pub(crate) fn inserted(
        envelope: Envelope,
        value: &T,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        let written = written(value, Redacted::Refused)?;
        let own = own_fields(&written)?;
        let mut fields = envelope.to_fields();
        for (name, value) in own.iter() {
            fields.push(name, value);
        }
        kept(envelope, &fields, &own, &written, limits)
    }

    /// The record that `text` becomes; see [`RecordText::update`].
    pub(super) fn updated(
        text: &RecordText,
        (old, new): (&T, &T),
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        let (before, written) = (written(old, Redacted::Allowed)?, written(new, Redacted::Refused)?);
        let (before, after) = (own_fields(&before)?, own_fields(&written)?);
        let mut fields = text.fields()?;
        fields.retain(|name| before.get(name).is_none() || after.get(name).is_some());
        for (name, value) in after.iter().filter(|(name, value)| before.get(name) != Some(value)) {
            fields.set(usize::MAX, name, value);
        }
        Envelope::touch(&mut fields, updated_at);
        let mut own = fields.clone();
        own.retain(|name| !Envelope::has(name));
        kept(Envelope::read(&fields, None)?, &fields, &own, &written, limits)
    }

    /// This record with another value; see [`RecordText::update`].
    pub(crate) fn changed(
        &self,
        new: &T,
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        Self::updated(self.text(), (self.value(), new), updated_at, limits)
    }
}

/// The record of these fields, if its type reads from `own`, which are those of them that are not the
/// envelope's, the fields of the value that was `written`.
fn kept<E: Entity>(
    envelope: Envelope,
    fields: &Fields<'_>,
    own: &Fields<'_>,
    written: &str,
    limits: &RecordLimits,
) -> Result<Record<E>, RecordError> {
    let text = RecordText::of(fields, limits)?;
    let value: E = serde_json::from_str(&own.to_text()).map_err(|error| unreadable::<E>(&error, own))?;
    let again = self::written(&value, Redacted::Allowed)?;
    let record = Record::of_parts(envelope, value, text);
    if again == written {
        return Ok(record);
    }
    let (written, again) = (Fields::read(written.as_bytes())?, Fields::read(again.as_bytes())?);
    let lacks = |one: &Fields<'_>, other: &Fields<'_>| {
        one.iter().find(|(name, _)| other.get(name).is_none()).map(|(name, _)| shown(name))
    };
    match lacks(&written, &again).or_else(|| lacks(&again, &written)) {
        Some(field) => Err(RecordError::NotKept { field }),
        None => Ok(record),
    }
}

/// Whether a value may contain what stands in a response in place of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Redacted {
    Allowed,
    Refused,
}

/// A value's JSON as it is stored, secrets included.
fn written<E: Entity>(value: &E, redacted: Redacted) -> Result<String, RecordError> {
    let written = revealed(|| serde_json::to_string(value));
    let text = written.result.map_err(|_| RecordError::Unserializable)?;
    if redacted == Redacted::Refused && (written.redacted || has_redacted::<E>(&text)?) {
        return Err(RecordError::RedactedSecret);
    }
    Ok(text)
}

/// Whether one of the fields that a response leaves out is what stands there in place of a secret.
fn has_redacted<E: Entity>(written: &str) -> Result<bool, RecordError> {
    if E::secret_fields().is_empty() {
        return Ok(false);
    }
    let fields = Fields::read(written.as_bytes())?;
    let marker = quoted(SecretText::REDACTED);
    Ok(E::secret_fields().iter().any(|name| fields.get(name) == Some(&marker)))
}

/// Refuses a value that has in place of a secret what stands there in a response, or is no object.
pub(super) fn refuse_redacted<E: Entity>(value: &E) -> Result<(), RecordError> {
    let written = written(value, Redacted::Refused)?;
    Fields::read(written.as_bytes()).map(drop)
}

/// The fields of a written value, which are none of the envelope's.
fn own_fields(written: &str) -> Result<Fields<'_>, RecordError> {
    let fields = Fields::read(written.as_bytes())?.compacted();
    match Envelope::FIELDS.iter().find(|name| fields.get(name).is_some()) {
        Some(field) => Err(RecordError::EnvelopeField { field }),
        None => Ok(fields),
    }
}
