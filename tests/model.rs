//! Random histories against a model made of plain maps (I1, I4, I5).
//!
//! Several principals work in several tenants, from two nodes over one store, with nodes that close
//! and open in between. Everything that is answered (contents, order, revisions, usage, kinds of
//! errors, refusals of quotas) has to be what the model answers. And for isolation itself: a
//! tenant's answers are the same when everything that other principals did is taken out.
//!
//! The model ([`reference`], [`contents`]) shares with the library the names of kinds and roles, and
//! no code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "model/alone.rs"]
mod alone;
#[path = "model/contents.rs"]
mod contents;
#[path = "model/entities.rs"]
mod entities;
#[path = "model/generate.rs"]
mod generate;
#[path = "model/machine.rs"]
mod machine;
#[path = "model/place.rs"]
mod place;
#[path = "model/reference.rs"]
mod reference;
#[path = "model/reference_records.rs"]
mod reference_records;
#[path = "model/reference_videos.rs"]
mod reference_videos;
#[path = "model/step.rs"]
mod step;
#[path = "model/system.rs"]
mod system;
#[path = "model/system_records.rs"]
mod system_records;
#[path = "model/system_videos.rs"]
mod system_videos;
#[path = "model/videos.rs"]
mod videos;
