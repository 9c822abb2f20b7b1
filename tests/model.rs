//! Random histories against a model made of plain maps (I1, I4, I5).
//!
//! Several principals work in several tenants, from two nodes over one store, with nodes that close
//! and open in between. Everything that is answered (contents, order, revisions, usage, kinds of
//! errors, refusals of quotas) has to be what the model answers. And for isolation itself: a
//! tenant's answers are the same when everything that other principals did is taken out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "model/coverage.rs"]
mod coverage;
#[path = "model/mod.rs"]
mod model;
#[path = "model/stores.rs"]
mod stores;
