//! What several processes do with one stream at once happens once.

use std::sync::Arc;

use object_store::memory::InMemory;
use tenantry::store::object::ObjectTenantStore;
use tenantry::{ErrorKind, Expected, ListOptions, LiveStream, LiveStreamStatus, Tenantry, Workspace};

use crate::planned::{id, time};

/// A process of its own on the objects.
async fn process(objects: &Arc<InMemory>) -> Workspace {
    let tenantry = Tenantry::builder(ObjectTenantStore::new(objects.clone())).open().await.unwrap();
    tenantry.ensure(&id("ana"), "Ana").await.unwrap();
    tenantry.session(&id("ana")).await.unwrap().own()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_start_or_end_a_daily_stream_one_does_and_one_successor_comes() {
    let objects = Arc::new(InMemory::new());
    let (one, other) = (process(&objects).await, process(&objects).await);
    for _ in 0..10 {
        let mut daily = LiveStream::new("Rain", time("2100-01-01T10:00"));
        daily.repeat_daily = true;
        let stream = one.live_streams().add(daily).await.unwrap().id().clone();
        let (here, there) = (one.live_streams(), other.live_streams());
        let started = tokio::join!(here.start_now(&stream), there.start_now(&stream));
        let refused = [started.0.err(), started.1.err()].into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(refused.iter().map(tenantry::Error::kind).collect::<Vec<_>>(), [ErrorKind::WrongState]);
        let ended = tokio::join!(here.stop(&stream), there.fail(&stream));
        assert!(ended.0.is_ok() != ended.1.is_ok(), "{ended:?}");
        let all = other.live_streams().list(&ListOptions::new().limit(1000)).await.unwrap().items;
        assert_eq!(all.len(), 2, "a stream and its successor");
        let going_on = other.live_streams().find_by_status(LiveStreamStatus::Scheduled).await.unwrap();
        assert_eq!(going_on.len(), 1);
        for stream in all {
            one.live_streams().delete(stream.id(), Expected::Any).await.unwrap();
        }
    }
}
