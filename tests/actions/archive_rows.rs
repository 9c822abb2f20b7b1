//! The rows of archives, and the archive that is taken in.

use bytes::Bytes;
use futures::TryStreamExt;
use tenantry::ownership::{Action, Role};
use tenantry::paths::TenantId;
use tenantry::store::MemoryStore;
use tenantry::{NewTenant, Tenantry};

use crate::perform::{Row, direct};
use crate::world::id;

pub(crate) const fn is_archive(action: Action) -> bool {
    matches!(action, Action::ExportTenant | Action::ImportTenant)
}

/// The archive of a tenant of that name somewhere else.
async fn archive(tenant: &TenantId) -> Vec<Result<Bytes, std::io::Error>> {
    let elsewhere = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    elsewhere.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = elsewhere.session(&id("root")).await.unwrap();
    admin.tenants().create(tenant, NewTenant::new(Role::User)).await.unwrap();
    let body = admin.workspace(tenant).export().await.unwrap().into_body();
    body.map_ok(Ok).try_collect().await.unwrap()
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::ExportTenant => vec![Row {
            // Whoever takes out all takes out secrets.
            before: &[
                Action::ListTokens,
                Action::ListStreamKeys,
                Action::ReadToken,
                Action::ReadToken,
                Action::ReadStreamKey,
            ],
            ..direct!("Workspace::export", |call| call.workspace().export())
        }],
        Action::ImportTenant => vec![direct!("Tenants::import", |call| {
            call.session.tenants().import(&call.tenant, futures::stream::iter(archive(&call.tenant).await))
        })],
        action => panic!("{action} has no row"),
    }
}
