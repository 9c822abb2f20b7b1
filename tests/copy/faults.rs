//! Whatever either object store does with one request or with many, a copy is there whole or not to be seen,
//! and the next call brings it to its end.

use std::time::Duration;

use tenantry::environment::Clock;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, RequestKind, Status};
use tenantry::{CopyError, Erasure, ErrorKind, Expected, Grace};

use crate::observed::{Observed, observe};
use crate::world::{Kind, Place, admin, clock, copy, copy_between, ensure_unseen, id, refusal, upload};

const EFFECTS: [Effect; 8] = [
    Effect::FailBefore(Status::Unavailable),
    Effect::FailBefore(Status::Precondition),
    Effect::FailAfter(Status::Unavailable),
    Effect::FailAfter(Status::Precondition),
    Effect::Delay,
    Effect::DuplicateLate,
    Effect::Repeat,
    Effect::CutShort(3),
];

fn controls(place: &Place) -> &(FaultyObjects, Faults) {
    place.objects.as_ref().unwrap()
}

/// Lets everything arrive that is late.
async fn deliver(place: &Place) {
    let (objects, faults) = controls(place);
    while faults.late() > 0 {
        faults.deliver(0, objects).await;
    }
}

/// Copies while something happens to some requests of one of the two; whether it did happen, and whether the
/// copy came to its end in spite of it.
async fn disturbed(from: &Place, to: &Place, disturbed: &Place, fault: Fault) -> (bool, bool) {
    let faults = &controls(disturbed).1;
    let (before, spare) = (faults.log().len(), fault.spare);
    faults.inject(fault);
    let done = copy(from, to).await.suspending_source().await;
    let log = faults.log();
    let of_ana = log[before..].iter().filter(|request| request.key.as_ref().contains("ana"));
    let happened = of_ana.count() as u64 > spare;
    faults.clear();
    (happened, done.is_ok())
}

async fn source() -> (Place, Observed) {
    let from = Place::new(Kind::Objects, &clock()).await;
    let own = from.furnished().await;
    upload(&own, 2, 10).await;
    let seen = observe(&own).await;
    (from, seen)
}

#[tokio::test]
async fn a_copy_comes_to_its_end_whatever_the_target_does() {
    let (from, before) = source().await;
    let (mut failed, mut went_on) = (0, 0);
    for effect in EFFECTS {
        // One request, and all from then on.
        for affect in [1, u64::MAX] {
            for spare in 0.. {
                let to = Place::new(Kind::Objects, &from.clock).await;
                let fault = Fault { kind: None, key_contains: "ana".to_owned(), spare, affect, effect };
                let context = format!("{fault:?}");
                let (happened, done) = disturbed(&from, &to, &to, fault).await;
                // Another process looks, which knows nothing of it.
                let seen = match to.elsewhere().await.session(&id("ana")).await {
                    Ok(session) => Some(observe(&session.own()).await),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::NotFound, "{context}");
                        None
                    }
                };
                assert!(seen.is_none() || seen.as_ref() == Some(&before), "{context}");
                assert!(seen.is_some() || !done, "{context}");
                failed += u64::from(!done);
                if spare % 3 == 0 {
                    deliver(&to).await;
                }
                let again = copy_between(&from.tenantry, &to.elsewhere().await).await.await;
                let again = again.unwrap_or_else(|error| panic!("{context}: {error:?}"));
                went_on += u64::from(again.already_there > 0 && seen.is_none());
                deliver(&to).await;
                to.clear().await;
                assert_eq!(observe(&to.ana().await).await, before, "{context}");
                let report = admin(&to.tenantry).await.tenants().check(&id("ana")).await.unwrap();
                assert!(report.findings.is_empty(), "{context}: {:?}", report.findings);
                if !happened {
                    break;
                }
            }
        }
    }
    assert!(failed > 50 && went_on > 20, "{failed} {went_on}");
}

#[tokio::test]
async fn a_copy_comes_to_its_end_whatever_the_source_does() {
    let (from, before) = source().await;
    let mut failed = 0;
    for effect in [Effect::FailBefore(Status::Unavailable), Effect::CutShort(3)] {
        for affect in [1, 20] {
            for spare in 0.. {
                let to = Place::new(Kind::Memory, &from.clock).await;
                let fault = Fault { kind: None, key_contains: "ana".to_owned(), spare, affect, effect };
                let context = format!("{fault:?}");
                let (happened, done) = disturbed(&from, &to, &from, fault).await;
                if !done {
                    failed += 1;
                    ensure_unseen(&to).await;
                    copy(&from, &to).await.await.unwrap_or_else(|error| panic!("{context}: {error:?}"));
                }
                assert_eq!(observe(&to.ana().await).await, before, "{context}");
                if !happened {
                    break;
                }
            }
        }
    }
    assert!(failed > 10, "{failed}");
}

#[tokio::test]
async fn a_late_delete_of_the_life_that_was_erased_takes_no_file_of_the_next() {
    let clock = clock();
    let (first, second) = (Place::new(Kind::Objects, &clock).await, Place::new(Kind::Memory, &clock).await);
    let own = first.furnished().await;
    upload(&own, 3, 10).await;
    copy(&first, &second).await.suspending_source().await.unwrap();
    let before = observe(&own).await;
    let (objects, faults) = controls(&first);
    let root = first.admin().await;
    // Each delete is answered as failed, and comes late.
    let (kind, key_contains) = (Some(RequestKind::Delete), "videos/ana".to_owned());
    faults.inject(Fault { kind, key_contains, spare: 0, affect: 2, effect: Effect::Delay });
    let mut late = Clock::now(&*clock);
    loop {
        match root.tenants().erase(&id("ana"), Grace::Skip).await {
            Ok(Erasure::Done(_)) => break,
            Ok(_) | Err(_) => late = Clock::now(&*clock),
        }
        if faults.late() == 2 {
            clock.advance(Duration::from_secs(1800));
        }
    }
    assert_eq!(faults.late(), 2);
    let early = copy(&second, &first).await.await.unwrap_err();
    let Some(CopyError::ErasedLately { until }) = refusal(&early) else { panic!("{early:?}") };
    // They may come until the request of the last one that could begin is over.
    assert!(until.duration_since(late) > jiff::SignedDuration::from_secs(600));
    while faults.late() > 0 {
        faults.deliver(0, objects).await;
    }
    clock.advance(Duration::from_secs(3600));
    copy(&second, &first).await.await.unwrap();
    first.clear().await;
    assert_eq!(observe(&first.ana().await).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_was_held_up_deletes_nothing_of_the_next_life() {
    let clock = clock();
    let (first, second) = (Place::new(Kind::Objects, &clock).await, Place::new(Kind::Memory, &clock).await);
    let own = first.furnished().await;
    let videos = upload(&own, 10, 10).await;
    copy(&first, &second).await.await.unwrap();
    let before = observe(&second.ana().await).await;
    for video in &videos {
        own.videos().delete(video, Expected::Any).await.unwrap();
    }
    clock.advance(Duration::from_secs(3 * 3600));
    let (_, faults) = controls(&first);
    let (kind, key_contains) = (Some(RequestKind::Delete), "videos/ana".to_owned());
    faults.inject(Fault { kind, key_contains, spare: 0, affect: 8, effect: Effect::Hold });
    let held_up = first.elsewhere().await;
    let sweep = tokio::spawn(async move { admin(&held_up).await.tenants().sweep(&id("ana")).await });
    let root = first.admin().await;
    while faults.waiting().is_none() {
        tokio::task::yield_now().await;
    }
    // Meanwhile others see to everything, and the files come back under their names.
    root.tenants().delete(&id("ana")).await.unwrap();
    while let Erasure::Waiting { .. } = root.tenants().erase(&id("ana"), Grace::Skip).await.unwrap() {
        clock.advance(Duration::from_secs(3600));
    }
    clock.advance(Duration::from_secs(3600));
    copy(&second, &first).await.await.unwrap();
    for _ in 0..8 {
        while !faults.answer(Effect::FailBefore(Status::Unavailable)) {
            tokio::task::yield_now().await;
        }
    }
    sweep.await.unwrap().unwrap_err();
    assert_eq!(observe(&first.ana().await).await, before);
}
