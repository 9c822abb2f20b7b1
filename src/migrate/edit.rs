//! Edits carried out on a record's text.

use serde_json::Value;

use super::Edit;
use crate::record::fields::quoted;
use crate::record::{Envelope, Fields, RecordError};

/// The fields of a record's text, which has no white space between its tokens, after these edits.
pub(super) fn edited<'a>(base: &'a str, edits: &'a [Edit]) -> Result<Fields<'a>, RecordError> {
    Ok(changed(Fields::of_own(base)?, edits))
}

/// Fields after these edits.
pub(super) fn changed<'a>(mut fields: Fields<'a>, edits: &'a [Edit]) -> Fields<'a> {
    for edit in edits {
        match edit {
            Edit::Set { field, value } => fields.set(place(&fields, field), field, written(value)),
            Edit::Keep { field, under } => {
                if let Some(value) = fields.get(field).map(str::to_owned) {
                    fields.push(under, value);
                }
            }
        }
    }
    fields
}

/// A value as it is written.
fn written(value: &Value) -> String {
    match value {
        // It is nearly always one, and that is the faster way.
        Value::String(text) => quoted(text),
        value => value.to_string(),
    }
}

/// Where a new field goes.
fn place(fields: &Fields<'_>, field: &str) -> usize {
    let Some(rank) = Envelope::FIELDS.iter().position(|name| *name == field) else { return usize::MAX };
    let before = Envelope::FIELDS.iter().take(rank).rev().find_map(|name| fields.position(name));
    before.map_or(0, |place| place + 1)
}

/// The edit that sets a field to a text.
pub(super) fn set(field: impl Into<std::borrow::Cow<'static, str>>, value: impl Into<Value>) -> Edit {
    Edit::Set { field: field.into(), value: value.into() }
}
