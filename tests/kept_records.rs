//! What was read of a record is kept and shared by those who read it again; what they may see of it is decided each
//! time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Deserializer, Serialize};
use tenantry::ownership::Role;
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, RecordId, SecretText};
use tenantry::store::{Commit, MemoryStore, TenantStore};
use tenantry::{ErrorKind, Expected, ListOptions, NewTenant, Settings, Tenantry, Workspace};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn record_id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

/// Two tenants, the first of whom shares its workspace.
async fn world(settings: Settings) -> Tenantry {
    world_in(MemoryStore::new(), settings).await
}

/// The same in that store.
async fn world_in(store: MemoryStore, settings: Settings) -> Tenantry {
    let tenantry = Tenantry::builder(store).settings(settings).open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("open"), NewTenant::new(Role::User).shared()).await.unwrap();
    admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
    tenantry
}

async fn of(tenantry: &Tenantry, who: &str, whose: &str) -> Workspace {
    tenantry.session(&id(who)).await.unwrap().workspace(&id(whose))
}

/// How often a [`Counted`] was read.
static READ: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Counted {
    #[serde(deserialize_with = "counting")]
    text: String,
}

fn counting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    READ.fetch_add(1, Ordering::SeqCst);
    String::deserialize(deserializer)
}

impl Entity for Counted {
    fn collection() -> CollectionName {
        CollectionName::parse("notes").unwrap()
    }
}

/// Reads a record by each way there is, and tells how often its text was read for that.
async fn read(own: &Workspace, expected: &str) -> usize {
    let before = READ.load(Ordering::SeqCst);
    let snapshot = own.snapshot().await.unwrap();
    let one = own.collection::<Counted>().get(&record_id("one")).await.unwrap();
    let again = snapshot.collection::<Counted>().get(&record_id("one")).unwrap();
    let page = own.collection::<Counted>().list(&ListOptions::new()).await.unwrap();
    for record in [&one, &again, &page.items[0]] {
        assert_eq!(record.value().text, expected);
    }
    READ.load(Ordering::SeqCst) - before
}

#[tokio::test]
async fn a_record_is_read_once_until_it_changes() {
    let tenantry = world(Settings::default()).await;
    let own = of(&tenantry, "ben", "ben").await;
    let notes = own.collection::<Counted>();
    notes.insert_as(&record_id("one"), Counted { text: "first".into() }).await.unwrap();
    assert_eq!(read(&own, "first").await, 1);
    assert_eq!(read(&own, "first").await, 0);
    let old = own.snapshot().await.unwrap();
    notes.update(&record_id("one"), Expected::Any, Counted { text: "second".into() }).await.unwrap();
    assert_eq!(read(&own, "second").await, 1);
    assert_eq!(old.collection::<Counted>().get(&record_id("one")).unwrap().value().text, "first");
    notes.remove(&record_id("one"), Expected::Any).await.unwrap();
    let gone = notes.get(&record_id("one")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Camera {
    name: String,
    password: SecretText,
}

impl Entity for Camera {
    fn collection() -> CollectionName {
        CollectionName::parse("cameras").unwrap()
    }
}

async fn password(workspace: &Workspace) -> Result<String, ErrorKind> {
    let snapshot = workspace.snapshot().await.map_err(|error| error.kind())?;
    let record = snapshot.collection::<Camera>().get(&record_id("door")).map_err(|error| error.kind())?;
    let page = workspace.collection::<Camera>().list(&ListOptions::new()).await.unwrap();
    assert_eq!(page.items.as_slice(), std::slice::from_ref(&record));
    assert!(!format!("{record:?} {page:?} {snapshot:?}").contains("hidden"));
    Ok(record.value().password.expose().to_owned())
}

#[tokio::test]
async fn what_its_owner_read_shows_nothing_more_to_others() {
    let tenantry = world(Settings::default()).await;
    let door = |of: &str| Camera { name: of.into(), password: SecretText::new(format!("hidden-{of}")) };
    for owner in ["open", "ben"] {
        let own = of(&tenantry, owner, owner).await;
        own.collection::<Camera>().insert_as(&record_id("door"), door(owner)).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(password(&of(&tenantry, "open", "open").await).await.unwrap(), "hidden-open");
        assert_eq!(password(&of(&tenantry, "ben", "ben").await).await.unwrap(), "hidden-ben");
        assert_eq!(password(&of(&tenantry, "ben", "open").await).await.unwrap(), SecretText::REDACTED);
        assert_eq!(password(&of(&tenantry, "open", "ben").await).await, Err(ErrorKind::NotFound));
        assert_eq!(password(&of(&tenantry, "root", "open").await).await.unwrap(), "hidden-open");
    }
}

/// Another type of the same records, which not all of them fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Numbered {
    name: u32,
}

impl Entity for Numbered {
    fn collection() -> CollectionName {
        Camera::collection()
    }
}

#[tokio::test]
async fn a_record_is_read_as_each_type_and_fails_for_that_type_and_record_alone() {
    let tenantry = world(Settings::default()).await;
    let own = of(&tenantry, "ben", "ben").await;
    let door = Camera { name: "door".into(), password: SecretText::new("hidden") };
    own.collection::<Camera>().insert_as(&record_id("door"), door.clone()).await.unwrap();
    own.collection::<Numbered>().insert_as(&record_id("7"), Numbered { name: 7 }).await.unwrap();
    for _ in 0..2 {
        let snapshot = own.snapshot().await.unwrap();
        let (cameras, numbered) = (snapshot.collection::<Camera>(), snapshot.collection::<Numbered>());
        assert_eq!(*cameras.get(&record_id("door")).unwrap().value(), door);
        assert_eq!(numbered.get(&record_id("door")).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(numbered.get(&record_id("7")).unwrap().value().name, 7);
        assert_eq!(cameras.get(&record_id("7")).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Plain {
    text: String,
}

impl Entity for Plain {
    fn collection() -> CollectionName {
        CollectionName::parse("plain").unwrap()
    }
}

#[tokio::test]
async fn a_record_that_names_another_owner_is_missing_however_often_it_is_asked_for() {
    let store = MemoryStore::new();
    let beside = store.reopen();
    let tenantry = world_in(store, Settings::default()).await;
    let own = of(&tenantry, "open", "open").await;
    own.collection::<Plain>().insert_as(&record_id("mine"), Plain { text: "ours".into() }).await.unwrap();
    // No operation of the library would make the other.
    let base = beside.load(&id("open")).await.unwrap().unwrap().version;
    let text = r#"[["plain","theirs",900,[],{"id":"theirs","owner":"ben","text":"theirs"}]]"#;
    let commit = Commit { header: None, text: text.into() };
    beside.append(&id("open"), Some(&base), commit).await.unwrap();
    for _ in 0..3 {
        let missing = own.collection::<Plain>().get(&record_id("theirs")).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let page = own.collection::<Plain>().list(&ListOptions::new()).await.unwrap();
        assert_eq!(page.items.iter().map(|record| record.id().as_str()).collect::<Vec<_>>(), ["mine"]);
    }
}

#[tokio::test]
async fn a_record_that_was_read_often_is_what_it_was_changed_to_and_gone_once_it_is_removed() {
    let tenantry = world(Settings::default()).await;
    let own = of(&tenantry, "ben", "ben").await;
    let (notes, cameras) = (own.collection::<Plain>(), own.collection::<Camera>());
    let (one, another) = (record_id("one"), record_id("another"));
    let plain = |text: &str| Plain { text: text.into() };
    notes.insert_as(&one, plain("first")).await.unwrap();
    notes.insert_as(&another, plain("another")).await.unwrap();
    for text in ["second", "third"] {
        for _ in 0..100 {
            assert_eq!(notes.get(&another).await.unwrap().value().text, "another");
            notes.get(&one).await.unwrap();
            assert_eq!(cameras.get(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
        }
        notes.update(&one, Expected::Any, plain(text)).await.unwrap();
        assert_eq!(notes.get(&one).await.unwrap().value().text, text);
    }
    for _ in 0..100 {
        notes.get(&one).await.unwrap();
    }
    let before = own.snapshot().await.unwrap();
    notes.remove(&one, Expected::Any).await.unwrap();
    assert_eq!(notes.get(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(before.collection::<Plain>().get(&one).unwrap().value().text, "third");
}
