//! What in the root of a migration is not as it should be, is told: originals, what was left, and the workbook.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, DataType as _, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use tenantry::migrate::{Differs, Migration, Plan, Verification};
use tenantry::paths::TenantId;
use tenantry::store::MemoryStore;
use tenantry::testkit::legacy_trees::{LegacyTree, Trap};

use crate::place::{Place, shared};
use crate::whole::run;

const WORKBOOK: &str = "live_stream_data.xlsx";
const ORIGINALS: &str = ".tenantry/migration/originals";

/// Two users, and things that are nobody's.
fn tree() -> LegacyTree {
    let traps = [Trap::RecordWithOwner, Trap::WorkbookOwners, Trap::ClientSecret, Trap::UploadQueue];
    LegacyTree::build(2, &BTreeSet::from(traps), 2)
}

/// Asserts that a migration is verified, and that after a change of the root just that is told; the change is undone
/// by what it answers.
async fn assert_told<U: FnOnce()>(
    migration: &Migration,
    change: impl FnOnce() -> U,
    path: &str,
    reason: &str,
) -> Verification {
    let clean = migration.verify().await.unwrap();
    assert!(clean.is_clean(), "{clean}");
    let undo = change();
    let verification = migration.verify().await.unwrap();
    let [difference] = &verification.differences[..] else { panic!("{path}: {verification}") };
    assert!(matches!(&difference.of, Differs::Path(at) if at.to_string() == path), "{verification}");
    assert!(difference.reason.contains(reason), "{path}: {verification}");
    assert_eq!(verification.tenants, clean.tenants);
    undo();
    verification
}

/// Changes the last byte of a file; puts it back.
fn changed(path: &Path) -> impl FnOnce() + use<> {
    let (path, bytes) = (path.to_owned(), fs::read(path).unwrap());
    let mut others = bytes.clone();
    *others.last_mut().unwrap() ^= 1;
    fs::write(&path, others).unwrap();
    move || fs::write(&path, bytes).unwrap()
}

/// Moves something away; moves it back.
fn gone(place: &Place, path: &str) -> impl FnOnce() + use<> {
    let (from, to) = (place.root().join(path), place.beside("gone"));
    fs::rename(&from, &to).unwrap();
    move || fs::rename(to, from).unwrap()
}

#[test]
fn an_original_that_is_another_or_gone_is_told() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        for name in ["video_database.json", "bulk_upload_queue.json", "tokens/channel1.json"] {
            let path = format!("{ORIGINALS}/{name}");
            let change = || changed(&place.root().join(&path));
            assert_told(&migration, change, &path, "its content is another").await;
            assert_told(&migration, || gone(&place, &path), &path, "it is not there").await;
        }
    });
}

#[test]
fn what_was_left_and_is_another_or_gone_is_told_and_a_log_may_grow() {
    run(async {
        let place = Place::of(&tree());
        fs::create_dir(place.root().join("ffmpeg_logs")).unwrap();
        fs::write(place.root().join("application.log"), "begun\n").unwrap();
        fs::write(place.root().join("videos/.part.mp4.tmp"), "half").unwrap();
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        for path in ["users.json", "tokens/client_secret.json", "videos/.part.mp4.tmp"] {
            let change = || changed(&place.root().join(path));
            assert_told(&migration, change, path, "its content is another").await;
            assert_told(&migration, || gone(&place, path), path, "it is not there").await;
        }
        assert_told(&migration, || gone(&place, "ffmpeg_logs"), "ffmpeg_logs", "it is not there").await;
        fs::write(place.root().join("application.log"), "begun\nand gone on\n").unwrap();
        assert!(migration.verify().await.unwrap().is_clean());
    });
}

#[test]
fn what_is_of_tenants_that_come_later_and_is_another_or_gone_is_told() {
    run(async {
        let place = Place::of(&tree());
        let migration = place.migration().only([TenantId::parse("user123").unwrap()]);
        let plan = migration.plan().unwrap();
        let admins = plan.left.iter().map(|left| left.path.to_string());
        let video = admins.into_iter().find(|path| path.starts_with("videos/")).unwrap();
        migration.apply(&plan).await.unwrap();
        for path in [video.as_str(), "video_database.json", WORKBOOK] {
            let change = || changed(&place.root().join(path));
            let undone = assert_told(&migration, change, path, "its content is another").await;
            assert_eq!(undone.differences[0].tenant, None);
            assert_told(&migration, || gone(&place, path), path, "it is not there").await;
        }
    });
}

#[test]
fn of_tenants_in_another_store_the_root_is_compared_too() {
    run(async {
        let (place, store) = (Place::of(&tree()), MemoryStore::new());
        let (plan, migration) = (place.plan(), place.migration().to(shared(store), "memory"));
        migration.apply(&plan).await.unwrap();
        let video = plan.files[0].from.to_string();
        for path in [video.as_str(), "video_database.json", "users.json"] {
            let change = || changed(&place.root().join(path));
            assert_told(&migration, change, path, "its content is another").await;
            assert_told(&migration, || gone(&place, path), path, "it is not there").await;
        }
    });
}

/// Writes a workbook anew after its cells were changed, the header included; puts it back.
fn rewritten<C: FnOnce(&mut Vec<Vec<Data>>)>(path: &Path, change: C) -> impl FnOnce() + use<C> {
    let (path, bytes) = (path.to_owned(), fs::read(path).unwrap());
    let mut book = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    let mut rows: Vec<Vec<Data>> =
        book.worksheet_range_at(0).unwrap().unwrap().rows().map(<[Data]>::to_vec).collect();
    change(&mut rows);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(&rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Data::Empty => continue,
                Data::Bool(flag) => sheet.write_boolean(row, column, *flag).unwrap(),
                Data::Float(number) => sheet.write_number(row, column, *number).unwrap(),
                other => sheet.write_string(row, column, other.as_string().unwrap()).unwrap(),
            };
        }
    }
    fs::write(&path, book.save_to_buffer().unwrap()).unwrap();
    move || fs::write(&path, bytes).unwrap()
}

/// The number of a column.
fn column(rows: &[Vec<Data>], name: &str) -> usize {
    rows[0].iter().position(|cell| cell.get_string() == Some(name)).unwrap()
}

#[test]
fn each_cell_row_and_column_of_the_workbook_that_is_another_is_told_and_whose_it_is() {
    run(async {
        let place = Place::of(&tree());
        let (plan, migration) = (place.plan(), place.migration());
        migration.apply(&plan).await.unwrap();
        let kept = ".tenantry/migration/live_stream_data.xlsx";
        for path in [WORKBOOK, kept] {
            let at = place.root().join(path);
            // Another writer says the same.
            let undo = rewritten(&at, |_| {});
            assert!(migration.verify().await.unwrap().is_clean(), "{path}");
            undo();
            for name in ["title", "scheduledStartTime", "thumbnailFile", "owner", "id", "created_at"] {
                let cell = |rows: &mut Vec<Vec<Data>>| {
                    let column = column(rows, name);
                    rows[1][column] = Data::String("2001-01-01T00:00".to_owned());
                };
                let reason = format!("row 2 says something else in {name:?}");
                let told = assert_told(&migration, || rewritten(&at, cell), path, &reason).await;
                assert!(told.differences[0].tenant.is_some(), "{told}");
                assert!(!told.to_string().contains("2001"), "{told}");
            }
            let flag = |rows: &mut Vec<Vec<Data>>| {
                let column = column(rows, "autoStart");
                let was = rows[1][column].get_bool().unwrap();
                rows[1][column] = Data::Bool(!was);
            };
            assert_told(&migration, || rewritten(&at, flag), path, "row 2 says something else").await;
            let emptied = |rows: &mut Vec<Vec<Data>>| {
                let column = column(rows, "title");
                rows[2][column] = Data::Empty;
            };
            assert_told(&migration, || rewritten(&at, emptied), path, "row 3 says something else").await;
            let last = |rows: &mut Vec<Vec<Data>>| drop(rows.pop());
            assert_told(&migration, || rewritten(&at, last), path, "rows in it: ").await;
            let header = |rows: &mut Vec<Vec<Data>>| {
                let column = column(rows, "description");
                rows[0][column] = Data::String("remarks".to_owned());
            };
            assert_told(&migration, || rewritten(&at, header), path, "its columns are others").await;
            let text = || {
                let undo = changed(&at);
                fs::write(&at, "no workbook").unwrap();
                undo
            };
            assert_told(&migration, text, path, "can't be read as a workbook").await;
            assert_told(&migration, || gone(&place, path), path, "it can't be read").await;
        }
    });
}

/// What stands in a column of a workbook, and beneath which header.
fn texts(path: &Path, name: &str) -> Vec<String> {
    let mut book = Xlsx::new(Cursor::new(fs::read(path).unwrap())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    let at = column(&rows, name);
    rows[1..].iter().map(|row| row[at].as_string().unwrap_or_default()).collect()
}

/// Migrates some tenants alone; the plan, and the migration, not finished.
async fn migrated(place: &Place, tenants: &[&str]) -> (Plan, Migration) {
    let migration = place.migration().only(tenants.iter().map(|name| TenantId::parse(name).unwrap()));
    let plan = migration.plan().unwrap();
    assert!(plan.can_be_applied(), "{plan}");
    migration.apply(&plan).await.unwrap();
    let verified = migration.verify().await.unwrap();
    assert!(verified.is_clean(), "{verified}");
    (plan, migration)
}

/// That each tenant finds in a workbook all its schedules, and nothing new.
fn assert_has_all(place: &Place, plan: &Plan, workbook: &Path) {
    for tenant in &plan.tenants {
        place.at_work(plan, async |tenantry| {
            let own = tenantry.session(&tenant.id).await.unwrap().own();
            let schedules = own.schedules().list(&tenantry::ListOptions::new()).await.unwrap().items.len();
            let preview = own.schedules().preview_workbook(fs::read(workbook).unwrap()).await.unwrap();
            assert!(preview.added.is_empty() && preview.refused.is_empty(), "{preview:?}");
            assert_eq!(preview.unchanged, schedules, "{}", tenant.id);
        });
    }
}

#[test]
fn who_is_migrated_one_after_the_other_has_all_rows_in_the_last_workbook_and_the_old_one_until_then() {
    run(async {
        let tree = tree();
        let at_once = Place::of(&tree);
        let whole = at_once.plan();
        at_once.migration().apply(&whole).await.unwrap();
        let wanted = texts(&at_once.root().join(WORKBOOK), "title");
        assert!(wanted.len() > 2);

        let place = Place::of(&tree);
        let book = place.root().join(WORKBOOK);
        let old = fs::read(&book).unwrap();
        let (_, first) = migrated(&place, &["user123"]).await;
        assert_eq!(fs::read(&book).unwrap(), old);
        first.finish().await.unwrap();
        let kept = place.root().join(".tenantry/migrations/1").join(WORKBOOK);
        assert_eq!(texts(&kept, "title"), wanted);
        let before = place.image();

        let (_, second) = migrated(&place, &["admin"]).await;
        for column in ["title", "owner", "id", "created_by", "thumbnailFile"] {
            assert_eq!(texts(&book, column), texts(&at_once.root().join(WORKBOOK), column), "{column}");
        }
        assert_has_all(&place, &whole, &book);
        second.rollback().await.unwrap();
        assert_eq!(before.difference(&place.image()), None);
        assert_eq!(fs::read(&book).unwrap(), old);

        // What is kept of the first may go: then it is not known whose its rows are, and they are there all the same.
        fs::remove_dir_all(place.root().join(".tenantry/migrations/1")).unwrap();
        migrated(&place, &["admin"]).await;
        assert_eq!(texts(&book, "title"), wanted);
        assert!(fs::read(&book).unwrap() != old);
    });
}

#[test]
fn a_row_that_can_t_be_carried_stays_in_the_workbook_as_it_was() {
    run(async {
        let mut tree = tree();
        tree.workbook.columns.push("remarks".to_owned());
        for (number, row) in tree.workbook.rows.iter_mut().enumerate() {
            row.push(format!("remark {number}").as_str().into());
        }
        let owner = tree.workbook.columns.iter().position(|name| name == "owner").unwrap();
        // That is too long to be anybody's.
        tree.workbook.rows[1][owner] = "x".repeat(500).as_str().into();
        let place = Place::of(&tree);
        let (plan, migration) = (place.plan(), place.migration());
        assert!(
            plan.left.iter().any(|left| left.path.to_string() == WORKBOOK && left.at.is_some()),
            "{plan}"
        );
        let book = place.root().join(WORKBOOK);
        let wanted = ["title", "remarks"].map(|column| texts(&book, column));
        migration.apply(&plan).await.unwrap();
        let verified = migration.verify().await.unwrap();
        assert!(verified.is_clean(), "{verified}");
        assert_eq!(["title", "remarks"].map(|column| texts(&book, column)), wanted);
        assert_eq!(texts(&book, "owner")[1].len(), 500);
        let other = |rows: &mut Vec<Vec<Data>>| rows[2][owner] = Data::String("ana".to_owned());
        let told = assert_told(&migration, || rewritten(&book, other), WORKBOOK, "row 3 says").await;
        assert_eq!(told.differences[0].tenant, None);
    });
}

#[test]
fn a_row_that_comes_after_a_migration_is_added_to_those_that_are_there() {
    run(async {
        let place = Place::of(&tree());
        let (_, first) = migrated(&place, &["admin", "user123"]).await;
        first.finish().await.unwrap();
        let book = place.root().join(WORKBOOK);
        let before = texts(&book, "title");
        drop(rewritten(&book, |rows| {
            let (title, owner) = (column(rows, "title"), column(rows, "owner"));
            let mut row = vec![Data::Empty; rows[0].len()];
            (row[title], row[owner]) = (Data::String("late".to_owned()), Data::String("late".to_owned()));
            rows.push(row);
        }));
        migrated(&place, &["late"]).await;
        assert_eq!(texts(&book, "title"), [&before[..], &["late".to_owned()]].concat());
        assert_eq!(texts(&book, "owner").last().unwrap(), "late");
    });
}
