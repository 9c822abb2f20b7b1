//! The workbook with the owners: what becomes of `live_stream_data.xlsx` for those who go on reading it.
//!
//! It has every row of the old one, in its order and beneath its columns. A row that is carried says what its record
//! says, also where an earlier migration of other tenants carried it; any other row says what it said. What records
//! have beside the columns of an id, an owner and times is added at the end. Whether it is to be written, and where,
//! is others' to say.

mod compare;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, XlsxError};
use serde_json::Value;

use super::documented::WORKBOOK;
use super::{Digest, MigrateError, Plan, PlannedRecord, Position, Texts, TreePath, earlier, source};
use crate::paths::TenantId;
use crate::record::{Envelope, RecordText};
use crate::workbook::{self, Cell, TableColumn, TableRow};

/// The one column without which nothing is a sheet of schedules.
const TITLE: &str = "title";

/// What the workbook says.
pub(super) struct OwnedWorkbook {
    columns: Vec<TableColumn>,
    rows: Vec<Row>,
}

/// What a row says.
struct Row {
    /// The cells that it had, by their fields.
    was: Vec<(String, Cell)>,
    /// What it is carried as, and whose that is.
    record: Option<(TenantId, RecordText)>,
}

impl OwnedWorkbook {
    /// What becomes of the workbook of that plan; `None` if it has none. Who was migrated before is told by the
    /// journals in the root.
    ///
    /// # Errors
    /// [`MigrateError::Read`]; [`MigrateError::NotAsPlanned`] if the old workbook is not what the plan was made of;
    /// [`MigrateError::Journal`].
    pub(super) fn of(
        plan: &Plan,
        texts: &Texts,
        root: &std::path::Path,
    ) -> Result<Option<Self>, MigrateError> {
        let path = TreePath::root().join(WORKBOOK);
        if !plan.sources.iter().any(|source| source.path == path) {
            return Ok(None);
        }
        let other = || MigrateError::NotAsPlanned(path.clone());
        let table = source::table(&texts.bytes(&path)?).map_err(|_| other())?;
        let mut columns = table.columns;
        let wanted = columns.is_empty().then_some(TITLE).into_iter().chain(Envelope::FIELDS);
        let missing = wanted.filter(|name| columns.iter().all(|column| column.field != *name));
        let missing = missing.map(|name| TableColumn { header: name.to_owned(), field: name.to_owned() });
        columns.extend(missing.collect::<Vec<_>>());

        let mut planned: HashMap<u32, &PlannedRecord> =
            plan.records.iter().filter_map(|record| Some((row_of(record, &path)?, record))).collect();
        let mut carried = earlier::carried_from(root, &path)?;
        let row = |TableRow { number, cells: was, fields }: TableRow| {
            let record = match (planned.remove(&number), source::row_text(fields)) {
                (Some(record), Ok(base)) => Some((record.tenant.clone(), texts.edited(&base, record)?)),
                (Some(_), Err(_)) => return Err(other()),
                (None, Err(_)) => None,
                (None, Ok(base)) => {
                    let earlier = carried.get_mut(&Digest::of(base.as_bytes()));
                    let earlier = earlier.and_then(std::collections::VecDeque::pop_front);
                    // What it was carried as can't be told any more if records may be other ones by now.
                    earlier
                        .and_then(|record| Some((record.tenant.clone(), texts.edited(&base, &record).ok()?)))
                }
            };
            Ok(Row { was, record })
        };
        let mut rows = table.rows.into_iter().map(row).collect::<Result<Vec<_>, MigrateError>>()?;
        if !planned.is_empty() {
            return Err(other());
        }
        // An error is nothing that could be written.
        rows.retain(|row| row.record.is_some() || row.was.iter().any(|(_, cell)| *cell != Cell::Error));
        Ok(Some(Self { columns, rows }))
    }

    /// Its bytes, the same for the same plan and tree.
    ///
    /// # Errors
    /// [`MigrateError::Workbook`].
    pub(super) fn written(&self) -> Result<Vec<u8>, MigrateError> {
        self.write().map_err(MigrateError::Workbook)
    }

    fn write(&self) -> Result<Vec<u8>, XlsxError> {
        let headers = self.columns.iter().map(|column| column.header.as_str());
        let mut workbook = workbook::sheet(headers, self.rows.iter().map(|row| self.cells(row)))?;
        // A file says when it was made; what is made twice is to be the same.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        workbook.save_to_buffer()
    }

    /// What a row has in each column.
    fn cells(&self, row: &Row) -> Vec<Option<Cell>> {
        let was = |field: &str| row.was.iter().find(|(name, _)| name == field).map(|(_, cell)| cell);
        let Some((_, text)) = &row.record else {
            return self.columns.iter().map(|column| was(&column.field).cloned()).collect();
        };
        let fields: HashMap<String, Value> = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
        let cell = |column: &TableColumn| match fields.get(&column.field)? {
            Value::Null => None,
            Value::Bool(flag) => Some(Cell::Flag(*flag)),
            Value::Number(number) => number.as_f64().map(Cell::Number),
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => match was(&column.field) {
                // A time only where one was.
                Some(Cell::Time(_)) => Some(workbook::time(text)),
                _ => Some(Cell::Text(text.clone())),
            },
            // No cell was any of these.
            value => Some(Cell::Text(value.to_string())),
        };
        self.columns.iter().map(cell).collect()
    }
}

/// The number of the row that a record is made of.
fn row_of(record: &PlannedRecord, path: &TreePath) -> Option<u32> {
    match record.at {
        Position::Row(number) if record.from == *path => Some(number),
        _ => None,
    }
}
