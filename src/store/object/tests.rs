//! What an object store with several clients does that none can be given from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{Clients, ObjectStoreSettings, ObjectTenantStore};
use crate::environment::SystemEntropy;
use crate::paths::{Area, BlobKey, FileName, TenantId};
use crate::store::{StoreErrorKind, TenantStore};
use crate::testkit::faulty_objects::{Effect, Fault, FaultyObjects, RequestKind};

#[tokio::test(start_paused = true)]
async fn a_delete_that_waits_for_longer_than_a_request_may_live_is_never_done() {
    let objects = Arc::new(InMemory::new());
    let film = Path::from("videos/ana/film.mp4");
    objects.put(&film, "moving".into()).await.unwrap();
    let (faulty, faults) = FaultyObjects::new(Arc::clone(&objects) as Arc<dyn ObjectStore>);
    let mut clients = Clients::all(Arc::new(faulty));
    clients.longest_request = Some(Duration::from_secs(300));
    let (entropy, settings) = (Arc::new(SystemEntropy), ObjectStoreSettings::default());
    let store = ObjectTenantStore::over(clients, Path::ROOT, entropy, settings);
    let ana = TenantId::parse("ana").unwrap();
    let key = BlobKey::new(ana, Area::Videos, FileName::parse("film.mp4").unwrap());

    // As a client's own bound on its requests would make it wait.
    let (kind, key_contains) = (Some(RequestKind::Delete), String::new());
    faults.inject(Fault { kind, key_contains, spare: 0, affect: 1, effect: Effect::Hold });
    let answer = tokio::time::timeout(Duration::from_secs(301), store.delete(&key)).await.unwrap();
    assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert!(!faults.answer(Effect::Proceed), "nobody waits any more");
    assert!(objects.head(&film).await.is_ok());

    store.delete(&key).await.unwrap();
    assert!(objects.head(&film).await.is_err());
}
