//! Whatever becomes of one request while an upload by URL is completed, it can be completed again, and nothing
//! is left over.

use std::sync::Arc;

use tenantry::store::StoreMethod;
use tenantry::store::object::ObjectTenantStore;
use tenantry::testkit::faulty_objects::{self, Effect, FaultyObjects, RequestKind, Status};
use tenantry::testkit::faulty_store::{Fault, FaultyStore, Lying};
use tenantry::{ErrorKind, ListOptions, Tenantry, Verification};

use crate::support::{BOTH, DAY, HOUR, MOVING, Place, id, node_over};
use crate::urls::Condition;

const EFFECTS: [Effect; 8] = [
    Effect::FailBefore(Status::Unavailable),
    Effect::FailBefore(Status::Precondition),
    Effect::FailAfter(Status::Unavailable),
    Effect::FailAfter(Status::Precondition),
    Effect::Delay,
    Effect::DuplicateLate,
    Effect::Repeat,
    Effect::CutShort(5),
];

/// Completes while something happens to one request, and again; whether it did happen.
async fn complete_with(condition: Condition, effect: Effect, spare: u64) -> bool {
    let place = Place::new(condition).await;
    let ticket = place.ticket().await;
    place.send(ticket.url(), MOVING).await;
    let (objects, faults) = FaultyObjects::new(place.objects.clone());
    let node = node_over(Arc::new(objects.clone()), &place.clock, &place.urls).await;
    let own = node.session(&id("ana")).await.unwrap().own();
    let before = faults.log().len() as u64;
    faults.inject(faulty_objects::Fault {
        kind: None,
        key_contains: String::new(),
        spare,
        affect: 1,
        effect,
    });
    let done = own.videos().complete_upload(ticket.upload(), None).await;
    let happened = faults.log().len() as u64 - before > spare;
    faults.clear();
    let context = format!("{condition:?} {effect:?} of request {spare}: {done:?}");
    if let Err(error) = &done {
        let fair = [ErrorKind::Unavailable, ErrorKind::OutcomeUnknown, ErrorKind::AlreadyExists];
        assert!(fair.contains(&error.kind()) || error.kind() == ErrorKind::Configuration, "{context}");
    }
    let report = place.admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{context}: {report:?}");
    let made = own.videos().complete_upload(ticket.upload(), None).await.expect(&context);
    if let Ok(done) = done {
        assert_eq!((done.id(), done.revision()), (made.id(), made.revision()), "{context}");
    }
    while faults.late() > 0 {
        faults.deliver(0, &objects).await;
    }
    assert_eq!(own.videos().verify(made.id()).await.unwrap(), Verification::Intact, "{context}");
    assert_eq!(own.videos().list(&ListOptions::new()).await.unwrap().items.len(), 1, "{context}");
    for _ in 0..8 {
        place.clock.advance(HOUR);
        place.round().await;
    }
    place.clock.advance(DAY);
    place.round().await;
    assert_eq!(place.counted().await, 15, "{context}");
    let kept = format!("videos/ana/{}", made.value().filename);
    assert_eq!(place.stored().await.into_iter().collect::<Vec<_>>(), [kept], "{context}");
    let report = place.admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{context}: {report:?}");
    happened
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_completed_again_after_any_request_failed() {
    for condition in BOTH {
        for effect in EFFECTS {
            let mut requests = 0;
            while complete_with(condition, effect, requests).await {
                requests += 1;
            }
            let least = if condition == Condition::Signed { 4 } else { 6 };
            assert!(requests >= least, "{condition:?} {effect:?}: only {requests} requests were met");
        }
    }
}

#[tokio::test]
async fn an_upload_whose_completion_was_dropped_is_completed_again() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let videos = place.own.videos();
        for polls in 0..60 {
            let mut completing = Box::pin(videos.complete_upload(ticket.upload(), None));
            for _ in 0..polls {
                if futures::poll!(completing.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let made = videos.complete_upload(ticket.upload(), None).await.unwrap();
        place.clock.advance(DAY);
        place.round().await;
        assert_eq!(place.counted().await, 15);
        let kept = format!("videos/ana/{}", made.value().filename);
        assert_eq!(place.stored().await.into_iter().collect::<Vec<_>>(), [kept]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_whose_record_could_not_be_made_is_known_and_gives_way_to_another() {
    let place = Place::new(Condition::Absent).await;
    let ticket = place.ticket().await;
    place.send(ticket.url(), MOVING).await;
    let (objects, faults) = FaultyObjects::new(place.objects.clone());
    let node = node_over(Arc::new(objects), &place.clock, &place.urls).await;
    let own = node.session(&id("ana")).await.unwrap().own();
    // The commit that names the copy lands, and none after it.
    let (kind, effect) = (Some(RequestKind::Put), Effect::FailBefore(Status::Unavailable));
    faults.inject(faulty_objects::Fault {
        kind,
        key_contains: "head".to_owned(),
        spare: 1,
        affect: 1000,
        effect,
    });
    own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
    faults.clear();
    assert_eq!(place.stored().await.len(), 2, "what was uploaded and its copy");
    let report = place.admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    let made = own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    place.clock.advance(DAY);
    place.round().await;
    let kept = format!("videos/ana/{}", made.value().filename);
    assert_eq!(place.stored().await.into_iter().collect::<Vec<_>>(), [kept]);
}

#[tokio::test]
async fn an_upload_that_was_read_in_part_only_is_completed_later() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let store = ObjectTenantStore::new(place.objects.clone()).signing(Arc::new(place.urls.clone()));
        let (store, faults) = FaultyStore::new(Arc::new(store));
        let node = Tenantry::builder(store).clock(place.clock.clone()).open().await.unwrap();
        let own = node.session(&id("ana")).await.unwrap().own();
        faults.inject(Fault::new(Lying::CutSilently(5)).of(StoreMethod::Get));
        let refused = own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{condition:?}");
        let made = own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        assert_eq!(own.videos().verify(made.id()).await.unwrap(), Verification::Intact, "{condition:?}");
        assert_eq!(own.videos().head(made.id()).await.unwrap().length(), MOVING.len() as u64);
    }
}
