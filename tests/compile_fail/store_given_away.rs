//! A store that was given to the builder can't be reached beside the gate any more.
use tenantry::Tenantry;
use tenantry::paths::TenantId;
use tenantry::store::TenantStore;
use tenantry::store::memory::MemoryStore;

async fn after_it_was_given_away(tenant: &TenantId) {
    let store = MemoryStore::new();
    let _builder = Tenantry::builder(store);
    let _ = store.load(tenant).await;
}

fn main() {}
