//! From one shared folder to tenants.
//!
//! `cargo run --package tenantry-example-migrate -- plan --root DIR` shows what a migration would do and changes
//! nothing; `apply` does it, `verify` reads everything back, `status` says how far it is, `rollback` undoes it, and
//! `finish` ends it. The guide is `docs/migrating.md`. What the library does not know by itself is in here: the
//! application's own kinds of records, whose types are those of the example `collections`.
//!
//! What changes something asks at a terminal, and elsewhere wants `--yes`. It ends with
//! - 0: done; after `plan`: it can be applied;
//! - 1: something could not be read or written;
//! - 2: it was called wrongly, or not confirmed; nothing was changed;
//! - 3: the plan can't be applied: something is in the way, the tree has changed since, or there is not enough
//!   space; nothing was changed;
//! - 4: `verify` found differences;
//! - 5: it was stopped; the same command goes on;
//! - 6: the root is not at that point: there is no migration, or another one, or it is not applied to its end,
//!   finished, in use, or gone on with since; nothing was changed;
//! - 7: it is done, and nobody read the answer to its end: the standard output was closed. Whoever closes the standard
//!   error, where it says how far it is, changes nothing by that.

#![allow(clippy::expect_used, reason = "the names of the collections are valid")]

mod answer;
mod apply;
mod arguments;
mod beside;
#[path = "../../collections/bulk_upload_queue.rs"]
mod bulk_upload_queue;
mod carrying;
mod confirmation;
mod failure;
mod finish;
#[path = "../../collections/looped_videos.rs"]
mod looped_videos;
mod plan;
mod planning;
mod progress;
mod rollback;
mod status;
mod stopping;
#[path = "../../collections/stream_timers.rs"]
mod stream_timers;
mod target;
mod verify;

use std::process::ExitCode;

use arguments::Command;
use failure::Failure;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => return called_wrongly(&error),
    };
    match run(&command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let wish = command.of();
            failure::tell(&failure, carrying::phase(&wish.root), wish.json);
            ExitCode::from(failure.code())
        }
    }
}

fn run(command: &Command) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failure::Starting)?.block_on(async {
        match command {
            Command::Plan(wish) => plan::run(wish),
            Command::Apply(wish) => apply::run(wish).await,
            Command::Verify(wish) => verify::run(wish).await,
            Command::Status(wish) => status::run(wish),
            Command::Rollback(wish) => rollback::run(wish).await,
            Command::Finish(wish) => finish::run(wish).await,
        }
    })
}

/// Help is no failure; all else is a wrong call.
fn called_wrongly(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        // Whoever closed it is not told.
        let document = serde_json::json!({ "error": error.to_string(), "next": null, "phase": null });
        let _ = answer::print_document(&document);
    } else {
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}
