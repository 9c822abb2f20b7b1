//! I10: errors, logs, `Debug`, audit and responses carry no secret, no foreign tenant's name and no
//! absolute path, whatever is done and however it fails.
//!
//! Secrets, names, contents and the root's path are texts that occur nowhere else, so that each can be
//! looked for in everything that the library says. That what was provoked did fail is seen by the kinds
//! of errors that were met.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "actions/perform.rs"]
#[allow(dead_code, reason = "the tests of actions use the rest")]
mod perform;

#[path = "support/urls.rs"]
mod urls;

#[path = "secrets/caught.rs"]
mod caught;
#[path = "secrets/damage.rs"]
mod damage;
#[path = "secrets/faults.rs"]
mod faults;
#[path = "secrets/refusals.rs"]
mod refusals;
#[path = "secrets/run.rs"]
mod run;
#[path = "secrets/traced.rs"]
mod traced;
#[path = "secrets/values.rs"]
mod values;
#[path = "secrets/world.rs"]
mod world;
