//! Random histories against the model on a real server that speaks like S3, and a tenant's observations
//! with and without the others. The same model and the same library's side as on the other stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[allow(dead_code, reason = "the other stores need the rest")]
#[path = "../../tests/model/mod.rs"]
mod model;
#[path = "s3/support.rs"]
mod support;

use model::alone::{compare, histories};
use model::machine::{History, Medium, config};
use model::place::Place;
use proptest::prelude::*;
use proptest_state_machine::prop_state_machine;
use tenantry::Tenantry;
use tenantry::store::s3::S3Store;

/// How many histories, each of a hundred requests and more, and how often one that fails is made shorter.
const CASES: u32 = 8;
const SHORTENINGS: u32 = 40;

#[derive(Debug, Clone)]
struct OnServer;

impl Medium for OnServer {
    fn place() -> Place {
        Place::Server(support::prefix(), |place| {
            let mut options = support::options().prefix(place);
            // So that commits soon become segments.
            options.store.ledger.tail_bytes = 700;
            Tenantry::builder(S3Store::new(options).unwrap())
        })
    }
}

prop_state_machine! {
    #![proptest_config(config(CASES, SHORTENINGS))]

    #[test]
    fn histories_on_a_server_are_those_of_the_model(sequential 10..130 => History<OnServer>);
}

proptest! {
    #![proptest_config(config(CASES / 2, SHORTENINGS))]

    #[test]
    fn on_a_server_a_tenant_cannot_tell_whether_others_are_there(history in histories()) {
        compare(OnServer::place, &history);
    }
}
