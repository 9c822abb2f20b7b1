//! A workspace comes from a session, never from the library itself or from nothing.
use tenantry::paths::TenantId;
use tenantry::{Tenantry, Workspace};

fn from_the_library(tenantry: &Tenantry, tenant: &TenantId) -> Workspace {
    tenantry.workspace(tenant)
}

fn by_default() -> Workspace {
    Workspace::default()
}

fn main() {}
