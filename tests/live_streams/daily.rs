//! What repeats daily appears once a day, whatever is done.

use proptest::prelude::*;
use tenantry::record::{Record, RecordId};
use tenantry::{
    ErrorKind, Expected, ListOptions, LiveStream, LiveStreamStatus, LiveStreams, ProfileChange, Result,
};

use crate::planned::{Place, time};

fn daily(start: &str) -> LiveStream {
    let mut stream = LiveStream::new("Rain", time(start));
    stream.repeat_daily = true;
    stream
}

fn start(record: &Record<LiveStream>) -> String {
    record.value().start_date.unwrap().to_string()
}

#[tokio::test]
async fn a_daily_stream_that_ends_hands_its_repetition_on_to_the_next_day() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let mut stream = daily("2025-11-04T10:00");
    stream.stream_key = Some(tenantry::record::SecretText::new("abcd"));
    let first = streams.add(stream.clone()).await.unwrap();
    streams.mark_live(first.id(), 4711).await.unwrap();
    place.pass(2);
    let ended = streams.stop(first.id()).await.unwrap();
    let next = ended.next.unwrap();
    assert_eq!(ended.record.value().status, LiveStreamStatus::Completed);
    assert!(!ended.record.value().repeat_daily);
    stream.start_date = Some(time("2025-11-05T10:00"));
    stream.repeat_of = Some(first.id().clone());
    assert_eq!(next.value(), &stream);
    assert_eq!(streams.get(next.id()).await.unwrap(), next);

    place.pass(24);
    let failed = streams.fail(next.id()).await.unwrap();
    assert_eq!(failed.record.value().status, LiveStreamStatus::Failed);
    assert_eq!(start(&failed.next.unwrap()), "2025-11-06 10:00:00");
}

#[tokio::test]
async fn days_that_are_over_are_left_out() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let first = streams.add(daily("2025-10-01T09:00")).await.unwrap();
    let ended = streams.fail(first.id()).await.unwrap();
    // It is 10:00 on November 4th.
    assert_eq!(start(&ended.next.unwrap()), "2025-11-05 09:00:00");
    let second = streams.add(daily("2025-10-01T11:00")).await.unwrap();
    let ended = streams.fail(second.id()).await.unwrap();
    assert_eq!(start(&ended.next.unwrap()), "2025-11-04 11:00:00");
}

#[tokio::test]
async fn a_stream_begun_early_or_late_repeats_at_its_own_time() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let first = streams.add(daily("2025-11-04T12:30")).await.unwrap();
    streams.start_now(first.id()).await.unwrap();
    let ended = streams.stop(first.id()).await.unwrap();
    assert_eq!(start(&ended.next.unwrap()), "2025-11-05 12:30:00");
}

#[tokio::test]
async fn the_tenants_zone_says_which_day_is_next() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    place.own.change_profile(ProfileChange::new().time_zone("Pacific/Auckland")).await.unwrap();
    // There it is 16:00 on November 4th.
    let first = streams.add(daily("2025-10-01T15:00")).await.unwrap();
    let ended = streams.fail(first.id()).await.unwrap();
    assert_eq!(start(&ended.next.unwrap()), "2025-11-05 15:00:00");
}

#[tokio::test]
async fn cancelling_or_deleting_ends_the_repetition() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let cancelled = streams.add(daily("2025-11-05T10:00")).await.unwrap();
    assert!(!streams.cancel(cancelled.id()).await.unwrap().value().repeat_daily);
    let deleted = streams.add(daily("2025-11-05T10:00")).await.unwrap();
    streams.delete(deleted.id(), Expected::Any).await.unwrap();
    assert!(streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_that_is_begun_again_does_not_repeat_a_second_time() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let first = streams.add(daily("2025-11-04T10:00")).await.unwrap();
    streams.mark_live(first.id(), 1).await.unwrap();
    let next = streams.stop(first.id()).await.unwrap().next.unwrap();
    let repeat = |stream: &mut LiveStream| stream.repeat_daily = true;
    let over = streams.edit(first.id(), Expected::Any, repeat).await.unwrap_err();
    assert_eq!((over.kind(), over.subject()), (ErrorKind::InvalidInput, Some("repeat_daily")));
    streams.restart(first.id()).await.unwrap();
    let twice = streams.edit(first.id(), Expected::Any, repeat).await.unwrap_err();
    assert_eq!((twice.kind(), twice.subject()), (ErrorKind::WrongState, Some("repeat_daily")));
    assert!(streams.stop(first.id()).await.unwrap().next.is_none());

    // Once the series has ended, it can be begun again.
    streams.cancel(next.id()).await.unwrap();
    streams.reschedule(first.id(), time("2025-12-01T10:00")).await.unwrap();
    streams.edit(first.id(), Expected::Any, repeat).await.unwrap();
    let again = streams.fail(first.id()).await.unwrap().next.unwrap();
    assert_eq!(start(&again), "2025-12-02 10:00:00");
}

#[tokio::test]
async fn a_series_goes_on_with_its_first_stream_or_with_another_but_not_with_both() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let first = streams.add(daily("2025-11-04T10:00")).await.unwrap();
    let second = streams.fail(first.id()).await.unwrap().next.unwrap();
    let third = streams.fail(second.id()).await.unwrap().next.unwrap();
    streams.cancel(third.id()).await.unwrap();
    let all = [first.id(), second.id(), third.id()];
    for one in all {
        streams.reschedule(one, time("2025-12-01T10:00")).await.unwrap();
    }
    let repeat = |stream: &mut LiveStream| stream.repeat_daily = true;
    for going_on in all {
        streams.edit(going_on, Expected::Any, repeat).await.unwrap();
        for other in all.into_iter().filter(|other| *other != going_on) {
            let refused = streams.edit(other, Expected::Any, repeat).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::WrongState);
        }
        streams.edit(going_on, Expected::Any, |stream| stream.repeat_daily = false).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_general_operations_made_repeat_a_second_time_has_no_successor() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let first = streams.add(daily("2025-11-04T10:00")).await.unwrap();
    streams.fail(first.id()).await.unwrap();
    streams.restart(first.id()).await.unwrap();
    let repeat = |old: &LiveStream| {
        let mut new = old.clone();
        new.repeat_daily = true;
        Ok(new)
    };
    place.own.collection().modify(first.id(), Expected::Any, repeat).await.unwrap();
    assert!(streams.stop(first.id()).await.unwrap().next.is_none());
}

#[tokio::test]
async fn an_old_record_that_is_over_and_says_that_it_repeats_is_begun_again_for_once() {
    let place = Place::new().await;
    let streams = place.own.live_streams();
    let mut old = daily("2025-11-01T10:00");
    old.status = LiveStreamStatus::Completed;
    for id in ["restarted", "rescheduled"] {
        let id = RecordId::parse(id).unwrap();
        place.own.collection().insert_as(&id, old.clone()).await.unwrap();
    }
    let [restarted, rescheduled] = ["restarted", "rescheduled"].map(|id| RecordId::parse(id).unwrap());
    assert!(!streams.restart(&restarted).await.unwrap().value().repeat_daily);
    let later = streams.reschedule(&rescheduled, time("2025-12-01T10:00")).await.unwrap();
    assert!(!later.value().repeat_daily);
    assert!(streams.stop(&restarted).await.unwrap().next.is_none());
}

#[derive(Debug, Clone)]
enum Deed {
    StartNow,
    MarkLive,
    Stop,
    Fail,
    Cancel,
    Restart,
    Reschedule,
    Repeat(bool),
    Delete,
    Pass(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::StartNow),
        3 => Just(Deed::MarkLive),
        4 => Just(Deed::Stop),
        3 => Just(Deed::Fail),
        1 => Just(Deed::Cancel),
        3 => Just(Deed::Restart),
        2 => Just(Deed::Reschedule),
        3 => any::<bool>().prop_map(Deed::Repeat),
        1 => Just(Deed::Delete),
        2 => (1_u64..60).prop_map(Deed::Pass),
    ]
}

/// Does it; tells the successor that came of it.
async fn act(place: &Place, deed: &Deed, id: &RecordId) -> Result<Option<Record<LiveStream>>> {
    let streams: LiveStreams<'_> = place.own.live_streams();
    match deed {
        Deed::StartNow => streams.start_now(id).await.map(|_| None),
        Deed::MarkLive => streams.mark_live(id, None).await.map(|_| None),
        Deed::Stop => streams.stop(id).await.map(|ended| ended.next),
        Deed::Fail => streams.fail(id).await.map(|ended| ended.next),
        Deed::Cancel => streams.cancel(id).await.map(|_| None),
        Deed::Restart => streams.restart(id).await.map(|_| None),
        Deed::Reschedule => streams.reschedule(id, time("2025-11-20T08:00")).await.map(|_| None),
        Deed::Repeat(daily) => {
            let daily = *daily;
            streams.edit(id, Expected::Any, move |stream| stream.repeat_daily = daily).await.map(|_| None)
        }
        Deed::Delete => streams.delete(id, Expected::Any).await.map(|_| None),
        Deed::Pass(hours) => {
            place.pass(*hours);
            Ok(None)
        }
    }
}

async fn all(place: &Place) -> Vec<Record<LiveStream>> {
    place.own.live_streams().list(&ListOptions::new().in_order().limit(1000)).await.unwrap().items
}

/// Runs a history upon one daily stream and whatever comes of it.
async fn run(history: &[(Deed, prop::sample::Index)]) {
    let place = Place::new().await;
    place.own.live_streams().add(daily("2025-11-04T12:00")).await.unwrap();
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
                assert!(next.value().start_date > chosen.value().start_date, "{deed:?}");
                assert_eq!(after.len(), before.len() + 1, "{deed:?}");
            }
            Ok(None) if matches!(deed, Deed::Delete) => assert_eq!(after.len(), before.len() - 1),
            Ok(None) => assert_eq!(after.len(), before.len(), "{deed:?}"),
            Err(error) => {
                let repeats_too_late =
                    matches!(deed, Deed::Repeat(true)) && !chosen.value().status.is_active();
                let kind = if repeats_too_late { ErrorKind::InvalidInput } else { ErrorKind::WrongState };
                assert_eq!(error.kind(), kind, "{deed:?}: {error}");
                assert_eq!(after, before, "{deed:?}");
            }
        }
        let going_on = after.iter().filter(|one| one.value().repeat_daily && one.value().status.is_active());
        assert!(going_on.count() <= 1, "{deed:?}: two go on");
        let over = after.iter().filter(|one| one.value().repeat_daily && !one.value().status.is_active());
        assert_eq!(over.count(), 0, "{deed:?}: what is over repeats");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_a_series_goes_on_with_one_stream_at_the_most(
        history in prop::collection::vec((deed(), any::<prop::sample::Index>()), 1..40)
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(&history));
    }
}
