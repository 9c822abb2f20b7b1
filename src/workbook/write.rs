//! Schedules as a workbook's bytes.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use super::columns::{COLUMNS, Kind};
use crate::record::{LocalTime, Record};
use crate::workspace::Schedule;

/// Writes a workbook with a row for each schedule.
///
/// # Errors
/// What the writer says: more rows than a sheet has, or a text longer than a cell takes.
pub(crate) fn write<'a>(
    schedules: impl IntoIterator<Item = &'a Record<Schedule>>,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("schedules")?;
    let bold = Format::new().set_bold();
    for (at, column) in (0..).zip(&COLUMNS) {
        sheet.write_string_with_format(0, at, column.name, &bold)?;
        sheet.set_column_width(at, if column.kind == Kind::Time { 20 } else { 16 })?;
    }
    let mut last = 0;
    for (row, schedule) in (1..).zip(schedules) {
        write_row(sheet, row, schedule)?;
        last = row;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, last, u16::try_from(COLUMNS.len() - 1).unwrap_or(u16::MAX))?;
    workbook.save_to_buffer()
}

fn write_row(sheet: &mut Worksheet, row: u32, schedule: &Record<Schedule>) -> Result<(), XlsxError> {
    let fields = serde_json::to_value(schedule).unwrap_or_default();
    for (at, column) in (0..).zip(&COLUMNS) {
        match &fields[column.name] {
            Value::Bool(flag) => drop(sheet.write_boolean(row, at, *flag)?),
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if column.kind == Kind::Time => write_time(sheet, row, at, text)?,
            Value::String(text) => drop(sheet.write_string(row, at, text)?),
            Value::Null if column.kind == Kind::Flag => drop(sheet.write_boolean(row, at, false)?),
            _ => {}
        }
    }
    Ok(())
}

/// A time as a cell with a date; as text where spreadsheets count no days: before 1900.
fn write_time(sheet: &mut Worksheet, row: u32, at: u16, text: &str) -> Result<(), XlsxError> {
    let shown = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    match LocalTime::parse(text).ok().and_then(excel) {
        Some(time) => sheet.write_datetime_with_format(row, at, &time, &shown).map(drop),
        None => sheet.write_string(row, at, text).map(drop),
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
