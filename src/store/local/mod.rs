//! The local disk.

pub mod disk;
#[cfg(target_os = "linux")]
mod linux;
