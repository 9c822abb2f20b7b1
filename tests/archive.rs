//! A tenant out as an archive and in from one: whole, on any store, or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "archive/forged.rs"]
mod forged;
#[path = "archive/world.rs"]
mod world;

#[path = "archive/faults.rs"]
mod faults;
#[path = "archive/hostile.rs"]
mod hostile;
#[path = "archive/interrupted.rs"]
mod interrupted;
#[path = "archive/outward.rs"]
mod outward;
#[path = "archive/round_trip.rs"]
mod round_trip;
