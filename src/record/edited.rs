//! Rows of a file that people may have edited, compared with records and carried over into them.
//!
//! The fields of the envelope are the library's: a row may leave them out, but not change them. What
//! is compared is what JSON means, not how it is spelled: a program that reads a file and writes it
//! again may write `é` as `\u00e9` and has changed nothing. Numbers are compared as they are written,
//! since `1.10` and `1.1` are two texts to whoever keeps them; so are members of an object that lies
//! deeper in another order.

use super::fields::{push_quoted, quoted, respelled};
use super::writing::refuse_redacted;
use super::{Entity, Envelope, LocalTime, Record, RecordError, RecordLimits, RecordText, Revision};

const ID: &str = "id";
const UPDATED_AT: &str = "updated_at";

impl RecordText {
    /// A digest of what the record says, whatever the order of its fields and the spelling of its strings.
    pub(crate) fn meaning(&self) -> Result<Revision, RecordError> {
        let fields = self.stored_fields()?;
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort_unstable();
        let mut text = String::with_capacity(self.as_bytes().len());
        // Only what is escaped can be spelled in two ways.
        let is_plain = !self.as_bytes().contains(&b'\\');
        for (name, value) in sorted {
            match is_plain {
                true => text.extend(["\"", name, "\":", value, ","]),
                false => {
                    push_quoted(&mut text, name);
                    text.extend([":", &*respelled(value), ","]);
                }
            }
        }
        Ok(Revision::of(text.as_bytes()))
    }

    /// The names of the fields in which a row differs from this record, which has the same id. A field
    /// of the envelope that the row leaves out does not differ, nor does `updated_at`, which only says
    /// [which state](Self::is_as_new_as) was edited.
    pub(crate) fn edits(&self, row: &Self) -> Result<Vec<String>, RecordError> {
        let (own, edited) = (self.fields()?, row.fields()?);
        let differs = |name: &str| match (own.get(name), edited.get(name)) {
            (Some(one), Some(other)) => one != other && respelled(one) != respelled(other),
            (Some(_), None) => !Envelope::has(name),
            (None, other) => other.is_some(),
        };
        let added = edited.iter().map(|(name, _)| name).filter(|name| own.get(name).is_none());
        let names = own.iter().map(|(name, _)| name).chain(added);
        let names = names.filter(|name| ![ID, UPDATED_AT].contains(name) && differs(name));
        Ok(names.map(str::to_owned).collect())
    }

    /// Whether a row says by its `updated_at` that it is of this state of the record.
    pub(crate) fn is_as_new_as(&self, row: &Self) -> Result<bool, RecordError> {
        let updated =
            |text: &Self| Ok(text.fields()?.get(UPDATED_AT).map(|time| respelled(time).into_owned()));
        Ok(updated(self)? == updated(row)?)
    }

    /// This record with what was edited in a row: fields that differ are replaced where they stand,
    /// those gone are removed, new ones appended; the rest stays as it is, to the letter.
    pub(crate) fn edited<E: Entity>(
        &self,
        row: &Self,
        updated_at: LocalTime,
        limits: &RecordLimits,
    ) -> Result<Record<E>, RecordError> {
        let (edits, edited) = (self.edits(row)?, row.fields()?);
        let mut fields = self.fields()?;
        fields.retain(|name| edited.get(name).is_some() || !edits.iter().any(|edit| edit == name));
        for name in &edits {
            if let Some(value) = edited.get(name) {
                fields.set(usize::MAX, name, value);
            }
        }
        Envelope::touch(&mut fields, updated_at);
        checked(&Self::of(&fields, limits)?)
    }

    /// A new record with the fields of a row that are not the envelope's.
    pub(crate) fn added<E: Entity>(
        envelope: &Envelope,
        row: &Self,
        limits: &RecordLimits,
    ) -> Result<Record<E>, RecordError> {
        let added = row.fields()?;
        let mut fields = envelope.to_fields();
        for (name, value) in added.iter().filter(|(name, _)| !Envelope::has(name)) {
            fields.push(name, value);
        }
        checked(&Self::of(&fields, limits)?)
    }

    /// The fields of the envelope that a row has beside its `id` and its `owner`.
    pub(crate) fn claims(&self) -> Result<Vec<&'static str>, RecordError> {
        let fields = self.fields()?;
        Ok(Envelope::FIELDS[2..].iter().copied().filter(|name| fields.get(name).is_some()).collect())
    }
}

/// A record read through its type, which keeps secrets and not what stands in their place.
fn checked<E: Entity>(text: &RecordText) -> Result<Record<E>, RecordError> {
    let record = Record::<E>::read(text)?;
    let marker = quoted(super::SecretText::REDACTED);
    let fields = text.fields()?;
    if E::secret_fields()
        .iter()
        .any(|name| fields.get(name).is_some_and(|value| *respelled(value) == *marker))
    {
        return Err(RecordError::RedactedSecret);
    }
    refuse_redacted(record.value())?;
    Ok(record)
}
