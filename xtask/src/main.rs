//! `cargo xtask test`: everything that has to hold, in one command.
fn main() {}
