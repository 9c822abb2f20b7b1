//! The store that fails and lies does to each call what its fault says, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "faulty_store/lying.rs"]
mod lying;
#[path = "faulty_store/support.rs"]
mod support;
#[path = "faulty_store/truthful.rs"]
mod truthful;
#[path = "faulty_store/waiting.rs"]
mod waiting;
