//! Workbooks written by other programs are read by ours, and ours by them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tenantry::environment::ManualClock;
use tenantry::migrate::{Migration, PlanOptions, Planner};
use tenantry::paths::TenantId;
use tenantry::record::LocalTime;
use tenantry::store::MemoryStore;
use tenantry::{ListOptions, PrivacyStatus, Schedule, Tenantry, Workspace};

/// Lets the other program do its part.
fn peer(part: &str, workbook: &Path) -> Value {
    let python = std::env::var_os("TENANTRY_PYTHON")
        .expect("TENANTRY_PYTHON names a Python with openpyxl and pandas; cargo xtask test sees to both");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("workbooks.py");
    let done = Command::new(python).arg(script).arg(part).arg(workbook).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap_or_default()
}

async fn ana() -> Workspace {
    let clock = Arc::new(ManualClock::new("2025-11-04T03:00:00Z".parse().unwrap()));
    let tenantry = Tenantry::builder(MemoryStore::new()).clock(clock).open().await.unwrap();
    let ana = TenantId::parse("ana").unwrap();
    tenantry.ensure(&ana, "Ana").await.unwrap();
    tenantry.session(&ana).await.unwrap().own()
}

fn time(text: &str) -> Option<LocalTime> {
    Some(LocalTime::parse(text).unwrap())
}

async fn imported(part: &str) -> (Vec<Schedule>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedules.xlsx");
    peer(part, &path);
    let own = ana().await;
    let done = own.schedules().import_workbook(std::fs::read(path).unwrap()).await;
    let done = done.unwrap_or_else(|error| panic!("{:?}", std::error::Error::source(&error)));
    let page = own.schedules().list(&ListOptions::new().in_order()).await.unwrap();
    (page.items.into_iter().map(tenantry::record::Record::into_value).collect(), done.ignored)
}

#[tokio::test]
async fn what_openpyxl_writes_is_read() {
    let (schedules, ignored) = imported("write-openpyxl").await;
    let [date, iso, spaced, day] = &schedules[..] else { panic!("{schedules:?}") };
    for schedule in [date, iso, spaced] {
        assert_eq!(schedule.scheduled_start_time, time("2025-10-27 00:14:00"), "{}", schedule.title);
        assert!(schedule.auto_start && !schedule.repeat_daily, "{}", schedule.title);
    }
    assert_eq!(day.scheduled_start_time, time("2025-10-27 00:00:00"));
    assert_eq!(ignored, ["remarks"]);
}

#[tokio::test]
async fn what_pandas_writes_is_read() {
    let (schedules, ignored) = imported("write-pandas").await;
    let [one, two, three] = &schedules[..] else { panic!("{schedules:?}") };
    assert_eq!(one.scheduled_start_time, time("2025-10-27 00:14:00"));
    assert_eq!((two.scheduled_start_time, three.scheduled_start_time), (None, time("2025-10-28 07:00:00")));
    assert_eq!([one, two, three].map(|schedule| schedule.success), [true, false, false]);
    assert_eq!([one, two, three].map(|schedule| schedule.made_for_kids), [true, false, false]);
    assert_eq!([one, two, three].map(|schedule| schedule.stream_id.as_deref()), [Some("abc"), None, None]);
    assert!(ignored.is_empty());
}

/// A workbook of ours with two schedules.
async fn exported(path: &Path) {
    let own = ana().await;
    let mut rain = Schedule::new("Rain ☂", LocalTime::parse("2025-10-27T00:14").unwrap());
    rain.description = "one\ntwo".to_owned();
    rain.privacy_status = Some(PrivacyStatus::Unlisted);
    rain.auto_start = true;
    own.schedules().add(rain).await.unwrap();
    own.schedules()
        .add(Schedule::new("=1+1", LocalTime::parse("2025-10-28T07:00:05").unwrap()))
        .await
        .unwrap();
    std::fs::write(path, own.schedules().export_workbook().await.unwrap()).unwrap();
}

#[tokio::test]
async fn openpyxl_reads_ours_with_real_dates_and_a_header_to_filter_by() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedules.xlsx");
    exported(&path).await;
    let read = peer("read-openpyxl", &path);
    let header = ["title", "description", "scheduledStartTime", "privacyStatus", "autoStart"];
    assert_eq!(read["rows"][0].as_array().unwrap()[..5], header.map(Value::from));
    assert_eq!(
        read["rows"][0].as_array().unwrap()[19..],
        ["owner", "created_by", "updated_at"].map(Value::from)
    );
    let rain = [
        "Rain ☂".into(),
        "one\ntwo".into(),
        json!({"date": "2025-10-27 00:14:00"}),
        "unlisted".into(),
        true.into(),
    ];
    assert_eq!(read["rows"][1].as_array().unwrap()[..5], rain);
    let made = [Value::from("ana"), "ana".into(), json!({"date": "2025-11-04 10:00:00"})];
    assert_eq!(read["rows"][1].as_array().unwrap()[19..], made);
    let sum = &read["rows"][2];
    assert_eq!((&sum[0], &sum[2]), (&json!("=1+1"), &json!({"date": "2025-10-28 07:00:05"})));
    assert_eq!((&read["filter"], &read["frozen"]), (&json!("A1:V3"), &json!("A2")));
}

#[tokio::test]
async fn pandas_reads_ours_as_a_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedules.xlsx");
    exported(&path).await;
    let read = peer("read-pandas", &path);
    assert_eq!(read["columns"].as_array().unwrap().len(), 22);
    assert_eq!(read["rows"].as_array().unwrap().len(), 2);
    assert_eq!(read["rows"][0][2], json!({"date": "2025-10-27 00:14:00"}));
    assert_eq!(read["rows"][0][4], json!(true));
}

#[tokio::test]
async fn other_programs_read_the_workbook_that_a_migration_writes() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("live_stream_data.xlsx");
    peer("write-openpyxl", &path);
    let before = peer("read-openpyxl", &path);
    let migration = Migration::new(root.path(), Planner::new(PlanOptions::default()));
    let plan = migration.plan().unwrap();
    migration.apply(&plan).await.unwrap();
    let after = peer("read-openpyxl", &path);
    let (old, new) = (before["rows"].as_array().unwrap(), after["rows"].as_array().unwrap());
    let (header, added) = new[0].as_array().unwrap().split_at(old[0].as_array().unwrap().len());
    assert_eq!(header, old[0].as_array().unwrap().as_slice());
    assert_eq!(added, ["id", "owner", "created_by", "created_at", "updated_at"].map(Value::from));
    // The empty row in the middle is gone.
    assert_eq!(new.len(), old.len() - 1);
    assert!(new[1..].iter().all(|row| row[7] == "admin"), "{after}");
    // A date stays one, and a text one.
    let date = |row: usize| &new[row][1];
    assert_eq!(date(1), &json!({"date": "2025-10-27 00:14:00"}));
    assert_eq!((date(2), date(3)), (&json!("2025-10-27T00:14"), &json!("2025-10-27T00:14")));
    let frame = peer("read-pandas", &path);
    assert_eq!(frame["columns"].as_array().unwrap().as_slice(), new[0].as_array().unwrap().as_slice());
    assert_eq!(frame["rows"].as_array().unwrap().len(), new.len() - 1);
}
