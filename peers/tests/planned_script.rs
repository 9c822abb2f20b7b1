//! Where the migration that was planned first loses or misplaces data, on the tree of `examples/legacy`.
//!
//! It is the least that a migration has to be better than. Each of its losses is a sentence of [`losses`], asserted on
//! what the script leaves; were one no loss, the test would fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "planned_script/interrupted.rs"]
mod interrupted;
#[path = "planned_script/losses.rs"]
mod losses;
#[path = "planned_script/place.rs"]
mod place;
#[path = "planned_script/twice.rs"]
mod twice;
