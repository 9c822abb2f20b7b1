//! Roots and settings that can't be used: each gets an error that says what and where, relative to the
//! root, and nothing is changed: no name, no content, no mode, no time.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/child.rs"]
mod child;

#[path = "bad_roots/disks.rs"]
mod disks;
#[path = "bad_roots/permissions.rs"]
mod permissions;
#[path = "bad_roots/places.rs"]
mod places;
#[path = "bad_roots/roots.rs"]
mod roots;
#[path = "bad_roots/settings.rs"]
mod settings;
