//! How many live streams may be scheduled or live.

use std::sync::{Arc, Mutex};

use tenantry::quota::{Limits, QuotaSink, Threshold};
use tenantry::store::memory::MemoryStore;
use tenantry::{ErrorKind, Expected, LiveStream, NewTenant, Tenantry};

use crate::planned::{Place, id, time};

fn stream() -> LiveStream {
    LiveStream::new("Rain", time("2025-11-05T10:00"))
}

async fn active(place: &Place) -> u64 {
    place.own.usage().await.unwrap().0.active_streams
}

#[tokio::test]
async fn what_is_scheduled_or_live_counts_and_nothing_else() {
    let place = Place::new().await;
    place.limit(Limits::unlimited().with_active_streams(2)).await;
    let streams = place.own.live_streams();
    let [one, two] = [streams.add(stream()).await.unwrap(), streams.add(stream()).await.unwrap()];
    let refused = streams.add(stream()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
    let quota = refused.quota().unwrap();
    assert_eq!((quota.dimension(), quota.limit(), quota.used()), ("active_streams", 2, 2));

    streams.start_now(one.id()).await.unwrap();
    assert_eq!(active(&place).await, 2);
    streams.stop(one.id()).await.unwrap();
    assert_eq!(active(&place).await, 1);
    streams.cancel(two.id()).await.unwrap();
    assert_eq!(active(&place).await, 0);

    streams.restart(one.id()).await.unwrap();
    let third = streams.add(stream()).await.unwrap();
    for refused in
        [streams.restart(two.id()).await, streams.reschedule(two.id(), time("2025-12-01T10:00")).await]
    {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::QuotaExceeded);
    }
    streams.fail(third.id()).await.unwrap();
    streams.delete(one.id(), Expected::Any).await.unwrap();
    assert_eq!(active(&place).await, 0);
    let (all, _) = place.admin.tenants().usage(None, 10).await.unwrap();
    assert!(all.iter().all(|entry| entry.usage.active_streams == 0));
}

#[tokio::test]
async fn the_limit_holds_for_every_way_to_the_records() {
    let place = Place::new().await;
    place.limit(Limits::unlimited().with_active_streams(1)).await;
    let two = place
        .own
        .transaction(|transaction| {
            for name in ["one", "two"] {
                let id = tenantry::record::RecordId::parse(name).unwrap();
                transaction.collection::<LiveStream>().insert_as(&id, &stream())?;
            }
            Ok(())
        })
        .await;
    assert_eq!(two.unwrap_err().kind(), ErrorKind::QuotaExceeded);
    assert_eq!(active(&place).await, 0);
    place.own.collection::<LiveStream>().insert(stream()).await.unwrap();
    let more = place.own.collection::<LiveStream>().insert(stream()).await.unwrap_err();
    assert_eq!(more.kind(), ErrorKind::QuotaExceeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_as_many_are_taken_as_may() {
    let place = Place::new().await;
    place.limit(Limits::unlimited().with_active_streams(3)).await;
    let add = |_| {
        let own = place.own.clone();
        tokio::spawn(async move { own.live_streams().add(stream()).await })
    };
    let attempts: Vec<_> = (0..10).map(add).collect();
    let mut added = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(_) => added += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::QuotaExceeded),
        }
    }
    assert_eq!((added, active(&place).await), (3, 3));
}

#[tokio::test]
async fn a_daily_stream_ends_also_where_the_limit_is_reached_or_was_lowered() {
    for lowered in [2, 1, 0] {
        let place = Place::new().await;
        let streams = place.own.live_streams();
        place.limit(Limits::unlimited().with_active_streams(2)).await;
        let mut daily = stream();
        daily.repeat_daily = true;
        let [one, two] = [streams.add(daily.clone()).await.unwrap(), streams.add(daily).await.unwrap()];
        streams.mark_live(one.id(), 4711).await.unwrap();
        place.limit(Limits::unlimited().with_active_streams(lowered)).await;
        assert!(streams.stop(one.id()).await.unwrap().next.is_some());
        assert!(streams.fail(two.id()).await.unwrap().next.is_some());
        assert_eq!(active(&place).await, 2);
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, u64, u64)>>>);

impl QuotaSink for Heard {
    fn passed(&self, threshold: &Threshold) {
        let Threshold { dimension, percent, used, .. } = threshold;
        self.0.lock().unwrap().push((dimension.clone(), *percent, *used));
    }
}

#[tokio::test]
async fn coming_near_the_limit_is_announced() {
    let heard = Heard::default();
    let tenantry = Tenantry::builder(MemoryStore::new()).quota_sink(heard.clone()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    let limits = Limits::unlimited().with_active_streams(5);
    let new = NewTenant::new(tenantry::ownership::Role::User).limits(limits);
    admin.tenants().create(&id("ana"), new).await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    for _ in 0..5 {
        own.live_streams().add(stream()).await.unwrap();
    }
    let heard = heard.0.lock().unwrap().clone();
    assert_eq!(heard, [("active_streams".to_owned(), 80, 4), ("active_streams".to_owned(), 95, 5)]);
}
