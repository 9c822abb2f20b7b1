//! The application over real HTTP.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "web/isolation.rs"]
mod isolation;
#[path = "web/serving.rs"]
mod serving;
#[path = "web/support.rs"]
mod support;
