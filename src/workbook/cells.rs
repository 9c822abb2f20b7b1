//! The cells of a workbook's first sheet, one after the other, within bounds.
//!
//! A sheet is never laid out as a table, whose size the file could choose: one cell in the last
//! corner would make it enormous.

use std::io::{Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use jiff::civil::DateTime;
use zip::ZipArchive;

use super::WorkbookError;
use super::part::Part;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    Flag(bool),
    Time(DateTime),
    Error,
}

/// How much longer a workbook may be unpacked than as a file is allowed.
const UNPACKED: u64 = 8;

/// The rows and columns that a sheet has in spreadsheet programs.
const ROWS: u32 = 1 << 20;
const COLUMNS: u32 = 1 << 14;

/// Calls a function with each cell that is not empty: its row and column, both from 0, row by row.
pub(super) fn each(
    bytes: &[u8],
    limit: u64,
    mut take: impl FnMut(u32, u32, Cell) -> Result<(), WorkbookError>,
) -> Result<(), WorkbookError> {
    if bytes.len() as u64 > limit {
        return Err(WorkbookError::TooLarge);
    }
    check_parts(bytes, limit.saturating_mul(UNPACKED))?;
    let broken = |_| WorkbookError::NotAWorkbook;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let sheet = workbook.sheet_names().into_iter().next().ok_or(WorkbookError::NotAWorkbook)?;
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(broken)?;
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        if row >= ROWS || column >= COLUMNS {
            return Err(WorkbookError::NotAWorkbook);
        }
        if let Some(cell) = read(cell.get_value()) {
            take(row, column, cell)?;
        }
    }
    Ok(())
}

/// Unpacks everything once to see how much it is, whatever the file says of itself, and that no part makes
/// more of that than can be held.
fn check_parts(bytes: &[u8], limit: u64) -> Result<(), WorkbookError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| WorkbookError::NotAWorkbook)?;
    let mut left = limit;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| WorkbookError::NotAWorkbook)?;
        let name = part.name().map_err(|_| WorkbookError::NotAWorkbook)?.into_owned();
        let mut met = Part::default();
        let length = std::io::copy(&mut part.take(left.saturating_add(1)), &mut met);
        let length = length.map_err(|_| WorkbookError::NotAWorkbook)?;
        left = left.checked_sub(length).ok_or(WorkbookError::TooLarge)?;
        met.check(&name)?;
    }
    Ok(())
}

fn read(value: &DataRef<'_>) -> Option<Cell> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(flag) => Cell::Flag(*flag),
        DataRef::DateTime(time) => date(*time),
        DataRef::DateTimeIso(text) => text.parse().map_or_else(|_| Cell::Text(text.clone()), Cell::Time),
        DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::Error(_) => Cell::Error,
    })
}

/// A date as spreadsheets count it: days, and their fractions to the millisecond; to the nearest second.
fn date(time: ExcelDateTime) -> Cell {
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let small = |number: u8| i8::try_from(number).ok();
    let whole = || {
        let year = i16::try_from(year).ok()?;
        let at =
            DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0);
        at.ok()?.checked_add(jiff::SignedDuration::from_secs(i64::from(milli >= 500))).ok()
    };
    match whole().filter(|_| time.is_datetime()) {
        Some(at) => Cell::Time(at),
        None => Cell::Number(time.as_f64()),
    }
}
