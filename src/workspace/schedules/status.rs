//! What becomes of a schedule: its statuses, and the steps from one to the other.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::ownership::Action;

/// Where a schedule stands; it is told by the fields `success` and `failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ScheduleStatus {
    /// Its broadcast is to be made.
    Pending,
    /// Its broadcast was made.
    Succeeded,
    /// Its broadcast could not be made.
    Failed,
}

/// What is done with a schedule's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScheduleStep {
    /// [`run_now`](super::Schedules::run_now).
    RunNow,
    /// [`mark_succeeded`](super::Schedules::mark_succeeded).
    MarkSucceeded,
    /// [`mark_failed`](super::Schedules::mark_failed).
    MarkFailed,
}

impl ScheduleStep {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::RunNow, Self::MarkSucceeded, Self::MarkFailed];

    /// Its name: that of the operation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunNow => "run_now",
            Self::MarkSucceeded => "mark_succeeded",
            Self::MarkFailed => "mark_failed",
        }
    }

    /// What its operation asks the policy for; with [`can`](crate::Workspace::can), whether to offer it.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::RunNow => Action::RunSchedule,
            Self::MarkSucceeded => Action::MarkScheduleSucceeded,
            Self::MarkFailed => Action::MarkScheduleFailed,
        }
    }
}

impl FromStr for ScheduleStep {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|step| step.as_str() == text);
        found.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "schedule step"))
    }
}

impl ScheduleStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Succeeded, Self::Failed];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// What a step makes of it; `None` where the step is impossible. This is the one table of steps:
    /// [every change](Self::may_become), whichever way it comes, has to be one of them.
    #[must_use]
    pub const fn after(self, step: ScheduleStep) -> Option<Self> {
        match (step, self) {
            (ScheduleStep::RunNow, Self::Pending | Self::Failed) => Some(Self::Pending),
            (ScheduleStep::MarkSucceeded, Self::Pending) => Some(Self::Succeeded),
            (ScheduleStep::MarkFailed, Self::Pending) => Some(Self::Failed),
            _ => None,
        }
    }

    /// Whether it may be followed by another, or stays.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == next || ScheduleStep::ALL.iter().any(|step| self.after(*step) == Some(next))
    }
}

impl fmt::Display for ScheduleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
