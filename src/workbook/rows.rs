//! Rows as schedules.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::cells::{self, Cell};
use super::columns::{self, Column, Kind};
use super::{CellRefusal, RefusedCells, WorkbookError};
use crate::record::LocalTime;
use crate::workspace::Schedule;

/// A row that is a schedule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its number, as a spreadsheet shows it.
    pub(crate) number: u32,
    pub(crate) schedule: Schedule,
    /// What it says, as [`said`] tells it.
    pub(crate) said: String,
    /// The number of the first row above that says the same.
    pub(crate) same_as: Option<u32>,
}

/// What a schedule says: two say the same if they are equal.
pub(crate) fn said(schedule: &Schedule) -> String {
    // A schedule always serialises.
    serde_json::to_string(schedule).unwrap_or_default()
}

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The bytes of the file.
    pub(crate) bytes: u64,
    /// The rows of the owner, also those that are refused.
    pub(crate) rows: usize,
}

/// What a sheet says of one owner.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// How many rows are the owner's.
    own: usize,
    pub(crate) rows: Vec<Row>,
    /// How many rows are others'.
    pub(crate) others: usize,
    /// The headers of the columns that nobody knows, as they stand there.
    pub(crate) ignored: Vec<String>,
    pub(crate) refused: RefusedCells,
}

/// The header: which column of the sheet is which of ours.
#[derive(Default)]
struct Header {
    columns: BTreeMap<u32, &'static Column>,
    ignored: Vec<String>,
}

impl Header {
    fn read(cells: BTreeMap<u32, Cell>) -> Result<Self, WorkbookError> {
        let (mut header, mut older) = (Self::default(), Vec::new());
        for (at, cell) in cells {
            let Cell::Text(name) = cell else { continue };
            match columns::named(&name) {
                None => header.ignored.push(name),
                Some((column, true)) => older.push((at, column, name)),
                Some((column, false)) => header.add(at, column)?,
            }
        }
        // Where both names stand, the newer one counts.
        for (at, column, name) in older {
            match header.has(column.name) {
                true => header.ignored.push(name),
                false => header.add(at, column)?,
            }
        }
        match header.has(columns::TITLE) {
            true => Ok(header),
            false => Err(WorkbookError::NoColumn { column: columns::TITLE }),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.columns.values().any(|column| column.name == name)
    }

    fn add(&mut self, at: u32, column: &'static Column) -> Result<(), WorkbookError> {
        if self.has(column.name) {
            return Err(WorkbookError::ColumnTwice { column: column.name });
        }
        self.columns.insert(at, column);
        Ok(())
    }
}

/// Reads the rows of one owner. If the sheet has no column for owners, all of them are; if it has one, a
/// row that names none is nobody's.
pub(crate) fn read(bytes: &[u8], bounds: Bounds, owner: &str) -> Result<Sheet, WorkbookError> {
    let (mut header, mut sheet) = (None::<Header>, Sheet::default());
    let (mut current, mut gathered) = (0, BTreeMap::new());
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut finish = |number: u32, cells: BTreeMap<u32, Cell>| -> Result<(), WorkbookError> {
        match &header {
            None => {
                let read = Header::read(cells)?;
                sheet.ignored.clone_from(&read.ignored);
                header = Some(read);
            }
            Some(header) => sheet.take(header, number, cells, owner, &mut seen),
        }
        // Before more of them are held.
        if sheet.own > bounds.rows { Err(WorkbookError::TooLarge) } else { Ok(()) }
    };
    cells::each(bytes, bounds.bytes, |row, column, cell| {
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
    finish(current + 1, gathered)?;
    Ok(sheet)
}

impl Sheet {
    fn take(
        &mut self,
        header: &Header,
        number: u32,
        cells: BTreeMap<u32, Cell>,
        owner: &str,
        seen: &mut BTreeMap<String, u32>,
    ) {
        let known = cells.into_iter().filter_map(|(at, cell)| Some((*header.columns.get(&at)?, cell)));
        let known: Vec<_> = known.filter(|(column, cell)| !is_empty(column, cell)).collect();
        let is_owner = |(column, _): &&(&Column, Cell)| column.name == columns::OWNER;
        let named = known.iter().find(is_owner).map(|(_, cell)| text(cell));
        if known.iter().all(|(column, _)| column.of_record) {
            return;
        }
        if header.has(columns::OWNER) && named.as_deref().map(str::trim) != Some(owner) {
            self.others += 1;
            return;
        }
        self.own += 1;
        let Some(schedule) = self.schedule(number, &known) else { return };
        let said = said(&schedule);
        let same_as = seen.get(&said).copied();
        if same_as.is_none() {
            seen.insert(said.clone(), number);
        }
        self.rows.push(Row { number, schedule, said, same_as });
    }

    /// The schedule that a row's cells make, each of them looked at by itself, so that all that is wrong
    /// is told at once.
    fn schedule(&mut self, number: u32, cells: &[(&'static Column, Cell)]) -> Option<Schedule> {
        let (mut fields, before) = (Map::new(), self.refused.cells.len());
        for (column, cell) in cells.iter().filter(|(column, _)| !column.of_record) {
            match value(column, cell) {
                Ok(value) => drop(fields.insert(column.name.to_owned(), value)),
                Err(reason) => self.refused.push(number, Some(column.name), reason),
            }
        }
        if self.refused.cells.len() > before {
            return None;
        }
        let schedule: Option<Schedule> = serde_json::from_value(Value::Object(fields)).ok();
        let wrong = schedule.as_ref().and_then(Schedule::unimportable);
        if schedule.is_none() || wrong.is_some() {
            self.refused.push(number, wrong, CellRefusal::Value);
            return None;
        }
        schedule
    }
}

/// The text that a cell shows.
pub(super) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Time(at) => LocalTime::new(*at).to_string(),
        Cell::Error => String::new(),
    }
}

pub(super) fn is_empty(column: &Column, cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => {
            let text = text.trim();
            text.is_empty() || (column.kind != Kind::Text && text.eq_ignore_ascii_case("nan"))
        }
        Cell::Number(number) => number.is_nan(),
        _ => false,
    }
}

/// A cell's value as the schedule's field has it, if it can be one.
pub(super) fn value(column: &Column, cell: &Cell) -> Result<Value, CellRefusal> {
    if *cell == Cell::Error {
        return Err(CellRefusal::FormulaError);
    }
    let (value, reason) = match column.kind {
        Kind::Text | Kind::Word => (Value::from(text(cell)), CellRefusal::Value),
        Kind::Time => (Value::from(text(cell).trim()), CellRefusal::NotATime),
        Kind::Flag => (Value::from(text(cell)), CellRefusal::NotAFlag),
        Kind::File(folder) => (Value::from(file(&text(cell), folder)), CellRefusal::NotAFileName),
    };
    let alone = Map::from_iter([(column.name.to_owned(), value.clone())]);
    match serde_json::from_value::<Schedule>(Value::Object(alone)) {
        Ok(_) => Ok(value),
        Err(_) => Err(reason),
    }
}

/// The name without the folder, which may stand before it, at times twice.
pub(super) fn file(text: &str, folder: &str) -> String {
    let mut name = text.trim();
    while let Some(rest) = name.strip_prefix(folder) {
        name = rest;
    }
    name.to_owned()
}
