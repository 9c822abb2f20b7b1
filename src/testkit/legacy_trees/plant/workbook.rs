//! Traps of the workbook.

use jiff::civil::date;

use super::super::plain::{TOKEN, USER};
use super::super::workbook::{Cell, Workbook};
use super::super::{LegacyTree, Trap};

/// What a workbook of 8 columns has.
const NARROW: [&str; 8] = [
    "title",
    "scheduledStartTime",
    "privacyStatus",
    "autoStart",
    "madeForKids",
    "tokenFile",
    "thumbnailFile",
    "repeat_daily",
];

/// What is added to the usual columns until there are 19.
const MORE: [&str; 3] = ["videoFile", "runNow", "remarks"];

pub(super) fn plant(tree: &mut LegacyTree, trap: Trap) {
    let book = &mut tree.workbook;
    match trap {
        Trap::WorkbookNarrow => {
            for at in (0..book.columns.len()).rev() {
                if !NARROW.contains(&book.columns[at].as_str()) {
                    book.columns.remove(at);
                    book.rows.iter_mut().for_each(|row| drop(row.remove(at)));
                }
            }
        }
        Trap::WorkbookWide => MORE.iter().for_each(|name| book.add_column(name, |_| Cell::Empty)),
        Trap::WorkbookMixedTimes => {
            let time = date(2025, 10, 27).at(0, 14, 0, 0);
            for cell in ["2025-10-27T00:14".into(), "2025-10-27 00:14:00".into(), Cell::Time(time)] {
                add_row(book, "scheduledStartTime", cell);
            }
        }
        Trap::WorkbookMixedFlags => {
            let texts = ["TRUE", "FALSE"].map(Cell::from);
            let others = [Cell::Flag(true), Cell::Number(0.0), Cell::Number(1.0), Cell::Empty];
            for cell in texts.into_iter().chain(others) {
                add_row(book, "madeForKids", cell);
            }
        }
        Trap::WorkbookOlderNames => {
            for (name, older) in [("tokenFile", "token_file"), ("thumbnailFile", "thumbnail")] {
                let column = book.columns.iter_mut().find(|column| *column == name);
                column.into_iter().for_each(|column| *column = older.to_owned());
            }
            book.add_column("videoFile", |_| Cell::Empty);
        }
        Trap::WorkbookThumbnailPrefix => {
            for text in ["thumbnails/night.jpg", "night.jpg"] {
                add_row(book, "thumbnailFile", text.into());
            }
        }
        Trap::WorkbookOwners => {
            add_row(book, "title", "whose it is, is not said".into());
            add_row(book, "title", "whose it is, is said".into());
            let said = book.rows.len() - 1;
            let only = |cell: &'static str| move |row| if row == said { cell.into() } else { Cell::Empty };
            book.add_column("owner", only(USER));
            book.add_column("created_by", only(USER));
            book.add_column("updated_at", only("2025-11-04 10:00:00"));
        }
        Trap::WorkbookNanText => add_row(book, "privacyStatus", "nan".into()),
        Trap::WorkbookEqualRows => {
            (0..2).for_each(|_| add_row(book, "title", "planned twice".into()));
        }
        Trap::WorkbookEmptyRow => {
            book.rows.push(vec![Cell::Empty; book.columns.len()]);
            add_row(book, "privacyStatus", "public".into());
        }
        Trap::WorkbookSecondSheet => book.second_sheet = true,
        _ => {}
    }
}

/// A row with the least that a row has, and that cell.
fn add_row(book: &mut Workbook, column: &str, cell: Cell) {
    book.rows.push(vec![Cell::Empty; book.columns.len()]);
    let row = book.rows.len() - 1;
    book.set(row, "title", format!("planned {row}").as_str().into());
    book.set(row, "scheduledStartTime", "2025-10-27T00:14".into());
    for name in ["tokenFile", "token_file"] {
        book.set(row, name, TOKEN.into());
    }
    // The older name of the column may be the one that there is.
    let older = if column == "thumbnailFile" { "thumbnail" } else { column };
    book.set(row, older, cell.clone());
    book.set(row, column, cell);
}
