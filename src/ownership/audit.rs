//! The record of every decision.

use jiff::Timestamp;

use super::{Action, Decision, Principal, Resource};
use crate::paths::{Incarnation, TenantId};

/// Who acts: a principal, or the library's upkeep with its reason.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Actor<'a> {
    /// A user of the host.
    Principal(&'a Principal),
    /// The host itself, for a reason that it names.
    Operator {
        /// The reason.
        reason: &'a str,
    },
}

/// One decision, as it was made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor<'a>,
    /// For what.
    pub action: Action,
    /// In which tenant; `None` if it is about all.
    pub tenant: Option<&'a TenantId>,
    /// In which life of that tenant, if there is such a tenant and the decision rests on its state.
    pub incarnation: Option<Incarnation>,
    /// About what.
    pub resource: &'a Resource,
    /// The true decision and reason, also where the caller was told "not found".
    pub decision: &'a Decision,
}

/// Where decisions are recorded. It is called from within operations and must not wait.
pub trait AuditSink: Send + Sync + 'static {
    /// Records one decision.
    fn record(&self, event: &AuditEvent<'_>);

    /// Whether anybody listens to decisions of that kind now: if not, [`record`](Self::record) need not be called,
    /// and nothing is done for it. Yes, unless told.
    fn listens(&self, decision: &Decision) -> bool {
        let _ = decision;
        true
    }
}

/// Writes decisions to `tracing`, target `tenantry::audit`: allowed ones as debug, refused ones as
/// warnings.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingAudit;

impl AuditSink for TracingAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        let (principal, role, operator) = match event.actor {
            Actor::Principal(principal) => {
                (Some(principal.tenant().as_str()), Some(principal.role().as_str()), None)
            }
            Actor::Operator { reason } => (None, None, Some(reason)),
        };
        let action = event.action.as_str();
        let tenant = event.tenant.map(TenantId::as_str);
        let incarnation = event.incarnation.map(tracing::field::display);
        // As text, which subscribers quote and escape: what a caller or a policy put into these must
        // not be able to begin a line of its own.
        let (resource, reason) = (event.resource.to_string(), event.decision.reason().to_string());
        macro_rules! write_event {
            ($level:ident, $decision:literal) => {
                tracing::$level!(
                    target: "tenantry::audit",
                    principal, role, operator, action, tenant, incarnation,
                    resource, decision = $decision, reason,
                )
            };
        }
        match event.decision {
            Decision::Allow(_) => write_event!(debug, "allow"),
            Decision::Deny(_) => write_event!(warn, "deny"),
            Decision::Hide(_) => write_event!(warn, "hide"),
        }
    }

    fn listens(&self, decision: &Decision) -> bool {
        match decision {
            Decision::Allow(_) => tracing::enabled!(target: "tenantry::audit", tracing::Level::DEBUG),
            Decision::Deny(_) | Decision::Hide(_) => {
                tracing::enabled!(target: "tenantry::audit", tracing::Level::WARN)
            }
        }
    }
}
