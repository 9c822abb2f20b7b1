//! What is decided inside transactions, which may run more than once: recorded once, when they are over.

use std::sync::{Mutex, PoisonError};

use super::Access;
use crate::ownership::{Action, Decision, Gate, Principal, Request, Resource, Visibility};
use crate::paths::TenantId;
use crate::store::Incarnation;

/// A decision that was made inside a transaction, to be recorded once it is over.
pub(in crate::workspace) struct Judged {
    principal: Principal,
    action: Action,
    incarnation: Option<Incarnation>,
    visibility: Visibility,
    resource: Resource,
    decision: Decision,
}

/// The decisions of a transaction's run.
pub(in crate::workspace) type Judgements = Mutex<Vec<Judged>>;

impl Judged {
    fn new(request: &Request<'_>, decision: Decision) -> Self {
        let Request { principal, action, incarnation, visibility, resource, .. } = *request;
        let (principal, resource) = (principal.clone(), resource.clone());
        Self { principal, action, incarnation, visibility, resource, decision }
    }

    fn request<'a>(&'a self, tenant: &'a TenantId) -> Request<'a> {
        let Self { principal, action, incarnation, visibility, resource, .. } = self;
        let (action, incarnation, visibility) = (*action, *incarnation, *visibility);
        Request { principal, action, tenant, incarnation, visibility, resource }
    }
}

/// Notes a decision, if anybody listens to such.
pub(super) fn note(judged: &Judgements, gate: &Gate, request: &Request<'_>, decision: Decision) {
    if gate.listens(&decision) {
        judged.lock().unwrap_or_else(PoisonError::into_inner).push(Judged::new(request, decision));
    }
}

pub(super) fn taken(judged: &Judgements) -> Vec<Judged> {
    std::mem::take(&mut *judged.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A transaction's: by whom it is and what it is about, and the decisions of its last run, recorded when the committer is
/// done with it: so also if the caller has gone away meanwhile.
pub(super) struct Minutes {
    pub(super) access: Access,
    pub(super) resource: Resource,
    pub(super) judged: Judgements,
}

impl Drop for Minutes {
    fn drop(&mut self) {
        for judged in taken(&self.judged) {
            self.access.core.gate.record(&judged.request(&self.access.tenant), &judged.decision);
        }
    }
}
