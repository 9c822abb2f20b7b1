//! Collections that a host names: the kinds of `examples/collections`, whose types say no more than what they
//! are, have all that the library's own kinds have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../examples/collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
#[path = "../examples/collections/looped_videos.rs"]
mod looped_videos;
#[path = "support/named.rs"]
mod named;
#[path = "../examples/collections/stream_timers.rs"]
mod stream_timers;

#[path = "host_collections/form.rs"]
mod form;
#[path = "host_collections/guarantees.rs"]
mod guarantees;
#[path = "host_collections/references.rs"]
mod references;
#[path = "host_collections/steps.rs"]
mod steps;
#[path = "host_collections/support.rs"]
mod support;
