//! The suite as tests of a crate that has a backend: [`conformance_tests!`](crate::conformance_tests).

use std::error::Error;

use super::{Medium, Subject, conformance_of};

/// Makes a module of tests out of the [conformance suite](crate::testkit::conformance): one test for each
/// subject, over media that an expression of type `Fn() -> impl Medium` makes.
///
/// Each test fails with the report of its subject. What was not run is printed, and shown by
/// `cargo test -- --show-output`. The tests bring a runtime of their own, so that a crate needs none for them.
///
/// ```
/// use std::sync::Arc;
///
/// use tenantry::store::{MemoryStore, StoreError, TenantStore};
/// use tenantry::testkit::conformance::Medium;
///
/// struct Memory(MemoryStore);
///
/// #[async_trait::async_trait]
/// impl Medium for Memory {
///     async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
///         Ok(Arc::new(self.0.reopen()))
///     }
/// }
///
/// tenantry::conformance_tests!(memory, || Memory(MemoryStore::new()));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($module:ident, $make:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "the expression may need none of it")]
            use super::*;

            $crate::conformance_tests! {
                @each $make;
                blobs: Blobs,
                listings: Listings,
                ledger: Ledger,
                folds: Folds,
                lives: Lives,
                upkeep: Upkeep,
                races: Races,
                isolation: Isolation,
                names: Names,
                unknown_outcomes: UnknownOutcomes,
                durability: Durability,
            }
        }
    };
    (@each $make:expr; $($name:ident: $subject:ident,)*) => {
        $(
            #[test]
            fn $name() -> ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {
                let subject = $crate::testkit::conformance::Subject::$subject;
                $crate::testkit::conformance::run_as_test(subject, $make)
            }
        )*
    };
}

/// What one test of [`conformance_tests!`](crate::conformance_tests) does.
///
/// # Errors
/// The report, if a sentence fails; whatever kept the runtime from starting.
pub fn run_as_test<M: Medium + 'static>(
    subject: Subject,
    make: impl Fn() -> M,
) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(conformance_of(subject, make));
    println!("{report}");
    // A subject of which nothing can be brought about has nothing that holds, and that is all right.
    if report.failures().next().is_some() {
        report.ensure()?;
    }
    Ok(())
}
