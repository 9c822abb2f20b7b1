//! What a sweep expires, deletes and forgets, and what it leaves for later.

use std::sync::Arc;

use tenantry::store::{MemoryStore, StoreMethod};
use tenantry::testkit::faulty_store::{Fault, FaultyStore, Truthful};
use tenantry::{ErrorKind, Expected};

use crate::support::{MINUTE, Place, both, clock, file, id, local, memory, open};

async fn reserve(place: &Place, name: &str, until: i64) {
    let commit = format!(r#"[["@reservations","videos/{name}",900,[],{{"bytes":100,"until":{until}}}]]"#);
    place.forge(&commit).await;
}

#[tokio::test]
async fn an_upload_that_died_gives_its_quota_back_once_its_time_is_over() {
    for place in both().await {
        let name = file("dead.mp4");
        reserve(&place, "dead.mp4", place.milliseconds() + 60_000).await;
        place.put(&name, b"half").await;
        let upkeep = place.tenantry.operator("test");
        assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().expired, 0);
        assert_eq!(place.ana().await.usage().await.unwrap().0.reserved_bytes, 100);
        place.clock.advance(MINUTE);
        assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().expired, 1);
        let (usage, _) = place.ana().await.usage().await.unwrap();
        assert_eq!((usage.reserved_bytes, usage.reserved_files), (0, 0));
        // Where it may still be read, it waits for that.
        place.clock.advance(5 * MINUTE);
        upkeep.sweep(&id("ana")).await.unwrap();
        assert!(!place.has(&name).await);
    }
}

#[tokio::test]
async fn where_late_requests_are_fenced_a_doomed_file_goes_at_once_and_is_forgotten() {
    let place = local().await;
    let name = file("doomed.mp4");
    place.put(&name, b"bytes").await;
    let now = place.milliseconds();
    let doom = format!(r#"[["@dooms","videos/doomed.mp4",900,[],{{"since":{now},"until":{now}}}]]"#);
    place.forge(&doom).await;
    let swept = place.tenantry.operator("test").sweep(&id("ana")).await.unwrap();
    assert_eq!((swept.deleted, swept.forgotten, swept.waiting), (1, 1, 0));
    assert!(!place.has(&name).await);
    let again = place.tenantry.operator("test").sweep(&id("ana")).await.unwrap();
    assert_eq!(again, tenantry::Swept::default());
}

#[tokio::test]
async fn elsewhere_a_doomed_file_waits_for_its_readers_and_is_watched_for_late_requests() {
    let place = memory().await;
    let video = place.upload().await;
    let name = video.value().filename.clone();
    place.ana().await.videos().delete(video.id(), Expected::Any).await.unwrap();
    let upkeep = place.tenantry.operator("test");
    let swept = upkeep.sweep(&id("ana")).await.unwrap();
    assert_eq!((swept.deleted, swept.waiting), (0, 1));
    assert!(place.has(&name).await, "somebody may still read it");
    place.clock.advance(5 * MINUTE);
    let swept = upkeep.sweep(&id("ana")).await.unwrap();
    assert_eq!((swept.deleted, swept.forgotten, swept.waiting), (1, 0, 1));
    assert!(!place.has(&name).await);
    // A request that was on its way all the time brings it back.
    place.put(&name, b"late").await;
    // An hour for the reservation, ten minutes for a request, two for the clocks.
    place.clock.advance(67 * MINUTE);
    assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().forgotten, 0, "not before the time is over");
    place.put(&name, b"late again").await;
    place.clock.advance(MINUTE);
    let swept = upkeep.sweep(&id("ana")).await.unwrap();
    assert_eq!((swept.deleted, swept.forgotten, swept.waiting), (1, 1, 0));
    assert!(!place.has(&name).await);
}

#[tokio::test]
async fn a_file_is_not_forgotten_before_what_is_unfinished_of_it_is_cleared() {
    let (memory, clock) = (MemoryStore::new(), clock());
    let beside = Arc::new(memory.reopen());
    let (store, faults) = FaultyStore::new(Arc::new(memory));
    let place = Place { tenantry: open(store, &clock).await, beside, clock, folder: None };
    let doom = |name, order| format!(r#"["@dooms","videos/{name}.mp4",{order},[],{{"since":0,"until":0}}]"#);
    place.forge(&format!("[{},{}]", doom("one", 900), doom("two", 901))).await;
    faults.inject(Fault::new(Truthful::FailBefore).of(StoreMethod::ClearUnfinished).for_tenant(&id("ana")));
    let upkeep = place.tenantry.operator("test");
    assert_eq!(upkeep.sweep(&id("ana")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().forgotten, 2);
}

#[tokio::test]
async fn a_file_that_another_program_has_open_by_its_path_stays_until_it_is_let_go() {
    let place = local().await;
    let video = place.upload().await;
    let name = video.value().filename.clone();
    let videos = place.ana().await;
    let path = videos.videos().local_path(video.id()).await.unwrap();
    videos.videos().delete(video.id(), Expected::Any).await.unwrap();
    let upkeep = place.tenantry.operator("test");
    assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().waiting, 1);
    assert!(place.has(&name).await);
    drop(path);
    assert_eq!(upkeep.sweep(&id("ana")).await.unwrap().forgotten, 1);
    assert!(!place.has(&name).await);
}

#[tokio::test]
async fn a_sweep_leaves_alone_what_is_in_use_or_unknown() {
    for place in both().await {
        let video = place.upload().await;
        let (under_way, unknown) = (file("under-way.mp4"), file("unknown.mp4"));
        reserve(&place, "under-way.mp4", place.milliseconds() + 600_000).await;
        place.put(&under_way, b"whole").await;
        place.put(&unknown, b"unknown").await;
        let swept = place.tenantry.operator("test").sweep(&id("ana")).await.unwrap();
        assert_eq!(swept, tenantry::Swept::default());
        for name in [&video.value().filename, &under_way, &unknown] {
            assert!(place.has(name).await, "{name}");
        }
    }
}

#[tokio::test]
async fn what_does_not_live_is_not_swept() {
    for place in both().await {
        let upkeep = place.tenantry.operator("test");
        let missing = upkeep.sweep(&id("nobody")).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let admin = place.tenantry.session(&id("root")).await.unwrap();
        admin.tenants().delete(&id("ben")).await.unwrap();
        admin.tenants().erase(&id("ben"), tenantry::Grace::Skip).await.unwrap();
        assert_eq!(upkeep.sweep(&id("ben")).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
