//! The generators generate what they say, and the same for the same seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::Deserialize;
use tenantry::Tenantry;
use tenantry::paths::{FileName, TenantId};
use tenantry::record::{Envelope, RecordLimits, RecordText, lenient};
use tenantry::store::MemoryStore;
use tenantry::testkit::faulty_store::Effect;
use tenantry::testkit::histories::{Act, Stage};
use tenantry::testkit::strategies;

fn ana() -> TenantId {
    TenantId::parse("ana").unwrap()
}

#[derive(Debug, Deserialize)]
struct Flagged {
    #[serde(deserialize_with = "lenient::flag")]
    flag: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn every_external_name_has_an_id(name in strategies::external_names()) {
        prop_assert_eq!(TenantId::encode(&name).unwrap().decode(), name);
    }

    #[test]
    fn every_generated_id_parses_as_itself(id in strategies::tenant_ids()) {
        prop_assert_eq!(TenantId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn every_hostile_id_is_refused(text in strategies::hostile_tenant_ids()) {
        prop_assert!(TenantId::parse(&text).is_err(), "{text:?}");
    }

    #[test]
    fn every_generated_file_name_parses_as_itself(name in strategies::file_names()) {
        prop_assert_eq!(FileName::parse(name.as_str()), Ok(name));
    }

    #[test]
    fn every_hostile_file_name_is_refused(text in strategies::hostile_file_names()) {
        prop_assert!(FileName::parse(&text).is_err(), "{text:?}");
    }

    #[test]
    fn every_generated_flag_is_read_as_it_is_said((meant, text) in strategies::flags()) {
        let read: Flagged = serde_json::from_str(&format!(r#"{{"flag":{text}}}"#)).unwrap();
        prop_assert_eq!(read.flag, meant);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_generated_record_is_one_of_its_owner_or_of_nobody(text in strategies::records(&ana())) {
        let record = RecordText::parse(text.as_bytes(), &RecordLimits::default()).unwrap();
        let envelope = record.envelope().unwrap();
        prop_assert!(envelope.owner().is_none_or(|owner| owner == "ana"));
    }

    #[test]
    fn no_generated_field_is_of_the_envelope(fields in strategies::fields()) {
        prop_assert!(!fields.keys().any(|name| Envelope::FIELDS.contains(&name.as_str())));
    }

    #[test]
    fn every_generated_fault_is_truthful_and_can_happen(plan in strategies::faults(&[ana()])) {
        for fault in plan {
            prop_assert!(matches!(fault.effect, Effect::Truthful(_)));
            prop_assert!(fault.method.is_none_or(|method| fault.effect.suits(method)), "{fault}");
        }
    }
}

/// What the generated names have in them: the grammar's corners are reached.
#[test]
fn generated_file_names_go_over_the_whole_grammar() {
    let names: Vec<_> =
        (0..2000).filter_map(|seed| strategies::sample(&strategies::file_names(), seed)).collect();
    let some = |is: fn(&str) -> bool| names.iter().any(|name| is(name.as_str()));
    assert!(some(|name| name.len() == FileName::MAX_BYTES));
    assert!(some(|name| name.chars().count() == 1));
    assert!(some(|name| !name.contains('.')));
    assert!(some(|name| name.contains(' ')));
    assert!(some(|name| name.chars().any(|char| char.len_utf8() == 4)));
    assert!(some(|name| name.chars().any(|char| !char.is_alphanumeric() && !char.is_ascii())));
    assert!(names.iter().map(FileName::folded).collect::<BTreeSet<_>>().len() > 1000);
}

#[test]
fn one_seed_gives_one_history() {
    let draw = |seed| strategies::sample(&strategies::histories(3, 20..40), seed).unwrap();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[tokio::test]
async fn generated_histories_do_something_of_every_kind() {
    let users: Vec<_> = ["ana", "ben"].map(|name| TenantId::parse(name).unwrap()).into();
    let tenantry = Tenantry::builder(MemoryStore::new()).open().await.unwrap();
    for user in &users {
        tenantry.ensure(user, "").await.unwrap();
    }
    let mut stage = Stage::new(&tenantry, users);
    let mut succeeded = BTreeSet::new();
    for seed in 0..20 {
        for step in strategies::sample(&strategies::histories(2, 40..60), seed).unwrap() {
            let done = stage.perform(&step).await.is_ok();
            let kind = format!("{:?}", step.act);
            let kind = kind.split(['(', ' ', '{']).next().unwrap().to_owned();
            succeeded.extend(done.then_some(kind));
        }
    }
    // Nobody here may list all tenants; everything else works out at some time.
    assert_eq!(succeeded.len(), 22, "{succeeded:?}");
    assert!(!succeeded.contains(&format!("{:?}", Act::ListTenants)));
}
