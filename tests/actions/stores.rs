//! The matrix on the stores that need no server.

use crate::matrix::ensure_as_documented;
use crate::world::Medium;

#[tokio::test]
async fn every_principal_may_do_what_is_documented_in_memory() {
    ensure_as_documented(Medium::memory()).await;
}

#[tokio::test]
async fn every_principal_may_do_what_is_documented_on_the_local_disk() {
    ensure_as_documented(Medium::local()).await;
}
