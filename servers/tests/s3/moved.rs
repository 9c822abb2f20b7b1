//! A tenant from a local disk into a bucket of a real server, and back onto a disk.

use std::future::IntoFuture;

use futures::StreamExt;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::{
    Builder, Copied, ErrorKind, ListOptions, NewTenant, Result, Session, Settings, Tenantry, TokenContent,
    Verification, Video, Workspace,
};

use crate::support::{prefix, store};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

async fn open(builder: Builder) -> Tenantry {
    let mut settings = Settings::default();
    settings.free_space_reserve = 0;
    let tenantry = builder.settings(settings).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    tenantry
}

async fn on_disk(folder: &tempfile::TempDir) -> Tenantry {
    open(Tenantry::builder(LocalStore::open(folder.path(), LocalOptions::default()).await.unwrap())).await
}

async fn admin(tenantry: &Tenantry) -> Session {
    tenantry.session(&id("root")).await.unwrap()
}

async fn moved(from: &Tenantry, to: &Tenantry) -> Result<Copied> {
    admin(from).await.tenants().copy(&id("ana"), &admin(to).await.tenants()).suspending_source().await
}

/// All videos' records as they are stored, their revisions, and that their bytes are what was uploaded.
async fn observe(own: &Workspace) -> Vec<String> {
    let mut seen = Vec::new();
    for record in own.collection::<Video>().list(&ListOptions::new()).await.unwrap().items {
        assert_eq!(own.videos().verify(record.id()).await.unwrap(), Verification::Intact);
        seen.push(format!("{} {:?}", record.revision(), record.text().as_bytes()));
    }
    for token in own.tokens().list(&ListOptions::new()).await.unwrap().items {
        let token = own.tokens().read(&token.value().filename).await.unwrap();
        seen.push(format!("{} {}", token.revision(), token.value().content.expose()));
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_goes_from_a_disk_into_a_bucket_and_back() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (disk, bucket) = (on_disk(&folders[0]).await, open(Tenantry::builder(store(&prefix()))).await);
    admin(&disk).await.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let own = disk.session(&id("ana")).await.unwrap().own();
    // From nothing to what takes several parts.
    for length in [0, 10, 1 << 20, 20 << 20] {
        let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        own.videos().upload_from("rain.mp4", std::io::Cursor::new(bytes)).await.unwrap();
    }
    let token = tenantry::paths::FileName::parse("channel1.json").unwrap();
    own.tokens().create(&token, TokenContent::parse(r#"{"token": "synthetic"}"#).unwrap()).await.unwrap();
    let before = observe(&own).await;

    let copied = moved(&disk, &bucket).await.unwrap();
    assert_eq!((copied.files, copied.read_back), (4, 4));
    let there = bucket.session(&id("ana")).await.unwrap().own();
    assert_eq!(observe(&there).await, before);
    assert!(admin(&bucket).await.tenants().check(&id("ana")).await.unwrap().is_clean());
    let refused = own.videos().upload_from("late.mp4", &b"late"[..]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Suspended);
    there.videos().upload_from("new.mp4", &b"new"[..]).await.unwrap();
    let before = observe(&there).await;

    let back = on_disk(&folders[1]).await;
    assert_eq!(moved(&bucket, &back).await.unwrap().files, 5);
    assert_eq!(observe(&back.session(&id("ana")).await.unwrap().own()).await, before);
    assert!(admin(&back).await.tenants().check(&id("ana")).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_into_a_bucket_that_was_cut_off_goes_on_where_it_was() {
    let (folder, place) = (tempfile::tempdir().unwrap(), prefix());
    let disk = on_disk(&folder).await;
    admin(&disk).await.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let own = disk.session(&id("ana")).await.unwrap().own();
    for at in 0..12_u8 {
        own.videos().upload_from("rain.mp4", std::io::Cursor::new(vec![at; 1 << 20])).await.unwrap();
    }
    for megabytes in [3_u64, 7] {
        let bucket = open(Tenantry::builder(store(&place))).await;
        let (sender, reached) = tokio::sync::oneshot::channel();
        let mut sender = Some(sender);
        let (from, to) = (admin(&disk).await, admin(&bucket).await);
        let going = from.tenants().copy(&id("ana"), &to.tenants()).progress(move |progress| {
            if let Some(sender) = sender.take_if(|_| progress.bytes >= megabytes << 20) {
                sender.send(()).unwrap();
            }
        });
        tokio::select! {
            done = going.into_future() => panic!("it was not cut off: {done:?}"),
            reached = reached => reached.unwrap(),
        }
        // Nothing of it is seen until all of it is there.
        assert_eq!(bucket.session(&id("ana")).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    let bucket = open(Tenantry::builder(store(&place))).await;
    let copied = moved(&disk, &bucket).await.unwrap();
    assert!(copied.already_there >= 2, "{copied:?}");
    assert_eq!((copied.files, copied.read_back), (12, 12));
    assert_eq!(observe(&bucket.session(&id("ana")).await.unwrap().own()).await, observe(&own).await);
    assert!(admin(&bucket).await.tenants().check(&id("ana")).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_move_a_tenant_into_a_bucket_do_it_once() {
    let (folder, place) = (tempfile::tempdir().unwrap(), prefix());
    let disk = on_disk(&folder).await;
    admin(&disk).await.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let own = disk.session(&id("ana")).await.unwrap().own();
    for at in 0..12_u8 {
        let bytes = vec![at; 9 << 20 >> (at % 4 * 4)];
        own.videos().upload_from("rain.mp4", std::io::Cursor::new(bytes)).await.unwrap();
    }
    let mut going = Vec::new();
    for _ in 0..2 {
        let bucket = open(Tenantry::builder(store(&place))).await;
        going.push(async { (moved(&disk, &bucket).await, bucket) });
    }
    let done: Vec<_> = futures::stream::iter(going).buffer_unordered(2).collect().await;
    for (copied, bucket) in &done {
        assert_eq!(copied.as_ref().unwrap().files, 12);
        assert_eq!(observe(&bucket.session(&id("ana")).await.unwrap().own()).await, observe(&own).await);
    }
    assert!(admin(&done[0].1).await.tenants().check(&id("ana")).await.unwrap().is_clean());
}
