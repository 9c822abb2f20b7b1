//! What repeats daily appears once a day, whatever is done.

use proptest::prelude::*;
use tenantry::record::{Record, RecordId};
use tenantry::{ErrorKind, Expected, ListOptions, Result, Schedule, ScheduleStatus};

use crate::planned::{Place, time};

const LINK: &str = "https://example.org/broadcast/1";

fn daily(start: &str) -> Schedule {
    let mut schedule = Schedule::new("Rain", time(start));
    schedule.repeat_daily = true;
    schedule
}

fn is_over(record: &Record<Schedule>) -> bool {
    record.value().status() != ScheduleStatus::Pending
}

#[tokio::test]
async fn a_daily_schedule_that_is_done_hands_its_repetition_on_to_the_next_day() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let mut schedule = daily("2025-11-04T12:00");
    schedule.description = "every day".to_owned();
    let first = schedules.add(schedule.clone()).await.unwrap();
    schedules.run_now(first.id()).await.unwrap();
    let done = schedules.mark_succeeded(first.id(), "stream", LINK).await.unwrap();
    assert!(done.record.value().success && !done.record.value().repeat_daily);
    let next = done.next.unwrap();
    schedule.scheduled_start_time = Some(time("2025-11-05T12:00"));
    schedule.repeat_of = Some(first.id().clone());
    assert_eq!(next.value(), &schedule);

    let failed = schedules.mark_failed(next.id(), Some("no token")).await.unwrap();
    let third = failed.next.unwrap();
    assert_eq!(third.value().scheduled_start_time, Some(time("2025-11-06T12:00")));
    // The failed one is tried again, for once.
    schedules.run_now(next.id()).await.unwrap();
    assert!(schedules.mark_succeeded(next.id(), "stream", LINK).await.unwrap().next.is_none());
}

#[tokio::test]
async fn an_old_record_that_failed_and_says_that_it_repeats_is_run_again_for_once() {
    let place = Place::new().await;
    let schedules = place.own.schedules();
    let mut old = daily("2025-11-01T10:00");
    old.failure = Some("no token".to_owned());
    let id = RecordId::parse("old").unwrap();
    place.own.collection().insert_as(&id, old).await.unwrap();
    assert!(!schedules.run_now(&id).await.unwrap().value().repeat_daily);
    assert!(schedules.mark_succeeded(&id, "stream", LINK).await.unwrap().next.is_none());
}

#[derive(Debug, Clone)]
enum Deed {
    RunNow,
    Succeed,
    Fail,
    Repeat(bool),
    Delete,
    Pass(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => Just(Deed::RunNow),
        2 => Just(Deed::Succeed),
        4 => Just(Deed::Fail),
        4 => any::<bool>().prop_map(Deed::Repeat),
        1 => Just(Deed::Delete),
        2 => (1_u64..60).prop_map(Deed::Pass),
    ]
}

async fn act(place: &Place, deed: &Deed, id: &RecordId) -> Result<Option<Record<Schedule>>> {
    let schedules = place.own.schedules();
    match deed {
        Deed::RunNow => schedules.run_now(id).await.map(|_| None),
        Deed::Succeed => schedules.mark_succeeded(id, "stream", LINK).await.map(|ended| ended.next),
        Deed::Fail => schedules.mark_failed(id, None).await.map(|ended| ended.next),
        Deed::Repeat(daily) => {
            let daily = *daily;
            let change = move |schedule: &mut Schedule| schedule.repeat_daily = daily;
            schedules.update(id, Expected::Any, change).await.map(|_| None)
        }
        Deed::Delete => schedules.delete(id, Expected::Any).await.map(|_| None),
        Deed::Pass(hours) => {
            place.pass(*hours);
            Ok(None)
        }
    }
}

async fn all(place: &Place) -> Vec<Record<Schedule>> {
    place.own.schedules().list(&ListOptions::new().in_order().limit(1000)).await.unwrap().items
}

/// Runs a history upon one daily schedule and whatever comes of it.
async fn run(history: &[(Deed, prop::sample::Index)]) {
    let place = Place::new().await;
    place.own.schedules().add(daily("2025-11-04T12:00")).await.unwrap();
    for (deed, which) in history {
        let before = all(&place).await;
        if before.is_empty() {
            break;
        }
        let chosen = which.get(&before);
        let done = act(&place, deed, chosen.id()).await;
        let after = all(&place).await;
        match done {
            Ok(Some(next)) => {
                assert!(next.value().scheduled_start_time > chosen.value().scheduled_start_time);
                assert_eq!(after.len(), before.len() + 1, "{deed:?}");
            }
            Ok(None) if matches!(deed, Deed::Delete) => assert_eq!(after.len(), before.len() - 1),
            Ok(None) => assert_eq!(after.len(), before.len(), "{deed:?}"),
            Err(error) => {
                let repeats_too_late = matches!(deed, Deed::Repeat(true)) && is_over(chosen);
                let kind = if repeats_too_late { ErrorKind::InvalidInput } else { ErrorKind::WrongState };
                assert_eq!(error.kind(), kind, "{deed:?}: {error}");
                assert_eq!(after, before, "{deed:?}");
            }
        }
        let repeating = || after.iter().filter(|one| one.value().repeat_daily);
        assert!(repeating().filter(|one| !is_over(one)).count() <= 1, "{deed:?}: two go on");
        assert_eq!(repeating().filter(|one| is_over(one)).count(), 0, "{deed:?}: what is over repeats");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_a_series_goes_on_with_one_schedule_at_the_most(
        history in prop::collection::vec((deed(), any::<prop::sample::Index>()), 1..40)
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(&history));
    }
}
