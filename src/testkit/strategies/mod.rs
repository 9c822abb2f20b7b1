//! Generators for property tests: strategies of [proptest](https://docs.rs/proptest).
//!
//! | for tests of | there are |
//! |---|---|
//! | names | [`tenant_ids`], [`external_names`], [`hostile_tenant_ids`], [`file_names`], [`hostile_file_names`] |
//! | records | [`records`], [`fields`], [`unknown_fields`], [`json`], [`spaces`], [`flags`], [`schedules`] |
//! | histories | [`histories`], [`acts`] |
//! | stores | [`faults`] |
//!
//! ```
//! use tenantry::paths::TenantId;
//! use tenantry::testkit::strategies;
//!
//! proptest::proptest! {
//!     // In a test, with `#[test]` here.
//!     fn whoever_logs_in_has_an_id(name in strategies::external_names()) {
//!         proptest::prop_assert_eq!(TenantId::encode(&name).unwrap().decode(), name);
//!     }
//! }
//! whoever_logs_in_has_an_id();
//! ```
//!
//! Who does without proptest's runner draws single values by [`sample`].

mod faults;
mod histories;
mod names;
mod records;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

pub use faults::faults;
pub use histories::{acts, histories};
pub use names::{external_names, file_names, hostile_file_names, hostile_tenant_ids, tenant_ids};
pub use records::{fields, flags, json, object, records, schedules, spaces, unknown_fields};

/// A runner that gives the same values for the same seed.
pub(super) fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    blake3::Hasher::new().update(&seed.to_be_bytes()).finalize_xof().fill(&mut bytes);
    let config = Config { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The value that a strategy gives for a seed; `None` if its filters refused too much.
#[must_use]
pub fn sample<S: Strategy>(strategy: &S, seed: u64) -> Option<S::Value> {
    strategy.new_tree(&mut runner(seed)).ok().map(|tree| tree.current())
}
