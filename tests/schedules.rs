//! Schedules: their form, their steps, and what repeats daily.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/named.rs"]
mod named;
#[path = "support/planned.rs"]
#[allow(dead_code, reason = "the tests of live streams use the rest")]
mod planned;

#[path = "schedules/daily.rs"]
mod daily;
#[path = "schedules/form.rs"]
mod form;
#[path = "schedules/references.rs"]
mod references;
#[path = "schedules/steps.rs"]
mod steps;
