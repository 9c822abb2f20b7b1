//! A principal's role is what is stored, and not what somebody writes.
use tenantry::ownership::{Principal, Role};
use tenantry::paths::TenantId;

fn made(tenant: TenantId) -> Principal {
    Principal { tenant, role: Role::Admin }
}

fn main() {}
