//! Who may do what: [`Principal`], [`Action`], [`Resource`], [`OwnershipPolicy`], and the audit of
//! every decision.
//!
//! A policy is a pure function from a [`Request`] to a [`Decision`]; the crate's one gate asks it
//! before anything is done and hands out a permit, without which nothing below can be called. This
//! module knows names and nothing else: where data lies and what it says is not its business.

mod action;
mod audit;
mod default_policy;
mod gate;
mod policy;
mod principal;

pub use action::{Action, Effect};
pub use audit::{Actor, AuditEvent, AuditSink, TracingAudit};
pub use default_policy::DefaultPolicy;
pub(crate) use gate::{Gate, Permit, Refusal};
pub use policy::{Decision, OwnershipPolicy, Reason, Request, Resource};
pub use principal::{Principal, Role, Visibility};

#[cfg(test)]
mod tests;
