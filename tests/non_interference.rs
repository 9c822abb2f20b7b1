//! Non-interference (I1) by way of the testkit: the library's stores show it, and what leaks is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "non_interference/leaking_store.rs"]
mod leaking_store;
#[path = "non_interference/leaks.rs"]
mod leaks;
#[path = "non_interference/stores.rs"]
mod stores;
