//! A commit whose answer is lost, and after which so many others come that the object store's head no longer has
//! its id: nobody can tell any more what became of it, and nobody may say (I2).
//!
//! What is guarded against: that it is taken for one that others were faster than, decided again on a state in which
//! it is done, and told to have been refused.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::head_ledger::Step;
use tenantry::store::object::{ObjectStoreSettings, ObjectTenantStore};
use tenantry::testkit::SeededEntropy;
use tenantry::testkit::faulty_objects::{Effect, Fault, Faults, FaultyObjects, RequestKind, Status};
use tenantry::{ErrorKind, NewTenant, Session, Tenantry};

/// How many ids a head keeps here.
const KEPT: usize = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

fn record(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

/// A node over the objects, with faults before it, whose ledger may lack a step.
async fn node(objects: &Arc<InMemory>, seed: u64, without: Option<Step>) -> (Tenantry, Faults) {
    let (objects, faults) = FaultyObjects::new(Arc::clone(objects) as _);
    let mut settings = ObjectStoreSettings::default();
    settings.ledger.ids_kept = KEPT;
    settings.ledger.backoff = Duration::ZERO;
    let entropy = Arc::new(SeededEntropy::new(seed));
    let store = ObjectTenantStore::with(Arc::new(objects), Path::ROOT, entropy, settings);
    let store = match without {
        Some(step) => store.leaving_out(step),
        None => store,
    };
    (Tenantry::builder(store).open().await.unwrap(), faults)
}

async fn session(tenantry: &Tenantry) -> Session {
    tenantry.session(&ana()).await.unwrap()
}

/// The answer to an insert that landed unanswered, when so many commits of another node came before it was looked for.
async fn told_after(commits: usize, without: Option<Step>) -> Result<(), ErrorKind> {
    let objects = Arc::new(InMemory::new());
    let (other, _) = node(&objects, 1, None).await;
    let root = TenantId::parse("root").unwrap();
    other.bootstrap_admin(&root, "Root").await.unwrap();
    let admin = other.session(&root).await.unwrap();
    admin.tenants().create(&ana(), NewTenant::new(Role::User)).await.unwrap();
    let others = session(&other).await.own();
    let (tenantry, faults) = node(&objects, 2, without).await;
    let own = session(&tenantry).await.own();
    // So that the insert is nothing but a put.
    own.snapshot().await.unwrap();
    let once = |kind, effect| Fault {
        kind: Some(kind),
        key_contains: "heads/ana".into(),
        spare: 0,
        affect: 1,
        effect,
    };
    faults.inject(once(RequestKind::Put, Effect::FailAfter(Status::Unavailable)));
    faults.inject(once(RequestKind::Get, Effect::Hold));
    let insert =
        tokio::spawn(async move { own.collection::<Note>().insert_as(&record("lost"), note("lost?")).await });
    while faults.waiting().is_none() {
        tokio::task::yield_now().await;
    }
    let notes = others.collection::<Note>();
    for number in 0..commits {
        notes.insert_as(&record(&format!("{number}")), note("another")).await.unwrap();
    }
    assert!(faults.answer(Effect::Proceed));
    let told = insert.await.unwrap().map(drop).map_err(|error| error.kind());
    assert_eq!(notes.get(&record("lost")).await.unwrap().value().text, "lost?", "it landed");
    told
}

#[tokio::test]
async fn a_commit_whose_id_is_kept_is_known_to_have_landed() {
    for commits in 0..KEPT {
        assert_eq!(told_after(commits, None).await, Ok(()), "after {commits} others");
    }
}

#[tokio::test]
async fn of_a_commit_whose_id_is_forgotten_nobody_says_what_became_of_it() {
    for commits in KEPT..2 * KEPT {
        assert_eq!(told_after(commits, None).await, Err(ErrorKind::OutcomeUnknown), "after {commits} others");
    }
}

#[tokio::test]
async fn without_the_id_at_its_number_a_commit_that_landed_is_told_to_be_refused() {
    let told = told_after(KEPT, Some(Step::IdAtItsNumber)).await;
    assert_eq!(
        told,
        Err(ErrorKind::AlreadyExists),
        "a protocol without this step has to be noticed by these tests"
    );
    assert_eq!(told_after(KEPT - 1, Some(Step::IdAtItsNumber)).await, Ok(()));
}
