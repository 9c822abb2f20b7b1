//! The one place where decisions are made and permits come from.

use std::sync::Arc;

use super::{Action, Actor, AuditEvent, AuditSink, Decision, OwnershipPolicy, Reason, Request, Resource};
use crate::environment::Clock;
use crate::paths::TenantId;

/// Proof that an action on a tenant was allowed. Only [`Gate`] makes one; it can't be copied, and
/// it holds for the tenant that it names and no other.
#[derive(Debug)]
pub(crate) struct Permit {
    action: Action,
    tenant: TenantId,
}

impl Permit {
    /// What was allowed.
    pub(crate) const fn action(&self) -> Action {
        self.action
    }

    /// In which tenant.
    pub(crate) const fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// A decision against a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The caller may know that it is not allowed.
    Denied,
    /// To the caller it has to look missing.
    Hidden,
}

/// What a decision says against a request.
const fn refusal(decision: &Decision) -> Option<Refusal> {
    match decision {
        Decision::Allow(_) => None,
        Decision::Deny(_) => Some(Refusal::Denied),
        Decision::Hide(_) => Some(Refusal::Hidden),
    }
}

/// The gate: a policy to ask and a sink for what it said.
#[derive(Clone)]
pub(crate) struct Gate {
    policy: Arc<dyn OwnershipPolicy>,
    audit: Arc<dyn AuditSink>,
    clock: Arc<dyn Clock>,
}

impl Gate {
    pub(crate) fn new(
        policy: Arc<dyn OwnershipPolicy>,
        audit: Arc<dyn AuditSink>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { policy, audit, clock }
    }

    /// Decides a request, records the decision, and hands out a permit if it is allowed.
    pub(crate) fn permit(&self, request: &Request<'_>) -> Result<Permit, Refusal> {
        let (decision, permit) = self.judge(request);
        self.record(request, &decision);
        permit
    }

    /// The same for who reads what was handed out by a permit before, and needs no other.
    pub(crate) fn allow(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let decision = self.policy.decide(request);
        self.record(request, &decision);
        refusal(&decision).map_or(Ok(()), Err)
    }

    /// Decides a request; for a decision that is made inside a transaction, which may run again:
    /// the last one is the one to be [recorded](Self::record).
    pub(crate) fn judge(&self, request: &Request<'_>) -> (Decision, Result<Permit, Refusal>) {
        let decision = self.policy.decide(request);
        let permit = match refusal(&decision) {
            None => Ok(Permit { action: request.action, tenant: request.tenant.clone() }),
            Some(refusal) => Err(refusal),
        };
        (decision, permit)
    }

    /// Whether such a decision is [recorded](Self::record) now.
    pub(crate) fn listens(&self, decision: &Decision) -> bool {
        self.audit.listens(decision)
    }

    /// Records a decision.
    pub(crate) fn record(&self, request: &Request<'_>, decision: &Decision) {
        if !self.listens(decision) {
            return;
        }
        self.audit.record(&AuditEvent {
            at: self.clock.now(),
            actor: Actor::Principal(request.principal),
            action: request.action,
            tenant: Some(request.tenant).filter(|_| *request.resource != Resource::AllTenants),
            incarnation: request.incarnation,
            resource: request.resource,
            decision,
        });
    }

    /// What the policy says, without doing anything: asking is no decision and is not recorded.
    pub(crate) fn ask(&self, request: &Request<'_>) -> Decision {
        self.policy.decide(request)
    }

    /// A permit for the host's own upkeep, which no policy is asked about; recorded like any other.
    pub(crate) fn operate(&self, reason: &str, action: Action, tenant: &TenantId) -> Permit {
        self.audit.record(&AuditEvent {
            at: self.clock.now(),
            actor: Actor::Operator { reason },
            action,
            tenant: Some(tenant),
            incarnation: None,
            resource: &Resource::Tenant,
            decision: &Decision::Allow(Reason::Upkeep),
        });
        Permit { action, tenant: tenant.clone() }
    }
}
