//! The store on a real server that speaks like S3.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "s3/bucket.rs"]
mod bucket;
#[path = "../../tests/conformance/losing.rs"]
mod losing;
#[path = "s3/support.rs"]
mod support;

#[path = "s3/client.rs"]
mod client;
#[path = "s3/conforms.rs"]
mod conforms;
#[path = "s3/migrated.rs"]
mod migrated;
#[path = "s3/moved.rs"]
mod moved;
#[path = "s3/options.rs"]
mod options;
#[path = "s3/ports.rs"]
mod ports;
#[path = "s3/presigned.rs"]
mod presigned;
#[path = "s3/requests.rs"]
mod requests;
#[path = "s3/restarted.rs"]
mod restarted;
#[path = "s3/unfinished.rs"]
mod unfinished;
#[path = "s3/uploads.rs"]
mod uploads;
#[path = "s3/worlds.rs"]
mod worlds;
