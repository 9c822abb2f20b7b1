//! The policy for hosts that bring none of their own.

use super::{Decision, Effect, OwnershipPolicy, Reason, Request, Resource, Role, Visibility};
use crate::paths::CollectionName;

/// Admins may do everything. Users may do everything in their own workspace but administer it, and
/// may read in shared ones. Demo principals may read, in their own workspace and in shared ones.
///
/// Sharing a workspace does not share what others could act with: OAuth tokens and stream keys look
/// missing to everyone but their owner and admins.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultPolicy;

impl OwnershipPolicy for DefaultPolicy {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let shared = request.visibility() == Visibility::Shared && !holds_secrets(request.resource());
        let own = request.is_own();
        match (request.principal().role(), request.action().effect()) {
            (Role::Admin, _) => Decision::Allow(Reason::Admin),
            _ if !own && !shared => Decision::Hide(Reason::Foreign),
            (_, Effect::Administer) => Decision::Deny(Reason::AdminOnly),
            (_, Effect::Read) => Decision::Allow(if own { Reason::Own } else { Reason::Shared }),
            (Role::User, Effect::Write) if own => Decision::Allow(Reason::Own),
            (Role::User, Effect::Write) => Decision::Deny(Reason::Shared),
            (Role::Demo, Effect::Write) => Decision::Deny(Reason::ReadOnly),
        }
    }
}

/// Whether it belongs to a collection whose records are secrets.
fn holds_secrets(resource: &Resource) -> bool {
    match resource {
        Resource::Collection(name) | Resource::Record(name, _) => {
            [CollectionName::TOKENS, CollectionName::STREAM_MAPPING].contains(name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::{Action, Principal, Resource};
    use super::*;
    use crate::paths::TenantId;
    use crate::record::RecordId;

    /// Decides an action of each effect for a role, in the own, a shared and a private workspace.
    fn row(role: Role, action: Action) -> [char; 3] {
        let principal = Principal::new(TenantId::parse("ana").unwrap(), role);
        let place = |tenant: &str, visibility| {
            let tenant = TenantId::parse(tenant).unwrap();
            let resource = &Resource::Tenant;
            let request = Request {
                principal: &principal,
                action,
                tenant: &tenant,
                incarnation: None,
                visibility,
                resource,
            };
            match DefaultPolicy.decide(&request) {
                Decision::Allow(_) => 'a',
                Decision::Deny(_) => 'd',
                Decision::Hide(_) => 'h',
            }
        };
        [
            place("ana", Visibility::Private),
            place("ben", Visibility::Shared),
            place("ben", Visibility::Private),
        ]
    }

    #[test]
    fn a_shared_workspace_does_not_share_its_tokens() {
        let principal = Principal::new(TenantId::parse("ana").unwrap(), Role::User);
        let tenant = TenantId::parse("ben").unwrap();
        let decide = |collection: CollectionName| {
            let resource = &Resource::Record(collection, RecordId::addressed("1"));
            let (action, visibility) = (Action::GetRecord, Visibility::Shared);
            let principal = &principal;
            let request =
                Request { principal, action, tenant: &tenant, incarnation: None, visibility, resource };
            DefaultPolicy.decide(&request)
        };
        assert_eq!(decide(CollectionName::TOKENS), Decision::Hide(Reason::Foreign));
        assert_eq!(decide(CollectionName::STREAM_MAPPING), Decision::Hide(Reason::Foreign));
        assert_eq!(decide(CollectionName::VIDEOS), Decision::Allow(Reason::Shared));
    }

    #[test]
    fn every_action_is_decided_by_role_effect_and_place() {
        for &action in Action::ALL {
            let (user, demo) = match action.effect() {
                Effect::Read => (['a', 'a', 'h'], ['a', 'a', 'h']),
                Effect::Write => (['a', 'd', 'h'], ['d', 'd', 'h']),
                Effect::Administer => (['d', 'd', 'h'], ['d', 'd', 'h']),
            };
            assert_eq!(row(Role::Admin, action), ['a'; 3], "{action}");
            assert_eq!(row(Role::User, action), user, "{action}");
            assert_eq!(row(Role::Demo, action), demo, "{action}");
        }
    }
}
