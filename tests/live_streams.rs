//! Live streams: their form, their steps, what repeats daily, and how many may be active.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/named.rs"]
mod named;
#[path = "support/planned.rs"]
mod planned;

#[path = "live_streams/at_once.rs"]
mod at_once;
#[path = "live_streams/daily.rs"]
mod daily;
#[path = "live_streams/form.rs"]
mod form;
#[path = "live_streams/limits.rs"]
mod limits;
#[path = "live_streams/references.rs"]
mod references;
#[path = "live_streams/steps.rs"]
mod steps;
#[path = "live_streams/views.rs"]
mod views;
