//! The organisation's policy, asked through the library.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use tenantry::ownership::{Action, Decision, Effect, Resource, Role};
use tenantry::paths::{CollectionName, TenantId};
use tenantry::store::MemoryStore;
use tenantry::{NewTenant, ProfileChange, Tenantry};
use tenantry_example_cedar::{CedarPolicy, LoadError};

const POLICIES: &str = include_str!("../organisation.cedar");
const PEOPLE: &str = include_str!("../people.json");

fn id(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

async fn organisation() -> Tenantry {
    let policy = CedarPolicy::load(POLICIES, PEOPLE).unwrap();
    let tenantry = Tenantry::builder(MemoryStore::new()).policy(policy).open().await.unwrap();
    tenantry.bootstrap_admin(&id("admin"), "Admin").await.unwrap();
    let admin = tenantry.session(&id("admin")).await.unwrap();
    for name in ["studio", "eva", "vito", "ana"] {
        admin.tenants().create(&id(name), NewTenant::new(Role::User)).await.unwrap();
    }
    admin.tenants().create(&id("demo"), NewTenant::new(Role::Demo)).await.unwrap();
    tenantry
}

/// What a person is told of an action on a resource of a tenant: `a`llowed, `d`enied or `h`idden.
async fn ask(tenantry: &Tenantry, person: &str, tenant: &str, action: Action, resource: &Resource) -> char {
    let workspace = tenantry.session(&id(person)).await.unwrap().workspace(&id(tenant));
    match workspace.can(action, resource).await.unwrap() {
        Decision::Allow(_) => 'a',
        Decision::Deny(_) => 'd',
        Decision::Hide(_) => 'h',
    }
}

#[tokio::test]
async fn every_action_is_decided_by_team_and_place() {
    let tenantry = organisation().await;
    let videos = Resource::Collection(CollectionName::VIDEOS);
    for &action in Action::ALL {
        let mut row = Vec::new();
        for person in ["admin", "eva", "vito", "ana", "demo"] {
            row.push(ask(&tenantry, person, "studio", action, &videos).await);
            row.push(ask(&tenantry, person, person, action, &videos).await);
        }
        let expected = match action.effect() {
            Effect::Read => ['a', 'a', 'a', 'a', 'a', 'a', 'h', 'a', 'h', 'a'],
            Effect::Write => ['a', 'a', 'a', 'a', 'd', 'a', 'h', 'a', 'h', 'd'],
            Effect::Administer => ['a', 'a', 'd', 'd', 'd', 'd', 'h', 'd', 'h', 'd'],
        };
        assert_eq!(row, expected, "{action}");
    }
}

#[tokio::test]
async fn tokens_and_stream_keys_look_missing_to_viewers() {
    let tenantry = organisation().await;
    for secret in [CollectionName::TOKENS, CollectionName::STREAM_MAPPING] {
        let secret = Resource::Collection(secret);
        assert_eq!(ask(&tenantry, "vito", "studio", Action::ListRecords, &secret).await, 'h');
        assert_eq!(ask(&tenantry, "eva", "studio", Action::ListRecords, &secret).await, 'a');
    }
}

#[tokio::test]
async fn a_role_that_is_taken_away_no_longer_counts() {
    let tenantry = organisation().await;
    let videos = Resource::Collection(CollectionName::VIDEOS);
    assert_eq!(ask(&tenantry, "ana", "ana", Action::UploadVideo, &videos).await, 'a');
    let admin = tenantry.session(&id("admin")).await.unwrap();
    admin.tenants().change(&id("ana"), ProfileChange::new().role(Role::Demo)).await.unwrap();
    assert_eq!(ask(&tenantry, "ana", "ana", Action::UploadVideo, &videos).await, 'd');
}

#[tokio::test]
async fn a_decision_names_the_policy_that_made_it() {
    let tenantry = organisation().await;
    let studio = tenantry.session(&id("eva")).await.unwrap().workspace(&id("studio"));
    let decision = studio.can(Action::UploadVideo, &Resource::Tenant).await.unwrap();
    assert_eq!(decision.reason().to_string(), "editors change the studio");
}

#[test]
fn a_policy_that_could_never_hold_is_refused_when_it_is_loaded() {
    let misspelt = r#"permit (principal, action == Action::"videos.uplaod", resource);"#;
    assert!(matches!(CedarPolicy::load(misspelt, "[]"), Err(LoadError::Invalid(_))));
    let unknown = "permit (principal, action, resource) when { context.rule == 1 };";
    assert!(matches!(CedarPolicy::load(unknown, "[]"), Err(LoadError::Invalid(_))));
    assert!(matches!(CedarPolicy::load("permit everything", "[]"), Err(LoadError::Policies(_))));
    assert!(matches!(CedarPolicy::load(POLICIES, "{"), Err(LoadError::Entities(_))));
}

#[test]
fn the_program_shows_what_the_policy_says() {
    let shown = std::process::Command::new(env!("CARGO_BIN_EXE_tenantry-example-cedar")).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let vito = "vito    allowed       denied        not found";
    assert!(String::from_utf8_lossy(&shown.stdout).lines().any(|line| line == vito));
}
