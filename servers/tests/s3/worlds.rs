//! Tenants on a server, from two nodes at once.

use bytes::Bytes;
use futures::StreamExt;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::quota::Limits;
use tenantry::store::s3::S3Store;
use tenantry::{ByteRange, ErrorKind, Expected, ListOptions, NewTenant, Settings, Tenantry, Verification};

use crate::support::{options, prefix, store};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

async fn node(prefix: &str) -> Tenantry {
    Tenantry::builder(store(prefix)).settings(Settings::default()).open().await.unwrap()
}

/// A body of so many bytes, none like the next.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_commits_another_sees_at_its_next_read() {
    let place = prefix();
    let (one, other) = (node(&place).await, node(&place).await);
    one.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = one.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let here = one.session(&id("ana")).await.unwrap().own();
    let there = other.session(&id("ana")).await.unwrap().own();
    for length in [0, 10, 6 << 20, 20 << 20] {
        let bytes = body(length);
        let chunks: Vec<_> = bytes.chunks(1 << 20).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let video = here.videos().upload("rain.mp4", futures::stream::iter(chunks)).await.unwrap();
        let opened = there.videos().open(video.id()).await.unwrap();
        assert_eq!(opened.length(), length as u64);
        assert!(opened.bytes().await.unwrap() == bytes, "{length} bytes come back as they went");
        if length > 100 {
            let range = ByteRange::Between(97, (length - 3) as u64);
            let part = there.videos().open_range(video.id(), range).await.unwrap().bytes().await.unwrap();
            assert!(part == bytes[97..=length - 3]);
        }
        assert_eq!(there.videos().verify(video.id()).await.unwrap(), Verification::Intact);
        there.videos().delete(video.id(), Expected::Any).await.unwrap();
        assert_eq!(here.videos().get(video.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_together_fill_a_quota_to_the_file_and_no_further() {
    let place = prefix();
    let nodes = [node(&place).await, node(&place).await];
    nodes[0].bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = nodes[0].session(&id("root")).await.unwrap();
    let limits = Limits::unlimited().with_blob_bytes(5 * 100);
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User).limits(limits)).await.unwrap();
    let mut uploads = Vec::new();
    for at in 0..12 {
        let own = nodes[at % 2].session(&id("ana")).await.unwrap().own();
        uploads.push(async move {
            let body = futures::stream::iter([Ok(Bytes::from(body(100)))]);
            own.videos().upload("rain.mp4", body).length(100).await
        });
    }
    let done: Vec<_> = futures::stream::iter(uploads).buffer_unordered(6).collect().await;
    let refused = done.iter().filter_map(|done| done.as_ref().err()).map(tenantry::Error::kind);
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused, [ErrorKind::QuotaExceeded; 7]);
    let own = nodes[1].session(&id("ana")).await.unwrap().own();
    assert_eq!(own.usage().await.unwrap().0.blob_bytes, 500);
    assert_eq!(own.videos().list(&ListOptions::new()).await.unwrap().items.len(), 5);
    for node in nodes {
        node.close(std::time::Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_beyond_their_limit_are_refused_and_hold_up_nothing_else() {
    let mut options = options().prefix(&prefix());
    options.downloads = 1;
    options.request_timeout = std::time::Duration::from_secs(2);
    let tenantry = Tenantry::builder(S3Store::new(options).unwrap()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let own = tenantry.session(&id("root")).await.unwrap().own();
    let upload = own.videos().upload_from("rain.mp4", std::io::Cursor::new(body(3 << 20)));
    let video = upload.await.unwrap();
    let mut slow = own.videos().open(video.id()).await.unwrap().into_body();
    slow.next().await.unwrap().unwrap();
    let refused = own.videos().open(video.id()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused:?}");
    // Commits, and what carries little, have a limit of their own.
    own.videos().rename(video.id(), Expected::Any, "Renamed").await.unwrap();
    drop(slow);
    let read = own.videos().open(video.id()).await.unwrap().bytes().await.unwrap();
    assert!(read == body(3 << 20));
}
