//! What is copied is the same there, whatever the stores are.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::quota::Limits;
use tenantry::record::{Entity, OnReferenced};
use tenantry::{CopyError, ErrorKind, Expected, Grace, ListOptions, LiveStreamStatus, NewTenant};

use crate::observed::observe;
use crate::world::{
    Kind, Looped, PNG, Place, Unheard, clock, copy, copy_between, ensure_unseen, furnish, id, name, refusal,
    upload,
};

#[tokio::test]
async fn a_tenant_is_the_same_in_every_store_that_it_is_copied_to() {
    for (from, to) in Kind::ways() {
        let clock = clock();
        let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
        let new = NewTenant::new(Role::Admin).display_name("Ana 🌧").time_zone("Europe/Berlin").shared();
        let limits = Limits::unlimited().with_files(77).with_count(&Unheard::collection(), 12);
        let new = new.plan("large").limits(limits);
        from.admin().await.tenants().create(&id("ana"), new).await.unwrap();
        let own = from.tenantry.session(&id("ana")).await.unwrap().own();
        furnish(&own).await;
        let before = observe(&own).await;
        let version = own.snapshot().await.unwrap().version();

        let copied = copy(&from, &to).await.await.unwrap();
        let there = to.elsewhere().await.session(&id("ana")).await.unwrap().own();
        assert_eq!(observe(&there).await, before);
        assert_eq!(observe(&own).await, before, "the source is as it was");
        assert_eq!(own.snapshot().await.unwrap().version(), version);
        assert_eq!((copied.files, copied.bytes), (3, 15 + PNG.len() as u64));
        assert_eq!((copied.already_there, copied.read_back, copied.suspended), (0, 3, false));
        assert_eq!(copied.version, version);
        assert_eq!(copied.records, own.usage().await.unwrap().0.counts);
        for place in [&from, &to] {
            let report = place.admin().await.tenants().check(&id("ana")).await.unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
        }
    }
}

#[tokio::test]
async fn what_is_named_is_found_and_keeps_or_takes_along_as_before() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(kind, &clock).await);
        from.furnished().await;
        copy(&from, &to).await.await.unwrap();
        let own = to.tenantry.session(&id("ana")).await.unwrap().own();
        assert_eq!(own.collection::<Unheard>().find("number", "7").await.unwrap().len(), 1);
        assert_eq!(own.collection::<Looped>().find("times", "3").await.unwrap().len(), 1);
        let streams = own.live_streams();
        assert_eq!(streams.find_by_status(LiveStreamStatus::Completed).await.unwrap().len(), 1);
        let loops = own.collection::<Looped>().list(&ListOptions::new()).await.unwrap().items;
        let file = loops[0].value().original.clone();
        let refused = own.videos().delete(&file, Expected::Any).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Referenced);
        own.videos().delete_with(&file, Expected::Any, OnReferenced::Clear).await.unwrap();
        assert!(own.collection::<Looped>().list(&ListOptions::new()).await.unwrap().items.is_empty());
        let token = name("channel1.json");
        own.tokens().delete_with(&token, Expected::Any, OnReferenced::Clear).await.unwrap();
        assert!(own.stream_keys().list(&ListOptions::new()).await.unwrap().items.is_empty());
        to.clear().await;
        let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!(report.files, 2);
    }
}

#[tokio::test]
async fn what_was_answered_before_is_not_done_again() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Objects, &clock).await);
    from.furnished().await;
    copy(&from, &to).await.await.unwrap();
    let own = to.tenantry.session(&id("ana")).await.unwrap().own();
    let again = own.transaction_once("asked once", |_| Ok("answered twice".to_owned())).await.unwrap();
    assert_eq!(again, "answered once");
}

#[tokio::test]
async fn a_tenant_without_anything_is_copied_too() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(kind, &clock).await);
        let own = from.user("ana").await;
        let copied = copy(&from, &to).await.await.unwrap();
        assert_eq!((copied.files, copied.records.len()), (0, 0));
        assert_eq!(observe(&to.ana().await).await, observe(&own).await);
        furnish(&to.tenantry.session(&id("ana")).await.unwrap().own()).await;
    }
}

#[tokio::test]
async fn what_lies_elsewhere_in_the_stores_is_left_alone() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(kind, &clock).await, Place::new(kind, &clock).await);
        from.furnished().await;
        let (others, there) = (from.user("ana2").await, to.user("an").await);
        furnish(&others).await;
        furnish(&there).await;
        let before = (observe(&others).await, observe(&there).await);
        copy(&from, &to).await.await.unwrap();
        assert_eq!((observe(&others).await, observe(&there).await), before);
        let missing = to.tenantry.session(&id("ana2")).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }
}

/// The documented files of a folder, but for the ledger and what goes with it.
fn views(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = found.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    found
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), std::fs::read(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn on_a_disk_the_documented_files_are_the_same() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Local, &clock).await, Place::new(Kind::Local, &clock).await);
    let own = from.furnished().await;
    own.write_views().await.unwrap();
    copy(&from, &to).await.await.unwrap();
    for folder in ["data/ana", "tokens/ana"] {
        let (before, after) = (views(&from.root().join(folder)), views(&to.root().join(folder)));
        assert_eq!(before, after, "{folder}");
        assert!(!before.is_empty());
    }
    let names = |place: &Place| -> Vec<_> {
        place.files().iter().map(|path| path.file_name().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&from), names(&to));
}

#[tokio::test]
async fn a_copy_that_is_whole_is_left_as_it_is() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Memory, &clock).await, Place::new(kind, &clock).await);
        let own = from.furnished().await;
        let first = copy(&from, &to).await.await.unwrap();
        let there = to.tenantry.session(&id("ana")).await.unwrap().own();
        upload(&there, 1, 10).await;
        let (before, puts) = (observe(&there).await, to.puts());
        let second = copy(&from, &to).await.await.unwrap();
        assert_eq!((second.already_there, second.read_back), (3, 0));
        assert_eq!((second.version, second.records), (first.version, first.records));
        assert_eq!((observe(&there).await, to.puts()), (before.clone(), puts));
        // Once the source goes on, that is told, and nothing is changed.
        upload(&own, 1, 10).await;
        let refused = copy(&from, &to).await.await.unwrap_err();
        assert_eq!(refusal(&refused), Some(&CopyError::SourceWentOn), "{refused:?}");
        assert_eq!(observe(&there).await, before);
    }
}

#[tokio::test]
async fn a_tenant_goes_on_elsewhere_and_comes_back_to_where_it_was_erased() {
    for (first, second) in Kind::ways() {
        let clock = clock();
        let (first, second) = (Place::new(first, &clock).await, Place::new(second, &clock).await);
        first.furnished().await;
        copy(&first, &second).await.suspending_source().await.unwrap();
        let own = second.tenantry.session(&id("ana")).await.unwrap().own();
        upload(&own, 2, 1000).await;
        let before = observe(&own).await;
        let exists = copy(&second, &first).await.await.unwrap_err();
        assert_eq!(refusal(&exists), Some(&CopyError::Exists), "{exists:?}");
        let tenants = first.admin().await;
        while let tenantry::Erasure::Waiting { .. } =
            tenants.tenants().erase(&id("ana"), Grace::Skip).await.unwrap()
        {
            clock.advance(Duration::from_secs(3600));
        }
        let early = copy(&second, &first).await.await.unwrap_err();
        let Some(CopyError::ErasedLately { until }) = refusal(&early) else { panic!("{early:?}") };
        let wait = until.duration_since(tenantry::environment::Clock::now(&*clock));
        clock.advance(Duration::try_from(wait).unwrap());
        ensure_unseen(&first).await;
        copy(&second, &first).await.await.unwrap_err();
        clock.advance(Duration::from_millis(1));
        let copied = copy_between(&second.tenantry, &first.elsewhere().await).await.await.unwrap();
        assert_eq!((copied.files, copied.already_there), (5, 0));
        let back = first.elsewhere().await.session(&id("ana")).await.unwrap().own();
        assert_eq!(observe(&back).await, before);
        first.clear().await;
        assert_eq!(observe(&back).await, before);
    }
}
