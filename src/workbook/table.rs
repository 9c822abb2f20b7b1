//! All rows of a sheet with all their columns, whoever owns them, for migration: what no column of a
//! schedule is called is kept as a field of that name.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::cells::{self, Cell};
use super::columns::{self, Column, Kind};
use super::rows::{file, is_empty, text, value};
use super::{CellRefusal, WorkbookError};
use crate::record::LocalTime;
use crate::workspace::Schedule;

/// The cells of a row, each with the header of its column.
type Cells<T> = Vec<(String, T)>;

/// A row's fields, in the order of the columns; or the cells that can't be read.
pub(crate) type RowFields = Result<Cells<Value>, Cells<CellRefusal>>;

/// A sheet.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Its columns in their order; those without a header that have a cell somewhere included.
    pub(crate) columns: Vec<TableColumn>,
    /// The rows that say something.
    pub(crate) rows: Vec<TableRow>,
}

/// A column.
#[derive(Debug)]
pub(crate) struct TableColumn {
    /// The header under which it can be written again: the one that it has, unless by that it could be taken for
    /// another column.
    pub(crate) header: String,
    /// The field that its cells are.
    pub(crate) field: String,
}

/// A row that says something.
#[derive(Debug)]
pub(crate) struct TableRow {
    /// Its number, as a spreadsheet shows it.
    pub(crate) number: u32,
    /// Its cells, by their fields, as they stand there.
    pub(crate) cells: Cells<Cell>,
    /// What they are.
    pub(crate) fields: RowFields,
}

/// The longest header that is taken for a field's name, in bytes.
const MAX_HEADER: usize = 100;

/// Reads the first sheet; one without any cell has no rows.
///
/// # Errors
/// As for [`read`](super::read), but for a column that is named twice: the second is kept under
/// another name.
pub(crate) fn table(bytes: &[u8], limit: u64) -> Result<Table, WorkbookError> {
    let (mut header, mut rows) = (None::<Header>, Vec::new());
    let (mut current, mut gathered) = (0, BTreeMap::new());
    let mut finish = |number: u32, cells: BTreeMap<u32, Cell>| {
        match &mut header {
            None => header = Some(Header::read(cells)?),
            Some(header) => rows.extend(header.row(number, cells)),
        }
        Ok(())
    };
    let mut any = false;
    cells::each(bytes, limit, |row, column, cell| {
        any = true;
        if row != current {
            let cells = std::mem::take(&mut gathered);
            if current == 0 || !cells.is_empty() {
                finish(current + 1, cells)?;
            }
            current = row;
        }
        gathered.insert(column, cell);
        Ok(())
    })?;
    if any {
        finish(current + 1, gathered)?;
    }
    Ok(Table { columns: header.map(Header::into_columns).unwrap_or_default(), rows })
}

/// Which column of the sheet is which field.
struct Header {
    columns: BTreeMap<u32, (String, Option<&'static Column>)>,
    /// What stands in the first row.
    written: BTreeMap<u32, String>,
    taken: HashSet<String>,
}

impl Header {
    fn read(cells: BTreeMap<u32, Cell>) -> Result<Self, WorkbookError> {
        let named: Vec<_> = cells.iter().map(|(at, cell)| (*at, text(cell))).collect();
        let written = named.iter().cloned().collect();
        let mut header = Self { columns: BTreeMap::new(), written, taken: HashSet::new() };
        // Where both names of a column stand, the newer one counts.
        for older in [false, true] {
            for (at, name) in &named {
                let Some((column, is_older)) = columns::named(name) else { continue };
                if is_older == older && header.taken.insert(column.name.to_owned()) {
                    header.columns.insert(*at, (column.name.to_owned(), Some(column)));
                }
            }
        }
        if !header.taken.contains(columns::TITLE) {
            return Err(WorkbookError::NoColumn { column: columns::TITLE });
        }
        for (at, name) in named {
            if !header.columns.contains_key(&at) {
                header.add(at, name.trim());
            }
        }
        Ok(header)
    }

    /// Adds a column that nobody knows, under a name that no other has.
    fn add(&mut self, at: u32, name: &str) {
        let mut name: String = name.chars().filter(|character| !character.is_control()).collect();
        while name.len() > MAX_HEADER {
            name.pop();
        }
        if name.is_empty() {
            name = format!("Unnamed: {at}");
        }
        let free = self.free(&name, 1);
        self.columns.insert(at, (free, None));
    }

    /// A name that no other has, from that number on.
    fn free(&mut self, name: &str, from: u32) -> String {
        let numbered = |number: u32| if number == 1 { name.to_owned() } else { format!("{name} ({number})") };
        let free = (from..).map(numbered).find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }

    fn into_columns(mut self) -> Vec<TableColumn> {
        let columns = std::mem::take(&mut self.columns).into_iter();
        let column = |(at, (field, column)): (u32, (String, Option<&'static Column>))| {
            let header = match (column, self.written.get(&at)) {
                (Some(_), Some(written)) => written.clone(),
                // By this name it would be that column once more.
                _ if matches!(columns::named(&field), Some((_, false))) => self.free(&field, 2),
                _ => field.clone(),
            };
            TableColumn { header, field }
        };
        columns.map(column).collect()
    }

    fn row(&mut self, number: u32, cells: BTreeMap<u32, Cell>) -> Option<TableRow> {
        for at in cells.keys() {
            if !self.columns.contains_key(at) {
                self.add(*at, "");
            }
        }
        let (mut fields, mut refused) = (Vec::new(), Vec::new());
        for (at, cell) in &cells {
            let (name, column) = self.columns.get(at)?;
            match column {
                Some(column) if is_empty(column, cell) => {}
                Some(column) => match known(column, cell) {
                    Ok(value) => fields.push((name.clone(), value)),
                    Err(reason) => refused.push((name.clone(), reason)),
                },
                None => match unknown(cell) {
                    Some(value) => fields.push((name.clone(), value)),
                    None => refused.push((name.clone(), CellRefusal::FormulaError)),
                },
            }
        }
        if fields.is_empty() && refused.is_empty() {
            return None;
        }
        let field = |(at, cell)| Some((self.columns.get(&at)?.0.clone(), cell));
        let cells = cells.into_iter().filter_map(field).collect();
        Some(TableRow { number, cells, fields: if refused.is_empty() { Ok(fields) } else { Err(refused) } })
    }
}

/// A cell as a schedule's field has it, in the one form in which that is written.
fn known(column: &'static Column, cell: &Cell) -> Result<Value, CellRefusal> {
    if *cell == Cell::Error {
        return Err(CellRefusal::FormulaError);
    }
    if let Kind::File(folder) = column.kind {
        // Whether it can be a file's name is seen when the files are known.
        return Ok(Value::from(file(&text(cell), folder)));
    }
    if column.of_record {
        let text = text(cell);
        let time = LocalTime::parse(text.trim()).ok().filter(|_| column.kind == Kind::Time);
        return Ok(Value::from(time.map_or(text, |time| time.to_string())));
    }
    let value = value(column, cell)?;
    let alone = Map::from_iter([(column.name.to_owned(), value.clone())]);
    let schedule: Schedule = serde_json::from_value(alone.into()).map_err(|_| CellRefusal::Value)?;
    let written = serde_json::to_value(schedule).unwrap_or_default();
    Ok(written.get(column.name).cloned().unwrap_or(value))
}

/// A cell of a column that nobody knows; nothing where it shows an error.
fn unknown(cell: &Cell) -> Option<Value> {
    Some(match cell {
        Cell::Flag(flag) => Value::from(*flag),
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and not too long")]
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::from(*number as i64),
        Cell::Number(number) => Value::from(*number),
        Cell::Text(_) | Cell::Time(_) => Value::from(text(cell)),
        Cell::Error => return None,
    })
}
