//! The documented files beside a tenant's ledger: when they appear, what stands in them, what happens to
//! one that somebody else edited, and how such an edit is taken over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod adopted;
mod conflicts;
mod edited;
mod hostile;
mod interrupted;
#[path = "../support/meanwhile.rs"]
mod meanwhile;
mod processes;
mod refused;
mod support;
mod token_edits;
mod token_folder;
mod token_histories;
mod tokens;
mod written;
