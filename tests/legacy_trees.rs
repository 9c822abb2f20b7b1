//! The generator of legacy trees makes every trap, says what is true of its trees, and the committed tree has all of
//! them. What is met on the disk is found by a reader of its own (`found`), which knows nothing of the generator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "legacy_trees/committed.rs"]
mod committed;
#[path = "legacy_trees/expectation.rs"]
mod expectation;
#[path = "legacy_trees/found.rs"]
mod found;
#[path = "legacy_trees/generated.rs"]
mod generated;
#[path = "legacy_trees/image.rs"]
mod image;
#[path = "legacy_trees/reader.rs"]
mod reader;
