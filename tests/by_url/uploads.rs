//! Uploading by URL, to its end.

use tenantry::{ByteRange, ErrorKind, Expected, ListOptions, UploadByUrl, UploadLength, Verification};

use crate::support::{BOTH, DAY, HOUR, MINUTE, MOVING, Place, id, video};
use crate::urls::Condition;

#[tokio::test]
async fn what_is_uploaded_by_url_becomes_a_video_when_it_is_completed() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let upload = video(UploadLength::Exactly(15)).title("Rain");
        let ticket = place.own.videos().upload_url(upload).await.unwrap();
        assert_eq!(ticket.url().method(), "PUT");
        assert_eq!(place.send(ticket.url(), MOVING).await, 200);
        assert!(place.own.videos().list(&ListOptions::new()).await.unwrap().items.is_empty());
        let digest = blake3::hash(MOVING).to_hex().to_uppercase();
        let made = place.own.videos().complete_upload(ticket.upload(), Some(&digest)).await.unwrap();
        let value = made.value();
        assert_eq!((value.title.as_str(), value.original_filename.as_str()), ("Rain", "holiday.mp4"));
        assert_eq!((value.bytes, made.created_by()), (Some(15), Some("ana")));
        let bytes = place.own.videos().open(made.id()).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, MOVING);
        assert_eq!(place.own.videos().verify(made.id()).await.unwrap(), Verification::Intact);
        let report = place.admin.tenants().check(&id("ana")).await.unwrap();
        assert!(report.findings.is_empty(), "{report:?}");
        let (usage, _) = place.own.usage().await.unwrap();
        assert_eq!(
            (usage.blob_bytes, usage.reserved_bytes, usage.files, usage.reserved_files),
            (15, 0, 1, 0)
        );
    }
}

#[tokio::test]
async fn the_uploaded_file_itself_is_kept_only_where_nobody_can_replace_it() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let made = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        let stays = made.value().filename == *ticket.upload();
        assert_eq!(stays, condition == Condition::Signed);
        let again = place.send(ticket.url(), b"something else!").await;
        assert_eq!(again, if stays { 412 } else { 200 });
        let bytes = place.own.videos().open(made.id()).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, MOVING, "what is stored never changes");
        place.clock.advance(DAY);
        place.round().await;
        let kept = format!("videos/ana/{}", made.value().filename);
        assert_eq!(place.stored().await.into_iter().collect::<Vec<_>>(), [kept]);
    }
}

#[tokio::test]
async fn another_node_completes_and_whoever_repeats_it_gets_the_same_record() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let there = place.elsewhere().await.session(&id("ana")).await.unwrap().own();
        let made = there.videos().complete_upload(ticket.upload(), None).await.unwrap();
        let again = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        assert_eq!((made.id(), made.revision()), (again.id(), again.revision()));
        let other = blake3::hash(b"other").to_hex();
        let refused = there.videos().complete_upload(ticket.upload(), Some(&other)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        assert_eq!(there.videos().list(&ListOptions::new()).await.unwrap().items.len(), 1);
        let refused = place.own.videos().abandon_upload(ticket.upload()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::WrongState);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_that_complete_at_once_make_one_record() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let there = place.elsewhere().await.session(&id("ana")).await.unwrap().own();
        let (here, there) = (place.own.videos(), there.videos());
        let all = futures::future::join_all([
            here.complete_upload(ticket.upload(), None),
            there.complete_upload(ticket.upload(), None),
            here.complete_upload(ticket.upload(), None),
        ]);
        let done: Vec<_> = all.await;
        assert!(done.iter().any(Result::is_ok), "{done:?}");
        for refused in done.iter().filter_map(|done| done.as_ref().err()) {
            assert_eq!(refused.kind(), ErrorKind::Contended, "{refused:?}");
        }
        let made = here.complete_upload(ticket.upload(), None).await.unwrap();
        assert_eq!(here.list(&ListOptions::new()).await.unwrap().items.len(), 1);
        assert_eq!(place.counted().await, 15);
        place.clock.advance(DAY);
        place.round().await;
        let kept = format!("videos/ana/{}", made.value().filename);
        assert_eq!(place.stored().await.into_iter().collect::<Vec<_>>(), [kept]);
    }
}

#[tokio::test]
async fn the_largest_length_counts_from_the_moment_the_url_is_given_out() {
    let place = Place::new(Condition::Signed).await;
    let ticket = place.ticket().await;
    assert_eq!(place.counted().await, 40);
    let refused = place.own.videos().upload_url(video(UploadLength::AtMost(61))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::QuotaExceeded, "{refused:?}");
    assert_eq!(place.counted().await, 40);
    // A second file fills both the bytes and the number of files; copying needs no third.
    place.own.videos().upload_url(video(UploadLength::AtMost(60))).await.unwrap();
    place.send(ticket.url(), MOVING).await;
    place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    assert_eq!(place.counted().await, 75);
}

#[tokio::test]
async fn a_full_quota_is_enough_to_copy_in() {
    let place = Place::new(Condition::Absent).await;
    let first = place.own.videos().upload_url(video(UploadLength::AtMost(85))).await.unwrap();
    let second = place.own.videos().upload_url(video(UploadLength::Exactly(15))).await.unwrap();
    for ticket in [&first, &second] {
        place.send(ticket.url(), MOVING).await;
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    }
    assert_eq!(place.counted().await, 30);
}

#[tokio::test]
async fn a_thumbnail_is_uploaded_by_url_too() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let upload = UploadByUrl::new("rain.png", UploadLength::AtMost(40), MINUTE);
        let ticket = place.own.thumbnails().upload_url(upload).await.unwrap();
        assert_eq!(place.send(ticket.url(), b"\x89PNG\r\n\x1a\nsynthetic").await, 200);
        let made = place.own.thumbnails().complete_upload(ticket.upload(), None).await.unwrap();
        let opened = place.own.thumbnails().open_range(made.id(), ByteRange::Last(9)).await.unwrap();
        assert_eq!(opened.bytes().await.unwrap(), b"synthetic"[..]);
        let url = place.own.thumbnails().download_url(made.id(), MINUTE).await.unwrap();
        assert_eq!(place.urls.get(url.expose()).await.content_type, "image/png");
    }
}

#[tokio::test]
async fn an_upload_can_be_completed_after_its_url_expired() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        let headers: Vec<_> = ticket.url().headers().collect();
        let begun = place.urls.begin(ticket.url().expose(), &headers).unwrap();
        place.clock.advance(HOUR);
        assert_eq!(place.send(ticket.url(), MOVING).await, 403, "it expired");
        assert_eq!(begun.end(MOVING).await, 200, "what was begun in time goes on");
        place.round().await;
        place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_completed_is_deleted_like_any_other_file() {
    for condition in BOTH {
        let place = Place::new(condition).await;
        let ticket = place.ticket().await;
        place.send(ticket.url(), MOVING).await;
        let made = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap();
        place.own.videos().delete(made.id(), Expected::Any).await.unwrap();
        let refused = place.own.videos().complete_upload(ticket.upload(), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        assert_eq!(place.counted().await, 0);
        place.clock.advance(DAY);
        place.round().await;
        assert!(place.stored().await.is_empty());
    }
}
