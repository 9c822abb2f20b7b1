//! One thing that a store has to do, and how its check ends.

use std::fmt;
use std::future::Future;
use std::io;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::bench::Bench;
use crate::paths::NameError;
use crate::store::StoreError;

/// Why a check ended before it could say that its sentence holds.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something was found against it.
    Fails(String),
    /// It can't be found out.
    NotRun(String),
}

impl Stop {
    /// The same, with what it is about before it.
    pub(super) fn about(self, subject: impl fmt::Display) -> Self {
        match self {
            Self::Fails(found) => Self::Fails(format!("{subject}: {found}")),
            not_run => not_run,
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        fails(format!("unexpected error {:?}: {error}", error.kind()))
    }
}

impl From<NameError> for Stop {
    fn from(error: NameError) -> Self {
        fails(format!("a name was refused: {error}"))
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        fails(format!("a stream failed: {error}"))
    }
}

/// How a check ends.
pub(super) type Check = Result<(), Stop>;

/// A sentence and its check.
pub(super) struct Case {
    pub(super) sentence: &'static str,
    pub(super) run: Box<dyn Fn(Bench) -> BoxFuture<'static, Check> + Send + Sync>,
}

pub(super) fn case<F>(sentence: &'static str, run: impl Fn(Bench) -> F + Send + Sync + 'static) -> Case
where
    F: Future<Output = Check> + Send + 'static,
{
    Case { sentence, run: Box::new(move |bench| run(bench).boxed()) }
}

pub(super) fn fails(found: impl Into<String>) -> Stop {
    Stop::Fails(found.into())
}

/// Fails with `found` unless `holds`.
pub(super) fn ensure(holds: bool, found: impl Into<String>) -> Check {
    if holds { Ok(()) } else { Err(fails(found)) }
}

/// Does not go on without what is `there`, for the reason that it is not.
pub(super) fn needs(there: bool, reason: &str) -> Check {
    if there { Ok(()) } else { Err(Stop::NotRun(reason.to_owned())) }
}
