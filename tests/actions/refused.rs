//! A policy that refuses is obeyed by every public method, and what is refused changes nothing.

use tenantry::ErrorKind;
use tenantry::ownership::{Action, Decision, DefaultPolicy, OwnershipPolicy, Reason, Request};

use crate::perform::walk;
use crate::world::{Medium, World, id, open_under};

fn reason() -> Reason {
    Reason::Other("closed for the night".to_owned())
}

/// Refuses some actions, as forbidden or as missing.
#[derive(Clone, Copy)]
struct Refuse {
    /// This action only; all if there is none.
    only: Option<Action>,
    hide: bool,
}

impl OwnershipPolicy for Refuse {
    fn decide(&self, request: &Request<'_>) -> Decision {
        match self {
            Self { only: Some(only), .. } if request.action() != *only => DefaultPolicy.decide(request),
            Self { hide: true, .. } => Decision::Hide(reason()),
            Self { hide: false, .. } => Decision::Deny(reason()),
        }
    }
}

impl Refuse {
    const fn kind(self) -> ErrorKind {
        if self.hide { ErrorKind::NotFound } else { ErrorKind::Denied }
    }
}

/// Does everything as everybody under a policy that refuses it all.
async fn ensure_all_is_refused(world: &World, policy: Refuse) {
    let before = world.medium.dump().await;
    let (tenantry, heard) = open_under(&world.medium, policy).await;
    for (who, tenant) in [("root", "ana"), ("ana", "ana"), ("ben", "open"), ("dora", "dora")] {
        let session = tenantry.session(&id(who)).await.unwrap();
        for (action, row) in walk() {
            let call = world.call(session.clone(), &id(tenant), &id(tenant));
            let refused = row.perform(call).await.expect_err(row.method);
            assert_eq!(refused.kind(), policy.kind(), "{who}: {action} by {}: {refused:?}", row.method);
            let events = heard.take();
            let true_reason = |decision: &str| decision.contains("closed for the night");
            assert!(events.iter().all(|event| true_reason(&event.decision)), "{events:?}");
            assert_eq!(events.len(), 1, "{who}: {action} by {}: {events:?}", row.method);
        }
    }
    assert_eq!(world.medium.dump().await, before, "what was refused changed something");
}

#[tokio::test]
async fn a_policy_that_denies_all_refuses_every_method_and_nothing_changes() {
    for medium in Medium::all() {
        let world = World::new(medium).await;
        for hide in [false, true] {
            ensure_all_is_refused(&world, Refuse { only: None, hide }).await;
        }
    }
}

#[tokio::test]
async fn a_policy_that_refuses_one_action_refuses_each_method_that_asks_for_it() {
    let mut world = World::new(Medium::memory()).await;
    for (action, row) in walk() {
        for hide in [false, true] {
            world.prepare(action, "ana").await;
            let before = world.medium.dump().await;
            let policy = Refuse { only: Some(action), hide };
            let (tenantry, _) = open_under(&world.medium, policy).await;
            let session = tenantry.session(&id("root")).await.unwrap();
            let call = world.call(session, &id("ana"), &id("ana"));
            let refused = row.perform(call).await.expect_err(row.method);
            assert_eq!(refused.kind(), policy.kind(), "{action} by {}: {refused:?}", row.method);
            assert_eq!(world.medium.dump().await, before, "{action} by {}", row.method);
        }
    }
}
