//! Those that are measured in turn: what each has to do, and how it is timed.

use std::path::Path;
use std::time::{Duration, Instant};

/// What a benchmark may fail with; it stops then.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One of those that take turns.
pub(crate) trait Side {
    /// What has to be done before a round of so many operations, and is no part of what is timed.
    fn prepare(&mut self, operations: u64) -> Outcome<()> {
        let _ = operations;
        Ok(())
    }

    /// So many operations: what is timed.
    fn run(&mut self, operations: u64) -> Outcome<()>;

    /// Whether what was done is right, looked at in the end: all records there, the bytes as they were given.
    fn check(&mut self) -> Outcome<()>;
}

/// Makes a side ready in an empty folder, warmed up.
pub(crate) type Make = fn(&Path) -> Outcome<Box<dyn Side>>;

/// Sides that do the same and take turns.
pub(crate) struct Group {
    /// The name by which it is asked for.
    pub(crate) name: &'static str,
    /// Operations of one side in a round, and in a quick one.
    pub(crate) operations: [u64; 2],
    /// In how many turns a side does them, so that what disturbs one disturbs the others alike.
    pub(crate) turns: u64,
    /// The sides; one that takes very long does but one operation of so many.
    pub(crate) sides: Vec<(&'static str, Make, u64)>,
}

impl Group {
    /// How many operations a side does in each turn of a round, and in how many turns.
    pub(crate) fn share(&self, scale: usize, one_of: u64) -> (u64, u64) {
        match self.operations[scale] / one_of / self.turns {
            0 => (1, 1),
            operations => (operations, self.turns),
        }
    }
}

/// What one turn took.
pub(crate) fn timed(side: &mut dyn Side, operations: u64) -> Outcome<Duration> {
    side.prepare(operations)?;
    #[allow(clippy::disallowed_methods, reason = "what is measured is how long it takes")]
    let begun = Instant::now();
    side.run(operations)?;
    #[allow(clippy::disallowed_methods, reason = "what is measured is how long it takes")]
    let taken = begun.elapsed();
    Ok(taken)
}

/// An error that says what is wrong.
pub(crate) fn wrong(what: impl Into<String>) -> Box<dyn std::error::Error + Send + Sync> {
    what.into().into()
}

/// That the two are the same.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(is: &T, should: &T) -> Outcome<()> {
    if is == should { Ok(()) } else { Err(wrong(format!("the result is {is:?} and should be {should:?}"))) }
}
