//! The files that hold records, read as they are: the same for who plans and for who applies.

use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::documented::{self, WORKBOOK};
use super::json::{self, Broken, Change};
use super::{Position, TreePath};
use crate::paths::CollectionName;
use crate::record::fields::quoted;
use crate::record::{Fields, RecordError};
use crate::workbook::{self, CellRefusal, Table, WorkbookError};

/// What a file that holds records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// A JSON array of records.
    Array,
    /// The stream mapping.
    Mapping,
    /// The workbook with the schedules.
    Workbook,
    /// A token: one record.
    Token,
}

/// A record as it was found.
pub(super) struct Found {
    pub(super) at: Position,
    /// The text of a JSON object without white space; or why there is none.
    pub(super) text: Result<String, NoRecord>,
}

/// Why something that stands where a record should be is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRecord {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the cell {column:?}: {reason}")]
    Cell { column: String, reason: CellRefusal },
    #[error("neither a stream's id nor what is known of one")]
    NoStream,
}

/// Why a file can't be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Json(#[from] Broken),
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error("{0}")]
    Shape(&'static str),
}

/// The records of a file, and what was changed so that it could be read.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) records: Vec<Found>,
    pub(super) changes: Vec<(Change, usize)>,
}

/// What a file is by its place.
pub(super) fn form_of(path: &TreePath, collection: &CollectionName) -> Form {
    if path.name().as_str() == Some(WORKBOOK) {
        Form::Workbook
    } else if *collection == CollectionName::STREAM_MAPPING {
        Form::Mapping
    } else if *collection == CollectionName::TOKENS {
        Form::Token
    } else {
        Form::Array
    }
}

/// Reads a file's records.
pub(super) fn contents(path: &TreePath, form: Form, bytes: &[u8]) -> Result<Contents, Unreadable> {
    match form {
        Form::Array => array(bytes),
        Form::Mapping => mapping(bytes),
        Form::Workbook => sheet(bytes),
        Form::Token => {
            let text = token(path, bytes).ok_or(Unreadable::Shape("not the text of a JSON object"))?;
            Ok(Contents { records: vec![Found { at: Position::Whole, text: Ok(text) }], changes: Vec::new() })
        }
    }
}

/// The elements of an array as they stand in its file, made readable.
pub(super) struct Elements {
    text: String,
    places: Vec<Range<usize>>,
}

impl Elements {
    /// Those of such a file; none of what is an empty list in another spelling.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let json::Readable { text, elements, .. } = json::readable(bytes)?;
        Ok(Self { text: text.into_owned(), places: elements.unwrap_or_default() })
    }

    /// The fields of the element at such a position: those of the record that [`contents`] finds there.
    pub(super) fn fields(&self, at: Position) -> Option<Fields<'_>> {
        let Position::Record(number) = at else { return None };
        let place = self.places.get(number.checked_sub(1)?)?.clone();
        object(self.text.get(place)?, &mut 0).ok()
    }
}

/// The fields of one element of an array that was read, of several with one name the last.
fn object<'a>(text: &'a str, twice: &mut usize) -> Result<Fields<'a>, NoRecord> {
    let (fields, names) = Fields::read_last_again(text)?;
    *twice += names.len();
    Ok(fields.compacted())
}

fn array(bytes: &[u8]) -> Result<Contents, Unreadable> {
    let json::Readable { text, mut changes, elements } = json::readable(bytes)?;
    if text.is_empty() {
        return Ok(Contents { records: Vec::new(), changes });
    }
    let Some(elements) = elements else {
        let is_empty = Fields::read_last(&text).is_ok_and(|(fields, _)| fields.is_empty());
        changes.push((Change::ObjectForArray, 1));
        return match is_empty {
            true => Ok(Contents { records: Vec::new(), changes }),
            false => Err(Unreadable::Shape("not a list of records")),
        };
    };
    let mut twice = 0;
    let records = elements.into_iter().enumerate().map(|(at, place)| {
        let fields = object(text.get(place).unwrap_or_default(), &mut twice);
        Found { at: Position::Record(at + 1), text: fields.map(|fields| fields.to_text()) }
    });
    let records = records.collect();
    changes.extend((twice > 0).then_some((Change::DuplicateKey, twice)));
    Ok(Contents { records, changes })
}

fn mapping(bytes: &[u8]) -> Result<Contents, Unreadable> {
    let readable = json::readable(bytes)?;
    let is_empty = readable.is_empty();
    let json::Readable { text, mut changes, .. } = readable;
    if is_empty {
        return Ok(Contents { records: Vec::new(), changes });
    }
    let (tokens, names) = Fields::read_last(&text)
        .map_err(|_| Unreadable::Shape("not an object with a member for each token"))?;
    let (mut records, mut twice) = (Vec::new(), names.len());
    for (token, (name, streams)) in tokens.iter().enumerate() {
        let at = |stream| Position::Stream { token: token + 1, stream };
        match Fields::read_last(streams) {
            Err(error) => records.push(Found { at: at(0), text: Err(error.into()) }),
            Ok((streams, names)) => {
                twice += names.len();
                records.extend(streams.iter().enumerate().map(|(number, (stream, value))| Found {
                    at: at(number + 1),
                    text: stream_key(name, stream, value, &mut twice),
                }));
            }
        }
    }
    changes.extend((twice > 0).then_some((Change::DuplicateKey, twice)));
    Ok(Contents { records, changes })
}

/// A stream key: `"<id>": {…}`, or in the older form `"<name>": "<id>"`.
fn stream_key(token: &str, name: &str, value: &str, twice: &mut usize) -> Result<String, NoRecord> {
    let mut fields = Fields::default();
    fields.push("token_file", quoted(token));
    if value.starts_with('{') {
        fields.push("stream_id", quoted(name));
        let (own, names) = Fields::read_last(value)?;
        *twice += names.len();
        let own = own.compacted();
        for (field, value) in own.iter() {
            // What the place says, says the place; the id of the record is the library's.
            if ["token_file", "stream_id"].contains(&field) {
                continue;
            }
            fields.push(field, value);
        }
        return Ok(fields.to_text());
    }
    let id = match serde_json::from_str(value) {
        Ok(Value::String(id)) if !id.is_empty() => id,
        Ok(Value::Number(id)) => id.to_string(),
        _ => return Err(NoRecord::NoStream),
    };
    fields.push("stream_id", quoted(&id));
    fields.push("title", quoted(name));
    Ok(fields.to_text())
}

/// The first sheet of a workbook.
pub(super) fn table(bytes: &[u8]) -> Result<Table, WorkbookError> {
    // What may be unpacked is bounded by what the file may have been long.
    let limit = (bytes.len() as u64).max(16 << 20);
    // The reader panics at numbers that are out of all range, such as a cell's in row 2^32.
    panic::catch_unwind(AssertUnwindSafe(|| workbook::table(bytes, limit)))
        .unwrap_or(Err(WorkbookError::NotAWorkbook))
}

fn sheet(bytes: &[u8]) -> Result<Contents, Unreadable> {
    let rows = table(bytes)?.rows;
    let found = |row: workbook::TableRow| Found { at: Position::Row(row.number), text: row_text(row.fields) };
    Ok(Contents { records: rows.into_iter().map(found).collect(), changes: Vec::new() })
}

/// The record that a row of a sheet is.
pub(super) fn row_text(fields: workbook::RowFields) -> Result<String, NoRecord> {
    let cells = fields.map_err(|mut refused| match refused.is_empty() {
        true => NoRecord::Record(RecordError::NotAnObject),
        false => {
            let (column, reason) = refused.swap_remove(0);
            NoRecord::Cell { column, reason }
        }
    })?;
    let mut fields = Fields::default();
    for (name, value) in &cells {
        fields.push(name, value.to_string());
    }
    Ok(fields.to_text())
}

/// A token's record but for its envelope, if that is what the file is.
fn token(path: &TreePath, bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    Fields::read_last(text).ok()?;
    let mut fields = Fields::default();
    fields.push("filename", quoted(&path.name().replaced()));
    fields.push("content", quoted(text));
    Some(fields.to_text())
}

/// The collection whose records a file holds by its name, where it lies in the root or a tenant's data folder.
pub(super) fn collection(path: &TreePath) -> Option<CollectionName> {
    match path.name().as_str()? {
        WORKBOOK => Some(CollectionName::SCHEDULES),
        name => documented::collection_of(name),
    }
}
