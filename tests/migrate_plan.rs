//! What a plan says of a tree of the application before: where everything goes, what stays, what is wrong;
//! and that planning changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../examples/collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
#[path = "../examples/collections/looped_videos.rs"]
mod looped_videos;
#[path = "../examples/collections/stream_timers.rs"]
mod stream_timers;

#[path = "migrate_plan/damaged.rs"]
mod damaged;
#[path = "migrate_plan/envelopes.rs"]
mod envelopes;
#[path = "migrate_plan/files.rs"]
mod files;
#[path = "migrate_plan/half_migrated.rs"]
mod half_migrated;
#[path = "migrate_plan/only.rs"]
mod only;
#[path = "migrate_plan/own_kinds.rs"]
mod own_kinds;
#[path = "migrate_plan/owners.rs"]
mod owners;
#[path = "migrate_plan/secrets.rs"]
mod secrets;
#[path = "migrate_plan/shown.rs"]
mod shown;
#[path = "migrate_plan/tokens.rs"]
mod tokens;
#[path = "migrate_plan/tree.rs"]
mod tree;
#[path = "migrate_plan/whole.rs"]
mod whole;
#[path = "migrate_plan/workbook.rs"]
mod workbook;
