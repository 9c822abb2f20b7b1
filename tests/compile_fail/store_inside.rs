//! What holds the store is no part of the public API.
use tenantry::ledger::Ledger;
use tenantry::workspace::access::{Core, Guarded};

fn main() {}
