//! Tenants go on while another tenant's store calls hang.

use std::sync::Arc;

use tenantry::paths::TenantId;
use tenantry::store::{MemoryStore, TenantStore};
use tenantry::testkit::{Gates, HangingStore};
use tenantry::{Expected, Tenantry, Workspace};

use super::workload::{self, Counter, id, tenant};

/// More tenants than a runtime has threads, and more calls that hang than the local store has
/// blocking threads per tenant.
const OTHERS: usize = 20;
const HANGING: usize = 40;

fn other(number: usize) -> TenantId {
    tenant(&format!("other-{number}"))
}

async fn workspace(tenantry: &Tenantry, name: &TenantId) -> Workspace {
    tenantry.ensure(name, "").await.unwrap();
    tenantry.session(name).await.unwrap().own()
}

/// Everything that a tenant does, done once.
async fn work(own: &Workspace, name: &str) {
    let counters = own.collection::<Counter>();
    let record = counters.insert_as(&id(name), Counter { value: 1 }).await.unwrap();
    let changed = counters.update(record.id(), record.revision(), Counter { value: 2 }).await.unwrap();
    assert_eq!(counters.get(record.id()).await.unwrap().value().value, 2);
    let body = futures::stream::iter([Ok(bytes::Bytes::from_static(b"bytes"))]);
    let video = own.videos().upload("clip.mp4", body).await.unwrap();
    own.videos().delete(video.id(), Expected::Any).await.unwrap();
    counters.remove(record.id(), changed.revision()).await.unwrap();
}

async fn others_go_on(store: Arc<dyn TenantStore>) {
    let (store, gates): (_, Gates) = HangingStore::new(store);
    let tenantry = workload::open(store).await;
    let stuck = workspace(&tenantry, &tenant("stuck")).await;
    let mut others = Vec::new();
    for number in 0..OTHERS {
        others.push(workspace(&tenantry, &other(number)).await);
    }
    gates.close(&tenant("stuck"));
    let hanging: Vec<_> = (0..HANGING)
        .map(|number| {
            let stuck = stuck.clone();
            tokio::spawn(async move { work(&stuck, &format!("stuck-{number}")).await })
        })
        .collect();
    // All commits of the tenant wait for the first, which hangs.
    gates.hanging(&tenant("stuck"), 1).await;
    for own in &others {
        work(own, "mine").await;
    }
    assert!(hanging.iter().all(|task| !task.is_finished()));
    // A new tenant can come while one hangs, and one that was there can be found.
    work(&workspace(&tenantry, &tenant("new")).await, "mine").await;
    gates.open(&tenant("stuck"));
    for task in hanging {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn tenants_in_memory_go_on_while_anothers_calls_hang() {
    others_go_on(Arc::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn tenants_on_the_disk_go_on_while_anothers_calls_hang() {
    let folder = tempfile::tempdir().unwrap();
    others_go_on(Arc::new(workload::local(folder.path()).await)).await;
}
