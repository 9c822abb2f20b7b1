//! A tenant moves from a folder on the local disk to an object store, and works on there.

use std::sync::Arc;

use object_store::memory::InMemory;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::local::{LocalOptions, LocalStore};
use tenantry::store::object::ObjectTenantStore;
use tenantry::{ErrorKind, NewTenant, Session, Tenantry};

async fn admin(tenantry: &Tenantry) -> Result<Session, Box<dyn std::error::Error>> {
    let root = TenantId::parse("root")?;
    tenantry.bootstrap_admin(&root, "Root").await?;
    Ok(tenantry.session(&root).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let disk = LocalStore::open(folder.path(), LocalOptions::default()).await?;
    let disk = Tenantry::builder(disk).open().await?;
    // In a bucket: `S3Store::new(options)?` of `store::s3`.
    let bucket = Tenantry::builder(ObjectTenantStore::new(Arc::new(InMemory::new()))).open().await?;
    let (here, there) = (admin(&disk).await?, admin(&bucket).await?);

    let ana = TenantId::parse("ana")?;
    here.tenants().create(&ana, NewTenant::new(Role::User)).await?;
    let own = disk.session(&ana).await?.own();
    let video = own.videos().upload_from("holiday.mp4", &b"the bytes of a film"[..]).await?;

    let copy = here.tenants().copy(&ana, &there.tenants()).suspending_source();
    let copied = copy.progress(|now| println!("{} of {:?} bytes", now.bytes, now.length)).await?;
    println!("{} files and {:?} are there, {} read back", copied.files, copied.records, copied.read_back);

    // What the application keeps of her goes on to hold: ids, file names, revisions.
    let moved = bucket.session(&ana).await?.own();
    let there = moved.videos().get(&video.value().filename).await?;
    assert_eq!((there.id(), there.revision()), (video.id(), video.revision()));
    moved.videos().rename(video.id(), there.revision(), "Our holiday").await?;
    // Who still works at the old place is told, and loses nothing.
    let refused = own.videos().rename(video.id(), video.revision(), "Too late").await.err();
    assert_eq!(refused.ok_or("it was changed at the old place")?.kind(), ErrorKind::Suspended);
    for tenantry in [disk, bucket] {
        tenantry.close(std::time::Duration::from_secs(10)).await?;
    }
    Ok(())
}
