//! How much a tenant may hold: named plans, limits, usage, and the rule that every commit keeps.
//!
//! What counts is what is committed and what is reserved for uploads under way. The rule runs
//! inside the transaction, so that a limit holds exactly, at every commit, in every process (I5).
//! Where the bytes lie, and how uploads come by their reservations, is left to others.

mod limits;
mod rule;
mod usage;

pub use limits::{Limits, Plans};
pub(crate) use rule::QuotaRule;
pub(crate) use rule::check;
pub use rule::{QuotaSink, Threshold, TracingQuota};
pub(crate) use usage::{ACTIVE_INDEX, effective_limits, usage_of};
pub use usage::{Measure, Usage};
