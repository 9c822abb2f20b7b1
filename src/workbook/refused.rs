//! What is wrong with a workbook's cells.

use std::fmt;

/// Everything in a workbook that can't be imported. It is the source of the error with which an import is
/// refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RefusedCells {
    /// All of them, in the order of the rows.
    pub cells: Vec<RefusedCell>,
}

/// One thing that can't be imported. It holds no value of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedCell {
    /// The row's number, as a spreadsheet shows it: the header is row 1.
    pub row: u32,
    /// The header of the column; `None` if it is about the whole row.
    pub column: Option<&'static str>,
    /// Why.
    pub reason: CellRefusal,
}

/// Why a cell or a row can't be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CellRefusal {
    /// It is no time.
    #[error("it is no time such as 2025-11-04 10:00, nor a cell with a date")]
    NotATime,
    /// It is neither yes nor no.
    #[error("it is neither TRUE nor FALSE")]
    NotAFlag,
    /// It is no name of a file.
    #[error("it is no name of a file")]
    NotAFileName,
    /// It is none of the words that may stand there, or too long.
    #[error("it may not have this value")]
    Value,
    /// The cell shows an error of a formula.
    #[error("the cell shows an error")]
    FormulaError,
    /// It names something that the tenant does not have.
    #[error("it names nothing that there is")]
    NamesNothing,
    /// The row says the same as another one above it.
    #[error("it says the same as row {row}")]
    Duplicate {
        /// The other row's number.
        row: u32,
    },
    /// The row as a whole exceeds a limit of records.
    #[error("it is more than a record may be")]
    TooLarge,
}

impl RefusedCells {
    /// Whether nothing is refused.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub(crate) fn push(&mut self, row: u32, column: Option<&'static str>, reason: CellRefusal) {
        self.cells.push(RefusedCell { row, column, reason });
    }
}

impl fmt::Display for RefusedCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl fmt::Display for RefusedCells {
    /// The first of them, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 20;
        for (at, cell) in self.cells.iter().take(MOST).enumerate() {
            write!(f, "{}{cell}", if at > 0 { "; " } else { "" })?;
        }
        match self.cells.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for RefusedCells {}
