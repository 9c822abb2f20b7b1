//! Files on their way to a server and back, where the connection breaks or changes them.

use bytes::Bytes;
use futures::{StreamExt, stream};
use tenantry::paths::TenantId;
use tenantry::record::Record;
use tenantry::store::s3::{BodyChecksum, S3Options, S3Store};
use tenantry::{ErrorKind, Expected, ListOptions, Tenantry, Verification, Video, Workspace};
use tenantry_servers::disturbing::{Disturbance, DisturbingProxy, Rule};

use crate::bucket;
use crate::support::{options, port, prefix};

/// The shortest part that S3 takes.
const PART: usize = 5 << 20;

/// A tenant's files, reached through a proxy.
struct Place {
    prefix: String,
    own: Workspace,
    proxy: DisturbingProxy,
}

impl Place {
    async fn new() -> Self {
        Self::with(options()).await
    }

    async fn with(options: S3Options) -> Self {
        let (prefix, proxy) = (prefix(), DisturbingProxy::before(port(), 1).await.unwrap());
        let mut options = options.prefix(&prefix).endpoint(&format!("http://127.0.0.1:{}", proxy.port()));
        options.store.part_bytes = PART;
        let tenantry = Tenantry::builder(S3Store::new(options).unwrap()).open().await.unwrap();
        let root = TenantId::parse("root").unwrap();
        tenantry.bootstrap_admin(&root, "Root").await.unwrap();
        let own = tenantry.session(&root).await.unwrap().own();
        Self { prefix, own, proxy }
    }

    async fn upload(&self, bytes: &[u8]) -> tenantry::Result<Record<Video>> {
        let chunks: Vec<_> = bytes.chunks(1 << 20).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        self.own.videos().upload("rain.mp4", stream::iter(chunks)).await
    }

    /// How often that was done.
    fn count(&self, what: Disturbance) -> u64 {
        self.proxy.tally().into_iter().filter(|((done, _), _)| *done == what).map(|(_, count)| count).sum()
    }

    async fn unfinished(&self) -> Vec<String> {
        bucket::unfinished_uploads(&format!("{}/", self.prefix)).await
    }

    /// Sees that soon no upload is unfinished, no quota held, and no file there.
    async fn ensure_nothing_is_left(&self) {
        // For a machine that has other work to do, too.
        let patience = std::time::Duration::from_secs(600);
        let unfinished = async {
            while !self.unfinished().await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(patience, unfinished).await.expect("an upload is unfinished");
        let reserved = async {
            while self.own.usage().await.unwrap().0.reserved_files > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(patience, reserved).await.expect("quota is held");
        assert!(self.own.videos().list(&ListOptions::new()).await.unwrap().items.is_empty());
    }
}

/// So many bytes, none like the next.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let place = Place::new().await;
    let bytes = body(3 << 20);
    let video = place.upload(&bytes).await.unwrap();
    place.proxy.disturb(vec![
        Rule::first(3, Disturbance::CutAnswer, "GET", "/videos/"),
        Rule::first(2, Disturbance::Unavailable, "GET", "/videos/"),
    ]);
    let read = place.own.videos().open(video.id()).await.unwrap().bytes().await.unwrap();
    assert!(read == bytes);
    assert_eq!((place.count(Disturbance::CutAnswer), place.count(Disturbance::Unavailable)), (3, 2));
}

#[tokio::test]
async fn a_download_that_breaks_off_does_not_go_on_with_another_object() {
    let place = Place::new().await;
    let bytes = body(3 << 20);
    let video = place.upload(&bytes).await.unwrap();
    place.proxy.disturb(vec![Rule::first(1, Disturbance::CutAnswer, "GET", "/videos/")]);
    let mut download = place.own.videos().open(video.id()).await.unwrap().into_body();
    let mut read = download.next().await.unwrap().unwrap().to_vec();
    let key = format!("{}/videos/root/{}", place.prefix, video.value().filename);
    bucket::replace(&key, vec![0; bytes.len()]).await;
    let broken = loop {
        match download.next().await {
            Some(Ok(chunk)) => read.extend_from_slice(&chunk),
            ended => break ended,
        }
    };
    assert!(matches!(broken, Some(Err(_))), "it must not look like the end of the file");
    assert!(read.len() < bytes.len() && bytes.starts_with(&read));
    assert_eq!(place.own.videos().verify(video.id()).await.unwrap(), Verification::Damaged);
}

#[tokio::test]
async fn an_upload_in_parts_that_is_given_up_leaves_no_parts() {
    let place = Place::new().await;
    let long = body(3 * PART);
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let begun = stream::iter([Ok(Bytes::from(long.clone()))]);
    let rest = stream::once(async move { heard.await.map(|()| Bytes::new()).map_err(std::io::Error::other) });
    let (own, body) = (place.own.clone(), begun.chain(rest));
    let upload = tokio::spawn(async move { own.videos().upload("rain.mp4", body).await });
    while place.unfinished().await.is_empty() {
        tokio::task::yield_now().await;
    }
    // The caller goes away.
    upload.abort();
    place.ensure_nothing_is_left().await;
    drop(told);
    // The body fails.
    let failing = stream::iter([Ok(Bytes::from(long.clone())), Err(std::io::Error::other("no more"))]);
    let failed = place.own.videos().upload("rain.mp4", failing).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::BodyFailed);
    place.ensure_nothing_is_left().await;
    // A part does not get through.
    place.proxy.disturb(vec![Rule::first(1, Disturbance::CutRequest, "PUT", "partNumber=2")]);
    let failed = place.upload(&long).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable, "{failed:?}");
    assert_eq!(place.count(Disturbance::CutRequest), 1);
    place.ensure_nothing_is_left().await;
}

#[tokio::test]
async fn an_upload_in_parts_is_aborted_also_if_the_first_request_for_that_is_lost() {
    let place = Place::new().await;
    place.proxy.disturb(vec![Rule::first(1, Disturbance::DropRequest, "DELETE", "uploadId=")]);
    let failing = stream::iter([Ok(Bytes::from(body(3 * PART))), Err(std::io::Error::other("no more"))]);
    let failed = place.own.videos().upload("rain.mp4", failing).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::BodyFailed);
    place.ensure_nothing_is_left().await;
    assert_eq!(place.count(Disturbance::DropRequest), 1);
}

#[tokio::test]
async fn an_upload_in_parts_whose_completion_is_not_answered_is_there_once_and_whole() {
    let place = Place::new().await;
    let long = body(2 * PART + 1);
    for what in [Disturbance::DropAnswer, Disturbance::Unavailable, Disturbance::Duplicate] {
        place.proxy.disturb(vec![Rule::first(1, what, "POST", "uploadId=")]);
        let video = place.upload(&long).await.unwrap();
        assert_eq!(place.count(what), 1);
        assert!(place.own.videos().open(video.id()).await.unwrap().bytes().await.unwrap() == long);
        assert_eq!(place.unfinished().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_byte_that_changes_on_its_way_to_the_server_is_noticed_by_the_server() {
    let place = Place::new().await;
    // A file of one request is sent again.
    place.proxy.disturb(vec![Rule::first(1, Disturbance::Flip, "PUT", "/videos/")]);
    let video = place.upload(&body(100_000)).await.unwrap();
    assert_eq!(place.own.videos().verify(video.id()).await.unwrap(), Verification::Intact);
    // So is a commit.
    place.proxy.disturb(vec![Rule::first(1, Disturbance::Flip, "PUT", "head")]);
    place.own.videos().delete(video.id(), Expected::Any).await.unwrap();
    // Of one in parts nothing is left.
    place.proxy.disturb(vec![Rule::first(1, Disturbance::Flip, "PUT", "partNumber=2")]);
    let failed = place.upload(&body(3 * PART)).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable, "{failed:?}");
    assert_eq!(place.count(Disturbance::Flip), 3);
    place.ensure_nothing_is_left().await;
}

#[tokio::test]
async fn what_the_server_did_not_notice_is_found_when_it_is_asked_for() {
    let mut unchecked = options();
    unchecked.checksum = BodyChecksum::None;
    let place = Place::with(unchecked).await;
    for (length, target) in [(100_000, "/videos/"), (3 * PART, "partNumber=2")] {
        place.proxy.disturb(vec![Rule::first(1, Disturbance::Flip, "PUT", target)]);
        // Whether it is noticed without a checksum is the server's business.
        let Ok(video) = place.upload(&body(length)).await else { continue };
        let key = format!("{}/videos/root/{}", place.prefix, video.value().filename);
        let is_as_sent = bucket::read(&key).await == body(length);
        let expected = if is_as_sent { Verification::Intact } else { Verification::Damaged };
        assert_eq!(place.own.videos().verify(video.id()).await.unwrap(), expected);
    }
    assert_eq!(place.count(Disturbance::Flip), 2);
}

#[tokio::test]
async fn an_upload_of_which_nobody_knows_whether_its_bytes_arrived_is_told_not_to_have_happened() {
    let place = Place::new().await;
    let file = [
        // That it exists already is seen once, and then no more.
        vec![
            Rule::first(1, Disturbance::Duplicate, "PUT", "/videos/"),
            Rule::first(9, Disturbance::DropRequest, "HEAD", "/videos/").after(1),
        ],
        vec![
            Rule::first(9, Disturbance::DropAnswer, "PUT", "/videos/"),
            Rule::first(9, Disturbance::DropRequest, "HEAD", "/videos/"),
        ],
    ];
    for rules in file {
        place.proxy.disturb(rules);
        let failed = place.upload(b"moving pictures").await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Unavailable, "{failed:?}");
        place.proxy.disturb(Vec::new());
        place.ensure_nothing_is_left().await;
    }
}
