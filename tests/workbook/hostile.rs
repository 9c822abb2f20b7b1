//! Workbooks that are made to do harm.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::Workbook;
use tenantry::store::memory::MemoryStore;
use tenantry::{ErrorKind, Settings, Tenantry, WorkbookError, Workspace};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::In::{self, Text};
use crate::planned::{Place, id};
use crate::{schedules, sheet};

async fn bounded(bytes: u64) -> Workspace {
    let mut settings = Settings::default();
    settings.workbook_bytes = bytes;
    with(settings).await
}

async fn with(settings: Settings) -> Workspace {
    let tenantry = Tenantry::builder(MemoryStore::new()).settings(settings).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    tenantry.session(&id("ana")).await.unwrap().own()
}

#[tokio::test]
async fn a_workbook_that_is_too_long_is_refused_to_the_byte() {
    let book = sheet(&[&[Text("title")], &[Text("one")]]);
    let exact = bounded(book.len() as u64).await;
    assert_eq!(exact.schedules().import_workbook(book.clone()).await.unwrap().added.len(), 1);
    let less = bounded(book.len() as u64 - 1).await;
    assert_eq!(less.schedules().import_workbook(book).await.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_workbook_that_is_small_and_unpacks_to_much_is_refused() {
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).unwrap();
    for _ in 0..64 {
        bomb.write_all(&[b' '; 64 << 10]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 64 << 10);
    let error = bounded(64 << 10).await.schedules().import_workbook(bomb).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn more_rows_than_are_allowed_are_refused_wrong_ones_too_and_others_are_not_counted() {
    let mut settings = Settings::default();
    settings.workbook_rows = 2;
    let own = with(settings).await;
    let row = |title, owner| [Text(title), Text(owner)];
    let header = row("title", "owner");
    let rows = |rows: &[[In<'_>; 2]]| {
        let all: Vec<&[In<'_>]> =
            std::iter::once(&header[..]).chain(rows.iter().map(|row| &row[..])).collect();
        sheet(&all)
    };
    let mut two = vec![row("one", "ana"), row("a stranger's", "ben"), row("one", "ana"), row("", "ben")];
    let wrong = own.schedules().import_workbook(rows(&two)).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
    two[2] = row("two", "ana");
    let done = own.schedules().import_workbook(rows(&two)).await.unwrap();
    assert_eq!((done.added.len(), done.others), (2, 1));
    for third in ["three", "two"] {
        two.push(row(third, "ana"));
        let refused = own.schedules().preview_workbook(rows(&two)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TooLarge, "{third}");
        two.pop();
    }
}

#[tokio::test]
async fn a_cell_in_the_last_corner_makes_no_table_of_its_size() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "title").unwrap();
    sheet.write_string(1, 0, "one").unwrap();
    sheet.write_string(1_048_575, 16_383, "far away").unwrap();
    let book = workbook.save_to_buffer().unwrap();
    let place = Place::new().await;
    assert_eq!(place.own.schedules().import_workbook(book).await.unwrap().added.len(), 1);
    assert_eq!(schedules(&place.own).await.len(), 1);
}

/// A workbook with the title `one`, one of whose parts is rewritten.
fn rewritten(name_of_part: &str, rewrite: impl Fn(&str) -> String) -> Vec<u8> {
    let book = sheet(&[&[Text("title")], &[Text("one")]]);
    let mut parts = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..parts.len() {
        let mut part = parts.by_index(at).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let name = part.name().unwrap().into_owned();
        if name == name_of_part {
            let new = rewrite(&text);
            assert_ne!(new, text);
            text = new;
        }
        written.start_file(name, SimpleFileOptions::default()).unwrap();
        written.write_all(text.as_bytes()).unwrap();
    }
    written.finish().unwrap().into_inner()
}

/// The same with that title in a cell of that row and column.
fn placed(row: &str, column: &str) -> Vec<u8> {
    rewritten("xl/worksheets/sheet1.xml", |text| {
        let text = text.replace("<row r=\"2\"", &format!("<row  r=\"{row}\""));
        text.replace("<c r=\"A2\"", &format!("<c r=\"{column}{row}\""))
    })
}

/// The reader would set memory aside for as many strings, and the whole process would end.
#[tokio::test]
async fn a_workbook_that_says_it_has_more_strings_than_there_is_memory_for_is_refused() {
    let place = Place::new().await;
    for count in ["200000000000", "99999999999999999", "18446744073709551615"] {
        let book = rewritten("xl/sharedStrings.xml", |text| {
            text.replace("uniqueCount=\"2\"", &format!("uniqueCount=\"{count}\""))
        });
        let error = place.own.schedules().import_workbook(book).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.downcast_ref(), Some(&WorkbookError::NotAWorkbook), "{count}");
    }
}

#[tokio::test]
async fn a_cell_that_no_sheet_has_is_refused_however_far_out_it_is() {
    let place = Place::new().await;
    for (row, column) in [("1048576", "A"), ("2", "XFD")] {
        place.own.schedules().preview_workbook(placed(row, column)).await.unwrap();
    }
    let outside = [
        ("1048577", "A"),
        ("4294967295", "A"),
        ("4294967296", "A"),
        ("99999999999999999999", "A"),
        ("0", "A"),
        ("-1", "A"),
        ("2", "XFE"),
        ("2", "ZZZZZZZZ"),
    ];
    for (row, column) in outside {
        let error = place.own.schedules().import_workbook(placed(row, column)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{column}{row}");
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.downcast_ref(), Some(&WorkbookError::NotAWorkbook), "{column}{row}");
    }
    assert!(schedules(&place.own).await.is_empty());
}

/// Whatever is cut off or turned over, it is refused or read, and never worse.
#[tokio::test]
async fn a_damaged_workbook_is_refused_or_read() {
    let place = Place::new().await;
    let book = sheet(&[&[Text("title")], &[Text("one")], &[Text("two")]]);
    for at in (0..book.len()).step_by(97) {
        let mut turned = book.clone();
        turned[at] ^= 0x55;
        for damaged in [book[..at].to_vec(), turned] {
            if let Err(error) = place.own.schedules().preview_workbook(damaged).await {
                assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::TooLarge), "{error:?}");
            }
        }
    }
}
