//! Runs the conformance suite over the store, prints its report, and then lets a host work with it.
//!
//! `cargo run --package tenantry-example-custom-backend` ends with an error if a sentence fails.

use std::error::Error;
use std::time::Duration;

use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::TenantStore;
use tenantry::testkit::conformance::conformance;
use tenantry::{ErrorKind, NewTenant, Tenantry};
use tenantry_example_custom_backend::RedbStore;
use tenantry_example_custom_backend::medium::CrashingDisk;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let report = conformance(CrashingDisk::default).await.ensure()?;
    println!("{report}\n");
    let folder = tempfile::tempdir()?;
    work(RedbStore::open(folder.path().join("tenants.redb")).await?).await?;
    // All that was said to be done is there when the file is opened again.
    let store = RedbStore::open(folder.path().join("tenants.redb")).await?;
    println!("And again from the file: {} tenants.", store.tenants(None, 10).await?.items.len());
    Ok(())
}

/// A host with two users, who don't see each other.
async fn work(store: RedbStore) -> Result<(), Box<dyn Error>> {
    let tenantry = Tenantry::builder(store).open().await?;
    let [root, ana, ben] = ["root", "ana", "ben"].map(TenantId::parse);
    let (root, ana, ben) = (root?, ana?, ben?);
    tenantry.bootstrap_admin(&root, "Root").await?;
    let admin = tenantry.session(&root).await?;
    for user in [&ana, &ben] {
        admin.tenants().create(user, NewTenant::new(Role::User)).await?;
    }
    let own = tenantry.session(&ana).await?.own();
    let video = own.videos().upload_from("holiday.mp4", &b"the bytes of a film"[..]).await?;
    let bytes = own.videos().open(video.id()).await?.bytes().await?;
    println!("Ana reads her video: {} bytes.", bytes.len());
    let foreign = tenantry.session(&ben).await?.workspace(&ana);
    match foreign.videos().open(video.id()).await {
        Err(refused) if refused.kind() == ErrorKind::NotFound => println!("Ben is told: {refused}."),
        _ => return Err("Ben was let in".into()),
    }
    tenantry.close(Duration::from_secs(10)).await?;
    Ok(())
}
