//! Upkeep: what keeps ledger and store in step when nobody asks for anything.
//!
//! A [sweep](sweep) expires what is due and deletes what is doomed; a [check](check) compares ledger and
//! store; a [repair](repair) corrects what was found and chosen. The host does it through an
//! [`Operator`], an admin through [`Tenants`](super::Tenants), and [`maintenance`] in the background.

mod check;
mod finding;
mod maintenance;
mod operator;
mod repair;
mod round;
mod settled;
mod sweep;

pub use finding::{CheckReport, Finding};
pub(super) use maintenance::Maintenance;
pub use maintenance::MaintenanceOptions;
pub use operator::Operator;
pub use repair::RepairReport;
pub use round::{Erased, RoundReport, SweptAll};
pub(super) use settled::Settled;
pub use sweep::Swept;
pub(super) use {check::check, repair::repair, sweep::sweep};
