//! The library gives no store away, and a store has no second handle to keep.
use tenantry::store::local::LocalStore;
use tenantry::store::memory::MemoryStore;
use tenantry::{Tenantry, Workspace};

fn by_a_second_handle(memory: &MemoryStore, local: &LocalStore) -> (MemoryStore, LocalStore) {
    (memory.clone(), local.clone())
}

fn through_fields(tenantry: &Tenantry, workspace: &Workspace) {
    let _ = &tenantry.core;
    let _ = &workspace.access;
}

fn main() {}
