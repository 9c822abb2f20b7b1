//! The application over real HTTP.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "web/deeds.rs"]
mod deeds;
#[path = "web/failures.rs"]
mod failures;
#[path = "web/isolation.rs"]
mod isolation;
#[path = "web/lists.rs"]
mod lists;
#[path = "web/pages.rs"]
mod pages;
#[path = "web/serving.rs"]
mod serving;
#[path = "web/support.rs"]
mod support;
#[path = "web/thumbnails.rs"]
mod thumbnails;
