//! What breaks the contract: the lie is told, and the library notices it where it can.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::{MemoryStore, Outcome, StoreErrorKind, StoreMethod};
use tenantry::testkit::faulty_store::{Fault, Faults, FaultyStore, Lying, Until};
use tenantry::{ByteRange, ErrorKind, Finding, Tenantry, Verification, Workspace};

use crate::support::{Bench, ana, kind};

#[tokio::test]
async fn what_is_done_and_denied_is_there() {
    let bench = Bench::with(Fault::new(Lying::DenyAfter).times(2)).await;
    assert_eq!(kind(bench.append().await), Some(StoreErrorKind::Unavailable));
    assert_eq!(kind(bench.put("a").await), Some(StoreErrorKind::Unavailable));
    assert_eq!((bench.number().await, bench.length("a").await), (2, Some(10)));
}

#[tokio::test]
async fn what_is_claimed_is_not_done() {
    let bench = Bench::with(Fault::new(Lying::ClaimDone)).await;
    assert_eq!(bench.put("a").await.unwrap().length, 10);
    assert_eq!(bench.length("a").await, None);
    bench.put("a").await.unwrap();
    bench.faults.inject(Fault::new(Lying::ClaimDone));
    bench.delete("a").await.unwrap();
    assert_eq!(bench.length("a").await, Some(10));
}

#[tokio::test]
async fn what_is_denied_comes_all_the_same() {
    let bench = Bench::with(Fault::new(Lying::DenyAndDelay(Until::Released))).await;
    assert_eq!(kind(bench.append().await), Some(StoreErrorKind::Unavailable));
    assert_eq!(bench.number().await, 1);
    bench.faults.deliver_all().await;
    assert_eq!(bench.number().await, 2);
}

#[tokio::test]
async fn a_conflict_is_told_of_what_landed() {
    let bench = Bench::with(Fault::new(Lying::ConflictAfter)).await;
    assert!(matches!(bench.append().await.unwrap(), Outcome::Conflict));
    assert_eq!(bench.number().await, 2);
}

#[tokio::test]
async fn what_ends_too_early_looks_whole() {
    let bench = Bench::with(Fault::new(Lying::CutSilently(4))).await;
    assert_eq!(bench.put("a").await.unwrap().length, 4);
    assert_eq!(bench.length("a").await, Some(4));
    bench.delete("a").await.unwrap();
    bench.put("a").await.unwrap();
    bench.faults.inject(Fault::new(Lying::CutSilently(3)).of(StoreMethod::Get));
    assert_eq!(bench.read("a").await.unwrap(), b"012");
}

/// The library over a store that lies.
async fn host() -> (Tenantry, Workspace, Faults) {
    let (store, faults) = FaultyStore::new(Arc::new(MemoryStore::new()));
    let tenantry = Tenantry::builder(store).open().await.unwrap();
    tenantry.ensure(&ana(), "").await.unwrap();
    let own = tenantry.session(&ana()).await.unwrap().own();
    (tenantry, own, faults)
}

async fn findings(tenantry: &Tenantry, tenant: &TenantId) -> Vec<Finding> {
    tenantry.operator("test").check(tenant).await.unwrap().findings
}

fn body() -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::iter([Ok(Bytes::from_static(b"0123456789"))])
}

#[tokio::test]
async fn a_check_finds_the_file_that_was_only_claimed() {
    let (tenantry, own, faults) = host().await;
    faults.inject(Fault::new(Lying::ClaimDone).of(StoreMethod::Put));
    let video = own.videos().upload("a.mp4", body()).await.unwrap();
    assert!(matches!(findings(&tenantry, &ana()).await[..], [Finding::MissingFile { .. }]));
    assert_eq!(own.videos().verify(video.id()).await.unwrap(), Verification::Missing);
}

#[tokio::test]
async fn an_upload_that_was_cut_on_its_way_fails() {
    for body in [
        body().boxed(),
        stream::iter([b"01", b"23", b"45"].map(|chunk| Ok(Bytes::from_static(chunk)))).boxed(),
    ] {
        let (_tenantry, own, faults) = host().await;
        faults.inject(Fault::new(Lying::CutSilently(4)).of(StoreMethod::Put));
        let refused = own.videos().upload("a.mp4", body).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable);
        let usage = own.usage().await.unwrap().0;
        assert_eq!((usage.blob_bytes, usage.reserved_bytes, usage.files), (0, 0, 0));
    }
}

#[tokio::test]
async fn a_download_that_was_cut_on_its_way_fails() {
    let (_tenantry, own, faults) = host().await;
    let video = own.videos().upload("a.mp4", body()).await.unwrap();
    for range in [ByteRange::All, ByteRange::Between(2, 8)] {
        faults.inject(Fault::new(Lying::CutSilently(4)).of(StoreMethod::Get));
        let stream = own.videos().open_range(video.id(), range).await.unwrap();
        assert_eq!(stream.bytes().await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Note {}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

#[tokio::test]
async fn a_commit_that_was_said_to_have_lost_stands_in_its_own_way() {
    let (_tenantry, own, faults) = host().await;
    faults.inject(Fault::new(Lying::ConflictAfter).of(StoreMethod::Append));
    let refused = own.collection::<Note>().insert_as(&RecordId::parse("a").unwrap(), Note {}).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::AlreadyExists);
}
