//! Many tasks and processes at work on one tenant and its quotas, and tenants beside one that hangs.
//!
//! What is guarded against: a lost update; a limit exceeded, if only for one commit; quota that is
//! not given back; an answer that rests on a state that never was, or was no more; a process that
//! does not see what another committed; a tenant that waits for another's store calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "concurrency/audit.rs"]
mod audit;
#[path = "support/child.rs"]
mod child;
#[path = "concurrency/hanging.rs"]
mod hanging;
#[path = "concurrency/history.rs"]
mod history;
#[path = "concurrency/one_tenant.rs"]
mod one_tenant;
#[path = "concurrency/workload.rs"]
mod workload;
