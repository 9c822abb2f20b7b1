//! The conformance suite: what every [`TenantStore`](crate::store::TenantStore) has to do, sentence by sentence.
//!
//! A backend or wrapper gives a factory of fresh media ([`Medium`]), each of which can be opened several
//! times, as several processes would. Every sentence is checked on a medium of its own, and the [`Report`]
//! is a list of the sentences: each *holds*, *FAILS* with what was found, or was *not run* with the reason,
//! which is a capability that the store says it lacks or something that the medium gives no way to bring
//! about. A sentence whose check panics, or does not end within five minutes, fails.
//!
//! One call checks everything:
//!
//! ```
//! use std::sync::Arc;
//!
//! use tenantry::store::{MemoryStore, StoreError, TenantStore};
//! use tenantry::testkit::conformance::{Medium, Subject, conformance_of};
//!
//! struct Memory(MemoryStore);
//!
//! #[async_trait::async_trait]
//! impl Medium for Memory {
//!     async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError> {
//!         Ok(Arc::new(self.0.reopen()))
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Or `conformance(…)`, for all subjects.
//! let report = conformance_of(Subject::Folds, || Memory(MemoryStore::new())).await.ensure()?;
//! assert!(report.to_string().contains("  holds    a snapshot may be large\n"));
//! # Ok(())
//! # }
//! ```
//!
//! As tests, one for each subject: [`conformance_tests!`](crate::conformance_tests). `docs/backends.md` in the
//! repository leads through writing a backend and reading its report.

mod bench;
mod blobs;
mod case;
mod durability;
mod folds;
mod isolation;
mod ledger;
mod listings;
mod lives;
mod lost_answers;
mod medium;
mod names;
mod races;
mod report;
mod tests_macro;
mod upkeep;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use self::bench::Bench;
use self::case::{Case, Check, Stop, case, ensure, fails, needs};
pub use self::medium::{Link, Loss, Medium};
pub use self::report::{Finding, NotConforming, Report, Subject, Verdict};
#[doc(hidden)]
pub use self::tests_macro::run_as_test;

/// How long one check may take: a store that is slow passes, one that hangs fails.
const PATIENCE: Duration = Duration::from_secs(300);

/// Checks every sentence, each on a fresh medium.
///
/// It has to run on a runtime of tokio's whose time is enabled; with several threads races are closer to
/// those of real life.
pub async fn conformance<M: Medium + 'static>(make: impl Fn() -> M) -> Report {
    let mut report = Report::default();
    for subject in Subject::ALL {
        check_all(subject, &make, &mut report).await;
    }
    report
}

/// Checks the sentences on one subject, each on a fresh medium; as [`conformance`] does.
pub async fn conformance_of<M: Medium + 'static>(subject: Subject, make: impl Fn() -> M) -> Report {
    let mut report = Report::default();
    check_all(subject, &make, &mut report).await;
    report
}

async fn check_all<M: Medium + 'static>(subject: Subject, make: &impl Fn() -> M, report: &mut Report) {
    for case in cases(subject) {
        let verdict = match check(&case, make()).await {
            Ok(()) => Verdict::Holds,
            Err(Stop::Fails(found)) => Verdict::Fails(found),
            Err(Stop::NotRun(reason)) => Verdict::NotRun(reason),
        };
        report.add(Finding { subject, sentence: case.sentence, verdict });
    }
}

async fn check(case: &Case, medium: impl Medium + 'static) -> Check {
    let run = async {
        let opened = Bench::new(Box::new(medium)).await;
        (case.run)(opened.map_err(|error| fails(format!("the medium could not be opened: {error}")))?).await
    };
    match tokio::time::timeout(PATIENCE, AssertUnwindSafe(run).catch_unwind()).await {
        Ok(Ok(checked)) => checked,
        Ok(Err(panic)) => Err(fails(format!("a panic: {}", message(&*panic)))),
        Err(_) => Err(fails(format!("it did not end within {} seconds", PATIENCE.as_secs()))),
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}

fn cases(subject: Subject) -> Vec<Case> {
    match subject {
        Subject::Blobs => blobs::cases(),
        Subject::Listings => listings::cases(),
        Subject::Ledger => ledger::cases(),
        Subject::Folds => folds::cases(),
        Subject::Lives => lives::cases(),
        Subject::Upkeep => upkeep::cases(),
        Subject::Races => races::cases(),
        Subject::Isolation => isolation::cases(),
        Subject::Names => names::cases(),
        Subject::UnknownOutcomes => lost_answers::cases(),
        Subject::Durability => durability::cases(),
    }
}
