//! The tool, called as from a shell, on copies of the repository's tree: what each command does and says, what it
//! refuses, and that it goes on or back after it was stopped or killed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "carrying_out/at_a_terminal.rs"]
mod at_a_terminal;
#[path = "carrying_out/closed.rs"]
mod closed;
#[path = "carrying_out/commands.rs"]
mod commands;
#[path = "carrying_out/cut_off.rs"]
mod cut_off;
#[path = "carrying_out/documents.rs"]
mod documents;
#[path = "carrying_out/elsewhere.rs"]
mod elsewhere;
#[path = "carrying_out/one_at_a_time.rs"]
mod one_at_a_time;
#[path = "carrying_out/refusals.rs"]
mod refusals;
#[path = "carrying_out/tree.rs"]
mod tree;
