//! Several changes at once: all of them or none, and answers that are given once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId};
use tenantry::store::memory::MemoryStore;
use tenantry::{Cursor, Error, ErrorKind, Expected, ListOptions, Tenantry, Workspace};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    balance: i64,
}

impl Entity for Account {
    fn collection() -> CollectionName {
        CollectionName::parse("accounts").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("balance", self.balance.to_string())]
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    amount: i64,
}

impl Entity for Entry {
    fn collection() -> CollectionName {
        CollectionName::parse("entries").unwrap()
    }
}

fn record(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

async fn workspace() -> Workspace {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    let ana = TenantId::parse("ana").unwrap();
    tenantry.ensure(&ana, "Ana").await.unwrap();
    let own = tenantry.session(&ana).await.unwrap().own();
    for name in ["a", "b"] {
        own.collection::<Account>().insert_as(&record(name), Account { balance: 100 }).await.unwrap();
    }
    own
}

async fn transfer(own: &Workspace, amount: i64, key: Option<&str>) -> Result<i64, Error> {
    let entry = record(&format!("entry {amount}"));
    let run = move |transaction: &mut tenantry::Transaction<'_>| {
        transaction.collection::<Entry>().insert_as(&entry, &Entry { amount })?;
        let mut accounts = transaction.collection::<Account>();
        accounts.modify(&record("b"), Expected::Any, |b| Ok(Account { balance: b.balance + amount }))?;
        let a = accounts.modify(&record("a"), Expected::Any, |a| match a.balance - amount {
            balance if balance < 0 => Err(Error::new(ErrorKind::InvalidInput, "transfer")),
            balance => Ok(Account { balance }),
        })?;
        Ok(a.value().balance)
    };
    match key {
        Some(key) => own.transaction_once(key, run).await,
        None => own.transaction(run).await,
    }
}

async fn balances(own: &Workspace) -> (i64, i64) {
    let snapshot = own.snapshot().await.unwrap();
    let balance = |name| snapshot.collection::<Account>().get(&record(name)).unwrap().value().balance;
    (balance("a"), balance("b"))
}

#[tokio::test]
async fn a_transaction_that_fails_at_its_end_has_changed_nothing() {
    let own = workspace().await;
    let refused = transfer(&own, 101, None).await.unwrap_err();
    assert_eq!((refused.kind(), refused.operation()), (ErrorKind::InvalidInput, "transaction"));
    assert_eq!(balances(&own).await, (100, 100));
    assert!(own.collection::<Entry>().list(&ListOptions::new()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn transfers_at_once_lose_no_update() {
    let own = workspace().await;
    let results = join_all((1..=10).map(|amount| transfer(&own, amount, None))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(balances(&own).await, (45, 155));
    assert_eq!(own.usage().await.unwrap().0.counts["entries"], 10);
}

#[tokio::test]
async fn a_call_with_a_known_key_answers_again_and_does_nothing() {
    let own = workspace().await;
    assert_eq!(transfer(&own, 10, Some("request 1")).await.unwrap(), 90);
    assert_eq!(transfer(&own, 10, Some("request 1")).await.unwrap(), 90);
    assert_eq!(balances(&own).await, (90, 110));
    assert_eq!(transfer(&own, 20, Some("request 2")).await.unwrap(), 70);
    assert_eq!(transfer(&own, 1, Some("")).await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_panic_reaches_its_caller_alone() {
    let own = workspace().await;
    let other = own.clone();
    let panicked =
        tokio::spawn(async move { other.transaction::<()>(|_| panic!("the host's own mistake")).await });
    let fine = transfer(&own, 1, None);
    let (panicked, fine) = futures::future::join(panicked, fine).await;
    assert!(panicked.unwrap_err().is_panic());
    assert_eq!(fine.unwrap(), 99);
}

#[tokio::test]
async fn a_snapshot_stays_as_it_was() {
    let own = workspace().await;
    let before = own.snapshot().await.unwrap();
    transfer(&own, 10, None).await.unwrap();
    let after = own.snapshot().await.unwrap();
    assert!(after.version() > before.version());
    let balance = |snapshot: &tenantry::Snapshot| {
        snapshot.collection::<Account>().get(&record("a")).unwrap().value().balance
    };
    assert_eq!((balance(&before), balance(&after)), (100, 90));
}

#[tokio::test]
async fn an_index_finds_the_newest_values_only() {
    let own = workspace().await;
    let found = |key: &'static str| {
        let own = own.clone();
        async move { own.collection::<Account>().find("balance", key).await.unwrap().len() }
    };
    assert_eq!(found("100").await, 2);
    transfer(&own, 10, None).await.unwrap();
    assert_eq!((found("100").await, found("90").await, found("110").await), (0, 1, 1));
}

#[tokio::test]
async fn pages_go_on_where_they_ended_though_records_come_and_go() {
    let own = workspace().await;
    let entries = own.collection::<Entry>();
    for amount in 0..7 {
        entries.insert_as(&record(&format!("e{amount}")), Entry { amount }).await.unwrap();
    }
    let amounts = |page: &tenantry::Page<tenantry::record::Record<Entry>>| {
        page.items.iter().map(|record| record.value().amount).collect::<Vec<_>>()
    };
    let first = entries.list(&ListOptions::new().limit(3)).await.unwrap();
    assert_eq!(amounts(&first), [6, 5, 4]);
    entries.remove(&record("e4"), Expected::Any).await.unwrap();
    entries.insert_as(&record("e7"), Entry { amount: 7 }).await.unwrap();
    let text = serde_json::to_string(&first.next.unwrap()).unwrap();
    let cursor: Cursor = serde_json::from_str(&text).unwrap();
    let second = entries.list(&ListOptions::new().limit(3).after(cursor.clone())).await.unwrap();
    assert_eq!(amounts(&second), [3, 2, 1]);
    let other = own.collection::<Account>().list(&ListOptions::new().after(cursor)).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::InvalidInput);
    let all = entries.list(&ListOptions::new().in_order()).await.unwrap();
    assert_eq!(amounts(&all), [0, 1, 2, 3, 5, 6, 7]);
}

#[tokio::test]
async fn a_demo_principal_reads_and_changes_nothing() {
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    let (root, demo) = (TenantId::parse("root").unwrap(), TenantId::parse("demo").unwrap());
    tenantry.bootstrap_admin(&root, "").await.unwrap();
    let admin = tenantry.session(&root).await.unwrap();
    admin.tenants().create(&demo, tenantry::NewTenant::new(Role::Demo)).await.unwrap();
    let shown = admin.workspace(&demo).collection::<Entry>().insert(Entry { amount: 1 }).await.unwrap();
    assert_eq!(shown.owner(), Some("demo"));
    assert_eq!(shown.created_by(), Some("root"));
    let own = tenantry.session(&demo).await.unwrap().own();
    assert_eq!(own.collection::<Entry>().get(shown.id()).await.unwrap().value().amount, 1);
    let refused = own.collection::<Entry>().insert(Entry { amount: 2 }).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    let refused = own.transaction(|_| Ok(())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn an_answer_longer_than_may_be_kept_is_refused_and_changes_nothing() {
    let own = workspace().await;
    let run = |transaction: &mut tenantry::Transaction<'_>| {
        transaction.collection::<Entry>().insert_as(&record("one"), &Entry { amount: 1 })?;
        Ok("x".repeat(64 << 10))
    };
    let refused = own.transaction_once("key", run).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    let missing = own.collection::<Entry>().get(&record("one")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tagged {
    tags: usize,
}

impl Entity for Tagged {
    fn collection() -> CollectionName {
        CollectionName::parse("tagged").unwrap()
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        (0..self.tags).map(|tag| ("tag", format!("{tag:05}"))).collect()
    }
}

#[tokio::test]
async fn a_record_takes_no_more_room_by_its_index_keys_than_it_may() {
    let own = workspace().await;
    // Each key takes eight bytes with its index's name, and 4 KiB are allowed.
    let kept = own.collection::<Tagged>().insert(Tagged { tags: 512 }).await.unwrap();
    let tagged = own.collection::<Tagged>();
    let refusals = [
        tagged.insert(Tagged { tags: 513 }).await.unwrap_err(),
        tagged.update(kept.id(), Expected::Any, Tagged { tags: 513 }).await.unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        let source = std::error::Error::source(&refused).unwrap().to_string();
        assert_eq!(source, "the record's index keys have 4104 bytes, 4096 are allowed");
    }
}
