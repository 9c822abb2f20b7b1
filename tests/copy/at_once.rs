//! Several at once, for the same tenant: the copy is made once, or who comes too late is told.

use std::future::IntoFuture;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStore;
use tenantry::ownership::Role;
use tenantry::testkit::faulty_objects::{Effect, Fault, RequestKind};
use tenantry::{CopyError, ErrorKind, Expected, Grace, NewTenant};

use crate::observed::observe;
use crate::world::{Kind, Place, clock, copy_between, id, refusal, upload};

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_at_once_make_one_tenant() {
    for (from, to) in Kind::ways() {
        let clock = clock();
        let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
        let own = from.furnished().await;
        upload(&own, 10, 1000).await;
        let mut going = Vec::new();
        for _ in 0..3 {
            // Each as a process of its own.
            let copy = copy_between(&from.elsewhere().await, &to.elsewhere().await).await;
            going.push(tokio::spawn(copy.into_future()));
        }
        for done in going {
            assert_eq!(done.await.unwrap().unwrap().files, 13);
        }
        assert_eq!(observe(&to.ana().await).await, observe(&own).await);
        to.clear().await;
        assert_eq!(observe(&to.ana().await).await, observe(&own).await);
        let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_of_a_source_that_goes_on_end_with_one_state_of_it() {
    for (from, to) in Kind::ways() {
        let clock = clock();
        let (from, to) = (Place::new(from, &clock).await, Place::new(to, &clock).await);
        let own = from.furnished().await;
        let videos = upload(&own, 10, 100).await;
        let mut going = Vec::new();
        for _ in 0..2 {
            let copy = copy_between(&from.elsewhere().await, &to.elsewhere().await).await;
            going.push(tokio::spawn(copy.suspending_source().into_future()));
        }
        let mut refused = 0;
        for video in &videos {
            refused += u64::from(own.videos().delete(video, Expected::Any).await.is_err());
            refused += u64::from(own.videos().upload_from("new.mp4", &b"new"[..]).await.is_err());
        }
        for done in going {
            assert!(done.await.unwrap().unwrap().suspended);
        }
        assert_eq!(observe(&to.ana().await).await, observe(&own).await, "{refused} came too late");
        to.clear().await;
        let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn a_tenant_that_ends_on_either_side_ends_the_copy() {
    for (kind, in_source) in Kind::ALL.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        let clock = clock();
        let (from, to) = (Place::new(kind, &clock).await, Place::new(kind, &clock).await);
        let own = from.furnished().await;
        upload(&own, 6, 100).await;
        to.gates.close(&id("ana"));
        let going = copy_between(&from.tenantry, &to.tenantry).await;
        let going = tokio::spawn(going.into_future());
        to.gates.hanging(&id("ana"), 1).await;
        let (ending, elsewhere) = match in_source {
            true => (from.admin().await, None),
            false => (to.admin().await, Some(to.elsewhere().await)),
        };
        match elsewhere {
            None => {
                ending.tenants().delete(&id("ana")).await.unwrap();
                ending.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
            }
            // Another one began to arrive, and was given up.
            Some(elsewhere) => {
                let admin = crate::world::admin(&elsewhere).await;
                admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
                admin.tenants().delete(&id("ana")).await.unwrap();
                while let tenantry::Erasure::Waiting { .. } =
                    admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap()
                {
                    clock.advance(Duration::from_secs(3600));
                }
            }
        }
        to.gates.open(&id("ana"));
        let error = going.await.unwrap().unwrap_err();
        if in_source {
            assert_eq!(error.kind(), ErrorKind::Gone, "{error:?}");
        } else {
            assert!(matches!(refusal(&error), Some(CopyError::ErasedLately { .. })), "{error:?}");
        }
        crate::world::ensure_unseen(&to).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_after_it_was_deleted_there_does_not_stay() {
    for kind in Kind::ALL {
        let clock = clock();
        let (from, to) = (Place::new(Kind::Objects, &clock).await, Place::new(kind, &clock).await);
        let own = from.user("ana").await;
        let video = upload(&own, 1, 100).await.remove(0);
        let faults = &from.objects.as_ref().unwrap().1;
        let (kind, key_contains) = (Some(RequestKind::Get), "videos/ana".to_owned());
        faults.inject(Fault { kind, key_contains, spare: 0, affect: 1, effect: Effect::Hold });
        let slow = copy_between(&from.elsewhere().await, &to.elsewhere().await).await;
        let slow = tokio::spawn(slow.into_future());
        while faults.waiting().is_none() {
            tokio::task::yield_now().await;
        }
        copy_between(&from.tenantry, &to.tenantry).await.await.unwrap();
        let there = to.tenantry.session(&id("ana")).await.unwrap().own();
        there.videos().delete(&video, Expected::Any).await.unwrap();
        to.tenantry.operator("test").sweep(&id("ana")).await.unwrap();
        assert!(faults.answer(Effect::Proceed));
        // It is told what is true: the copy was made.
        assert_eq!(slow.await.unwrap().unwrap().files, 1);
        to.clear().await;
        let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!(report.files, 0);
    }
}

#[tokio::test]
async fn a_file_that_a_slower_copy_sends_late_does_not_stay_where_it_was_given_up() {
    let clock = clock();
    let (from, to) = (Place::new(Kind::Objects, &clock).await, Place::new(Kind::Objects, &clock).await);
    let own = from.user("ana").await;
    let mut files = Vec::new();
    for video in upload(&own, 2, 100).await {
        files.push((own.videos().get(&video).await.unwrap().value().filename.to_string(), video));
    }
    files.sort();
    let [(kept, _), (gone, video)] = &files[..] else { panic!("{files:?}") };
    let (source, (objects, target)) = (&from.objects.as_ref().unwrap().1, (to.objects.as_ref().unwrap()));
    let fault = |kind, file: &String, affect, effect| Fault {
        kind: Some(kind),
        key_contains: file.clone(),
        spare: 0,
        affect,
        effect,
    };
    let exists = async |file: &String| {
        let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
        found.iter().any(|object| object.location.as_ref().contains(file))
    };

    // The slower one has reserved both files, and reads them.
    for file in [kept, gone] {
        source.inject(fault(RequestKind::Get, file, 1, Effect::Hold));
    }
    let slow = copy_between(&from.elsewhere().await, &to.elsewhere().await).await;
    let slow = tokio::spawn(slow.into_future());
    let reads = |file: &String| {
        let log = source.log();
        log.iter().any(|request| request.kind == RequestKind::Get && request.key.as_ref().contains(file))
    };
    while !(reads(kept) && reads(gone)) {
        tokio::task::yield_now().await;
    }
    // One of them goes, and the other copy gives it up.
    own.videos().delete(video, Expected::Any).await.unwrap();
    target.inject(fault(RequestKind::Put, kept, 1, Effect::Hold));
    let fast = tokio::spawn(copy_between(&from.tenantry, &to.tenantry).await.into_future());
    while target.waiting().is_none() {
        tokio::task::yield_now().await;
    }
    // With what it reads the slower one renews its right to write all.
    clock.advance(Duration::from_secs(45 * 60));
    assert!(source.answer(Effect::Proceed));
    while !exists(kept).await {
        tokio::task::yield_now().await;
    }
    assert!(target.answer(Effect::Proceed));
    assert_eq!(fast.await.unwrap().unwrap().files, 1);
    // The first right is over, and a request's life later too.
    clock.advance(Duration::from_secs(28 * 60));
    to.tenantry.operator("test").round().await.unwrap();
    target.inject(fault(RequestKind::Put, gone, u64::MAX, Effect::Delay));
    assert!(source.answer(Effect::Proceed));
    slow.await.unwrap().unwrap();
    assert!(target.late() > 0, "it was sent");
    target.clear();
    while target.late() > 0 {
        target.deliver(0, objects).await;
    }
    assert!(exists(gone).await, "and came");
    to.clear().await;
    assert!(!exists(gone).await);
    let report = to.admin().await.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}
