//! A name is parsed before anything takes it.
use tenantry::paths::{Area, BlobKey, TenantId};
use tenantry::store::TenantStore;
use tenantry::{Session, Tenantry};

fn a_key_of_texts() -> BlobKey {
    BlobKey::new("ana", Area::Videos, "../budi/a.mp4")
}

async fn a_path_for_a_store(store: &dyn TenantStore) {
    let _ = store.get("videos/ana/a.mp4", 0..1).await;
    let _ = store.load("ana").await;
}

async fn a_name_for_a_session(tenantry: &Tenantry, session: &Session) {
    let _ = tenantry.session("ana").await;
    let _ = session.workspace("ana");
}

fn a_name_from_its_field() -> TenantId {
    TenantId("ana".into())
}

fn main() {}
