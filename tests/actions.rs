//! Isolation by the public API: each action, by each method that asks for it, for each kind of
//! principal, on both stores. Foreign and missing are told alike, what is refused changes nothing,
//! and audit hears the truth once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "actions/perform.rs"]
mod perform;
#[path = "support/urls.rs"]
mod urls;
#[path = "actions/world.rs"]
mod world;

#[path = "actions/audit.rs"]
mod audit;
#[path = "actions/complete.rs"]
mod complete;
#[path = "actions/expected.rs"]
mod expected;
#[path = "actions/foreign.rs"]
mod foreign;
#[path = "actions/matrix.rs"]
mod matrix;
#[path = "actions/refused.rs"]
mod refused;
#[path = "actions/stores.rs"]
mod stores;
