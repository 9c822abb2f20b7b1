//! Two users side by side; what is Ana's looks missing to Ben.

use bytes::Bytes;
use futures::stream;
use tenantry::ownership::Role;
use tenantry::paths::TenantId;
use tenantry::store::MemoryStore;
use tenantry::{ErrorKind, NewTenant, Tenantry};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // On a disk: `LocalStore::open(folder, LocalOptions::default()).await?` of `store::local`.
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await?;

    // The application names its first admin, who makes the users.
    let (root, ana, ben) = (TenantId::parse("root")?, TenantId::parse("ana")?, TenantId::parse("ben")?);
    tenantry.bootstrap_admin(&root, "Root").await?;
    let admin = tenantry.session(&root).await?;
    for user in [&ana, &ben] {
        admin.tenants().create(user, NewTenant::new(Role::User)).await?;
    }

    // Ana, whom the application has authenticated, uploads a video into her own workspace.
    let own = tenantry.session(&ana).await?.own();
    let body = stream::iter([Ok(Bytes::from_static(b"the bytes of a film"))]);
    let video = own.videos().upload("holiday.mp4", body).await?;
    assert_eq!(own.videos().open(video.id()).await?.bytes().await?, b"the bytes of a film"[..]);

    // Ben names her workspace and her video, and is told what he would be told if there were none.
    let foreign = tenantry.session(&ben).await?.workspace(&ana);
    let refused = foreign.videos().open(video.id()).await.err().ok_or("Ben was let in")?;
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    println!("Ana reads her video; Ben is told: {refused}");
    Ok(())
}
