//! Migrations done: what each user has afterwards, that all of it can be undone to the byte, and that stopping anywhere
//! loses nothing. Over generated trees with every way in which such a tree goes wrong.
#![cfg(target_os = "linux")]
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

#[path = "migrate_apply/buckets.rs"]
mod buckets;
#[path = "migrate_apply/damaged.rs"]
mod damaged;
#[path = "migrate_apply/each_change.rs"]
mod each_change;
#[path = "migrate_apply/elsewhere.rs"]
mod elsewhere;
#[path = "migrate_apply/ended.rs"]
mod ended;
#[path = "migrate_apply/expected.rs"]
mod expected;
#[path = "migrate_apply/failing.rs"]
mod failing;
#[path = "migrate_apply/file_systems.rs"]
mod file_systems;
#[path = "migrate_apply/in_the_way.rs"]
mod in_the_way;
#[path = "migrate_apply/interrupted.rs"]
mod interrupted;
#[path = "migrate_apply/kept.rs"]
mod kept;
#[path = "migrate_apply/observed.rs"]
mod observed;
#[path = "migrate_apply/place.rs"]
mod place;
#[path = "migrate_apply/put_since.rs"]
mod put_since;
#[path = "migrate_apply/shared.rs"]
mod shared;
#[path = "migrate_apply/verified.rs"]
mod verified;
#[path = "migrate_apply/whole.rs"]
mod whole;
