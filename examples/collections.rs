//! Kinds of an application's own, beside those that the library has: looped videos, a queue, timers.
//!
//! Each is one type that implements [`Entity`](tenantry::record::Entity), and has from then on what the library's
//! kinds have: owner, quota, references, indexes, revisions, transactions, a view of its own. The types are
//! those of the first application, in the form that its files have.

#![allow(clippy::expect_used, reason = "the names of the collections are valid")]

#[path = "collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
#[path = "collections/looped_videos.rs"]
mod looped_videos;
#[path = "collections/stream_timers.rs"]
mod stream_timers;

use bulk_upload_queue::{QueuedUpload, UploadStatus};
use looped_videos::{LoopStatus, LoopedVideo};
use stream_timers::StreamTimer;
use tenantry::paths::TenantId;
use tenantry::record::LocalTime;
use tenantry::store::MemoryStore;
use tenantry::{ErrorKind, Expected, LiveStream, Tenantry};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Made known by their types, so that what they name can be cleared, and their times follow the clock.
    let builder = Tenantry::builder(MemoryStore::new());
    let builder = builder.kind::<LoopedVideo>().kind::<QueuedUpload>().kind::<StreamTimer>();
    let tenantry = builder.open().await?;
    let (ana, ben) = (TenantId::parse("ana")?, TenantId::parse("ben")?);
    for user in [&ana, &ben] {
        tenantry.ensure(user, user.as_str()).await?;
    }
    let own = tenantry.session(&ana).await?.own();
    let video = own.videos().upload_from("rain.mp4", &b"the bytes of a film"[..]).await?;

    let loops = own.collection::<LoopedVideo>();
    let wanted = LoopedVideo {
        original_video_id: Some(video.id().clone()),
        original_title: video.value().title.clone(),
        loop_duration_minutes: Some(480),
        ..LoopedVideo::default()
    };
    let looped = loops.insert(wanted).await?;
    let become_completed =
        |old: &LoopedVideo| Ok(LoopedVideo { status: LoopStatus::Completed, ..old.clone() });
    let refused = loops.modify(looped.id(), Expected::Any, become_completed).await.err();
    let refused = refused.ok_or("what was never begun is done")?;
    assert_eq!(refused.kind(), ErrorKind::WrongState);
    println!("a loop that was never begun: {refused}");

    let upload = QueuedUpload {
        video_id: Some(video.id().clone()),
        title: "Rain".to_owned(),
        tags: vec!["rain".to_owned(), "sleep".to_owned()],
        scheduled_publish_time: Some(LocalTime::parse("2100-01-01 06:45:00")?),
        ..QueuedUpload::default()
    };
    own.collection::<QueuedUpload>().insert(upload).await?;
    let queued = own.collection::<QueuedUpload>().find("status", UploadStatus::Queued.as_str()).await?;
    let day = own.collection::<QueuedUpload>().find("day", "2100-01-01").await?;
    println!("queued: {}, of that day: {}", queued.len(), day.len());

    let stream =
        own.live_streams().add(LiveStream::new("Rain", LocalTime::parse("2100-01-01T22:00")?)).await?;
    let profile = own.profile().await?;
    let begins = stream.value().start_date.and_then(|time| profile.moment(time)).ok_or("no such time")?;
    let timer = StreamTimer {
        stream_id: Some(stream.id().clone()),
        start_time: Some(profile.offset_time(begins)),
        duration_minutes: Some(480),
        ..StreamTimer::default()
    };
    let timer = own.collection::<StreamTimer>().insert(timer).await?;
    println!("the timer begins at {:?}", timer.value().start_time);

    // To Ben all of it looks like what there is not.
    let foreign = tenantry.session(&ben).await?.workspace(&ana);
    let refused = foreign.collection::<LoopedVideo>().get(looped.id()).await.err().ok_or("Ben was let in")?;
    assert_eq!(refused.kind(), ErrorKind::NotFound);

    // With the video its place in the queue goes, and the loop forgets it.
    own.videos().delete(video.id(), Expected::Any).await?;
    let left = own.collection::<QueuedUpload>().find("status", UploadStatus::Queued.as_str()).await?;
    let forgot = loops.get(looped.id()).await?.into_value().original_video_id.is_none();
    println!("the video is gone; queued: {}; the loop forgot it: {forgot}", left.len());
    Ok(())
}
