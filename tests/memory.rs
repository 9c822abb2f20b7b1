//! The memory store at work: what is committed is what another store over the same memory reads.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use bytes::Bytes;
use tenantry::paths::TenantId;
use tenantry::store::{
    Commit, Fold, FoldKind, Header, Incarnation, MemoryStore, Outcome, Refreshed, TenantStore,
};

#[tokio::test]
async fn a_commit_is_loaded_by_a_second_store_and_survives_a_fold() {
    let store = MemoryStore::new();
    store.probe().await.unwrap();
    let ana = TenantId::parse("ana").unwrap();
    let header = Header {
        incarnation: Incarnation::from_bytes([7; 16]),
        tombstone: false,
        text: Bytes::from_static(b"{\"name\":\"Ana\"}"),
    };
    let first = Commit { header: Some(header.clone()), text: Bytes::from_static(b"[1]") };
    let Outcome::Committed(one) = store.append(&ana, None, first).await.unwrap() else { panic!() };
    let second = Commit { header: None, text: Bytes::from_static(b"[2]") };
    let Outcome::Committed(two) = store.append(&ana, Some(&one), second).await.unwrap() else { panic!() };
    let fold = Fold {
        kind: FoldKind::Same,
        header: header.clone(),
        snapshot: Bytes::from_static(b"one\n"),
        index: Bytes::new(),
    };
    assert!(matches!(store.fold(&ana, &one, fold).await.unwrap(), Outcome::Committed(_)));
    let refreshed = store.refresh(&ana, &two).await.unwrap();
    assert!(matches!(refreshed, Refreshed::Commits { commits, header: None, .. } if commits.is_empty()));
    let loaded = store.reopen().load(&ana).await.unwrap().unwrap();
    assert_eq!(loaded.header, header);
    assert_eq!(loaded.version.number, 2);
    assert_eq!(loaded.snapshot, "one\n");
    assert_eq!(loaded.commits, ["[2]"]);
    store.tidy(&ana).await.unwrap();
    assert_eq!(store.tenants(None, 10).await.unwrap().items, [ana]);
}
