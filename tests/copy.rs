//! A tenant copied into another store: the same there to whoever looks, whole or not to be seen, gone on with
//! wherever it was cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/child.rs"]
mod child;
#[path = "archive/world.rs"]
#[allow(dead_code, reason = "what a tenant is furnished with is shared, the rest is not")]
mod furnished;
#[path = "copy/observed.rs"]
mod observed;
#[path = "copy/world.rs"]
mod world;

#[path = "copy/at_once.rs"]
mod at_once;
#[path = "copy/crashes.rs"]
mod crashes;
#[path = "copy/damaged.rs"]
mod damaged;
#[path = "copy/faults.rs"]
mod faults;
#[path = "copy/forgetful.rs"]
mod forgetful;
#[path = "copy/histories.rs"]
mod histories;
#[path = "copy/interrupted.rs"]
mod interrupted;
#[path = "copy/killed.rs"]
mod killed;
#[path = "copy/moved.rs"]
mod moved;
#[path = "copy/refused.rs"]
mod refused;
#[path = "copy/round_trip.rs"]
mod round_trip;
