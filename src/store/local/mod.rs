//! The local disk.

pub mod disk;
