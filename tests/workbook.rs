//! Schedules out to a workbook and in from one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "workbook/hostile.rs"]
mod hostile;
#[path = "support/planned.rs"]
#[allow(dead_code, reason = "each test that shares it uses a part")]
mod planned;
#[path = "workbook/round_trip.rs"]
mod round_trip;

use planned::{Place, id, time};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use tenantry::ownership::Role;
use tenantry::paths::FileName;
use tenantry::{
    CellRefusal, Error, ErrorKind, ListOptions, NewTenant, PrivacyStatus, RefusedCell, RefusedCells,
    Schedule, ScheduleStatus, WorkbookError, Workspace,
};

/// What a test writes into a cell.
#[derive(Clone, Copy)]
pub(crate) enum In<'a> {
    No,
    Text(&'a str),
    Number(f64),
    Flag(bool),
    /// A cell with a date.
    Date(&'a str),
    Formula(&'a str, &'a str),
}

use In::{Date, Flag, Formula as Shows, No, Number, Text};

/// A workbook with these rows, the first being the header.
pub(crate) fn sheet(rows: &[&[In<'_>]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let dates = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            match *cell {
                No => {}
                Text(text) => drop(sheet.write_string(row, column, text).unwrap()),
                Number(number) => drop(sheet.write_number(row, column, number).unwrap()),
                Flag(flag) => drop(sheet.write_boolean(row, column, flag).unwrap()),
                Date(at) => {
                    let at = ExcelDateTime::parse_from_str(at).unwrap();
                    sheet.write_datetime_with_format(row, column, &at, &dates).unwrap();
                }
                Shows(formula, result) => {
                    sheet.write_formula(row, column, Formula::new(formula).set_result(result)).unwrap();
                }
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

pub(crate) async fn schedules(own: &Workspace) -> Vec<Schedule> {
    let page = own.schedules().list(&ListOptions::new().in_order().limit(1000)).await.unwrap();
    page.items.into_iter().map(tenantry::record::Record::into_value).collect()
}

pub(crate) fn refused(error: &Error) -> Vec<RefusedCell> {
    let source = std::error::Error::source(error).unwrap();
    source.downcast_ref::<RefusedCells>().unwrap().cells.clone()
}

fn reasons(error: &Error) -> Vec<(u32, Option<&'static str>, CellRefusal)> {
    refused(error).into_iter().map(|cell| (cell.row, cell.column, cell.reason)).collect()
}

#[tokio::test]
async fn every_documented_spelling_of_a_cell_is_read() {
    let place = Place::new().await;
    let header =
        ["title", "scheduledStartTime", "autoStart", "privacyStatus", "success", "streamId"].map(Text);
    let book = sheet(&[
        &header,
        &[Text("one"), Text("2025-10-27T00:14"), Flag(true), Text("public"), No, No],
        &[Text("two"), Text("2025-10-27 00:14:00"), Text("TRUE"), Text("Unlisted"), Flag(true), Text("abc")],
        &[
            Text("three"),
            Date("2025-10-27T00:14:00"),
            Number(1.0),
            Text("private"),
            Number(0.0),
            Number(42.0),
        ],
        &[Text("nan"), No, Text("False"), Text("NaN"), Text("nan"), Text("nan")],
        &[],
        &[Number(5.0), Text(" "), No, No, No, No],
    ]);
    let done = place.own.schedules().import_workbook(book).await.unwrap();
    assert_eq!((done.added.len(), done.unchanged, done.others, done.ignored.len()), (5, 0, 0, 0));
    let [one, two, three, nan, five] = &schedules(&place.own).await[..] else { panic!() };
    for schedule in [one, two, three] {
        assert_eq!(schedule.scheduled_start_time, Some(time("2025-10-27 00:14:00")));
        assert!(schedule.auto_start);
    }
    let privacy = [one, two, three, nan].map(|schedule| schedule.privacy_status);
    let [public, unlisted, private] =
        [PrivacyStatus::Public, PrivacyStatus::Unlisted, PrivacyStatus::Private].map(Some);
    assert_eq!(privacy, [public, unlisted, private, None]);
    assert_eq!((two.status(), two.stream_id.as_deref()), (ScheduleStatus::Succeeded, Some("abc")));
    assert_eq!(three.stream_id.as_deref(), Some("42"));
    assert_eq!((nan.title.as_str(), nan.scheduled_start_time, nan.auto_start), ("nan", None, false));
    assert_eq!((five.title.as_str(), five.scheduled_start_time), ("5", None));
}

#[tokio::test]
async fn columns_may_be_older_missing_moved_or_unknown() {
    let place = Place::new().await;
    let video = place.own.videos().upload_from("a.mp4", &b"film"[..]).await.unwrap();
    let file = video.value().filename.as_str();
    let prefixed = format!("videos/videos/{file}");
    let book = sheet(&[
        &[Text("note"), Text("VIDEOFILE"), Text(" title "), Text("token_file"), Text("tokenFile")],
        &[Text("x"), Text(&prefixed), Text("one"), Text("unknown.json"), No],
    ]);
    let done = place.own.schedules().import_workbook(book).await.unwrap();
    assert_eq!(done.ignored, ["note", "token_file"]);
    let [one] = &schedules(&place.own).await[..] else { panic!() };
    assert_eq!(one.video_file, Some(FileName::parse(file).unwrap()));
    assert_eq!(one.token_file, None);
}

#[tokio::test]
async fn every_wrong_cell_is_named_and_nothing_is_imported() {
    let place = Place::new().await;
    let header = ["title", "scheduledStartTime", "autoStart", "privacyStatus", "videoFile"].map(Text);
    let book = sheet(&[
        &header,
        &[Text("good"), No, No, No, No],
        &[Text("bad"), Text("tomorrow"), Text("perhaps"), Text("secret"), Text("../x.mp4")],
        &[No, Number(45965.5), No, No, No],
        &[Text("good"), No, No, No, No],
        &[Text("shows"), No, Shows("=1/0", "#DIV/0!"), No, No],
        &[No, No, Flag(true), No, No],
    ]);
    let error = place.own.schedules().import_workbook(book.clone()).await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some("workbook")));
    let expected = [
        (3, Some("autoStart"), CellRefusal::NotAFlag),
        (3, Some("privacyStatus"), CellRefusal::Value),
        (3, Some("scheduledStartTime"), CellRefusal::NotATime),
        (3, Some("videoFile"), CellRefusal::NotAFileName),
        (4, Some("scheduledStartTime"), CellRefusal::NotATime),
        (5, None, CellRefusal::Duplicate { row: 2 }),
        (6, Some("autoStart"), CellRefusal::FormulaError),
        (7, Some("title"), CellRefusal::Value),
    ];
    let mut found = reasons(&error);
    found.sort_by_key(|(row, column, _)| (*row, *column));
    assert_eq!(found, expected);
    assert!(
        std::error::Error::source(&error).unwrap().to_string().starts_with("row 3, scheduledStartTime: ")
    );
    assert!(schedules(&place.own).await.is_empty());
    let preview = place.own.schedules().preview_workbook(book).await.unwrap();
    assert_eq!((preview.added.len(), preview.added[0].0, preview.refused.cells.len()), (1, 2, 8));
}

#[tokio::test]
async fn what_a_row_names_has_to_be_there() {
    let place = Place::new().await;
    let book = sheet(&[
        &[Text("title"), Text("videoFile"), Text("thumbnail")],
        &[Text("one"), Text("gone.mp4"), No],
        &[Text("two"), No, Text("thumbnails/gone.jpg")],
    ]);
    let error = place.own.schedules().import_workbook(book).await.unwrap_err();
    let expected = [
        (2, Some("videoFile"), CellRefusal::NamesNothing),
        (3, Some("thumbnailFile"), CellRefusal::NamesNothing),
    ];
    assert_eq!(reasons(&error), expected);
    assert!(schedules(&place.own).await.is_empty());
}

#[tokio::test]
async fn what_was_imported_once_is_not_imported_twice() {
    let place = Place::new().await;
    let book = sheet(&[&[Text("title")], &[Text("one")], &[Text("two")]]);
    place.own.schedules().import_workbook(book.clone()).await.unwrap();
    let again = place.own.schedules().import_workbook(book).await.unwrap();
    assert_eq!((again.added.len(), again.unchanged), (0, 2));
    assert_eq!(schedules(&place.own).await.len(), 2);
}

#[tokio::test]
async fn of_a_shared_workbook_a_user_sees_the_own_rows_only() {
    let place = Place::new().await;
    place.admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
    let ben = place.admin.workspace(&id("ben"));
    place.own.schedules().add(Schedule::new("hers", time("2025-11-05 10:00"))).await.unwrap();
    ben.schedules().add(Schedule::new("his", time("2025-11-05 10:00"))).await.unwrap();
    let everyones = place.admin.tenants().export_schedules().await.unwrap();
    let preview = ben.schedules().preview_workbook(everyones.clone()).await.unwrap();
    assert_eq!((preview.added.len(), preview.unchanged, preview.others), (0, 1, 1));
    let own = ben.schedules().list(&ListOptions::new()).await.unwrap().items.remove(0);
    ben.schedules().delete(own.id(), own.revision()).await.unwrap();
    let preview = ben.schedules().preview_workbook(everyones).await.unwrap();
    assert_eq!(preview.added.iter().map(|(_, row)| row.title.as_str()).collect::<Vec<_>>(), ["his"]);
    assert_eq!(preview.others, 1);
    // What is wrong in another's row is not told.
    let book = sheet(&[
        &[Text("title"), Text("autoStart"), Text("owner")],
        &[Text("x"), Text("perhaps"), Text("ana")],
        &[Text("x"), Text("perhaps"), No],
    ]);
    let preview = ben.schedules().preview_workbook(book).await.unwrap();
    assert_eq!((preview.added.len(), preview.others, preview.refused.cells.len()), (0, 2, 0));
}

#[tokio::test]
async fn a_sheet_without_the_title_or_with_a_column_twice_is_refused_as_a_whole() {
    let place = Place::new().await;
    let cases = [
        (sheet(&[&[Text("description")], &[Text("x")]]), WorkbookError::NoColumn { column: "title" }),
        (sheet(&[]), WorkbookError::NoColumn { column: "title" }),
        (sheet(&[&[Text("title"), Text("TITLE")]]), WorkbookError::ColumnTwice { column: "title" }),
        (b"no workbook".to_vec(), WorkbookError::NotAWorkbook),
        (Vec::new(), WorkbookError::NotAWorkbook),
    ];
    for (book, expected) in cases {
        let error = place.own.schedules().import_workbook(book).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.downcast_ref::<WorkbookError>(), Some(&expected));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn of_equal_schedules_each_is_known_again_and_one_row_more_is_refused() {
    let place = Place::new().await;
    let own = place.own.schedules();
    let twice = Schedule::new("twice", time("2025-11-05T10:00"));
    for _ in 0..2 {
        own.add(twice.clone()).await.unwrap();
    }
    let book = own.export_workbook().await.unwrap();
    let again = own.import_workbook(book.clone()).await.unwrap();
    assert_eq!((again.added.len(), again.unchanged), (0, 2));
    let first = own.list(&ListOptions::new()).await.unwrap().items.remove(0);
    own.delete(first.id(), first.revision()).await.unwrap();
    // One of the two rows is left to say something new, and says what the other says.
    let preview = own.preview_workbook(book.clone()).await.unwrap();
    assert_eq!((preview.added.len(), preview.unchanged), (0, 1));
    let refused = own.import_workbook(book).await.unwrap_err();
    assert_eq!(reasons(&refused), [(3, None, CellRefusal::Duplicate { row: 2 })]);
    assert_eq!(preview.refused.cells, self::refused(&refused));
    assert_eq!(schedules(&place.own).await, [twice]);
}
