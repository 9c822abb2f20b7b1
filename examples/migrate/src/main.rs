//! From one shared folder to tenants.
//!
//! `cargo run --package tenantry-example-migrate -- plan --root DIR` shows what a migration would do and changes
//! nothing. What the library does not know by itself is in here: the application's own kinds of records,
//! whose types are those of the example `collections`.
//!
//! It ends with
//! - 0: there is a plan, and it can be applied;
//! - 1: something could not be read or written;
//! - 2: it was called wrongly;
//! - 3: there is a plan, and it can't be applied: what is in the way is named last.

#![allow(clippy::expect_used, reason = "the names of the collections are valid")]

mod arguments;
#[path = "../../collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
mod failure;
#[path = "../../collections/looped_videos.rs"]
mod looped_videos;
mod plan;
mod progress;
#[path = "../../collections/stream_timers.rs"]
mod stream_timers;

use std::process::ExitCode;

use arguments::Command;

fn main() -> ExitCode {
    let command = arguments::parse(std::env::args_os());
    let (ended, json) = match command {
        Ok(Command::Plan(wish)) => (plan::run(&wish), wish.json),
        Err(error) => {
            // Help is no failure; all else is a wrong call.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match ended {
        Ok(code) => code,
        Err(failure) => {
            failure::tell(&failure, json);
            ExitCode::from(failure.code())
        }
    }
}
