//! URLs that are used late: what is deleted or erased does not come back (I7).

use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::store::MemoryStore;
use tenantry::{Erasure, ErrorKind, Expected, Grace, NewTenant};

use crate::support::{BOTH, DAY, HOUR, MINUTE, MOVING, Place, id};
use crate::urls::Begun;

/// When the URL of a ticket has expired, and an upload that began before may still go on.
const EXPIRED: Duration = HOUR;

/// Begins an upload that ends whenever the test likes.
fn begin(place: &Place, ticket: &tenantry::UploadTicket) -> Begun {
    let headers: Vec<_> = ticket.url().headers().collect();
    place.urls.begin(ticket.url().expose(), &headers).unwrap()
}

/// Erases ana's tenant; until when it has to be waited, if it has.
async fn erase(place: &Place) -> Option<jiff::Timestamp> {
    match place.admin.tenants().erase(&id("ana"), Grace::Skip).await.unwrap() {
        Erasure::Waiting { until } => Some(until),
        _ => None,
    }
}

/// Erases to the end, with an hour between two attempts and a late upload before each of the first.
async fn erase_with(place: &Place, late: Vec<Begun>) -> u32 {
    place.admin.tenants().delete(&id("ana")).await.unwrap();
    let mut waits = 0;
    let mut late = late.into_iter();
    while erase(place).await.is_some() {
        if let Some(begun) = late.next() {
            begun.end(MOVING).await;
        }
        place.clock.advance(HOUR);
        waits += 1;
    }
    assert!(late.next().is_none(), "it was erased before all late uploads were over");
    waits
}

#[tokio::test]
async fn a_file_that_was_deleted_does_not_stay_when_a_url_writes_it_again() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let (first, second) = (begin(&place, &ticket), begin(&place, &ticket));
        place.send(ticket.url(), MOVING).await;
        let made = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        place.own.videos().delete(made.id(), Expected::Any).await.unwrap();
        place.clock.advance(20 * MINUTE);
        place.round().await;
        assert!(place.stored().await.is_empty());
        assert_eq!(place.send(ticket.url(), MOVING).await, 200, "the URL is alive");
        place.round().await;
        assert!(place.stored().await.is_empty());
        for begun in [first, second] {
            place.clock.advance(EXPIRED);
            assert_eq!(begun.end(MOVING).await, 200, "what was begun in time goes on");
            place.round().await;
            assert!(place.stored().await.is_empty());
        }
        place.clock.advance(DAY);
        place.round().await;
        let report = place.admin.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
    }
}

#[tokio::test]
async fn an_upload_that_was_given_up_is_watched_until_its_url_and_late_uploads_are_over() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let begun = begin(&place, &ticket);
        place.own.videos().abandon_upload(ticket.upload()).await.unwrap();
        place.clock.advance(3 * HOUR);
        place.round().await;
        begun.end(MOVING).await;
        place.clock.advance(HOUR);
        place.round().await;
        assert!(place.stored().await.is_empty());
    }
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_its_open_uploads_can_bring_nothing_back() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let late = (0..3).map(|_| begin(&place, &ticket)).collect();
        assert!(erase_with(&place, late).await >= 4);
        assert!(place.stored().await.is_empty());
    }
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_the_urls_of_its_files_can_bring_nothing_back() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let late = (0..3).map(|_| begin(&place, &ticket)).collect();
        place.send(ticket.url(), MOVING).await;
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        assert!(erase_with(&place, late).await >= 4);
        assert!(place.stored().await.is_empty());
    }
}

#[tokio::test]
async fn a_tenant_is_not_erased_before_the_urls_of_deleted_files_can_bring_nothing_back() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let late = (0..3).map(|_| begin(&place, &ticket)).collect();
        place.send(ticket.url(), MOVING).await;
        let made = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        place.own.videos().delete(made.id(), Expected::Any).await.unwrap();
        place.clock.advance(20 * MINUTE);
        place.round().await;
        assert!(erase_with(&place, late).await >= 4);
        assert!(place.stored().await.is_empty());
    }
}

#[tokio::test]
async fn a_copy_waits_for_no_url_of_the_store_that_it_came_from() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        let builder = tenantry::Tenantry::builder(MemoryStore::new()).clock(place.clock.clone());
        let elsewhere = builder.open().await.unwrap();
        elsewhere.bootstrap_admin(&id("root"), "Root").await.unwrap();
        let there = elsewhere.session(&id("root")).await.unwrap();
        place.admin.tenants().copy(&id("ana"), &there.tenants()).await.unwrap();
        there.tenants().delete(&id("ana")).await.unwrap();
        let erased = there.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
        assert!(matches!(erased, Erasure::Waiting { .. }), "a slower copy may still write: {erased:?}");
        // The URL and late uploads by it are not over.
        place.clock.advance(2 * HOUR);
        let erased = there.tenants().erase(&id("ana"), Grace::Skip).await.unwrap();
        assert!(matches!(erased, Erasure::Done(_)), "{erased:?}");
    }
}

#[tokio::test]
async fn an_upload_of_an_earlier_life_is_nothing_to_the_next() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        erase_with(&place, Vec::new()).await;
        place.admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
        assert_eq!(place.send(ticket.url(), MOVING).await, 403);
        let own = place.tenantry.session(&id("ana")).await.unwrap().own();
        let refused = own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        let refused = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Gone);
    }
}

#[tokio::test]
async fn nothing_is_completed_while_the_tenant_is_being_deleted() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        place.admin.tenants().delete(&id("ana")).await.unwrap();
        let refused = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Suspended);
        place.admin.tenants().restore(&id("ana")).await.unwrap();
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    }
}
