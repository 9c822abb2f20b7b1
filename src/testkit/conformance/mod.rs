//! The conformance suite: what every [`TenantStore`] has to do, case by case.
//!
//! A backend or wrapper gives a factory of fresh media, each of which can be opened several times,
//! as several processes would. Every case runs on a medium of its own; its name is a sentence, and
//! the [`Report`] is a list of such sentences. A case that could not run has failed.

mod bench;
mod blobs;
mod folds;
mod ledger;
mod listings;
mod lives;
mod races;
mod upkeep;

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;

use self::bench::Bench;
use crate::store::{StoreError, TenantStore};

/// A medium: a folder, a bucket, a piece of memory. Empty when it is made, gone when it is dropped.
#[async_trait]
pub trait Medium: Send + Sync {
    /// Opens a store over the medium; each call gives another store over the same.
    ///
    /// # Errors
    /// Whatever kept it from opening, which fails the case.
    async fn open(&self) -> Result<Arc<dyn TenantStore>, StoreError>;
}

/// What a case found wrong.
#[derive(Debug)]
struct Failure(String);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(format!("unexpected error {:?}: {error}", error.kind()))
    }
}

type Verdict = Result<(), Failure>;

/// One thing that a store has to do.
struct Case {
    sentence: &'static str,
    run: Box<dyn Fn(Bench) -> BoxFuture<'static, Verdict>>,
}

fn case<F>(sentence: &'static str, run: impl Fn(Bench) -> F + 'static) -> Case
where
    F: Future<Output = Verdict> + Send + 'static,
{
    Case { sentence, run: Box::new(move |bench| run(bench).boxed()) }
}

/// Fails with `found` unless `holds`.
fn ensure(holds: bool, found: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(Failure(found.into())) }
}

/// The sentences of a suite, each with what was found against it.
#[derive(Debug, Default)]
pub struct Report {
    cases: Vec<(&'static str, Option<String>)>,
}

impl Report {
    /// How many cases ran.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether nothing ran, which shows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The sentences that do not hold, each with what was found.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.cases.iter().filter_map(|(sentence, found)| Some((*sentence, found.as_deref()?)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sentence, found) in &self.cases {
            match found {
                None => writeln!(f, "holds: {sentence}")?,
                Some(found) => writeln!(f, "FAILS: {sentence}: {found}")?,
            }
        }
        write!(f, "{} of {} hold", self.cases.len() - self.failures().count(), self.cases.len())
    }
}

/// Runs every case on a fresh medium.
pub async fn conformance<M: Medium + 'static>(make: impl Fn() -> M) -> Report {
    let mut report = Report::default();
    for case in all() {
        let found = match Bench::new(Box::new(make())).await {
            Ok(bench) => match AssertUnwindSafe((case.run)(bench)).catch_unwind().await {
                Ok(verdict) => verdict.err().map(|failure| failure.0),
                Err(_) => Some("the store panicked".to_owned()),
            },
            Err(error) => Some(format!("the medium could not be opened: {error}")),
        };
        report.cases.push((case.sentence, found));
    }
    report
}

fn all() -> Vec<Case> {
    let mut cases = blobs::cases();
    cases.extend(listings::cases());
    cases.extend(ledger::cases());
    cases.extend(folds::cases());
    cases.extend(lives::cases());
    cases.extend(upkeep::cases());
    cases.extend(races::cases());
    cases
}
