//! Upkeep: what a sweep deletes and when, what a check finds, what a repair does, and that nothing of
//! one tenant keeps it from another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod check;
#[path = "../support/meanwhile.rs"]
mod meanwhile;
mod rounds;
mod support;
mod sweep;
