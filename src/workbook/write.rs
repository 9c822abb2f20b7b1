//! Schedules, and rows of any columns, as a workbook.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use super::cells::Cell;
use super::columns::{COLUMNS, Column, Kind};
use crate::record::{LocalTime, Record};
use crate::workspace::Schedule;

/// How wide a column is, in characters: a time fits.
const WIDTH: u16 = 20;

/// Writes a workbook with a row for each schedule.
///
/// # Errors
/// What the writer says: more rows than a sheet has, or a text longer than a cell takes.
pub(crate) fn write<'a>(
    schedules: impl IntoIterator<Item = &'a Record<Schedule>>,
) -> Result<Vec<u8>, XlsxError> {
    let headers = COLUMNS.iter().map(|column| column.name);
    sheet(headers, schedules.into_iter().map(cells))?.save_to_buffer()
}

/// A workbook of one sheet: the headers of its columns, and rows, each with a cell or nothing for each column.
/// No cell is ever a formula.
///
/// # Errors
/// As for [`write`].
pub(crate) fn sheet<'a>(
    headers: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<Option<Cell>>>,
) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("schedules")?;
    let bold = Format::new().set_bold();
    let (mut last_column, mut last_row) = (0, 0);
    for (at, header) in (0..).zip(headers) {
        sheet.write_string_with_format(0, at, header, &bold)?;
        sheet.set_column_width(at, WIDTH)?;
        last_column = at;
    }
    for (row, cells) in (1..).zip(rows) {
        for (at, cell) in (0..).zip(cells) {
            cell.map_or(Ok(()), |cell| write_cell(sheet, row, at, &cell))?;
        }
        last_row = row;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, last_row, last_column)?;
    Ok(workbook)
}

fn cells(schedule: &Record<Schedule>) -> Vec<Option<Cell>> {
    let fields = serde_json::to_value(schedule).unwrap_or_default();
    let cell = |column: &Column| match &fields[column.name] {
        Value::Bool(flag) => Some(Cell::Flag(*flag)),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if column.kind == Kind::Time => Some(time(text)),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Null if column.kind == Kind::Flag => Some(Cell::Flag(false)),
        _ => None,
    };
    COLUMNS.iter().map(cell).collect()
}

/// A text as a cell with a date, if it is a time.
pub(crate) fn time(text: &str) -> Cell {
    LocalTime::parse(text).map_or_else(|_| Cell::Text(text.to_owned()), |time| Cell::Time(time.civil()))
}

fn write_cell(sheet: &mut Worksheet, row: u32, at: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Flag(flag) => sheet.write_boolean(row, at, *flag).map(drop),
        Cell::Number(number) => sheet.write_number(row, at, *number).map(drop),
        Cell::Text(text) => sheet.write_string(row, at, text).map(drop),
        Cell::Time(time) => write_time(sheet, row, at, LocalTime::new(*time)),
        Cell::Error => Ok(()),
    }
}

/// A time as a cell with a date; as text where spreadsheets count no days: before 1900.
fn write_time(sheet: &mut Worksheet, row: u32, at: u16, time: LocalTime) -> Result<(), XlsxError> {
    let shown = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    match excel(time) {
        Some(time) => sheet.write_datetime_with_format(row, at, &time, &shown).map(drop),
        None => sheet.write_string(row, at, time.to_string()).map(drop),
    }
}

fn excel(time: LocalTime) -> Option<ExcelDateTime> {
    let at = time.civil();
    let small = |number: i8| u8::try_from(number).ok();
    // Spreadsheets hold 1900 for a leap year, so that its first two months are a day off.
    let year = u16::try_from(at.year()).ok().filter(|year| *year > 1900)?;
    let date = ExcelDateTime::from_ymd(year, small(at.month())?, small(at.day())?).ok()?;
    date.and_hms(u16::from(small(at.hour())?), small(at.minute())?, small(at.second())?).ok()
}
