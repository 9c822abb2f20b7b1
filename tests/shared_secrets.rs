//! Sharing a workspace shares none of its secrets, whatever record they are in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tenantry::environment::ManualClock;
use tenantry::ownership::{Decision, DefaultPolicy, OwnershipPolicy, Reason, Request, Role};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::record::{Entity, LocalTime, Record, SecretText};
use tenantry::store::MemoryStore;
use tenantry::{ErrorKind, ListOptions, LiveStream, LiveStreamStatus, NewTenant, Tenantry, Workspace};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// A kind with secrets of each form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Camera {
    name: String,
    password: SecretText,
    #[serde(default)]
    pin: Option<u32>,
    keys: Vec<SecretText>,
}

impl Entity for Camera {
    fn collection() -> CollectionName {
        CollectionName::parse("cameras").unwrap()
    }

    fn secret_fields() -> &'static [&'static str] {
        &["pin"]
    }

    fn index_keys(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }
}

/// The same records, seen by a type that knows less of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Named {
    name: String,
    password: SecretText,
}

impl Entity for Named {
    fn collection() -> CollectionName {
        Camera::collection()
    }
}

fn camera() -> Camera {
    let secret = |text: &str| SecretText::new(text);
    Camera {
        name: "door".into(),
        password: secret("hidden-1"),
        pin: Some(77_007),
        keys: vec![secret("hidden-2")],
    }
}

const SECRETS: [&str; 4] = ["hidden-1", "hidden-2", "77007", "hidden-key"];

/// A shared tenant with secrets, somebody who looks at it, and who looks.
async fn world(policy: impl OwnershipPolicy) -> Tenantry {
    let clock = Arc::new(ManualClock::new("2025-11-04T10:00:00Z".parse().unwrap()));
    let builder = Tenantry::builder(MemoryStore::new()).policy(policy).clock(clock);
    let tenantry = builder.open().await.unwrap();
    tenantry.bootstrap_admin(&id("root"), "Root").await.unwrap();
    let admin = tenantry.session(&id("root")).await.unwrap();
    admin.tenants().create(&id("open"), NewTenant::new(Role::User).shared()).await.unwrap();
    admin.tenants().create(&id("ben"), NewTenant::new(Role::User)).await.unwrap();
    admin.tenants().create(&id("dora"), NewTenant::new(Role::Demo)).await.unwrap();
    let own = tenantry.session(&id("open")).await.unwrap().own();
    own.collection::<Camera>().insert(camera()).await.unwrap();
    let mut stream = LiveStream::new("Rain", LocalTime::parse("2025-11-04T10:00").unwrap());
    stream.stream_key = Some(SecretText::new("hidden-key"));
    own.live_streams().add(stream).await.unwrap();
    tenantry
}

async fn of(tenantry: &Tenantry, who: &str) -> Workspace {
    tenantry.session(&id(who)).await.unwrap().workspace(&id("open"))
}

/// Everything that can be had of a record.
fn said<E: Entity + std::fmt::Debug>(record: &Record<E>, fields: &[&str]) -> String {
    let text = String::from_utf8(record.text().as_bytes().to_vec()).unwrap();
    let extra: Vec<_> = fields.iter().map(|name| record.extra(name).map(ToString::to_string)).collect();
    format!("{text} {extra:?} {:?}", record.value())
}

/// What somebody sees of the tenant by every way of reading.
async fn seen(workspace: &Workspace) -> Vec<String> {
    let (options, fields) = (ListOptions::new(), ["password", "pin", "keys", "stream_key"]);
    let cameras = workspace.collection::<Camera>();
    let listed = cameras.list(&options).await.unwrap().items;
    let snapshot = workspace.snapshot().await.unwrap();
    let at = snapshot.collection::<Camera>();
    let records = [
        listed.clone(),
        cameras.find("name", "door").await.unwrap(),
        vec![cameras.get(listed[0].id()).await.unwrap()],
        at.list(&options).unwrap().items,
        at.find("name", "door").unwrap(),
        vec![at.get(listed[0].id()).unwrap()],
    ];
    let mut seen: Vec<_> = records
        .iter()
        .flatten()
        .map(|record| {
            let exposed: Vec<_> = record
                .value()
                .keys
                .iter()
                .chain([&record.value().password])
                .map(SecretText::expose)
                .collect();
            format!("{} {exposed:?}", said(record, &fields))
        })
        .collect();
    let named = workspace.collection::<Named>().list(&options).await.unwrap().items;
    seen.extend(named.iter().map(|record| said(record, &fields)));
    let streams = workspace.live_streams();
    let listed = streams.list(&options).await.unwrap().items;
    let streams = [
        vec![streams.get(listed[0].id()).await.unwrap()],
        streams.find_by_status(LiveStreamStatus::Scheduled).await.unwrap(),
        listed,
    ];
    seen.extend(streams.iter().flatten().map(|stream| {
        format!("{} {:?}", said(stream, &fields), stream.value().stream_key.as_ref().map(SecretText::expose))
    }));
    seen
}

#[tokio::test]
async fn whoever_a_workspace_is_shared_with_sees_its_records_without_their_secrets() {
    let tenantry = world(DefaultPolicy).await;
    for who in ["ben", "dora"] {
        let seen = seen(&of(&tenantry, who).await).await;
        assert_eq!(seen.len(), 10);
        for text in &seen {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{who}: {text}");
            }
            assert!(text.contains("door") || text.contains("Rain"), "{text}");
            assert!(text.contains("[secret]"), "{text}");
        }
    }
}

#[tokio::test]
async fn its_owner_and_admins_see_the_secrets() {
    let tenantry = world(DefaultPolicy).await;
    for who in ["open", "root"] {
        let seen = seen(&of(&tenantry, who).await).await;
        for secret in SECRETS {
            assert!(seen.iter().any(|text| text.contains(secret)), "{who}: {secret}");
        }
        let cameras = of(&tenantry, who).await;
        let found = cameras.collection::<Camera>().list(&ListOptions::new()).await.unwrap().items;
        assert_eq!(*found[0].value(), camera());
    }
}

#[tokio::test]
async fn a_revision_says_nothing_of_a_secret_that_is_not_seen() {
    let tenantry = world(DefaultPolicy).await;
    let (own, other) = (of(&tenantry, "open").await, of(&tenantry, "ben").await);
    let revision = async |workspace: &Workspace| {
        workspace.collection::<Camera>().list(&ListOptions::new()).await.unwrap().items[0].revision()
    };
    let (before, seen_before) = (revision(&own).await, revision(&other).await);
    let camera = own.collection::<Camera>().list(&ListOptions::new()).await.unwrap().items.remove(0);
    let changed = Camera { pin: Some(1), password: SecretText::new("x"), ..camera.value().clone() };
    own.collection::<Camera>().update(camera.id(), camera.revision(), changed).await.unwrap();
    assert_ne!(before, revision(&own).await);
    assert_eq!(seen_before, revision(&other).await, "what is seen is the same");
}

/// Lets a colleague do everything in `open`, but for its tokens.
struct Colleague;

impl OwnershipPolicy for Colleague {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let tokens = format!("{:?}", request.resource()).contains("tokens");
        let colleague = request.principal().tenant().as_str() == "ben" && request.tenant().as_str() == "open";
        match colleague {
            true if tokens => Decision::Hide(Reason::Foreign),
            true => Decision::Allow(Reason::Other("a colleague".to_owned())),
            false => DefaultPolicy.decide(request),
        }
    }
}

#[tokio::test]
async fn a_policy_that_keeps_tokens_from_somebody_keeps_the_other_secrets_and_the_archive() {
    let tenantry = world(Colleague).await;
    let workspace = of(&tenantry, "ben").await;
    for text in seen(&workspace).await {
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
    }
    assert_eq!(workspace.export().await.unwrap_err().kind(), ErrorKind::NotFound);
    // What is seen in place of a secret can't be stored as one.
    let cameras = workspace.collection::<Camera>();
    let camera = cameras.list(&ListOptions::new()).await.unwrap().items.remove(0);
    let stored = cameras.modify(camera.id(), tenantry::Expected::Any, {
        let seen = camera.value().clone();
        move |_| Ok(seen.clone())
    });
    assert_eq!(stored.await.unwrap_err().kind(), ErrorKind::InvalidInput);
}
