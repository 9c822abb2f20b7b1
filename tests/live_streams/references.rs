//! What a live stream names is there, in the same tenant, and goes only as it is said.

use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, FileName};
use tenantry::record::{Entity, OnReferenced, Record, RecordId};
use tenantry::{ErrorKind, Expected, LiveStream, LiveStreamStatus, NewTenant, Video, Workspace};

use tenantry::{StreamKey, Token};

use crate::named::{add_stream_key, add_thumbnail, add_token};
use crate::planned::{Place, id, time};

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

fn stream() -> LiveStream {
    LiveStream::new("Rain", time("2025-11-05T10:00"))
}

fn showing(video: &Record<Video>) -> LiveStream {
    let mut stream = stream();
    stream.video_file = Some(video.value().filename.clone());
    stream
}

async fn video(own: &Workspace) -> Record<Video> {
    own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap()
}

#[tokio::test]
async fn a_stream_names_nothing_that_is_not_there() {
    let place = Place::new().await;
    let refused: [fn(&mut LiveStream); 4] = [
        |stream| stream.video_file = Some(file("none.mp4")),
        |stream| stream.thumbnail = Some(file("none.jpg")),
        |stream| stream.token_file = Some(file("none.json")),
        |stream| (stream.token_file, stream.stream_id) = (Some(file("known.json")), Some("none".into())),
    ];
    add_token(&place.own, "known.json").await;
    let known = place.own.live_streams().add(stream()).await.unwrap();
    for change in refused {
        let mut stream = stream();
        change(&mut stream);
        let error = place.own.live_streams().add(stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = place.own.live_streams().edit(known.id(), Expected::Any, change).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn anothers_video_is_none_of_ones_own() {
    let place = Place::new().await;
    place.admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
    let bens = video(&place.admin.workspace(&id("ben"))).await;
    let error = place.own.live_streams().add(showing(&bens)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn all_that_is_named_stays_as_long_as_it_is() {
    let place = Place::new().await;
    let own = &place.own;
    let video = video(own).await;
    let image = add_thumbnail(own).await;
    let token = add_token(own, "channel.json").await;
    let key = add_stream_key(own, "channel.json", "main").await;
    let mut stream = showing(&video);
    stream.thumbnail = Some(file(&image.value().filename.as_str().to_uppercase()));
    stream.token_file = Some(file("channel.json"));
    stream.stream_id = Some("main".to_owned());
    let stream = own.live_streams().add(stream).await.unwrap();
    let refusals = async || {
        let removed = [
            own.videos().delete(video.id(), Expected::Any).await.map(drop),
            own.thumbnails().delete(image.id(), Expected::Any).await.map(drop),
            own.collection::<StreamKey>().remove(&key, Expected::Any).await.map(drop),
            own.collection::<Token>().remove(&token, Expected::Any).await.map(drop),
        ];
        removed.map(|removed| removed.err().map(|error| error.kind()))
    };
    assert_eq!(refusals().await, [Some(ErrorKind::Referenced); 4]);
    own.live_streams().delete(stream.id(), Expected::Any).await.unwrap();
    assert_eq!(refusals().await, [None; 4]);
}

#[tokio::test]
async fn a_video_goes_with_its_streams_or_out_of_them_if_that_is_asked_for() {
    let place = Place::new().await;
    let own = &place.own;
    for named in [OnReferenced::Clear, OnReferenced::Cascade] {
        let video = video(own).await;
        let stream = own.live_streams().add(showing(&video)).await.unwrap();
        own.videos().delete_with(video.id(), Expected::Any, named).await.unwrap();
        let found = own.live_streams().get(stream.id()).await;
        match named {
            OnReferenced::Clear => assert_eq!(found.unwrap().value().video_file, None),
            _ => assert_eq!(found.unwrap_err().kind(), ErrorKind::NotFound),
        }
        let shown = own.live_streams().find_by_video(&video.value().filename).await.unwrap();
        assert!(shown.is_empty());
    }
    let active = own.live_streams().find_by_status(LiveStreamStatus::Scheduled).await.unwrap();
    assert_eq!(active.len(), 1);
    assert_eq!(own.usage().await.unwrap().0.active_streams, 1);
}

/// A stream as a migration may leave it: the key of its reference stands, and what it names is not there.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Migrated(serde_json::Map<String, serde_json::Value>);

impl Entity for Migrated {
    fn collection() -> CollectionName {
        CollectionName::LIVE_STREAMS
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("@refuse", "videos:by file:gone.mp4".to_owned())]
    }
}

#[tokio::test]
async fn a_daily_stream_ends_also_where_its_video_is_long_gone() {
    let place = Place::new().await;
    let migrated = serde_json::json!({
        "title": "Rain", "start_date": "2025-11-04T10:00", "video_file": "gone.mp4", "repeat_daily": true,
        "status": "scheduled", "bitrate": 1.10,
    });
    let migrated = Migrated(migrated.as_object().unwrap().clone());
    let id = RecordId::parse("migrated").unwrap();
    place.own.collection().insert_as(&id, migrated).await.unwrap();
    place.own.live_streams().mark_live(&id, 4711).await.unwrap();
    let next = place.own.live_streams().stop(&id).await.unwrap().next.unwrap();
    assert_eq!(next.value().video_file, Some(file("gone.mp4")));
    assert_eq!(next.extra("bitrate").unwrap().get(), "1.1");
    // Whoever names it anew is told.
    let named = |stream: &mut LiveStream| stream.video_file = Some(file("gone.mp4"));
    let fresh = place.own.live_streams().add(stream()).await.unwrap();
    let refused = place.own.live_streams().edit(fresh.id(), Expected::Any, named).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}
