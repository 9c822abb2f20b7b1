//! Why a record was refused or could not be read.

use crate::paths::NameError;

/// What is wrong with a record, or with a text that was to be part of one.
///
/// No variant carries a field's value. Field names are shortened, since they may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The text is not JSON.
    #[error("not JSON at line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// The text, or what the type serialises to, is JSON but not an object.
    #[error("a record is a JSON object")]
    NotAnObject,
    /// Two fields have the same name.
    #[error("the field {field:?} occurs twice")]
    DuplicateField {
        /// The name.
        field: String,
    },
    /// The record's text is too long.
    #[error("the record has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// Its length in bytes, white space not counted.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// Arrays and objects are nested too deep.
    #[error("the record is nested {depth} deep, {limit} is allowed")]
    TooDeep {
        /// How deep it is; the record itself counts as one.
        depth: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// The record has too many fields.
    #[error("the record has {fields} fields, {limit} are allowed")]
    TooManyFields {
        /// How many it has.
        fields: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A field's name is too long.
    #[error("a field's name has {bytes} bytes, {limit} are allowed")]
    FieldNameTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A field's value is too long.
    #[error("the field {field:?} has {bytes} bytes, {limit} are allowed")]
    FieldTooLarge {
        /// The field's name.
        field: String,
        /// The length of its JSON text in bytes, white space not counted.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// The keys under which the record is to be found are too long.
    #[error("the record's index keys have {bytes} bytes, {limit} are allowed")]
    IndexTooLarge {
        /// Their length in bytes, together with the names of their indexes.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A type serialises a field that belongs to the envelope.
    #[error("the record's type has a field {field:?}, which the envelope has already")]
    EnvelopeField {
        /// The name.
        field: &'static str,
    },
    /// The record has no `id`, or one that is neither a text nor a whole number.
    #[error("the record has no id")]
    MissingId,
    /// The text can't be a record's id.
    #[error("not a record's id: {0}")]
    Id(NameError),
    /// The field `owner` is neither a text nor a whole number nor null.
    #[error("the record's owner can't be read")]
    Owner,
    /// A field names a record that there is not.
    #[error("the field {field:?} names nothing that there is")]
    Dangling {
        /// The field.
        field: &'static str,
    },
    /// A field that the type needs is missing.
    #[error("the field {field:?} is missing")]
    MissingField {
        /// The name.
        field: String,
    },
    /// The record does not fit the type through which it was to be read.
    #[error("the record does not fit its type{}", in_field(field.as_deref()))]
    Unreadable {
        /// The field that does not fit, where that is known.
        field: Option<String>,
    },
    /// The value's own serialisation failed.
    #[error("the value can't be serialised")]
    Unserializable,
    /// The type would not read a field back as it was written, so the change would be lost.
    #[error("the record's type does not read the field {field:?} back as it was written")]
    NotKept {
        /// The name.
        field: String,
    },
    /// A secret is the text that stands in a response in place of one.
    #[error("a redacted secret can't be stored")]
    RedactedSecret,
    /// The text is not a local time.
    #[error("not a local time such as 2025-11-04 10:00:00")]
    Time,
    /// The text is not a time with an offset.
    #[error("not a time with its offset such as 2025-11-04T10:00:00+07:00")]
    OffsetTime,
    /// The text is not a revision.
    #[error("not a revision")]
    Revision,
}

impl RecordError {
    /// What went wrong when `text` was read as JSON, without serde's message, which quotes values.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        if error.is_data() {
            Self::NotAnObject
        } else {
            Self::NotJson { line: error.line(), column: error.column() }
        }
    }
}

/// A field's name, short enough to be shown.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 64;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST).chain(['…']).collect()
}

fn in_field(field: Option<&str>) -> String {
    field.map(|field| format!(" in the field {field:?}")).unwrap_or_default()
}
