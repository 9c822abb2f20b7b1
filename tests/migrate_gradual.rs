//! Tenants that are migrated one after the other end as if all had been migrated at once, in whatever order; and each
//! sees before and after the same.
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

#[path = "migrate_gradual/every_tree.rs"]
mod every_tree;
#[path = "migrate_gradual/influence.rs"]
mod influence;
#[path = "migrate_gradual/migrated.rs"]
mod migrated;
#[path = "migrate_gradual/seen.rs"]
mod seen;
