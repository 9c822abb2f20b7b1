//! The server ends in the middle, and comes back.

use std::path::PathBuf;

use bytes::Bytes;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::record::SecretText;
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::{ErrorKind, ListOptions, LiveStream, NewTenant, Tenantry, Verification};
use tenantry_servers::seaweed::Server;

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A server of the test's own.
fn start(folder: &std::path::Path, port: Option<u16>) -> Server {
    let program = std::env::var("TENANTRY_SEAWEED").expect("TENANTRY_SEAWEED names no program");
    Server::start(&PathBuf::from(program), folder, port).unwrap()
}

async fn node(server: &Server) -> Tenantry {
    let [(_, url), (_, key), (_, secret)] = server.environment();
    let options = S3Options::from_url(&url).unwrap().credentials(&key, &SecretText::new(secret));
    Tenantry::builder(S3Store::new(options).unwrap()).open().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_gone_errors_are_clear_and_afterwards_all_that_was_acknowledged_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), None);
    let tenantry = node(&server).await;
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let mut kept = Vec::new();
    for at in 0..5_u8 {
        let body = futures::stream::iter([Ok(Bytes::from(vec![at; 10_000]))]);
        kept.push(own.videos().upload("rain.mp4", body).await.unwrap());
    }
    let time = tenantry::record::LocalTime::parse("2025-11-04T10:00").unwrap();
    let stream = own.live_streams().add(LiveStream::new("Rain", time)).await.unwrap();

    // In the middle of an upload.
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let rest = futures::stream::once(async move {
        receiver.await.unwrap();
        Ok(Bytes::from_static(b"the rest"))
    });
    let body = futures::StreamExt::chain(futures::stream::iter([Ok(Bytes::from_static(b"begun"))]), rest);
    let (uploading, port) = (own.clone(), server.port());
    let upload = tokio::spawn(async move { uploading.videos().upload("cut.mp4", body).await });
    while own.usage().await.unwrap().0.reserved_files == 0 {
        tokio::task::yield_now().await;
    }
    server.kill().unwrap();
    sender.send(()).unwrap();
    let cut = upload.await.unwrap().unwrap_err();
    assert!(matches!(cut.kind(), ErrorKind::Unavailable | ErrorKind::OutcomeUnknown), "{cut:?}");
    let read = own.videos().list(&ListOptions::new()).await.unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Unavailable, "{read:?}");
    let changed = own.live_streams().cancel(stream.id()).await.unwrap_err();
    assert!(matches!(changed.kind(), ErrorKind::Unavailable | ErrorKind::OutcomeUnknown), "{changed:?}");

    let server = start(folder.path(), Some(port));
    // The same handles go on, and so does another node.
    let other = node(&server).await;
    let other = other.session(&id("ana")).await.unwrap().own();
    for workspace in [&own, &other] {
        let listed = workspace.videos().list(&ListOptions::new()).await.unwrap().items;
        assert_eq!(listed.len(), kept.len());
        for video in &kept {
            assert_eq!(workspace.videos().verify(video.id()).await.unwrap(), Verification::Intact);
        }
        let stream = workspace.live_streams().get(stream.id()).await.unwrap();
        assert_eq!(stream.value().title, "Rain");
    }
    own.live_streams().cancel(stream.id()).await.unwrap();
}
