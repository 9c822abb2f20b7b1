//! Non-interference: whatever others do, what a tenant observes is what it would have observed alone.
//!
//! [`check`] performs random histories of several users twice, each time in a world of its own: once as
//! they are, and once without the operations of all users but one. Everything that this one sees has to be
//! the same: contents, bytes, order, revisions, usage, what it is allowed, and of what is refused the kind of
//! error and its words. Where it is not, the history is made as short as it can be and still differ, and the
//! first [`Difference`] told in sentences.
//!
//! It is for whoever adds something through which tenants could meet: a store of its own, a policy, a
//! wrapper, a host's way of opening the library.
//!
//! ```
//! use tenantry::store::MemoryStore;
//! use tenantry::testkit::non_interference::{Options, World, check};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut options = Options::default();
//! options.cases = 4;
//! let report = check(&options, async |surroundings| {
//!     // A fresh world each time: here the host's own store, policy and settings go.
//!     Ok(World::new(surroundings.builder(MemoryStore::new()).open().await?))
//! })
//! .await;
//! assert!(report.holds(), "{report}");
//! # }
//! ```
//!
//! # What it does not see
//!
//! Workspaces are private here, since what is shared is meant to be seen; nobody is an admin; and how long
//! something takes is not looked at. The users' operations come one after the other: that they don't wait
//! for each other is tested with a store that [hangs](super::HangingStore).

mod difference;
mod run;
mod world;

use std::fmt;

use proptest::strategy::{Strategy, ValueTree};

pub use self::difference::Difference;
use self::run::{Others, Run, perform};
pub use self::world::{OpenError, Surroundings, World};
use super::histories::Step;
use super::strategies;

/// How much is tried.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How many histories: 32.
    pub cases: u32,
    /// From which seed they are drawn; the same seed gives the same histories.
    pub seed: u64,
    /// How many users there are, the one whose observations are compared among them: 3.
    pub users: usize,
    /// How many steps a history has at the most: 100.
    pub steps: usize,
    /// How often a history that shows a difference is tried with less in it: 400.
    pub shortenings: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { cases: 32, seed: 0, users: 3, steps: 100, shortenings: 400 }
    }
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// How many observations were the same with and without the others.
    pub observations: u64,
    /// Of how many of them the operation succeeded.
    pub succeeded: u64,
    /// How many operations of others succeeded meanwhile.
    pub others: u64,
}

/// Why non-interference was not shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// A tenant could tell that others were there.
    Interference(Box<Difference>),
    /// Two runs of the same history differ though nobody else was there in either: clock and randomness are
    /// not those that the world was [opened with](Surroundings), or something outlives a world.
    NotRepeatable(Box<Difference>),
    /// A world could not be opened, furnished or closed.
    World(String),
    /// Hardly anything was compared: nothing succeeded, or others did nothing.
    Nothing,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interference(difference) => {
                write!(f, "a tenant could tell whether others were there. {difference}")
            }
            Self::NotRepeatable(difference) => write!(
                f,
                "two runs without others differ, so that nothing can be told from a third: are the clock and \
                 the randomness those that the world was given, and is each world a fresh one? {difference}"
            ),
            Self::World(what) => write!(f, "there was no world to look at: {what}"),
            Self::Nothing => f.write_str("nothing was shown: all was refused, or others did nothing"),
        }
    }
}

impl std::error::Error for Failure {}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// How many histories were compared without a difference.
    pub cases: u32,
    /// What was compared in them.
    pub counts: Counts,
    /// What was found against it.
    pub failure: Option<Failure>,
}

impl Report {
    /// Whether non-interference holds, as far as was tried.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { observations, succeeded, others } = self.counts;
        match &self.failure {
            None => f.write_str("holds: a tenant observes what it would have observed alone")?,
            Some(failure) => write!(f, "FAILS: {failure}")?,
        }
        write!(
            f,
            "\n{} histories without a difference: {observations} observations, {succeeded} of what \
             succeeded, beside {others} operations of others that did",
            self.cases
        )
    }
}

/// Draws histories from the options' seed and compares, each time with and without the others, what the
/// first user observes. `open` makes a fresh, empty world each time; it is to hold no tenants.
pub async fn check(
    options: &Options,
    open: impl AsyncFn(Surroundings) -> Result<World, OpenError>,
) -> Report {
    let mut report = Report { cases: 0, counts: Counts::default(), failure: None };
    let users = options.users.max(2);
    let histories = strategies::histories(users, 1..options.steps.max(1) + 1);
    let mut runner = strategies::runner(options.seed);
    for case in 0..options.cases {
        let history = match histories.new_tree(&mut runner) {
            Ok(tree) => tree.current(),
            Err(reason) => return Report { failure: Some(Failure::World(reason.to_string())), ..report },
        };
        if case == 0
            && let Err(failure) = repeat(&history, users, &open).await
        {
            return Report { failure: Some(failure), ..report };
        }
        match compare(&history, users, &open).await {
            Ok(counts) => {
                report.cases += 1;
                report.counts.observations += counts.observations;
                report.counts.succeeded += counts.succeeded;
                report.counts.others += counts.others;
            }
            Err(Failure::Interference(found)) => {
                let shortest = shorten(*found, options.shortenings, users, &open).await;
                return Report { failure: Some(Failure::Interference(Box::new(shortest))), ..report };
            }
            Err(failure) => return Report { failure: Some(failure), ..report },
        }
    }
    if report.counts.succeeded == 0 || report.counts.others == 0 {
        report.failure = Some(Failure::Nothing);
    }
    report
}

/// Compares what user 0 observes in one history of so many users, with and without the others: for property
/// tests of a host's own.
///
/// # Errors
/// [`Failure::Interference`] with the first difference; [`Failure::World`] if a world could not be opened.
pub async fn compare(
    history: &[Step],
    users: usize,
    open: impl AsyncFn(Surroundings) -> Result<World, OpenError>,
) -> Result<Counts, Failure> {
    let together = perform(history, users, Others::Present, None, &open).await?;
    let alone = perform(history, users, Others::Absent, Some(&together.aims), &open).await?;
    match Difference::first(history, &together, &alone) {
        Some(difference) => Err(Failure::Interference(Box::new(difference))),
        None => Ok(together.counts()),
    }
}

/// Sees that two runs without others are the same: a difference to a third would say nothing otherwise.
async fn repeat(
    history: &[Step],
    users: usize,
    open: impl AsyncFn(Surroundings) -> Result<World, OpenError>,
) -> Result<(), Failure> {
    let one: Run = perform(history, users, Others::Absent, None, &open).await?;
    let again = perform(history, users, Others::Absent, Some(&one.aims), &open).await?;
    match Difference::first(history, &one, &again) {
        Some(difference) => Err(Failure::NotRepeatable(Box::new(difference))),
        None => Ok(()),
    }
}

/// Makes a history as short as it can be and still show a difference: takes out more and more of it, and in
/// the end each step alone.
async fn shorten(
    found: Difference,
    times: u32,
    users: usize,
    open: impl AsyncFn(Surroundings) -> Result<World, OpenError>,
) -> Difference {
    let mut shortest = found;
    let mut left = times;
    let mut part = shortest.history.len();
    while part > 0 {
        let (mut at, before) = (0, shortest.history.len());
        while at < shortest.history.len() && left > 0 {
            let mut without = shortest.history.clone();
            without.drain(at..(at + part).min(without.len()));
            left -= 1;
            match compare(&without, users, &open).await {
                Err(Failure::Interference(difference)) => shortest = *difference,
                _ => at += part,
            }
        }
        // What went may let go what it kept.
        let again = part == 1 && shortest.history.len() < before && left > 0;
        part = if again { 1 } else { part / 2 };
    }
    shortest
}
