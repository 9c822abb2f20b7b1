//! For every history of inserts, changes and removals: what plain maps say.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tenantry::record::OnReferenced;
use tenantry::store::memory::MemoryStore;
use tenantry::{ErrorKind, Expected, ListOptions};

use crate::{Part, id, open, own};

const PARTS: usize = 6;

/// The three it names: needed, followed, mentioned.
type Named = [Option<usize>; 3];

#[derive(Debug, Clone)]
enum Step {
    Put(usize, Named),
    Remove(usize, OnReferenced),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let named = || prop::option::weighted(0.4, 0..PARTS);
    let rule =
        prop_oneof![Just(OnReferenced::Refuse), Just(OnReferenced::Cascade), Just(OnReferenced::Clear)];
    let step = prop_oneof![
        3 => (0..PARTS, [named(), named(), named()]).prop_map(|(at, named)| Step::Put(at, named)),
        1 => (0..PARTS, rule).prop_map(|(at, rule)| Step::Remove(at, rule)),
    ];
    prop::collection::vec(step, 1..40)
}

type Model = BTreeMap<usize, Named>;

/// What is left, or nothing if it is refused.
fn without(model: &Model, first: usize, chosen: OnReferenced) -> Option<Model> {
    let mut gone = BTreeSet::from([first]);
    let goes =
        |named: &Named, gone: &BTreeSet<usize>, at: usize| named[at].is_some_and(|to| gone.contains(&to));
    loop {
        let cascade = chosen == OnReferenced::Cascade;
        let more: Vec<usize> = model
            .iter()
            .filter(|(at, _)| !gone.contains(at))
            .filter(|(_, named)| goes(named, &gone, 1) || (cascade && goes(named, &gone, 0)))
            .map(|(at, _)| *at)
            .collect();
        if more.is_empty() {
            break;
        }
        gone.extend(more);
    }
    let mut left: Model =
        model.iter().filter(|(at, _)| !gone.contains(at)).map(|(at, n)| (*at, *n)).collect();
    for named in left.values_mut() {
        if goes(named, &gone, 0) {
            if chosen == OnReferenced::Refuse {
                return None;
            }
            named[0] = None;
        }
        if goes(named, &gone, 2) {
            named[2] = None;
        }
    }
    Some(left)
}

fn part(named: &Named) -> Part {
    let to = |at: usize| named[at].map(|to| id(&to.to_string()));
    Part { needs: to(0), follows: to(1), mentions: to(2), ..Part::default() }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let ana = own(&open(MemoryStore::new(), true).await, "ana").await;
    let (parts, mut model) = (ana.collection::<Part>(), Model::new());
    for step in steps {
        match step {
            Step::Put(at, named) => {
                let old = model.get(&at).copied();
                let name = id(&at.to_string());
                let done = match old {
                    None => parts.insert_as(&name, part(&named)).await,
                    Some(_) => parts.update(&name, Expected::Any, part(&named)).await,
                };
                let there = |to: &usize| model.contains_key(to);
                if named.iter().flatten().all(there) {
                    prop_assert!(done.is_ok(), "{done:?}");
                    model.insert(at, named);
                } else {
                    prop_assert_eq!(done.unwrap_err().kind(), ErrorKind::InvalidInput);
                }
            }
            Step::Remove(at, chosen) => {
                let done = parts.remove_with(&id(&at.to_string()), Expected::Any, chosen).await;
                let kind = done.err().map(|error| error.kind());
                if !model.contains_key(&at) {
                    prop_assert_eq!(kind, Some(ErrorKind::NotFound));
                } else if let Some(left) = without(&model, at, chosen) {
                    prop_assert_eq!(kind, None);
                    model = left;
                } else {
                    prop_assert_eq!(kind, Some(ErrorKind::Referenced));
                }
            }
        }
        let page = parts.list(&ListOptions::new()).await.unwrap();
        let seen: BTreeMap<String, Part> =
            page.items.into_iter().map(|part| (part.id().to_string(), part.into_value())).collect();
        let expected = model.iter().map(|(at, named)| (at.to_string(), part(named))).collect();
        prop_assert_eq!(seen, expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn references_hold_after_every_step(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
