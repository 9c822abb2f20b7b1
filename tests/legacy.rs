//! What is not migrated yet is read by those alone whose it is, as it will be when it is; and is changed by nobody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../examples/collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
#[path = "../examples/collections/looped_videos.rs"]
mod looped_videos;
#[path = "../examples/collections/stream_timers.rs"]
mod stream_timers;
#[path = "migrate_plan/tree.rs"]
#[allow(dead_code, reason = "each test that shares it uses a part")]
mod tree;

#[path = "legacy/as_planned.rs"]
mod as_planned;
#[path = "legacy/changes.rs"]
mod changes;
#[path = "legacy/foreign.rs"]
mod foreign;
#[path = "legacy/half_migrated.rs"]
mod half_migrated;
#[path = "legacy/host.rs"]
mod host;
#[path = "legacy/links.rs"]
mod links;
