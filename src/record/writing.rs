//! How a value of a type becomes the text of a record.
//!
//! A text is made once and read once through the type: what the type would not read again must not
//! become durable, and what it does read is the record that the caller is answered with.

use super::error::shown;
use super::fields::{depth, quoted};
use super::plain;
use super::secret::{SecretText, revealed};
use super::typed::unreadable;
use super::{Entity, Envelope, Fields, LocalTime, Record, RecordError, RecordLimits, RecordText, one_pass};

/// How long the text of a value is that need not be moved while it grows.
const USUAL: usize = 512;

/// A value that is to be a new record's: all of it that does not depend on when and by whom it is stored, so that
/// it can be made before that is known.
pub(crate) struct NewValue<T> {
    /// Its fields, as the text of an object.
    own: String,
    /// How many they are.
    count: usize,
    /// What its type reads of that.
    value: T,
}

impl<T: Entity> NewValue<T> {
    /// Writes a value, and reads it again.
    ///
    /// # Errors
    /// As for [`RecordText::insert`], but for the limits that bound the whole.
    pub(crate) fn of(value: &T, limits: &RecordLimits) -> Result<Self, RecordError> {
        let written = written(value, Redacted::Refused)?;
        if let Some((value, count)) = read_plain(&written, None, limits) {
            check_kept(&value, &written)?;
            return Ok(Self { own: written, count, value });
        }
        let fields = own_fields(&written)?;
        limits.check_each(&fields)?;
        let (count, other) = (fields.len(), (!fields.are(&written)).then(|| fields.to_text()));
        Self::of_written(written, other, count)
    }

    /// The same of what is written, and stored as it stands there unless something else is.
    fn of_written(written: String, other: Option<String>, count: usize) -> Result<Self, RecordError> {
        let own = other.as_deref().unwrap_or(&written);
        let value = match serde_json::from_str(own) {
            Ok(value) => value,
            // What is wrong is said of what serde reads.
            Err(error) => {
                return Err(unreadable::<T>(&error, &Fields::read(written.as_bytes())?.compacted()));
            }
        };
        check_kept(&value, &written)?;
        Ok(Self { own: other.unwrap_or(written), count, value })
    }

    /// The record of that value.
    ///
    /// # Errors
    /// The limit that it exceeds.
    pub(crate) fn into_record(
        self,
        envelope: Envelope,
        limits: &RecordLimits,
    ) -> Result<Record<T>, RecordError> {
        let (text, count) = joined(&envelope, &self.own, limits)?;
        limits.check_count(count + self.count)?;
        limits.check_length(text.len())?;
        Ok(Record::of_parts(envelope, self.value, RecordText::from_stored(text.into())))
    }
}

/// The text of a record that has this envelope and these own fields, and how many fields are the envelope's.
fn joined(envelope: &Envelope, own: &str, limits: &RecordLimits) -> Result<(String, usize), RecordError> {
    let mut text = String::with_capacity(envelope.length() + own.len());
    text.push('{');
    let count = envelope.push_to(&mut text, limits)?;
    if own != "{}" {
        text.push(',');
    }
    text.push_str(own.get(1..).unwrap_or_default());
    Ok((text, count))
}

impl<T: Entity> Record<T> {
    /// The record that `text` becomes; see [`RecordText::update`]. Whoever has read it knows its envelope.
    pub(super) fn updated(
        text: &RecordText,
        known: Option<&Envelope>,
        (old, new): (&T, &T),
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        let before = written(old, Redacted::Allowed)?;
        if let Some(record) =
            known.and_then(|known| Self::rewritten(text, known, (&before, new), updated_at, limits))
        {
            return Ok(record);
        }
        let written = written(new, Redacted::Refused)?;
        let (before, after) = (own_fields(&before)?, own_fields(&written)?);
        let plain = known.and_then(|_| Fields::of_plain(std::str::from_utf8(text.as_bytes()).ok()?));
        let mut fields = match plain {
            Some(fields) => fields,
            None => text.fields()?,
        };
        fields.retain(|name| before.get(name).is_none() || after.get(name).is_some());
        for (name, value) in after.iter().filter(|(name, value)| before.get(name) != Some(value)) {
            fields.set(usize::MAX, name, value);
        }
        Envelope::touch(&mut fields, updated_at);
        limits.check_fields(&fields)?;
        let text = fields.to_text();
        limits.check_length(text.len())?;
        let (envelope, value) = match known.zip(one_pass::read_value(&text)) {
            Some((envelope, value)) => (envelope.touched(updated_at), value),
            None => Self::read_fields(&Fields::read(text.as_bytes())?, None)?,
        };
        check_kept(&value, &written)?;
        Ok(Self::of_parts(envelope, value, RecordText::from_stored(text.into())))
    }

    /// The same where the text is what inserting makes of the envelope and the old value, and the new value has the
    /// same fields in the same order: then it becomes what inserting makes of the new one. `None` wherever that
    /// is not so or something is wrong, which the other way tells.
    fn rewritten(
        text: &RecordText,
        known: &Envelope,
        (old, new): (&str, &T),
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Option<Self> {
        let (inserted, _) = joined(known, old, limits).ok()?;
        if text.as_bytes() != inserted.as_bytes() {
            return None;
        }
        let written = written(new, Redacted::Refused).ok()?;
        let (value, count) = read_plain(&written, Some(old), limits)?;
        check_kept(&value, &written).ok()?;
        let new = NewValue { own: written, count, value };
        new.into_record(known.touched(updated_at), limits).ok()
    }

    /// This record with another value; see [`RecordText::update`].
    pub(crate) fn changed(
        &self,
        new: &T,
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Self, RecordError> {
        Self::updated(self.text(), Some(self.envelope()), (self.value(), new), updated_at, limits)
    }
}

/// Sees that a value that was read again is written as it was: what its type does not keep can't be changed.
fn check_kept<E: Entity>(value: &E, written: &str) -> Result<(), RecordError> {
    let (again, _) = json_of(value)?;
    if again == written.as_bytes() {
        return Ok(());
    }
    let (written, again) = (Fields::read(written.as_bytes())?, Fields::read(&again)?);
    let lacks = |one: &Fields<'_>, other: &Fields<'_>| {
        one.iter().find(|(name, _)| other.get(name).is_none()).map(|(name, _)| shown(name))
    };
    match lacks(&written, &again).or_else(|| lacks(&again, &written)) {
        Some(field) => Err(RecordError::NotKept { field }),
        None => Ok(()),
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
    let (text, is_redacted) = json_of(value)?;
    let text = String::from_utf8(text).map_err(|_| RecordError::Unserializable)?;
    if redacted == Redacted::Refused && (is_redacted || has_redacted::<E>(&text)?) {
        return Err(RecordError::RedactedSecret);
    }
    Ok(text)
}

/// The same as bytes, and whether one of its secrets is what stands in a response in place of one.
fn json_of<E: Entity>(value: &E) -> Result<(Vec<u8>, bool), RecordError> {
    let mut text = Vec::with_capacity(USUAL);
    let written = revealed(|| serde_json::to_writer(&mut text, value));
    written.result.map_err(|_| RecordError::Unserializable)?;
    Ok((text, written.redacted))
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

/// What its type reads of a written value, and how many fields that has, if nothing is wrong with them, they are stored
/// as they stand there, and they have the names of those of another value, if there is one. Whatever else there is,
/// [`own_fields`], the limits and serde tell.
fn read_plain<E: Entity>(written: &str, other: Option<&str>, limits: &RecordLimits) -> Option<(E, usize)> {
    let mut others = plain::Members::of(other.unwrap_or("{}"))?;
    let mut is_fine = |name: &str, value: &str| {
        let mut other_name = || others.next().ok()?.map(|(name, _)| name);
        (other.is_none() || other_name() == Some(name))
            && limits.check_field(name, value.len()).is_ok()
            && depth(value) < limits.depth
    };
    let read = one_pass::read_new(written, &mut is_fine)?;
    (others.is_done() && limits.depth > 0).then_some(read)
}

/// The fields of a written value, which are none of the envelope's.
fn own_fields(written: &str) -> Result<Fields<'_>, RecordError> {
    let fields = match Fields::of_plain(written) {
        Some(fields) => fields,
        None => Fields::read(written.as_bytes())?.compacted(),
    };
    match Envelope::FIELDS.iter().find(|name| fields.get(name).is_some()) {
        Some(field) => Err(RecordError::EnvelopeField { field }),
        None => Ok(fields),
    }
}
