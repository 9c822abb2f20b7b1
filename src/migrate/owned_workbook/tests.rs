//! What becomes of workbooks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
use std::io::Cursor;

use calamine::{Data, DataType as _, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use tempfile::TempDir;

use super::*;
use crate::migrate::{PlanOptions, Planner};
use crate::paths::TenantId;
use crate::store::MemoryStore;
use crate::{ListOptions, Tenantry, WorkbookImport};

/// A tree with that workbook, and its workbook with the owners.
fn made(fill: impl FnOnce(&mut Worksheet)) -> (TempDir, Vec<u8>) {
    let root = tempfile::tempdir().unwrap();
    let mut old = Workbook::new();
    fill(old.add_worksheet());
    std::fs::write(root.path().join(WORKBOOK), old.save_to_buffer().unwrap()).unwrap();
    let bytes = owned(&root).unwrap();
    (root, bytes)
}

fn owned(root: &TempDir) -> Option<Vec<u8>> {
    let plan = Planner::new(PlanOptions::default()).plan(root.path()).unwrap();
    assert!(plan.can_be_applied(), "{plan}");
    let owned = OwnedWorkbook::of(&plan, &Texts::new(root.path(), &plan), root.path()).unwrap()?;
    let bytes = owned.written().unwrap();
    assert_eq!(owned.differences(&bytes), []);
    Some(bytes)
}

fn row(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, at, *cell).unwrap();
    }
}

/// What another reader finds in the first sheet.
fn read(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let formulas = book.worksheet_formula(&book.sheet_names()[0]).unwrap();
    assert!(formulas.used_cells().next().is_none(), "a cell is a formula");
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    sheet.rows().map(<[Data]>::to_vec).collect()
}

async fn imported(bytes: &[u8], tenant: &str) -> (WorkbookImport, Vec<Value>) {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    let id = TenantId::parse(tenant).unwrap();
    tenantry.ensure(&id, "").await.unwrap();
    let own = tenantry.session(&id).await.unwrap().own();
    let done = own.schedules().import_workbook(bytes).await.unwrap();
    let page = own.schedules().list(&ListOptions::new().in_order()).await.unwrap();
    (done, page.items.iter().map(|schedule| serde_json::to_value(schedule).unwrap()).collect())
}

const HEADER: [&str; 6] = ["scheduledStartTime", "title", "thumbnail", "autoStart", "remarks", "owner"];

fn fill(sheet: &mut Worksheet) {
    row(sheet, 0, &HEADER);
    row(sheet, 1, &["2025-10-27 00:14:00", "=1+1", "thumbnails/a.png", "TRUE", "=2+2", "ana"]);
    row(sheet, 3, &["", "Night"]);
    let at = ExcelDateTime::parse_from_str("2025-10-28T06:45:00").unwrap();
    let shown = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write_datetime_with_format(3, 0, &at, &shown).unwrap();
    sheet.write_number(3, 3, 0).unwrap();
    sheet.write_number(3, 4, 2.5).unwrap();
    row(sheet, 4, &["2025-10-27T00:14", "Rain", "", "", "nan", "Budi"]);
}

#[test]
fn it_has_the_old_columns_in_their_order_and_what_was_missing_of_owners_ids_and_times_behind_them() {
    let rows = read(&made(fill).1);
    let text = |cell: &Data| cell.get_string().map(str::to_owned).unwrap_or_default();
    let header: Vec<_> = rows[0].iter().map(text).collect();
    assert_eq!(header[..6], HEADER);
    assert_eq!(header[6..], ["id", "created_by", "created_at", "updated_at"]);
    let owners: Vec<_> = rows[1..].iter().map(|row| text(&row[5])).collect();
    assert_eq!(owners, ["ana", "admin", "=42udi"]);
    assert!(rows[1..].iter().all(|row| row[6..].iter().all(|cell| !text(cell).is_empty())));
}

#[test]
fn every_cell_is_what_the_record_says_and_a_date_only_where_one_was() {
    let rows = read(&made(fill).1);
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(
        rows[1][..5],
        [text("2025-10-27T00:14"), text("=1+1"), text("a.png"), Data::Bool(true), text("=2+2")]
    );
    let Data::DateTime(at) = rows[2][0] else { panic!("{:?}", rows[2]) };
    assert_eq!(at.to_ymd_hms_milli(), (2025, 10, 28, 6, 45, 0, 0));
    assert_eq!(rows[2][1..5], [text("Night"), Data::Empty, Data::Bool(false), Data::Float(2.5)]);
    assert_eq!(rows[3][..5], [text("2025-10-27T00:14"), text("Rain"), Data::Empty, Data::Empty, text("nan")]);
}

#[tokio::test]
async fn the_library_s_own_import_reads_of_it_what_is_each_tenant_s() {
    let root = tempfile::tempdir().unwrap();
    let mut old = Workbook::new();
    let sheet = old.add_worksheet();
    row(
        sheet,
        0,
        &["title", "scheduledStartTime", "autoStart", "owner", "Title", "token_file", "note", "note"],
    );
    row(sheet, 1, &["Rain", "2025-10-27 00:14:00", "TRUE", "ana", "x", "", "n1", "n2"]);
    row(sheet, 2, &["Night", "2025-10-27 00:14:00", "", "", "y"]);
    std::fs::write(root.path().join(WORKBOOK), old.save_to_buffer().unwrap()).unwrap();
    let bytes = owned(&root).unwrap();
    let (done, schedules) = imported(&bytes, "ana").await;
    assert_eq!((done.added.len(), done.others), (1, 1));
    assert_eq!(done.ignored, ["Title (2)", "note", "note (2)", "id", "created_at"]);
    assert_eq!((&schedules[0]["title"], &schedules[0]["autoStart"]), (&"Rain".into(), &true.into()));
    assert_eq!(schedules[0]["scheduledStartTime"], "2025-10-27T00:14");
    let (done, schedules) = imported(&bytes, "admin").await;
    assert_eq!((done.added.len(), &schedules[0]["title"]), (1, &"Night".into()));
}

/// Whatever a text holds, writing it and reading it back is no difference.
#[test]
fn texts_that_are_hard_to_write_are_read_back_as_they_are() {
    let hard = [
        " around ",
        "two\nlines",
        "tab\tin it",
        "carriage\r\nreturn",
        "_x0041_",
        "bell \u{7}",
        "<&>\"'",
        "\u{1f3ac} cafe\u{301}",
        "\u{fffd}\u{2028}",
        "TRUE",
        "007",
        "1e3",
        "2025-10-27 00:14:00",
        "#N/A",
        "nan",
    ];
    for header in [["title", "remarks"], ["remarks", "title"]] {
        let fill = |sheet: &mut Worksheet| {
            row(sheet, 0, &header);
            for (at, text) in (1..).zip(hard) {
                row(sheet, at, &[text, text]);
            }
        };
        // That nothing differs is asserted where it is made.
        assert_eq!(read(&made(fill).1).len(), 1 + hard.len());
    }
}

#[test]
fn it_is_made_twice_the_same_and_not_at_all_where_there_is_no_workbook() {
    let (root, first) = made(fill);
    assert_eq!(owned(&root), Some(first));
    std::fs::remove_file(root.path().join(WORKBOOK)).unwrap();
    std::fs::write(root.path().join("video_database.json"), "[]").unwrap();
    std::fs::create_dir(root.path().join("videos")).unwrap();
    assert_eq!(owned(&root), None);
}

#[tokio::test]
async fn an_empty_workbook_becomes_one_of_no_rows_that_can_be_read() {
    for fill in [|_: &mut Worksheet| {}, |sheet: &mut Worksheet| row(sheet, 0, &["title"])] {
        let bytes = made(fill).1;
        let rows = read(&bytes);
        assert_eq!((rows.len(), rows[0].len()), (1, 6));
        assert!(imported(&bytes, "ana").await.0.added.is_empty());
    }
}

#[test]
fn another_workbook_than_was_planned_for_is_refused() {
    let (root, _) = made(fill);
    let plan = Planner::new(PlanOptions::default()).plan(root.path()).unwrap();
    let refused = || {
        let owned = OwnedWorkbook::of(&plan, &Texts::new(root.path(), &plan), root.path());
        matches!(owned, Err(MigrateError::NotAsPlanned(_)))
    };
    let mut old = Workbook::new();
    row(old.add_worksheet(), 0, &["title"]);
    std::fs::write(root.path().join(WORKBOOK), old.save_to_buffer().unwrap()).unwrap();
    assert!(refused());
    std::fs::write(root.path().join(WORKBOOK), "no workbook").unwrap();
    assert!(refused());
}
