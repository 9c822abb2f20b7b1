//! Guards that a decision is made in one place, that what comes of it is what the policy said, and
//! that audit hears the truth of every decision and of nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::*;
use crate::environment::ManualClock;
use crate::paths::{CollectionName, TenantId};
use crate::record::RecordId;

/// Keeps each event as one line.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl AuditSink for Heard {
    fn record(&self, event: &AuditEvent<'_>) {
        let actor = match event.actor {
            Actor::Principal(principal) => format!("{} ({})", principal.tenant(), principal.role()),
            Actor::Operator { reason } => format!("operator: {reason}"),
        };
        let tenant = event.tenant.map_or("all", TenantId::as_str);
        let line = format!(
            "{} {actor}, {}, {tenant}, {}, {:?}",
            event.at, event.action, event.resource, event.decision
        );
        self.0.lock().unwrap().push(line);
    }
}

impl Heard {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct DenyAll;

impl OwnershipPolicy for DenyAll {
    fn decide(&self, _: &Request<'_>) -> Decision {
        Decision::Deny(Reason::Other("closed for the night".to_owned()))
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn user(name: &str) -> Principal {
    Principal::new(tenant(name), Role::User)
}

fn gate(policy: impl OwnershipPolicy) -> (Gate, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    (Gate::new(Arc::new(policy), Arc::clone(&heard) as Arc<dyn AuditSink>, clock), heard)
}

/// Asks for an action in a tenant's collection of videos.
fn in_videos<T>(
    principal: &Principal,
    action: Action,
    (owner, visibility): (&str, Visibility),
    ask: impl FnOnce(&Request<'_>) -> T,
) -> T {
    let (tenant, resource) = (tenant(owner), Resource::Collection(CollectionName::VIDEOS));
    ask(&Request { principal, action, tenant: &tenant, incarnation: None, visibility, resource: &resource })
}

#[test]
fn a_permit_holds_for_the_action_and_the_tenant_that_were_asked_for() {
    let (gate, _) = gate(DefaultPolicy);
    let permit =
        in_videos(&user("ana"), Action::UploadVideo, ("ana", Visibility::Private), |r| gate.permit(r))
            .unwrap();
    assert_eq!(permit.action(), Action::UploadVideo);
    assert_eq!(permit.tenant(), &tenant("ana"));
}

#[test]
fn what_may_be_seen_is_denied_and_what_may_not_is_hidden() {
    let (gate, _) = gate(DefaultPolicy);
    let upload =
        |place| in_videos(&user("ana"), Action::UploadVideo, place, |request| gate.permit(request).err());
    assert_eq!(upload(("budi", Visibility::Shared)), Some(Refusal::Denied));
    assert_eq!(upload(("budi", Visibility::Private)), Some(Refusal::Hidden));
}

#[test]
fn audit_hears_every_decision_with_its_true_reason() {
    let (gate, heard) = gate(DefaultPolicy);
    for place in [("ana", Visibility::Private), ("budi", Visibility::Shared), ("budi", Visibility::Private)] {
        let _ = in_videos(&user("ana"), Action::DeleteVideo, place, |request| gate.permit(request));
    }
    let line = |tenant, decision| {
        format!("1970-01-01T00:00:00Z ana (user), videos.delete, {tenant}, videos, {decision}")
    };
    let expected = [line("ana", "Allow(Own)"), line("budi", "Deny(Shared)"), line("budi", "Hide(Foreign)")];
    assert_eq!(heard.lines(), expected);
}

#[test]
fn who_does_not_listen_is_told_nothing() {
    struct Deaf(Arc<Heard>);
    impl AuditSink for Deaf {
        fn record(&self, event: &AuditEvent<'_>) {
            self.0.record(event);
        }

        fn listens(&self, decision: &Decision) -> bool {
            !decision.is_allowed()
        }
    }
    let heard = Arc::<Heard>::default();
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let gate = Gate::new(Arc::new(DefaultPolicy), Arc::new(Deaf(Arc::clone(&heard))), clock);
    let ask = |whose| {
        let place = (whose, Visibility::Private);
        in_videos(&user("ana"), Action::GetRecord, place, |request| gate.permit(request).is_ok())
    };
    assert!(ask("ana"));
    assert_eq!(heard.lines().len(), 0);
    assert!(!ask("budi"));
    assert_eq!(heard.lines().len(), 1);
}

#[test]
fn asking_answers_as_doing_would_and_is_not_recorded() {
    let (gate, heard) = gate(DefaultPolicy);
    for &action in Action::ALL {
        for place in
            [("ana", Visibility::Private), ("budi", Visibility::Shared), ("budi", Visibility::Private)]
        {
            let asked = in_videos(&user("ana"), action, place, |request| gate.ask(request));
            assert!(heard.lines().is_empty());
            let done = in_videos(&user("ana"), action, place, |request| gate.permit(request));
            heard.0.lock().unwrap().clear();
            assert_eq!(asked.is_allowed(), done.is_ok(), "{action}");
        }
    }
}

#[test]
fn a_request_about_all_tenants_is_recorded_under_none() {
    let (gate, heard) = gate(DefaultPolicy);
    let admin = Principal::new(tenant("root"), Role::Admin);
    let (principal, own, visibility) = (&admin, tenant("root"), Visibility::Private);
    let resource = Resource::AllTenants;
    let request = Request {
        principal,
        action: Action::ListTenants,
        tenant: &own,
        incarnation: None,
        visibility,
        resource: &resource,
    };
    assert!(gate.permit(&request).is_ok());
    let expected = "1970-01-01T00:00:00Z root (admin), tenants.list, all, all tenants, Allow(Admin)";
    assert_eq!(heard.lines(), [expected]);
}

#[test]
fn upkeep_is_recorded_with_the_reason_that_the_host_names() {
    let (gate, heard) = gate(DefaultPolicy);
    let permit = gate.operate("nightly sweep", Action::SweepTenant, &tenant("ana"));
    assert_eq!((permit.action(), permit.tenant()), (Action::SweepTenant, &tenant("ana")));
    let expected = "1970-01-01T00:00:00Z operator: nightly sweep, tenants.sweep, ana, tenant, Allow(Upkeep)";
    assert_eq!(heard.lines(), [expected]);
}

#[test]
fn a_policy_that_denies_all_lets_no_principal_pass() {
    let (gate, _) = gate(DenyAll);
    for &action in Action::ALL {
        for &role in Role::ALL {
            let principal = Principal::new(tenant("ana"), role);
            let place = ("ana", Visibility::Shared);
            let refused = in_videos(&principal, action, place, |request| gate.permit(request).err());
            assert_eq!(refused, Some(Refusal::Denied), "{role} {action}");
        }
    }
}

#[test]
fn actions_and_roles_have_names_of_their_own() {
    let actions: HashSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    assert_eq!(actions.len(), Action::ALL.len());
    for &role in Role::ALL {
        let text = serde_json::to_string(&role).unwrap();
        assert_eq!(text, format!("\"{role}\""));
        assert_eq!(serde_json::from_str::<Role>(&text).unwrap(), role);
    }
    assert!(serde_json::from_str::<Role>("\"root\"").is_err());
}

/// What `tracing` writes while `run` runs, at `level` and above.
fn traced(level: tracing::Level, run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Records, by the default sink, that ana reads a record of budi's.
fn trace_decision(id: &str, decision: &Decision) {
    let (ana, budi) = (user("ana"), tenant("budi"));
    TracingAudit.record(&AuditEvent {
        at: Timestamp::UNIX_EPOCH,
        actor: Actor::Principal(&ana),
        action: Action::GetRecord,
        tenant: Some(&budi),
        incarnation: None,
        resource: &Resource::Record(CollectionName::VIDEOS, RecordId::addressed(id)),
        decision,
    });
}

#[test]
fn the_default_audit_warns_of_refusals_and_mentions_the_rest_for_debugging() {
    let hidden = traced(tracing::Level::WARN, || trace_decision("7", &Decision::Hide(Reason::Foreign)));
    for part in [
        "WARN",
        "tenantry::audit",
        "\"ana\"",
        "\"user\"",
        "\"records.get\"",
        "\"budi\"",
        "\"videos/7\"",
        "\"hide\"",
    ] {
        assert!(hidden.contains(part), "{part} in {hidden}");
    }
    let allow = Decision::Allow(Reason::Shared);
    assert_eq!(traced(tracing::Level::INFO, || trace_decision("7", &allow)), "");
    assert!(traced(tracing::Level::DEBUG, || trace_decision("7", &allow)).contains("DEBUG"));
}

#[test]
fn an_id_with_a_line_break_forges_no_line_in_the_audit() {
    let text = traced(tracing::Level::WARN, || {
        trace_decision("7\nWARN forged", &Decision::Hide(Reason::Foreign));
    });
    assert_eq!(text.lines().count(), 1, "{text}");
}
