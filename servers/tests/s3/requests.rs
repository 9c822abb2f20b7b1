//! What operations cost, counted in requests on the line.

use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::s3::S3Store;
use tenantry::{Expected, Freshness, NewTenant, Session, Tenantry, UploadByUrl, UploadLength};
use tenantry_servers::proxy::{Asked, Proxy};

use crate::bucket;
use crate::support::{options, prefix};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A node behind a proxy.
async fn node(place: &str) -> (Tenantry, Proxy) {
    let url = std::env::var("TENANTRY_S3").unwrap();
    let (_, server) = url.rsplit_once(':').unwrap();
    let proxy = Proxy::before(server.parse().unwrap()).await.unwrap();
    let options = options().prefix(place).endpoint(&format!("http://127.0.0.1:{}", proxy.port()));
    (Tenantry::builder(S3Store::new(options).unwrap()).open().await.unwrap(), proxy)
}

/// The user ana at work on a node.
async fn ana(place: &str) -> (Tenantry, Session, Proxy) {
    let (tenantry, proxy) = node(place).await;
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("ana"), NewTenant::new(Role::User)).await.unwrap();
    let session = tenantry.session(&id("ana")).await.unwrap();
    (tenantry, session, proxy)
}

fn methods(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|asked| asked.method.as_str()).collect()
}

#[tokio::test]
async fn a_commit_is_one_put() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    let own = session.own();
    let kept = own.collection::<Note>().insert(note("first")).await.unwrap();
    proxy.take();
    own.collection::<Note>().insert_as(&RecordId::parse("1").unwrap(), note("second")).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["PUT"]);
    own.collection::<Note>().update(kept.id(), kept.revision(), note("changed")).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["PUT"]);
    own.collection::<Note>().remove(kept.id(), Expected::Any).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["PUT"]);
}

#[tokio::test]
async fn a_warm_strict_read_is_one_get() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    let own = session.own();
    own.collection::<Note>().insert(note("first")).await.unwrap();
    own.snapshot().await.unwrap();
    proxy.take();
    let snapshot = own.snapshot().await.unwrap();
    assert_eq!(methods(&proxy.take()), ["GET"]);
    snapshot.collection::<Note>().list(&tenantry::ListOptions::new()).unwrap();
    assert!(proxy.take().is_empty(), "what a snapshot shows is read without asking");
}

#[tokio::test]
async fn a_warm_read_that_may_be_a_little_old_asks_nothing() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    let own = session.own().reading(Freshness::Within(std::time::Duration::from_secs(3600)));
    own.snapshot().await.unwrap();
    proxy.take();
    own.snapshot().await.unwrap();
    own.videos().list(&tenantry::ListOptions::new()).await.unwrap();
    assert!(proxy.take().is_empty());
}

#[tokio::test]
async fn a_small_file_goes_up_by_its_own_put_between_two_commits() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    let own = session.own();
    own.usage().await.unwrap();
    proxy.take();
    let body = stream::iter([Ok(Bytes::from_static(b"moving pictures"))]);
    own.videos().upload("rain.mp4", body).length(15).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["PUT", "PUT", "PUT"]);
}

#[tokio::test]
async fn a_url_costs_a_read_and_one_to_upload_by_a_commit_too() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    let own = session.own();
    let body = futures::stream::iter([Ok(Bytes::from_static(b"moving pictures"))]);
    let video = own.videos().upload("rain.mp4", body).await.unwrap();
    let minute = std::time::Duration::from_secs(60);
    let (videos, upload) = (own.videos(), UploadByUrl::new("rain.mp4", UploadLength::AtMost(9), minute));
    // Before the first one the server is tried.
    videos.upload_url(upload.clone()).await.unwrap();
    proxy.take();
    own.videos().download_url(video.id(), minute).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["GET"]);
    videos.upload_url(upload).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["GET", "PUT"]);
}

#[tokio::test]
async fn what_is_foreign_costs_what_is_missing_costs() {
    let (_tenantry, session, proxy) = ana(&prefix()).await;
    session.own().usage().await.unwrap();
    let mut costs = Vec::new();
    for tenant in ["root", "nobody"] {
        proxy.take();
        session.workspace(&id(tenant)).videos().list(&tenantry::ListOptions::new()).await.unwrap_err();
        costs.push(methods(&proxy.take()).len());
    }
    assert_eq!(costs, [2, 2], "one about the principal, one about the tenant");
}

#[tokio::test]
async fn a_thousand_tenants_are_listed_by_one_request() {
    let place = prefix();
    let (tenantry, proxy) = node(&place).await;
    tenantry.bootstrap_admin(&id("0-root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("0-root")).await.unwrap();
    // A tenant's head is all that a listing looks at.
    let objects = bucket::client();
    let head =
        objects.get(&Path::from(format!("{place}/heads/0-root"))).await.unwrap().bytes().await.unwrap();
    let tenants: Vec<TenantId> = (1..1500).map(|number| id(&format!("t{number:04}"))).collect();
    let copies = tenants.iter().map(|tenant| {
        let key = Path::from(format!("{place}/heads/{tenant}"));
        let (objects, head) = (&objects, head.clone());
        async move { objects.put(&key, head.into()).await.unwrap() }
    });
    stream::iter(copies).buffer_unordered(32).collect::<Vec<_>>().await;
    proxy.take();
    let (first, next) = admin.tenants().ids(None, 1000).await.unwrap();
    // The other one is about the principal.
    assert_eq!(methods(&proxy.take()), ["GET", "GET"]);
    assert_eq!((first.len(), &first[1..]), (1000, &tenants[..999]));
    let (rest, end) = admin.tenants().ids(next.as_ref(), 1000).await.unwrap();
    assert_eq!(methods(&proxy.take()), ["GET", "GET"]);
    assert_eq!((&rest[..], end), (&tenants[999..], None));
}
