//! Where the migration that was planned first loses or misplaces data, on the tree of `examples/legacy`.
//!
//! It is the least that a migration has to be better than. Each of its losses is a sentence of [`losses`], asserted on
//! what the script leaves; were one no loss, the test would fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../examples/collections/bulk_upload_queue.rs"]
#[allow(dead_code, reason = "only carried here")]
mod bulk_upload_queue;
#[path = "../../examples/collections/looped_videos.rs"]
#[allow(dead_code, reason = "only carried here")]
mod looped_videos;
#[path = "../../examples/collections/stream_timers.rs"]
#[allow(dead_code, reason = "only carried here")]
mod stream_timers;

#[path = "planned_script/adopted.rs"]
mod adopted;
#[path = "planned_script/interrupted.rs"]
mod interrupted;
#[path = "planned_script/kept.rs"]
mod kept;
#[path = "planned_script/losses.rs"]
mod losses;
#[path = "planned_script/ours.rs"]
mod ours;
#[path = "planned_script/place.rs"]
mod place;
#[path = "planned_script/twice.rs"]
mod twice;
