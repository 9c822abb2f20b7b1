//! Transactions: decided in the very state that they change, and recorded once, when they are over.

use super::judgements::{Minutes, note, taken};
use super::{Access, Author, Judgements, refused};
use crate::error::Result;
use crate::ledger::{Draft, Freshness, Meanwhile, State};
use crate::ownership::{Action, Permit, Principal, Resource};
use crate::workspace::profile::{Profile, is_alive};

impl Access {
    /// Runs a transaction on a living tenant, with the decision made inside it, in the very state
    /// that it changes. The function may run again.
    pub(in crate::workspace) fn transact<T: Send + 'static>(
        &self,
        action: Action,
        resource: &Resource,
        mut function: impl FnMut(&mut Draft, &Author<'_>) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<(T, Permit, State)>> {
        let run = move |draft: &mut Draft, author: &Author<'_>, _: &Permit| function(draft, author);
        self.transact_permitted(Meanwhile::Waits, action, resource, run)
    }

    /// The same where each run is shown what it was allowed by: for what begins beside the commit, and comes to
    /// nothing unless that lands.
    pub(in crate::workspace) fn transact_permitted<T: Send + 'static>(
        &self,
        meanwhile: Meanwhile,
        action: Action,
        resource: &Resource,
        mut function: impl FnMut(&mut Draft, &Author<'_>, &Permit) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<(T, Permit, State)>> {
        let run = move |draft: &mut Draft, minutes: &Minutes, principal: &Principal, permit: &Permit| {
            let Minutes { access, resource, judged } = minutes;
            let header = draft.state().header().cloned();
            access.check_life(action, resource, header.as_deref())?;
            let header = header.filter(|header| is_alive(&header.lifecycle));
            let header = header.ok_or_else(|| access.ended(action.as_str(), resource))?;
            let profile = Profile::of(action.as_str(), &header)?;
            let (core, tenant) = (&*access.core, &access.tenant);
            function(draft, &Author { core, tenant, principal, profile: &profile, judged }, permit)
        };
        self.transact_noting(meanwhile, action, resource, run)
    }

    /// The same whatever stage of its life the tenant is in, or before it: for its administration.
    pub(in crate::workspace) fn transact_in_any_life<T: Send + 'static>(
        &self,
        action: Action,
        resource: &Resource,
        mut function: impl FnMut(&mut Draft, &Principal) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<(T, Permit, State)>> {
        let run = move |draft: &mut Draft, _: &Minutes, principal: &Principal, _: &Permit| {
            function(draft, principal)
        };
        self.transact_noting(Meanwhile::Waits, action, resource, run)
    }

    /// Runs a transaction, and records what its last run decided: each decision once, however often it
    /// ran and however it ended.
    async fn transact_noting<T: Send + 'static>(
        &self,
        meanwhile: Meanwhile,
        action: Action,
        resource: &Resource,
        mut function: impl FnMut(&mut Draft, &Minutes, &Principal, &Permit) -> Result<T> + Send + 'static,
    ) -> Result<(T, Permit, State)> {
        let operation = action.as_str();
        let foreign = match self.is_own() {
            true => None,
            // In a place of its own, since few need it.
            false => Some(Box::pin(self.judge_from_outside(action, resource)).await?),
        };
        let (resource, judged) = (resource.clone(), Judgements::default());
        let minutes = Minutes { access: self.clone(), resource, judged };
        let run = move |draft: &mut Draft| {
            let Minutes { access, resource, judged } = &minutes;
            let header = draft.state().header().cloned();
            // What an earlier run decided came to nothing.
            taken(judged);
            let principal = match &foreign {
                Some(principal) => principal.clone(),
                None => access.principal_in(operation, header.as_deref())?,
            };
            let request = access.request(&principal, action, resource, header.as_deref())?;
            let (decision, permit) = access.core.gate.judge(&request);
            note(judged, &access.core.gate, &request, decision);
            let permit = permit.map_err(|refusal| refused(&refusal, operation, resource))?;
            Ok((function(draft, &minutes, &principal, &permit)?, permit))
        };
        let ((value, permit), state) =
            self.ledger().transact_while(meanwhile, operation, &self.tenant, run).await?;
        Ok((value, permit, state))
    }

    /// For a foreign tenant: the principal, if what the tenant's header says lets it begin at all.
    async fn judge_from_outside(&self, action: Action, resource: &Resource) -> Result<Principal> {
        let operation = action.as_str();
        let own = self.ledger().look(operation, &self.principal, Freshness::Strict).await?;
        let principal = self.principal_in(operation, own.header().map(|header| &**header))?;
        let header = self.foreign_header(&principal, action, resource).await?;
        let request = self.request(&principal, action, resource, header.as_ref())?;
        let (decision, permit) = self.core.gate.judge(&request);
        if let Err(refusal) = permit {
            self.core.gate.record(&request, &decision);
            return Err(refused(&refusal, operation, resource));
        }
        self.bind(header.as_ref());
        Ok(principal)
    }
}
