//! Upkeep: what keeps ledger and store in step when nobody asks for anything.
//!
//! A [sweep](sweep) expires what is due and deletes what is doomed. The host does it through an
//! [`Operator`], an admin through [`Tenants`](super::Tenants).

mod operator;
mod sweep;

pub use operator::Operator;
pub use sweep::Swept;
pub(super) use sweep::sweep;
