//! What the kinds name is there, in the same tenant, and goes as their rules say.

use tenantry::record::{OnReferenced, RecordError};
use tenantry::{Error, ErrorKind, Expected};

use crate::bulk_upload_queue::QueuedUpload;
use crate::looped_videos::LoopedVideo;
use crate::named::{add_stream_key, add_thumbnail, add_token};
use crate::stream_timers::StreamTimer;
use crate::support::{Place, file, id, stream, video};

/// That a change was refused since this field names nothing that there is.
fn names_nothing<T: std::fmt::Debug>(result: tenantry::Result<T>, field: &str) {
    let error: Error = result.unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<RecordError>());
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{field}");
    assert!(matches!(source, Some(RecordError::Dangling { field: named }) if *named == field), "{source:?}");
}

#[tokio::test]
async fn what_is_named_has_to_be_the_tenants_own() {
    let place = Place::new().await;
    let ben = place.session("ben").await.own();
    let (foreign, foreign_stream, image) = (video(&ben).await, stream(&ben).await, add_thumbnail(&ben).await);
    add_token(&ben, "channel.json").await;
    let own = &place.own;
    for video_id in [foreign.id().clone(), id("nowhere")] {
        let looped = LoopedVideo { original_video_id: Some(video_id.clone()), ..LoopedVideo::default() };
        names_nothing(own.collection().insert(looped).await, "original_video_id");
        let queued = QueuedUpload { video_id: Some(video_id), ..QueuedUpload::default() };
        names_nothing(own.collection().insert(queued).await, "video_id");
    }
    let output = foreign.value().filename.clone();
    let looped = LoopedVideo { output_filename: Some(output), ..LoopedVideo::default() };
    names_nothing(own.collection().insert(looped).await, "output_filename");
    let queued = QueuedUpload { token_file: Some(file("channel.json")), ..QueuedUpload::default() };
    names_nothing(own.collection().insert(queued).await, "token_file");
    let queued = QueuedUpload { thumbnail_id: Some(image.id().clone()), ..QueuedUpload::default() };
    names_nothing(own.collection().insert(queued).await, "thumbnail_id");
    let timer = StreamTimer { stream_id: Some(foreign_stream.id().clone()), ..StreamTimer::default() };
    names_nothing(own.collection().insert(timer).await, "stream_id");

    add_token(own, "channel.json").await;
    let queued = QueuedUpload {
        token_file: Some(file("channel.json")),
        stream_id: Some("main".to_owned()),
        ..QueuedUpload::default()
    };
    names_nothing(own.collection().insert(queued.clone()).await, "stream_id");
    add_stream_key(own, "channel.json", "main").await;
    own.collection().insert(queued).await.unwrap();
}

#[tokio::test]
async fn with_a_video_its_place_in_the_queue_goes_and_its_loop_forgets_it() {
    let place = Place::new().await;
    let own = &place.own;
    let (original, output) = (video(own).await, video(own).await);
    let looped = LoopedVideo {
        original_video_id: Some(original.id().clone()),
        output_filename: Some(output.value().filename.clone()),
        ..LoopedVideo::default()
    };
    let looped = own.collection().insert(looped).await.unwrap();
    let queued = QueuedUpload { video_id: Some(original.id().clone()), ..QueuedUpload::default() };
    let queued = own.collection().insert(queued).await.unwrap();

    own.videos().delete(original.id(), Expected::Any).await.unwrap();
    let gone = own.collection::<QueuedUpload>().get(queued.id()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let left = own.collection::<LoopedVideo>().get(looped.id()).await.unwrap().into_value();
    assert_eq!((left.original_video_id, left.output_filename.is_some()), (None, true));
    own.videos().delete(&output.value().filename, Expected::Any).await.unwrap();
    let left = own.collection::<LoopedVideo>().get(looped.id()).await.unwrap().into_value();
    assert_eq!(left, LoopedVideo::default());
}

#[tokio::test]
async fn a_token_in_the_queue_stays_and_a_thumbnail_or_stream_key_is_forgotten() {
    let place = Place::new().await;
    let own = &place.own;
    let image = add_thumbnail(own).await;
    add_token(own, "channel.json").await;
    add_stream_key(own, "channel.json", "main").await;
    let token = file("channel.json");
    let queued = QueuedUpload {
        // Names are the same in any case.
        token_file: Some(file("Channel.json")),
        stream_id: Some("main".to_owned()),
        thumbnail_id: Some(image.id().clone()),
        ..QueuedUpload::default()
    };
    let queued = own.collection::<QueuedUpload>().insert(queued).await.unwrap();
    let refused = own.tokens().delete(&token, Expected::Any).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Referenced);
    own.thumbnails().delete(image.id(), Expected::Any).await.unwrap();
    own.stream_keys().delete(&token, "main", Expected::Any).await.unwrap();
    let left = own.collection::<QueuedUpload>().get(queued.id()).await.unwrap().into_value();
    assert_eq!((left.thumbnail_id, left.stream_id), (None, None));
    own.tokens().delete_with(&token, Expected::Any, OnReferenced::Clear).await.unwrap();
    let left = own.collection::<QueuedUpload>().get(queued.id()).await.unwrap().into_value();
    assert_eq!(left, QueuedUpload::default());
}

#[tokio::test]
async fn a_timer_goes_with_its_stream() {
    let place = Place::new().await;
    let own = &place.own;
    let (stream, other) = (stream(own).await, stream(own).await);
    for stream in [&stream, &other] {
        let timer = StreamTimer { stream_id: Some(stream.id().clone()), ..StreamTimer::default() };
        own.collection().insert_as(stream.id(), timer).await.unwrap();
    }
    own.live_streams().delete(stream.id(), Expected::Any).await.unwrap();
    let timers = own.collection::<StreamTimer>();
    assert_eq!(timers.get(stream.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    timers.get(other.id()).await.unwrap();
}
