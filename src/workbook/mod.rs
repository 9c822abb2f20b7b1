//! Schedules as an Excel workbook, in the documented columns: what stands in its cells and what is
//! wrong with them. Pure; who may read and import what is the business of its callers.
//!
//! The first sheet is read, its first row being the header. A workbook comes from outside: it is bounded
//! as a file and unpacked, and no cell is believed to be of the type that its column should have.

mod cells;
mod columns;
mod part;
mod refused;
mod rows;
#[cfg(feature = "migrate")]
mod table;
mod write;

#[cfg(feature = "migrate")]
pub(crate) use cells::Cell;
pub use refused::{CellRefusal, RefusedCell, RefusedCells};
pub(crate) use rows::{Bounds, Row, Sheet, read, said};
#[cfg(feature = "migrate")]
pub(crate) use table::{RowFields, Table, TableColumn, TableRow, table};
pub(crate) use write::write;
#[cfg(feature = "migrate")]
pub(crate) use write::{sheet, time};

/// Why a workbook as a whole can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbookError {
    /// It is no workbook, or a damaged one.
    #[error("it is no xlsx workbook that can be read")]
    NotAWorkbook,
    /// It is too long, as a file or unpacked, or has too many rows.
    #[error("it is too long: as a file, unpacked, or in rows")]
    TooLarge,
    /// The first row names no column of a schedule, or no title.
    #[error("its first row does not name the column {column:?}")]
    NoColumn {
        /// The column.
        column: &'static str,
    },
    /// The first row names a column twice.
    #[error("its first row names the column {column:?} twice")]
    ColumnTwice {
        /// The column.
        column: &'static str,
    },
}
