//! The workbook with the schedules.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use tenantry::migrate::ProblemKind;

use crate::tree::{Tree, problems, records};

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

fn header(sheet: &mut Worksheet, names: &[&str]) {
    for (at, name) in (0..).zip(names) {
        sheet.write_string(0, at, *name).unwrap();
    }
}

fn row(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, at, *cell).unwrap();
    }
}

#[test]
fn rows_become_schedules_with_ids_that_stay_whatever_rows_come_before() {
    let tree = Tree::new();
    let names = [
        "title",
        "scheduledStartTime",
        "privacyStatus",
        "token_file",
        "thumbnail",
        "autoStart",
        "Remarks",
        "owner",
    ];
    let rain = ["Rain", "2025-10-27 00:14:00", "Public", "c.json", "thumbnails/a.png", "TRUE", "=1+1", "ana"];
    tree.write("tokens/c.json", "{}").write("thumbnails/a.png", "png");
    tree.write(
        "live_stream_data.xlsx",
        workbook(|sheet| {
            header(sheet, &names);
            row(sheet, 1, &rain);
            sheet.write_string(2, 0, "").unwrap();
            row(sheet, 3, &["Night", "nan"]);
            let at = ExcelDateTime::parse_from_str("2025-10-28T06:45:00").unwrap();
            let shown = Format::new().set_num_format("yyyy-mm-dd hh:mm");
            sheet.write_datetime_with_format(3, 1, &at, &shown).unwrap();
            sheet.write_boolean(3, 5, false).unwrap();
            sheet.write_number(3, 6, 7).unwrap();
            row(sheet, 4, &["Rain", "2025-10-27T00:14", "public", "c.json", "a.png", "1", "=1+1", "ana"]);
        }),
    );
    let plan = tree.plan();
    assert!(plan.can_be_applied(), "{plan}");
    let stored = tree.stored(&plan, "schedules");
    let id = plan.records.iter().find(|record| record.collection.as_str() == "schedules").unwrap().id.clone();
    let expected = format!(
        concat!(
            r#"{{"id":"{}","owner":"ana","created_by":"ana","created_at":"2025-11-04 10:00:00","#,
            r#""updated_at":"2025-11-04 10:00:00","title":"Rain","scheduledStartTime":"2025-10-27T00:14","#,
            r#""privacyStatus":"public","tokenFile":"c.json","thumbnailFile":"a.png","autoStart":true,"#,
            r#""Remarks":"=1+1"}}"#
        ),
        id
    );
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!((stored[0].0.as_str(), value(&stored[0].1)), ("ana", value(&expected)));
    assert_eq!(stored[1].0, "admin");
    let night = value(&stored[1].1);
    assert_eq!((&night["scheduledStartTime"], &night["Remarks"]), (&"2025-10-28T06:45".into(), &7.into()));
    // The last says the same as the first, and is another schedule.
    let ids: Vec<_> = records(&plan, "schedules").iter().map(|record| record.id.clone()).collect();
    assert_ne!(ids[0], ids[2]);
    assert!(problems(&plan, ProblemKind::NewId).is_empty());

    tree.write(
        "live_stream_data.xlsx",
        workbook(|sheet| {
            header(sheet, &names);
            row(sheet, 1, &["New", "2025-10-27 00:14:00"]);
            row(sheet, 2, &rain);
        }),
    );
    assert_eq!(records(&tree.plan(), "schedules")[1].id, ids[0]);
}

#[test]
fn a_row_that_can_t_be_read_is_told_with_its_cell() {
    let tree = Tree::new();
    tree.write(
        "live_stream_data.xlsx",
        workbook(|sheet| {
            header(sheet, &["title", "scheduledStartTime", "autoStart"]);
            row(sheet, 1, &["Rain", "tomorrow"]);
            row(sheet, 2, &["Night", "", "perhaps"]);
            row(sheet, 3, &["", "2025-10-27T00:14"]);
        }),
    );
    let plan = tree.plan();
    let refused = problems(&plan, ProblemKind::RefusedRecord);
    let told: Vec<_> =
        refused.iter().map(|problem| (problem.at.unwrap().to_string(), problem.reason.clone())).collect();
    assert_eq!(told[0].0, "row 2");
    assert!(told[0].1.contains("scheduledStartTime") && told[1].1.contains("autoStart"), "{told:?}");
    assert!(!plan.can_be_applied());
    assert_eq!(records(&plan, "schedules").len(), 1);
}

#[test]
fn an_empty_workbook_has_no_schedules_and_one_without_titles_is_none() {
    let tree = Tree::new();
    tree.write("live_stream_data.xlsx", workbook(|_| {}));
    assert!(tree.plan().can_be_applied());
    tree.write("live_stream_data.xlsx", workbook(|sheet| header(sheet, &["name", "when"])));
    assert_eq!(problems(&tree.plan(), ProblemKind::Damaged).len(), 1);
}

#[test]
fn columns_that_nobody_knows_are_fields_whatever_they_are_called() {
    let tree = Tree::new();
    tree.write(
        "live_stream_data.xlsx",
        workbook(|sheet| {
            header(sheet, &["title", "Title", "note", "note", "", "thumbnail", "thumbnailFile"]);
            row(sheet, 1, &["Rain", "second", "n1", "n2", "n3", "old.png", "new.png"]);
        }),
    );
    let (_, schedule) = tree.only(&tree.plan(), "schedules");
    assert_eq!(schedule["title"], "Rain");
    assert_eq!(schedule["Title"], "second");
    assert_eq!((&schedule["note"], &schedule["note (2)"]), (&"n1".into(), &"n2".into()));
    assert_eq!(schedule["Unnamed: 4"], "n3");
    assert_eq!((&schedule["thumbnail"], &schedule["thumbnailFile"]), (&"old.png".into(), &"new.png".into()));
}
