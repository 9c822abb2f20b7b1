//! URLs by which files are read and uploaded without going through the application: what they are good for, what
//! becomes of uploads, and that nothing comes back by one that is used late.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/urls.rs"]
mod urls;

#[path = "by_url/support.rs"]
mod support;

#[path = "by_url/downloads.rs"]
mod downloads;
#[path = "by_url/interrupted.rs"]
mod interrupted;
#[path = "by_url/late.rs"]
mod late;
#[path = "by_url/refused.rs"]
mod refused;
#[path = "by_url/uploads.rs"]
mod uploads;
