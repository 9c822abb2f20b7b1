//! The rows of copying between two stores; the other one is a store of the row's own.

use tenantry::ownership::{Action, Role};
use tenantry::store::MemoryStore;
use tenantry::{NewTenant, Session, Tenantry};

use crate::perform::{Row, direct};
use crate::world::id;

pub(crate) const fn is_copy(action: Action) -> bool {
    matches!(action, Action::CopyTenant | Action::ReceiveTenant)
}

/// The admin of another store.
async fn elsewhere() -> Session {
    let elsewhere = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    elsewhere.bootstrap_admin(&id("root"), "Root").await.unwrap();
    elsewhere.session(&id("root")).await.unwrap()
}

pub(crate) fn rows(action: Action) -> Vec<Row> {
    match action {
        Action::CopyTenant => vec![direct!("Tenants::copy", |call| {
            call.session.tenants().copy(&call.tenant, &elsewhere().await.tenants())
        })],
        Action::ReceiveTenant => vec![direct!("Tenants::copy", |call| {
            {
                let from = elsewhere().await;
                // Of the same role as the one that it is here.
                let role = if call.tenant == id("dora") { Role::Demo } else { Role::User };
                from.tenants().create(&call.tenant, NewTenant::new(role)).await.unwrap();
                from.tenants().copy(&call.tenant, &call.session.tenants())
            }
        })],
        action => panic!("{action} has no row"),
    }
}
