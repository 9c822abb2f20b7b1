//! What histories do with live streams and schedules: the words that model and system share.

use tenantry::record::OnReferenced;

use super::step::{Meant, Which};

/// Which kind of plan is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanKind {
    LiveStream,
    Schedule,
}

impl PlanKind {
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::LiveStream => "live_streams",
            Self::Schedule => "schedules",
        }
    }
}

/// One thing that is planned otherwise; files are told by what `F` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tweak<F = Which> {
    Title(String),
    /// So many hours after [`MORNING`].
    Start(Option<i64>),
    Video(Option<F>),
    Thumbnail(Option<F>),
    /// One of [`TOKENS`](super::secrets::TOKENS).
    Token(Option<usize>),
    /// One of [`STREAMS`](super::secrets::STREAMS).
    StreamId(Option<usize>),
    Repeat(bool),
    /// What nothing depends on: there, or not.
    Details(bool),
    /// What is the application's to say by steps: a status, a process, a series.
    Status,
    Process,
    Series,
}

/// The local time from which starts are told.
pub(crate) const MORNING: jiff::civil::DateTime = jiff::civil::date(2025, 11, 4).at(10, 0, 0, 0);

pub(crate) fn start(hours: i64) -> jiff::civil::DateTime {
    MORNING.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap()
}

/// A step from a status to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    StartNow,
    MarkLive(Option<u32>),
    Stop,
    Fail,
    Cancel,
    Restart,
    Reschedule(i64),
    RunNow,
    /// With a stream id and an address.
    Succeed(&'static str, &'static str),
    FailFor(Option<&'static str>),
    /// Past the steps, by the general operations: to one of the statuses, and whether it repeats.
    Overwrite {
        status: Option<usize>,
        repeat: Option<bool>,
    },
}

/// By what plans are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// One of the kind's statuses.
    Status(usize),
    /// So many days after [`MORNING`].
    Day(i64),
    Video(Which),
    Token(usize),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlanDeed {
    Add(Vec<Tweak>),
    Get(Which),
    Edit(Which, Meant, Vec<Tweak>),
    Take(Which, Move),
    Delete(Which, Meant, OnReferenced),
    Find(By),
}
