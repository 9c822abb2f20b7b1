//! A foreign tenant, one that never existed and one that was erased can't be told from each other:
//! not by the kind of error, not by its texts, not by what is asked of the store.

use std::collections::BTreeMap;
use std::error::Error as _;

use tenantry::Tenantry;
use tenantry::ownership::{Action, Effect};
use tenantry::store::StoreMethod;
use tenantry::testkit::Counts;

use crate::perform::{Call, Row, is_about_all, walk};
use crate::world::{Medium, World, id, open};

/// What a caller and its surroundings see of a refusal.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    kind: tenantry::ErrorKind,
    texts: Vec<String>,
    requests: BTreeMap<(StoreMethod, &'static str), u64>,
}

async fn see(counts: &Counts, row: &Row, call: Call) -> Seen {
    let (principal, tenant) = (call.session.tenant().clone(), call.tenant.clone());
    let _ = counts.take();
    let error = row.perform(call).await.unwrap_err();
    let mut texts = vec![error.to_string(), format!("{error:?}"), error.operation().to_owned()];
    texts.extend(error.subject().map(str::to_owned));
    let mut source = error.source();
    while let Some(cause) = source {
        texts.extend([cause.to_string(), format!("{cause:?}")]);
        source = cause.source();
    }
    let texts = texts.iter().map(|text| without_fresh_id(text)).collect();
    let mut requests = BTreeMap::new();
    for ((method, asked), count) in counts.take() {
        let about = match asked {
            None => "none",
            Some(asked) if asked == principal => "the principal",
            Some(asked) if asked == tenant => "the tenant",
            Some(asked) => panic!("{} asked about {asked}", row.method),
        };
        *requests.entry((method, about)).or_default() += count;
    }
    Seen { kind: error.kind(), texts, requests }
}

/// A text with the random id that an insertion gave a record replaced.
fn without_fresh_id(text: &str) -> String {
    const LENGTH: usize = 36;
    match text.split_once("notes/") {
        Some((before, rest)) if rest.as_bytes().get(LENGTH - 13) == Some(&b'-') => {
            format!("{before}notes/(fresh){}", &rest[LENGTH..])
        }
        _ => text.to_owned(),
    }
}

/// Does an action as `who` in three tenants of which it may know nothing, and compares.
async fn compare(world: &World, tenantry: &Tenantry, counts: &Counts, (action, row): (Action, Row)) {
    for who in ["ben", "dora"] {
        let session = tenantry.session(&id(who)).await.unwrap();
        session.own().profile().await.unwrap();
        let call = |tenant| world.call(session.clone(), &id(tenant), &id("ana"));
        let foreign = see(counts, &row, call("ana")).await;
        let never = see(counts, &row, call("nobody")).await;
        let erased = see(counts, &row, call("erased")).await;
        let context = format!("{who}: {action} by {}", row.method);
        assert_eq!(foreign, never, "{context}");
        assert_eq!(foreign, erased, "{context}");
        let names = foreign.texts.iter().any(|text| text.contains("ana"));
        assert!(!names, "{context} names the tenant: {foreign:?}");
        let of_tenant = foreign.requests.iter().filter(|((_, about), _)| *about == "the tenant");
        let requests: u64 = of_tenant.map(|(_, count)| count).sum();
        assert_eq!(requests, u64::from(!is_about_all(action)), "{context}: {foreign:?}");
    }
}

/// The same call by somebody who may: the owner, or an admin for what takes one.
async fn succeed(world: &mut World, (action, row): (Action, Row)) {
    world.prepare(action, "ana").await;
    let who = if action.effect() == Effect::Administer { "root" } else { "ana" };
    if action == Action::ReceiveTenant {
        world.erase("ana").await;
    }
    let session = world.session(who).await;
    let call = world.call(session, &id("ana"), &id("ana"));
    let done = row.perform(call).await;
    assert!(done.is_ok(), "{who}: {action} by {}: {done:?}", row.method);
}

#[tokio::test]
async fn a_foreign_tenant_looks_missing_whatever_is_asked() {
    for medium in Medium::all() {
        let mut world = World::new(medium).await;
        for each in walk() {
            world.prepare(each.0, "ana").await;
            // Once where the owner was just at work, and once in a process that never met it.
            compare(&world, &world.tenantry, &world.counts, each).await;
            let (cold, counts, _) = open(&world.medium, |builder| builder).await;
            compare(&world, &cold, &counts, each).await;
            succeed(&mut world, each).await;
        }
    }
}
