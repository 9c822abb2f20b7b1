//! Hostile names on every entry point that takes one, and links planted wherever the layout has a folder
//! or a file, before and while operations run: nothing resolves outside its tenant (I6), and no error
//! repeats what was sent in a form that could deceive (I10).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/urls.rs"]
mod urls;

#[path = "hostile/by_url.rs"]
mod by_url;
#[path = "hostile/complete.rs"]
mod complete;
#[path = "hostile/entries.rs"]
mod entries;
#[path = "hostile/links.rs"]
mod links;
#[path = "hostile/names.rs"]
mod names;
#[path = "hostile/operations.rs"]
mod operations;
#[path = "hostile/stepped.rs"]
mod stepped;
#[path = "hostile/swapped.rs"]
mod swapped;
#[path = "hostile/world.rs"]
mod world;
