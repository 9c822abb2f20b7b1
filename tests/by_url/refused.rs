//! Uploads by URL that do not become files.

use std::time::Duration;

use tenantry::ownership::{
    Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request, Role, Visibility,
};
use tenantry::{ErrorKind, NewTenant, ProfileChange, UploadByUrl, UploadLength};

use crate::support::{BOTH, DAY, HOUR, MINUTE, MOVING, Place, id, video};
use crate::urls::Condition;

/// Nothing is left of an upload once its URL is over: no bytes, no quota; and it can't be completed.
async fn ensure_gone(place: &Place, upload: &tenantry::paths::FileName) {
    let refused = place.own.videos().complete_upload(upload, None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    place.clock.advance(DAY);
    place.round().await;
    assert!(place.stored().await.is_empty(), "{:?}", place.stored().await);
    assert_eq!(place.counted().await, 0);
    let report = place.admin.tenants().check(&id("ana")).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
}

#[tokio::test]
async fn another_digest_is_refused_and_what_was_uploaded_goes() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let not_a_digest =
            place.own.videos().complete_upload(ticket.upload(), Some("abc")).await.unwrap_err();
        assert_eq!(not_a_digest.kind(), ErrorKind::InvalidInput);
        assert_eq!(place.counted().await, 40, "nothing was looked at");
        let other = blake3::hash(b"other").to_hex();
        let refused = place.own.videos().complete_upload(ticket.upload(), Some(&other)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("digest")));
        ensure_gone(&place, ticket.upload()).await;
    }
}

#[tokio::test]
async fn more_bytes_than_were_reserved_are_refused_and_go() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.own.videos().upload_url(video(UploadLength::AtMost(14))).await.unwrap();
        assert_eq!(place.send(ticket.url(), MOVING).await, 200, "a URL binds nobody to a length");
        let refused = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TooLarge);
        ensure_gone(&place, ticket.upload()).await;
    }
}

#[tokio::test]
async fn less_than_the_exact_length_is_refused_and_goes() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.own.videos().upload_url(video(UploadLength::Exactly(16))).await.unwrap();
        place.send(ticket.url(), MOVING).await;
        let refused = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("length")));
        ensure_gone(&place, ticket.upload()).await;
    }
}

#[tokio::test]
async fn a_page_called_an_image_is_refused_and_goes() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let upload = UploadByUrl::new("rain.png", UploadLength::AtMost(40), MINUTE);
        let ticket = place.own.thumbnails().upload_url(upload).await.unwrap();
        place.send(ticket.url(), b"<script>alert(1)</script>").await;
        let refused = place.own.thumbnails().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!((refused.kind(), refused.subject()), (ErrorKind::InvalidInput, Some("content")));
        ensure_gone(&place, ticket.upload()).await;
    }
}

#[tokio::test]
async fn what_was_not_uploaded_yet_can_be_completed_later() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let early = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(early.kind(), ErrorKind::WrongState);
        place.send(ticket.url(), MOVING).await;
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_given_up_takes_what_comes_after_with_it() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.own.videos().abandon_upload(ticket.upload()).await.unwrap();
        place.own.videos().abandon_upload(ticket.upload()).await.unwrap();
        assert_eq!(place.send(ticket.url(), MOVING).await, 200, "the URL can't be taken back");
        ensure_gone(&place, ticket.upload()).await;
    }
}

/// Fills the quota up to what still counts of an upload by URL whose 40 bytes it can't become any more, and uses the
/// URL: what is stored never exceeds the quota of 100 bytes.
async fn ensure_it_counts(place: &Place, ticket: &tenantry::UploadTicket) {
    assert_eq!(place.counted().await, 40);
    let upload = |bytes| place.own.videos().upload_from("own.mp4", std::io::Cursor::new(vec![7; bytes]));
    assert_eq!(upload(61).await.unwrap_err().kind(), ErrorKind::QuotaExceeded);
    upload(60).await.unwrap();
    for _ in 0..4 {
        place.send(ticket.url(), &[7; 40]).await;
        let stored = place.stored_bytes().await;
        assert!(stored <= 100, "{stored} bytes are stored");
        place.clock.advance(10 * MINUTE);
        place.round().await;
    }
    place.clock.advance(4 * HOUR);
    place.round().await;
    place.clock.advance(HOUR);
    place.round().await;
    assert_eq!((place.counted().await, place.stored_bytes().await), (60, 60));
    upload(40).await.unwrap();
}

#[tokio::test]
async fn what_is_given_up_counts_as_long_as_its_url_can_write() {
    for condition in BOTH {
        for uploaded_before in [true, false] {
            let place = Place::new(condition).await;
            let ticket = place.ticket().await;
            if uploaded_before {
                place.send(ticket.url(), MOVING).await;
            }
            place.own.videos().abandon_upload(ticket.upload()).await.unwrap();
            place.own.videos().abandon_upload(ticket.upload()).await.unwrap();
            ensure_it_counts(&place, &ticket).await;
        }
    }
}

#[tokio::test]
async fn what_is_refused_counts_as_long_as_its_url_can_write() {
    let place = Place::new(Condition::Signed).await;
    let ticket = place.ticket().await;
    place.send(ticket.url(), MOVING).await;
    let other = blake3::hash(b"other").to_hex();
    place.own.videos().complete_upload(ticket.upload(), Some(&other)).await.unwrap_err();
    ensure_it_counts(&place, &ticket).await;
}

#[tokio::test]
async fn what_is_not_completed_in_time_expires() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        place.clock.advance(4 * HOUR);
        let late = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Expired);
        place.round().await;
        ensure_gone(&place, ticket.upload()).await;
    }
}

#[tokio::test]
async fn only_who_began_an_upload_completes_it_or_gives_it_up() {
    let place = Place::new(Condition::Signed).await;
    let ticket = place.ticket().await;
    place.send(ticket.url(), MOVING).await;
    let ben = place.tenantry.session(&id("ben")).await.unwrap();
    let others = [ben.own(), ben.workspace(&id("ana")), place.admin.workspace(&id("ana"))];
    for other in &others {
        let refused = other.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        let refused = other.videos().abandon_upload(ticket.upload()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
    place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    for other in &others {
        let refused = other.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn an_ordinary_upload_or_file_is_no_upload_by_url() {
    let place = Place::new(Condition::Signed).await;
    let made = place.own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let name = &made.value().filename;
    for refused in [
        place.own.videos().complete_upload(name, None).await.unwrap_err(),
        place.own.videos().abandon_upload(name).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
    place.own.videos().open(made.id()).await.unwrap();
}

#[tokio::test]
async fn who_may_only_read_gets_urls_to_read_by_and_no_others() {
    let place = Place::new(Condition::Signed).await;
    let made = place.own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    place.admin.tenants().create(&id("dora"), NewTenant::new(Role::Demo)).await.unwrap();
    place
        .admin
        .tenants()
        .change(&id("ana"), ProfileChange::new().visibility(Visibility::Shared))
        .await
        .unwrap();
    let dora = place.tenantry.session(&id("dora")).await.unwrap();
    for at in [dora.own(), dora.workspace(&id("ana"))] {
        let refused = at.videos().upload_url(video(UploadLength::AtMost(1))).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
    }
    let url = dora.workspace(&id("ana")).videos().download_url(made.id(), MINUTE).await.unwrap();
    assert_eq!(place.urls.get(url.expose()).await.status, 200);
}

#[tokio::test]
async fn what_can_be_refused_beforehand_is() {
    let place = Place::new(Condition::Signed).await;
    let kind = |upload: UploadByUrl| {
        let videos = place.own.videos();
        async move { videos.upload_url(upload).await.unwrap_err().kind() }
    };
    let one = UploadLength::Exactly(1);
    assert_eq!(kind(UploadByUrl::new("rain.exe", one, MINUTE)).await, ErrorKind::InvalidInput);
    assert_eq!(kind(UploadByUrl::new("x".repeat(1100) + ".mp4", one, MINUTE)).await, ErrorKind::InvalidInput);
    assert_eq!(kind(video(one).title("two\nlines")).await, ErrorKind::InvalidInput);
    for life in [Duration::ZERO, Duration::from_millis(999), HOUR + Duration::from_millis(1)] {
        assert_eq!(kind(UploadByUrl::new("rain.mp4", one, life)).await, ErrorKind::InvalidInput, "{life:?}");
    }
    let large = UploadByUrl::new("rain.png", UploadLength::AtMost(1 << 30), MINUTE);
    let refused = place.own.thumbnails().upload_url(large).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert_eq!(place.counted().await, 0);
}

/// Lets users do everything but give out URLs.
struct NoUrls;

impl OwnershipPolicy for NoUrls {
    fn decide(&self, request: &Request<'_>) -> Decision {
        match request.action() {
            Action::DownloadVideoByUrl | Action::UploadVideoByUrl => {
                Decision::Deny(Reason::Other("nothing is read past the application".to_owned()))
            }
            _ => DefaultPolicy.decide(request),
        }
    }
}

#[tokio::test]
async fn a_policy_can_refuse_urls_and_allow_the_rest() {
    let place = Place::new(Condition::Signed).await;
    let store = tenantry::store::object::ObjectTenantStore::new(place.objects.clone());
    let store = store.signing(std::sync::Arc::new(place.urls.clone()));
    let strict = tenantry::Tenantry::builder(store).policy(NoUrls).open().await.unwrap();
    let own = strict.session(&id("ana")).await.unwrap().own();
    let made = own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    own.videos().open(made.id()).await.unwrap();
    let refused = own.videos().download_url(made.id(), MINUTE).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    let refused = own.videos().upload_url(video(UploadLength::AtMost(1))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
}
