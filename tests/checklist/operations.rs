//! What can be done with one of everything, by all who try: each method with the kind of its refusal.

use tenantry::record::{OnReferenced, RecordId};
use tenantry::{
    ByteRange, ErrorKind, Expected, ListOptions, LiveStream, LiveStreamStatus, ProfileChange, Result,
    Schedule, ScheduleStatus, StreamKey, Token, Transaction, Video, Workspace,
};

use crate::world::{IMAGE, MOVING, Service, Things, Timer, content, file, time, token_name};

/// Each method with what it was refused as, if it was.
pub(crate) type Answers = Vec<(&'static str, Option<ErrorKind>)>;

/// That all of them were refused as this.
pub(crate) fn all_refused(answers: &Answers, kind: ErrorKind) {
    assert!(answers.len() > 5, "{answers:?}");
    let others: Vec<_> = answers.iter().filter(|(_, refused)| *refused != Some(kind)).collect();
    assert!(others.is_empty(), "not {kind:?}: {others:?}");
}

/// That none was refused.
pub(crate) fn none_refused(answers: &Answers) {
    let refused: Vec<_> = answers.iter().filter(|(_, refused)| refused.is_some()).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

fn refusal<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

macro_rules! answers {
    ($($name:literal: $call:expr,)*) => {
        vec![$(($name, refusal($call.await)),)*]
    };
}

/// Everything by which a workspace and what is in it is seen.
pub(crate) async fn see(at: &Workspace, things: &Things) -> Answers {
    let (all, day, token) = (ListOptions::new(), time().civil().date(), token_name());
    let (videos, images) = (at.videos(), at.thumbnails());
    let (streams, schedules, timers) = (at.live_streams(), at.schedules(), at.collection::<Timer>());
    answers![
        "videos.list": videos.list(&all),
        "videos.get": videos.get(&things.video.0),
        "videos.get by file": videos.get(&things.video.1),
        "videos.open": videos.open(&things.video.0),
        "videos.open_range": videos.open_range(&things.video.1, ByteRange::From(1)),
        "videos.verify": videos.verify(&things.video.0),
        "videos.local_path": videos.local_path(&things.video.0),
        "thumbnails.list": images.list(&all),
        "thumbnails.get": images.get(&things.thumbnail.0),
        "thumbnails.get by file": images.get(&things.thumbnail.1),
        "thumbnails.open": images.open(&things.thumbnail.0),
        "thumbnails.open_range": images.open_range(&things.thumbnail.1, ByteRange::From(1)),
        "thumbnails.verify": images.verify(&things.thumbnail.0),
        "thumbnails.local_path": images.local_path(&things.thumbnail.0),
        "live_streams.list": streams.list(&all),
        "live_streams.get": streams.get(&things.stream),
        "live_streams.find_by_status": streams.find_by_status(LiveStreamStatus::Scheduled),
        "live_streams.find_by_date": streams.find_by_date(day),
        "live_streams.find_by_video": streams.find_by_video(&things.video.1),
        "schedules.list": schedules.list(&all),
        "schedules.get": schedules.get(&things.schedule),
        "schedules.find_by_status": schedules.find_by_status(ScheduleStatus::Pending),
        "schedules.find_by_date": schedules.find_by_date(day),
        "schedules.find_by_token": schedules.find_by_token(&token),
        "schedules.export_workbook": schedules.export_workbook(),
        "tokens.list": at.tokens().list(&all),
        "tokens.read": at.tokens().read(&token),
        "stream_keys.list": at.stream_keys().list(&all),
        "stream_keys.find_by_token": at.stream_keys().find_by_token(&token),
        "stream_keys.read": at.stream_keys().read(&token, "main"),
        "collection.list": timers.list(&all),
        "collection.get": timers.get(&things.timer),
        "collection.find": timers.find("minutes", "120"),
        "videos as a collection": at.collection::<Video>().get(&things.video.0),
        "snapshot": at.snapshot(),
        "profile": at.profile(),
        "usage": at.usage(),
    ]
}

/// Everything by which something new comes in.
pub(crate) async fn add(at: &Workspace, workbook: Vec<u8>) -> Answers {
    let insert = |id: &'static str| {
        let id = RecordId::parse(id).unwrap();
        move |run: &mut Transaction<'_>| run.collection().insert_as(&id, &Timer { minutes: 1 }).map(drop)
    };
    answers![
        "videos.upload": at.videos().upload_from("new.mp4", MOVING),
        "thumbnails.upload": at.thumbnails().upload_from("new.png", IMAGE),
        "live_streams.add": at.live_streams().add(LiveStream::new("New", time())),
        "schedules.add": at.schedules().add(Schedule::new("New", time())),
        "schedules.import_workbook": at.schedules().import_workbook(workbook),
        "tokens.create": at.tokens().create(&file("new.json"), content(1)),
        "stream_keys.fetch": at.stream_keys().fetch(&file("new.json"), &Service),
        "collection.insert": at.collection().insert(Timer { minutes: 1 }),
        "transaction": at.transaction(insert("in a transaction")),
        "transaction_once": at.transaction_once("once", insert("in one of them")),
    ]
}

/// Everything by which what is there is changed.
pub(crate) async fn edit(at: &Workspace, things: &Things) -> Answers {
    let (streams, schedules, any) = (at.live_streams(), at.schedules(), Expected::Any);
    let timer = things.timer.clone();
    let change = move |run: &mut Transaction<'_>| {
        run.collection::<Timer>().modify(&timer, Expected::Any, |_| Ok(Timer { minutes: 2 })).map(drop)
    };
    let renamed = |old: &Video| {
        let mut new = old.clone();
        "Mine".clone_into(&mut new.title);
        Ok(new)
    };
    answers![
        "videos.rename": at.videos().rename(&things.video.0, any, "Mine"),
        "videos.rename by file": at.videos().rename(&things.video.1, any, "Mine"),
        "videos.set_thumbnail": at.videos().set_thumbnail(&things.video.0, any, Some((&things.thumbnail.0).into())),
        "live_streams.edit": streams.edit(&things.stream, any, |stream| stream.title = "Mine".to_owned()),
        "live_streams.start_now": streams.start_now(&things.stream),
        "live_streams.mark_live": streams.mark_live(&things.stream, 4711),
        "live_streams.stop": streams.stop(&things.stream),
        "live_streams.restart": streams.restart(&things.stream),
        "live_streams.cancel": streams.cancel(&things.stream),
        "live_streams.reschedule": streams.reschedule(&things.stream, time()),
        "live_streams.fail": streams.fail(&things.stream),
        "schedules.update": schedules.update(&things.schedule, any, |one| one.title = "Mine".to_owned()),
        "schedules.mark_failed": schedules.mark_failed(&things.schedule, None),
        "schedules.run_now": schedules.run_now(&things.schedule),
        "schedules.mark_succeeded": schedules.mark_succeeded(&things.schedule, "main", "https://example.org"),
        "tokens.replace": at.tokens().replace(&token_name(), any, content(2)),
        "stream_keys.fetch": at.stream_keys().fetch(&token_name(), &Service),
        "collection.update": at.collection().update(&things.timer, any, Timer { minutes: 2 }),
        "collection.modify": at.collection().modify(&things.timer, any, |_: &Timer| Ok(Timer { minutes: 3 })),
        "videos as a collection": at.collection::<Video>().modify(&things.video.0, any, renamed),
        "transaction": at.transaction(change),
        "change_profile": at.change_profile(ProfileChange::new().display_name("Mine")),
    ]
}

/// Everything by which what is there goes.
pub(crate) async fn delete(at: &Workspace, things: &Things) -> Answers {
    let (any, token) = (Expected::Any, token_name());
    let timer = things.timer.clone();
    let remove =
        move |run: &mut Transaction<'_>| run.collection::<Timer>().remove(&timer, Expected::Any).map(drop);
    answers![
        "videos.delete": at.videos().delete(&things.video.0, any),
        "videos.delete by file": at.videos().delete(&things.video.1, any),
        "videos.delete_with": at.videos().delete_with(&things.video.0, any, OnReferenced::Cascade),
        "videos as a collection": at.collection::<Video>().remove(&things.video.0, any),
        "thumbnails.delete": at.thumbnails().delete(&things.thumbnail.0, any),
        "thumbnails.delete by file": at.thumbnails().delete(&things.thumbnail.1, any),
        "live_streams.delete": at.live_streams().delete(&things.stream, any),
        "schedules.delete": at.schedules().delete(&things.schedule, any),
        "stream_keys.delete": at.stream_keys().delete(&token, "main", any),
        "stream_keys.delete_by_token": at.stream_keys().delete_by_token(&token, OnReferenced::Cascade),
        "tokens.delete": at.tokens().delete(&token, any),
        "tokens.delete_with": at.tokens().delete_with(&token, any, OnReferenced::Cascade),
        "tokens as a collection": at.collection::<Token>().remove(&things.timer, any),
        "stream keys as a collection": at.collection::<StreamKey>().remove(&things.timer, any),
        "collection.remove": at.collection::<Timer>().remove(&things.timer, any),
        "collection.remove_with": at.collection::<Timer>().remove_with(&things.timer, any, OnReferenced::Cascade),
        "transaction": at.transaction(remove),
    ]
}
