//! What is exported is imported as it was.

use proptest::prelude::*;
use tenantry::Schedule;
use tenantry::testkit::strategies;

use crate::planned::Place;
use crate::schedules;

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
    fn what_is_exported_is_imported_as_it_was(all in prop::collection::vec(strategies::schedules(), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(round_trip(all))?;
    }
}
