//! The workbook of a legacy tree, `live_stream_data.xlsx`.

use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, XlsxError};

/// Where it lies.
pub(super) const FILE_NAME: &str = "live_stream_data.xlsx";

/// The workbook as data: row 1 is the header, the rows are those beneath it.
#[derive(Debug, Clone, PartialEq)]
pub struct Workbook {
    /// The header.
    pub columns: Vec<String>,
    /// A cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there is a second sheet, with notes.
    pub second_sheet: bool,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, whatever it looks like.
    Text(String),
    /// A number.
    Number(f64),
    /// A boolean.
    Flag(bool),
    /// A date with a time.
    Time(DateTime),
}

impl Workbook {
    /// The cell of a row, from 0, in the column of that name.
    #[must_use]
    pub fn cell(&self, row: usize, column: &str) -> Option<&Cell> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.rows.get(row)?.get(at)
    }

    /// Puts something in a cell; nothing where there is no such row or column.
    pub(super) fn set(&mut self, row: usize, column: &str, cell: Cell) {
        let Some(at) = self.columns.iter().position(|name| name == column) else { return };
        if let Some(place) = self.rows.get_mut(row).and_then(|row| row.get_mut(at)) {
            *place = cell;
        }
    }

    /// Adds a column, its cells as a function of the row, unless there is one of that name.
    pub(super) fn add_column(&mut self, name: &str, cell: impl Fn(usize) -> Cell) {
        if !self.columns.iter().any(|column| column == name) {
            self.columns.push(name.to_owned());
            self.rows.iter_mut().enumerate().for_each(|(at, row)| row.push(cell(at)));
        }
    }

    /// The bytes of its file; the same for the same data.
    ///
    /// # Errors
    /// The writer's, for more than a sheet can hold.
    pub fn written(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let made = ExcelDateTime::from_ymd(2025, 11, 4)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = workbook.add_worksheet();
        let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        for (column, name) in (0_u16..).zip(&self.columns) {
            sheet.write_string(0, column, name)?;
        }
        for (at, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Empty => continue,
                    Cell::Text(text) => sheet.write_string(at, column, text)?,
                    Cell::Number(number) => sheet.write_number(at, column, *number)?,
                    Cell::Flag(flag) => sheet.write_boolean(at, column, *flag)?,
                    Cell::Time(time) => {
                        let time = ExcelDateTime::parse_from_str(&time.strftime("%FT%T").to_string())?;
                        sheet.write_datetime_with_format(at, column, &time, &date)?
                    }
                };
            }
        }
        if self.second_sheet {
            workbook.add_worksheet().write_string(0, 0, "notes by hand")?;
        }
        workbook.save_to_buffer()
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
