//! A change of the tenant's time zone: every time goes on meaning the same moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, LocalTime, RecordId};
use tenantry::store::TenantStore;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::memory::MemoryStore;
use tenantry::{
    ErrorKind, Expected, ListOptions, LiveStream, ProfileChange, Schedule, Settings, Tenantry, Workspace,
};

/// A kind of the host's, with times in both forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Timer {
    starts: LocalTime,
    #[serde(with = "tenantry::record::local_time::minutes")]
    ends: LocalTime,
    /// It looks like a time, and is none.
    label: String,
}

impl Entity for Timer {
    fn collection() -> CollectionName {
        CollectionName::parse("timers").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("day", self.starts.civil().date().to_string())]
    }

    fn time_fields() -> &'static [&'static str] {
        &["starts", "ends"]
    }
}

fn local(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

fn timer(starts: &str) -> Timer {
    Timer { starts: local(starts), ends: local(starts), label: starts.to_owned() }
}

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

/// It is 10:00 in Jakarta on the 4th of November 2025.
async fn ana(store: impl TenantStore) -> Workspace {
    let now: Timestamp = "2025-11-04T03:00:00Z".parse().unwrap();
    let builder = Tenantry::builder(store).clock(Arc::new(ManualClock::new(now))).kind::<Timer>();
    let tenantry = builder.open().await.unwrap();
    let ana = TenantId::parse("ana").unwrap();
    tenantry.ensure(&ana, "Ana").await.unwrap();
    tenantry.session(&ana).await.unwrap().own()
}

async fn move_to(own: &Workspace, zone: &str) {
    own.change_profile(ProfileChange::new().time_zone(zone)).await.unwrap();
}

#[tokio::test]
async fn every_time_of_every_kind_is_written_as_the_new_zone_shows_it() {
    let ana = ana(MemoryStore::new()).await;
    let body = stream::iter([Ok(Bytes::from_static(b"film"))]);
    let video = ana.videos().upload("film.mp4", body).await.unwrap();
    let live = ana.live_streams().add(LiveStream::new("Rain", local("2025-11-05T01:30"))).await.unwrap();
    let schedule = ana.schedules().add(Schedule::new("Rain", local("2025-11-05T23:00:05"))).await.unwrap();
    move_to(&ana, "Europe/Berlin").await;
    let (live, schedule) =
        (ana.live_streams().get(live.id()).await.unwrap(), ana.schedules().get(schedule.id()).await.unwrap());
    let video = ana.videos().get(video.id()).await.unwrap();
    assert_eq!(video.created_at(), Some(local("2025-11-04 04:00:00")));
    assert_eq!(video.updated_at(), Some(local("2025-11-04 04:00:00")));
    assert_eq!(video.value().date_added, Some(local("2025-11-04 04:00:00")));
    assert_eq!(live.value().start_date, Some(local("2025-11-04T19:30")));
    assert_eq!(schedule.value().scheduled_start_time, Some(local("2025-11-05T17:00:05")));
    // In the form that each had.
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text(live.text().as_bytes()).contains(r#""start_date":"2025-11-04T19:30""#));
    assert!(text(schedule.text().as_bytes()).contains(r#""scheduledStartTime":"2025-11-05T17:00:05""#));
    assert!(text(video.text().as_bytes()).contains(r#""date_added":"2025-11-04 04:00:00""#));
}

#[tokio::test]
async fn what_is_found_by_its_date_is_found_by_the_new_one() {
    let ana = ana(MemoryStore::new()).await;
    let live = ana.live_streams().add(LiveStream::new("Rain", local("2025-11-05T01:30"))).await.unwrap();
    ana.collection::<Timer>().insert_as(&id("t"), timer("2025-11-05 01:30:00")).await.unwrap();
    move_to(&ana, "Europe/Berlin").await;
    let days = |day: &str| day.parse::<jiff::civil::Date>().unwrap();
    assert!(ana.live_streams().find_by_date(days("2025-11-05")).await.unwrap().is_empty());
    assert_eq!(ana.live_streams().find_by_date(days("2025-11-04")).await.unwrap()[0].id(), live.id());
    let timers = ana.collection::<Timer>();
    assert!(timers.find("day", "2025-11-05").await.unwrap().is_empty());
    let found = timers.find("day", "2025-11-04").await.unwrap().remove(0).into_value();
    let expected = Timer {
        starts: local("2025-11-04 19:30"),
        ends: local("2025-11-04 19:30"),
        ..timer("2025-11-05 01:30:00")
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_order_stays_and_a_change_of_something_else_rewrites_nothing() {
    let ana = ana(MemoryStore::new()).await;
    for hour in 10..20 {
        let starts = format!("2025-11-05 {hour}:00:00");
        ana.collection::<Timer>().insert_as(&id(&hour.to_string()), timer(&starts)).await.unwrap();
    }
    let ids = async || {
        let page = ana.collection::<Timer>().list(&ListOptions::new()).await.unwrap();
        page.items.iter().map(|timer| (timer.id().clone(), timer.revision())).collect::<Vec<_>>()
    };
    let before = ids().await;
    ana.change_profile(ProfileChange::new().display_name("Ana B")).await.unwrap();
    move_to(&ana, "Asia/Jakarta").await;
    assert_eq!(ids().await, before);
    move_to(&ana, "Asia/Tokyo").await;
    let after = ids().await;
    let only = |all: &[(RecordId, _)]| all.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(only(&after), only(&before));
    assert!(before.iter().zip(&after).all(|(before, after)| before.1 != after.1));
}

#[tokio::test]
async fn a_kind_that_is_not_known_keeps_the_zone() {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    let name = TenantId::parse("ana").unwrap();
    tenantry.ensure(&name, "Ana").await.unwrap();
    let ana = tenantry.session(&name).await.unwrap().own();
    let timer = ana.collection::<Timer>().insert(timer("2025-11-05 01:30:00")).await.unwrap();
    let refused = ana.change_profile(ProfileChange::new().time_zone("Europe/Berlin")).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Configuration, Some("kind of timers")));
    assert_eq!(ana.profile().await.unwrap().time_zone, "Asia/Jakarta");
    assert_eq!(ana.collection::<Timer>().get(timer.id()).await.unwrap().revision(), timer.revision());
    ana.collection::<Timer>().remove(timer.id(), Expected::Any).await.unwrap();
    move_to(&ana, "Europe/Berlin").await;
}

/// Berlin's clock went from 2:00 to 3:00 on the 30th of March 2025, and from 3:00 to 2:00 on the 26th of
/// October.
#[tokio::test]
async fn times_that_a_clock_skips_or_doubles_mean_what_is_documented() {
    let ana = ana(MemoryStore::new()).await;
    move_to(&ana, "Europe/Berlin").await;
    let timers = ana.collection::<Timer>();
    let cases = [
        ("skipped", "2025-03-30 02:30:00", "2025-03-30 01:30:00"),
        ("after it", "2025-03-30 03:30:00", "2025-03-30 01:30:00"),
        ("doubled", "2025-10-26 02:30:00", "2025-10-26 00:30:00"),
        ("after both", "2025-10-26 03:30:00", "2025-10-26 02:30:00"),
    ];
    for (name, berlin, _) in cases {
        timers.insert_as(&id(name), timer(berlin)).await.unwrap();
    }
    move_to(&ana, "UTC").await;
    for (name, _, utc) in cases {
        assert_eq!(timers.get(&id(name)).await.unwrap().value().starts, local(utc), "{name}");
    }
    // Of two moments that a clock shows alike, the second is not told from the first any more.
    timers.insert_as(&id("first"), timer("2025-10-26 00:15:00")).await.unwrap();
    timers.insert_as(&id("second"), timer("2025-10-26 01:15:00")).await.unwrap();
    move_to(&ana, "Europe/Berlin").await;
    for name in ["first", "second"] {
        let shown = timers.get(&id(name)).await.unwrap().value().starts;
        assert_eq!(shown, local("2025-10-26 02:15:00"), "{name}");
    }
}

async fn thousands(store: impl TenantStore) {
    let ana = ana(store).await;
    for part in 0..5 {
        let insert = move |run: &mut tenantry::Transaction<'_>| {
            for at in 0..1000 {
                run.collection::<Timer>()
                    .insert_as(&id(&format!("{part}-{at}")), &timer("2025-11-05 01:30:00"))?;
            }
            Ok(())
        };
        ana.transaction(insert).await.unwrap();
    }
    move_to(&ana, "Europe/Berlin").await;
    assert_eq!(ana.collection::<Timer>().find("day", "2025-11-04").await.unwrap().len(), 5000);
    assert!(ana.collection::<Timer>().find("day", "2025-11-05").await.unwrap().is_empty());
}

#[tokio::test]
async fn thousands_of_records_change_at_once_in_memory() {
    thousands(MemoryStore::new()).await;
}

#[tokio::test]
async fn thousands_of_records_change_at_once_on_the_local_disk() {
    let root = tempfile::tempdir().unwrap();
    thousands(LocalStore::open(root.path(), LocalOptions::default()).await.unwrap()).await;
}

#[tokio::test]
async fn a_zone_that_only_this_machine_knows_is_refused() {
    let ana = ana(MemoryStore::new()).await;
    for name in ["localtime", "posixrules", "Etc/Unknown", "../localtime", "/etc/localtime", "+07:00", ""] {
        let refused = ana.change_profile(ProfileChange::new().time_zone(name)).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.subject()),
            (ErrorKind::InvalidInput, Some("time_zone")),
            "{name:?}"
        );
        let mut settings = Settings::default();
        settings.time_zone = name.to_owned();
        let refused = Tenantry::builder(MemoryStore::new()).settings(settings).open().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Configuration, "{name:?}");
    }
    for name in ["UTC", "Etc/GMT-7", "asia/jakarta", "Japan", "EST5EDT"] {
        move_to(&ana, name).await;
    }
}

const ZONES: [&str; 8] = [
    "Asia/Jakarta",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "UTC",
];

async fn wander(times: Vec<i64>, zones: Vec<usize>) -> Result<(), TestCaseError> {
    let ana = ana(MemoryStore::new()).await;
    let timers = ana.collection::<Timer>();
    let mut profile = ana.profile().await.unwrap();
    let mut moments = Vec::new();
    for (at, time) in times.iter().enumerate() {
        let starts = profile.local_time(Timestamp::from_second(*time).unwrap());
        moments.push(profile.moment(starts).unwrap());
        let value = Timer { starts, ends: starts, label: String::new() };
        timers.insert_as(&id(&at.to_string()), value).await.unwrap();
    }
    for zone in zones {
        move_to(&ana, ZONES[zone]).await;
        profile = ana.profile().await.unwrap();
        for (at, moment) in moments.iter_mut().enumerate() {
            let timer = timers.get(&id(&at.to_string())).await.unwrap().into_value();
            prop_assert_eq!(timer.starts, profile.local_time(*moment), "{:?}", moment);
            prop_assert_eq!(timer.starts, timer.ends);
            // The same moment, or the first of the two that this clock shows alike.
            let means = profile.moment(timer.starts).unwrap();
            prop_assert_eq!(profile.local_time(means), timer.starts);
            prop_assert!(means <= *moment && moment.duration_since(means).as_hours() <= 1);
            *moment = means;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn however_often_the_zone_changes_a_time_means_the_moment_that_it_meant(
        times in prop::collection::vec(1_577_836_800_i64..1_893_456_000, 1..20),
        zones in prop::collection::vec(0..ZONES.len(), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(wander(times, zones))?;
    }
}
