//! The server ends in the middle, and comes back.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId, SecretText};
use tenantry::store::s3::{S3Options, S3Store};
use tenantry::{ErrorKind, Expected, ListOptions, NewTenant, Tenantry, Verification, Workspace};
use tenantry_servers::seaweed::Server;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

/// What came of the notes that a task inserted until it failed.
struct Inserted {
    acknowledged: Vec<RecordId>,
    failed: (RecordId, ErrorKind),
}

/// Inserts notes until that fails.
async fn insert(own: Workspace, task: usize, count: Arc<AtomicUsize>) -> Inserted {
    let (notes, mut acknowledged) = (own.collection::<Note>(), Vec::new());
    for number in 0.. {
        let id = RecordId::parse(&format!("{task}-{number}")).unwrap();
        match notes.insert_as(&id, Note { text: "x".repeat(500) }).await {
            Ok(_) => acknowledged.push(id),
            Err(error) => return Inserted { acknowledged, failed: (id, error.kind()) },
        }
        count.fetch_add(1, Ordering::SeqCst);
    }
    unreachable!()
}

/// Begins an upload that goes on when it is told to.
async fn begin_upload(own: &Workspace) -> (oneshot::Sender<()>, JoinHandle<tenantry::Result<()>>) {
    let (sender, receiver) = oneshot::channel::<()>();
    let rest = futures::stream::once(async move {
        receiver.await.unwrap();
        Ok(Bytes::from_static(b"the rest"))
    });
    let body = futures::StreamExt::chain(futures::stream::iter([Ok(Bytes::from_static(b"begun"))]), rest);
    let uploading = own.clone();
    let upload = tokio::spawn(async move { uploading.videos().upload("cut.mp4", body).await.map(drop) });
    while own.usage().await.unwrap().0.reserved_files == 0 {
        tokio::task::yield_now().await;
    }
    (sender, upload)
}

/// Sees that each workspace has what was acknowledged, and nothing that was said not to have happened.
async fn ensure_true(workspaces: [&Workspace; 2], inserted: &[Inserted]) {
    for workspace in workspaces {
        let all = ListOptions::new().limit(1000);
        let notes = workspace.collection::<Note>().list(&all).await.unwrap().items;
        let there: BTreeSet<_> = notes.iter().map(|note| note.id().clone()).collect();
        for Inserted { acknowledged, failed: (id, kind) } in inserted {
            assert!(acknowledged.iter().all(|id| there.contains(id)), "an acknowledged note is lost");
            match kind {
                ErrorKind::OutcomeUnknown => {}
                ErrorKind::Unavailable => assert!(!there.contains(id), "{id:?} is there"),
                kind => panic!("{kind:?} is not clear"),
            }
        }
    }
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

    // In the middle of an upload and of commits.
    let ((go_on, upload), port) = (begin_upload(&own).await, server.port());
    let count = Arc::new(AtomicUsize::new(0));
    let inserting: Vec<_> =
        (0..3).map(|task| tokio::spawn(insert(own.clone(), task, Arc::clone(&count)))).collect();
    while count.load(Ordering::SeqCst) < 30 {
        tokio::task::yield_now().await;
    }
    server.kill().unwrap();
    go_on.send(()).unwrap();
    let cut = upload.await.unwrap().unwrap_err();
    assert!(matches!(cut.kind(), ErrorKind::Unavailable | ErrorKind::OutcomeUnknown), "{cut:?}");
    let mut inserted = Vec::new();
    for inserting in inserting {
        inserted.push(inserting.await.unwrap());
    }
    let read = own.videos().list(&ListOptions::new()).await.unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Unavailable, "{read:?}");

    let server = start(folder.path(), Some(port));
    // The same handles go on, and so does another node.
    let other = node(&server).await;
    let other = other.session(&id("ana")).await.unwrap().own();
    ensure_true([&own, &other], &inserted).await;
    for workspace in [&own, &other] {
        let listed = workspace.videos().list(&ListOptions::new()).await.unwrap().items;
        assert_eq!(listed.len(), kept.len());
        for video in &kept {
            assert_eq!(workspace.videos().verify(video.id()).await.unwrap(), Verification::Intact);
        }
    }
    own.videos().delete(kept[0].id(), Expected::Any).await.unwrap();
}
