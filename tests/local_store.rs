//! The local store on a real disk: that processes see each other, that what a dead one leaves is
//! settled, that damage is said and not guessed, and that nothing leads out of the root.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "local_store/support.rs"]
mod support;

#[path = "local_store/blobs.rs"]
mod blobs;
#[path = "local_store/conforms.rs"]
mod conforms;
#[path = "local_store/faults.rs"]
mod faults;
#[path = "local_store/ledger.rs"]
mod ledger;
#[path = "local_store/parts.rs"]
mod parts;
#[path = "local_store/recovery.rs"]
mod recovery;
#[path = "local_store/roots.rs"]
mod roots;
#[path = "local_store/steps.rs"]
mod steps;
#[path = "local_store/upkeep.rs"]
mod upkeep;
