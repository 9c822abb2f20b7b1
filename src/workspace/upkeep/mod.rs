//! Upkeep: what keeps ledger and store in step when nobody asks for anything.
//!
//! A [sweep](sweep) expires what is due and deletes what is doomed.

mod sweep;

pub use sweep::Swept;
pub(super) use sweep::sweep;
