//! Two users side by side, through the public API alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::Entity;
use tenantry::store::memory::MemoryStore;
use tenantry::{ErrorKind, Expected, ListOptions, NewTenant, Tenantry};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Entity for Note {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

async fn three() -> Tenantry {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    for user in ["ana", "ben"] {
        admin.tenants().create(&id(user), NewTenant::new(Role::User)).await.unwrap();
    }
    tenantry
}

#[tokio::test]
async fn an_owner_reads_what_it_inserted_and_another_finds_nothing() {
    let tenantry = three().await;
    let ana = tenantry.session(&id("ana")).await.unwrap();
    let ben = tenantry.session(&id("ben")).await.unwrap();
    let own = ana.own();
    let note = own.collection::<Note>().insert(Note { text: "mine".into() }).await.unwrap();
    assert_eq!(own.collection::<Note>().get(note.id()).await.unwrap().value().text, "mine");
    let page = own.collection::<Note>().list(&ListOptions::new()).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let foreign = ben.workspace(&id("ana"));
    let missing = ben.workspace(&id("nobody"));
    let a = foreign.collection::<Note>().get(note.id()).await.unwrap_err();
    let b = missing.collection::<Note>().get(note.id()).await.unwrap_err();
    assert_eq!(a.kind(), ErrorKind::NotFound);
    assert_eq!(a.to_string(), b.to_string());
}

#[tokio::test]
async fn an_update_with_an_old_revision_is_refused() {
    let tenantry = three().await;
    let own = tenantry.session(&id("ana")).await.unwrap().own();
    let notes = own.collection::<Note>();
    let first = notes.insert(Note { text: "one".into() }).await.unwrap();
    let second = notes.update(first.id(), first.revision(), Note { text: "two".into() }).await.unwrap();
    let stale = notes.update(first.id(), first.revision(), Note { text: "three".into() }).await;
    assert_eq!(stale.unwrap_err().kind(), ErrorKind::RevisionMismatch);
    notes.remove(first.id(), second.revision()).await.unwrap();
    assert_eq!(notes.remove(first.id(), Expected::Any).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_created_twice_is_created_once() {
    let tenantry = three().await;
    let admin = tenantry.session(&id("root")).await.unwrap();
    let again = admin.tenants().create(&id("ana"), NewTenant::new(Role::Demo)).await.unwrap();
    assert_eq!(again.role, Role::User);
    let (entries, next) = admin.tenants().list(None, 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.tenant.as_str()).collect::<Vec<_>>(), ["ana", "ben", "root"]);
    assert_eq!(next, None);
}
