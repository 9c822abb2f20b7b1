//! What is exported is imported as it was.

use proptest::prelude::*;
use tenantry::record::LocalTime;
use tenantry::{PrivacyStatus, Schedule};

use crate::planned::Place;
use crate::schedules;

fn schedule() -> impl Strategy<Value = Schedule> {
    let privacy = prop_oneof![
        Just(None),
        Just(Some(PrivacyStatus::Public)),
        Just(Some(PrivacyStatus::Unlisted)),
        Just(Some(PrivacyStatus::Private)),
    ];
    let time = prop_oneof![-60_000_000_000_i64..60_000_000_000, 1_577_836_800..1_893_456_000_i64];
    // Texts that a spreadsheet could take for something else are among them.
    let text = || {
        prop_oneof![
            4 => "[^\\p{C}]{1,40}".prop_filter("something is seen", |text| !text.trim().is_empty()),
            1 => prop::sample::select(vec!["=1+1", "_x0041_", "1e5", "TRUE", "2025-11-04", "'x", "#N/A", "nan", " x "])
                .prop_map(str::to_owned),
        ]
    };
    (
        text(),
        "[^\\p{Cc}]{0,60}(\n[^\\p{Cc}]{1,20})?",
        time,
        privacy,
        any::<[bool; 4]>(),
        prop::option::of("[a-zA-Z0-9-]{1,20}"),
    )
        .prop_map(|(title, description, time, privacy, flags, stream)| {
            let at = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(time).unwrap());
            let mut schedule = Schedule::new(title, LocalTime::new(at));
            if description.trim().is_empty() {
                schedule.description = String::new();
            } else {
                schedule.description = description;
            }
            schedule.privacy_status = privacy;
            [schedule.auto_start, schedule.auto_stop, schedule.made_for_kids, schedule.repeat_daily] = flags;
            schedule.stream_name_existing = stream.filter(|stream| !stream.eq_ignore_ascii_case("nan"));
            schedule
        })
}

async fn round_trip(mut all: Vec<Schedule>) -> Result<(), TestCaseError> {
    let (from, to) = (Place::new().await, Place::new().await);
    let mut seen = Vec::new();
    all.retain(|schedule| {
        !seen.contains(schedule) && {
            seen.push(schedule.clone());
            true
        }
    });
    for schedule in &all {
        from.own.schedules().add(schedule.clone()).await.unwrap();
    }
    if let [first, second, ..] =
        &from.own.schedules().list(&tenantry::ListOptions::new()).await.unwrap().items[..]
    {
        from.own.schedules().mark_succeeded(first.id(), "abc", "https://example.com/abc").await.unwrap();
        from.own.schedules().mark_failed(second.id(), Some("no answer")).await.unwrap();
    }
    let book = from.own.schedules().export_workbook().await.unwrap();
    let done = to.own.schedules().import_workbook(book.clone()).await;
    prop_assert!(done.is_ok(), "{done:?} {:?}", done.as_ref().err().and_then(std::error::Error::source));
    let shown = |schedules: Vec<Schedule>| {
        schedules
            .into_iter()
            .map(|mut schedule| {
                // Of which it is the repetition is told by an id, and ids are not taken along.
                schedule.repeat_of = None;
                schedule
            })
            .collect::<Vec<_>>()
    };
    prop_assert_eq!(shown(schedules(&to.own).await), shown(schedules(&from.own).await));
    let again = from.own.schedules().import_workbook(book).await.unwrap();
    prop_assert!(again.added.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_is_imported_as_it_was(all in prop::collection::vec(schedule(), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(round_trip(all))?;
    }
}
