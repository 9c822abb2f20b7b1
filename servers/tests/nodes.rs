//! Several processes at work on one tenant in a bucket, one of them killed (SIGKILL) at a random moment,
//! one behind a proxy that drops, cuts, holds back and repeats what passes, and answers 503 to what was done.
//!
//! What is guarded against: an answer that is not true (a change that was acknowledged and is lost, one
//! that was refused or said not to have happened and is there), a limit exceeded, quota that a dead
//! process keeps, files that nobody deletes or that no ledger names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "s3/bucket.rs"]
mod bucket;
#[path = "../../tests/support/child.rs"]
mod child;
#[path = "s3/support.rs"]
mod support;

#[path = "nodes/audit.rs"]
mod audit;
#[path = "nodes/examine.rs"]
mod examine;
#[path = "nodes/history.rs"]
mod history;
#[path = "nodes/left_behind.rs"]
mod left_behind;
#[path = "nodes/runs.rs"]
mod runs;
#[path = "nodes/words.rs"]
mod words;
#[path = "nodes/work.rs"]
mod work;
