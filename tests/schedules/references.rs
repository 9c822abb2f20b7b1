//! What a schedule names is there, in the same tenant, and goes only as it is said.

use tenantry::paths::FileName;
use tenantry::record::OnReferenced;
use tenantry::{ErrorKind, Expected, Schedule};

use tenantry::{StreamKey, Token};

use crate::named::{add_stream_key, add_thumbnail, add_token};
use crate::planned::{Place, time};

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

fn schedule() -> Schedule {
    Schedule::new("Rain", time("2025-11-05T10:00"))
}

#[tokio::test]
async fn a_schedule_names_nothing_that_is_not_there() {
    let place = Place::new().await;
    add_token(&place.own, "known.json").await;
    let known = place.own.schedules().add(schedule()).await.unwrap();
    let refused: [fn(&mut Schedule); 4] = [
        |schedule| schedule.video_file = Some(file("none.mp4")),
        |schedule| schedule.thumbnail_file = Some(file("none.jpg")),
        |schedule| schedule.token_file = Some(file("none.json")),
        |schedule| {
            schedule.token_file = Some(file("known.json"));
            schedule.stream_id_existing = Some("none".to_owned());
        },
    ];
    for change in refused {
        let mut schedule = schedule();
        change(&mut schedule);
        let error = place.own.schedules().add(schedule).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = place.own.schedules().update(known.id(), Expected::Any, change).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn what_is_named_stays_or_is_cleared_if_that_is_asked_for() {
    let place = Place::new().await;
    let own = &place.own;
    let video = own.videos().upload_from("rain.mp4", &b"moving"[..]).await.unwrap();
    let image = add_thumbnail(own).await;
    let token = add_token(own, "channel.json").await;
    let key = add_stream_key(own, "channel.json", "main").await;
    let mut schedule = schedule();
    schedule.video_file = Some(video.value().filename.clone());
    schedule.thumbnail_file = Some(image.value().filename.clone());
    schedule.token_file = Some(file("channel.json"));
    schedule.stream_id_existing = Some("main".to_owned());
    let added = own.schedules().add(schedule).await.unwrap();
    for named in [OnReferenced::Refuse, OnReferenced::Clear] {
        let removed = [
            own.videos().delete_with(video.id(), Expected::Any, named).await.map(drop),
            own.thumbnails().delete_with(image.id(), Expected::Any, named).await.map(drop),
            own.collection::<StreamKey>().remove_with(&key, Expected::Any, named).await.map(drop),
            own.collection::<Token>().remove_with(&token, Expected::Any, named).await.map(drop),
        ];
        let kept = (named == OnReferenced::Refuse).then_some(ErrorKind::Referenced);
        assert_eq!(removed.map(|removed| removed.err().map(|error| error.kind())), [kept; 4]);
    }
    let left = own.schedules().get(added.id()).await.unwrap().into_value();
    assert_eq!((left.video_file, left.thumbnail_file), (None, None));
    assert_eq!((left.token_file, left.stream_id_existing), (None, None));
    assert!(own.schedules().find_by_token(&file("channel.json")).await.unwrap().is_empty());
}
