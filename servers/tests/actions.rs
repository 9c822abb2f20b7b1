//! The matrix of principals and operations on a real server that speaks like S3.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../tests/actions/expected.rs"]
mod expected;
#[path = "../../tests/actions/matrix.rs"]
mod matrix;
#[allow(dead_code, reason = "the other tests of actions need it")]
#[path = "../../tests/actions/perform.rs"]
mod perform;
#[path = "s3/support.rs"]
mod support;
#[path = "../../tests/support/urls.rs"]
mod urls;
#[allow(dead_code, reason = "the other tests of actions need it")]
#[path = "../../tests/actions/world.rs"]
mod world;

use std::sync::Arc;

use world::Medium;

#[tokio::test]
async fn every_principal_may_do_what_is_documented_on_a_server() {
    let medium = Medium::Server(support::prefix(), |place| Arc::new(support::store(place)));
    matrix::ensure_as_documented(medium).await;
}
