//! Only a session makes a principal, from what is stored.
use tenantry::ownership::{Principal, Role};
use tenantry::paths::TenantId;
use tenantry::{Session, Tenantry};

fn by_its_constructor(tenant: TenantId) -> Principal {
    Principal::new(tenant, Role::Admin)
}

async fn session_with_a_role(tenantry: &Tenantry, tenant: &TenantId) -> tenantry::Result<Session> {
    tenantry.session(tenant, Role::Admin).await
}

fn main() {}
