//! Reading by URL.

use tenantry::store::memory::MemoryStore;
use tenantry::{ErrorKind, Expected, Tenantry};

use crate::support::{DAY, MINUTE, MOVING, Place, id};
use crate::urls::{Condition, SIGNATURE};

#[tokio::test]
async fn a_url_shows_the_bytes_with_media_type_and_name_until_it_expires() {
    let place = Place::new(Condition::Signed).await;
    let video = place.own.videos().upload_from("hujan \"1\".mp4", MOVING).await.unwrap();
    let url = place.own.videos().download_url(video.id(), MINUTE).await.unwrap();
    assert_eq!((url.method(), url.headers().count()), ("GET", 0));
    let answer = place.urls.get(url.expose()).await;
    assert_eq!((answer.status, &answer.bytes[..]), (200, MOVING));
    assert_eq!(answer.content_type, "video/mp4");
    assert_eq!(answer.disposition, "inline; filename*=UTF-8''hujan%20%221%22.mp4");
    assert_eq!(place.urls.put(url.expose(), &[], b"changed").await, 403);
    place.clock.advance(MINUTE);
    assert_eq!(place.urls.get(url.expose()).await.status, 403);
}

#[tokio::test]
async fn a_url_is_good_for_a_second_at_least_and_seven_days_at_most() {
    let place = Place::new(Condition::Signed).await;
    let video = place.own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let second = std::time::Duration::from_secs(1);
    for life in [std::time::Duration::ZERO, second / 2, 7 * DAY + second / 2, std::time::Duration::MAX] {
        let refused = place.own.videos().download_url(video.id(), life).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{life:?}");
    }
    for life in [second, 7 * DAY] {
        place.own.videos().download_url(video.id(), life).await.unwrap();
    }
}

#[tokio::test]
async fn urls_to_upload_by_can_be_allowed_for_seven_days_and_no_longer() {
    let open = |life| {
        let mut settings = tenantry::Settings::default();
        settings.upload_url_life = life;
        Tenantry::builder(MemoryStore::new()).settings(settings).open()
    };
    open(7 * DAY).await.unwrap();
    let refused = open(7 * DAY + MINUTE).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_url_goes_on_after_role_and_session_changed_and_ends_with_the_file() {
    let place = Place::new(Condition::Signed).await;
    let video = place.own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let url = place.own.videos().download_url(video.id(), 7 * DAY).await.unwrap();
    place.admin.tenants().delete(&id("ana")).await.unwrap();
    assert_eq!(place.urls.get(url.expose()).await.status, 200, "documented: it can't be taken back");
    place.admin.tenants().restore(&id("ana")).await.unwrap();
    place.own.videos().delete(video.id(), Expected::Any).await.unwrap();
    place.clock.advance(DAY);
    place.round().await;
    assert_eq!(place.urls.get(url.expose()).await.status, 404);
}

#[tokio::test]
async fn what_is_written_for_debugging_shows_no_url() {
    let place = Place::new(Condition::Signed).await;
    let video = place.own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let url = place.own.videos().download_url(video.id(), MINUTE).await.unwrap();
    let ticket = place.ticket().await;
    assert!(url.expose().contains(SIGNATURE) && ticket.url().expose().contains(SIGNATURE));
    let shown = format!("{url:?} {ticket:?}");
    assert!(!shown.contains(SIGNATURE) && !shown.contains("objects.test"), "{shown}");
}

#[tokio::test]
async fn a_store_without_a_signer_says_so() {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let own = tenantry.session(&id("root")).await.unwrap().own();
    let video = own.videos().upload_from("rain.mp4", MOVING).await.unwrap();
    let name = video.value().filename.clone();
    let upload = crate::support::video(tenantry::UploadLength::AtMost(1));
    let before = own.usage().await.unwrap().0;
    for refused in [
        own.videos().download_url(video.id(), MINUTE).await.unwrap_err(),
        own.videos().upload_url(upload).await.unwrap_err(),
        own.videos().complete_upload(&name, None).await.unwrap_err(),
        own.videos().abandon_upload(&name).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused:?}");
    }
    assert_eq!(own.usage().await.unwrap().0, before);
}
