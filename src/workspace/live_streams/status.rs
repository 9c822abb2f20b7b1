//! What becomes of a live stream: its statuses, and the steps from one to the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::ownership::Action;

/// Where a live stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LiveStreamStatus {
    /// It is planned.
    Scheduled,
    /// It is on the air, or about to be.
    Live,
    /// It ended as it should.
    Completed,
    /// It could not be begun, or broke off.
    Failed,
    /// It was called off.
    Cancelled,
}

/// What is done with a live stream's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LiveStreamStep {
    /// [`start_now`](super::LiveStreams::start_now).
    StartNow,
    /// [`mark_live`](super::LiveStreams::mark_live).
    MarkLive,
    /// [`stop`](super::LiveStreams::stop).
    Stop,
    /// [`fail`](super::LiveStreams::fail).
    Fail,
    /// [`cancel`](super::LiveStreams::cancel).
    Cancel,
    /// [`restart`](super::LiveStreams::restart).
    Restart,
    /// [`reschedule`](super::LiveStreams::reschedule).
    Reschedule,
}

impl LiveStreamStep {
    /// Every step.
    pub const ALL: [Self; 7] = [
        Self::StartNow,
        Self::MarkLive,
        Self::Stop,
        Self::Fail,
        Self::Cancel,
        Self::Restart,
        Self::Reschedule,
    ];

    /// Its name: that of the operation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartNow => "start_now",
            Self::MarkLive => "mark_live",
            Self::Stop => "stop",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
            Self::Restart => "restart",
            Self::Reschedule => "reschedule",
        }
    }

    /// What its operation asks the policy for; with [`can`](crate::Workspace::can), whether to offer it.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::StartNow => Action::StartLiveStream,
            Self::MarkLive => Action::MarkLiveStreamLive,
            Self::Stop => Action::StopLiveStream,
            Self::Fail => Action::FailLiveStream,
            Self::Cancel => Action::CancelLiveStream,
            Self::Restart | Self::Reschedule => Action::RestartLiveStream,
        }
    }
}

impl FromStr for LiveStreamStep {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|step| step.as_str() == text);
        found.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "live stream step"))
    }
}

impl LiveStreamStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Scheduled, Self::Live, Self::Completed, Self::Failed, Self::Cancelled];

    /// The text by which it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What a step makes of it; `None` where the step is impossible. This is the one table of steps:
    /// [every change](Self::may_become), whichever way it comes, has to be one of them.
    #[must_use]
    pub const fn after(self, step: LiveStreamStep) -> Option<Self> {
        use LiveStreamStep as Step;
        match (step, self) {
            (Step::StartNow, Self::Scheduled) | (Step::MarkLive, Self::Scheduled | Self::Live) => {
                Some(Self::Live)
            }
            (Step::Stop, Self::Live) => Some(Self::Completed),
            (Step::Fail, Self::Scheduled | Self::Live) => Some(Self::Failed),
            (Step::Cancel, Self::Scheduled | Self::Live) => Some(Self::Cancelled),
            (Step::Restart, Self::Completed | Self::Failed | Self::Cancelled) => Some(Self::Live),
            (Step::Reschedule, Self::Completed | Self::Failed | Self::Cancelled) => Some(Self::Scheduled),
            _ => None,
        }
    }

    /// Whether it may be followed by another, or stays.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == next || LiveStreamStep::ALL.iter().any(|step| self.after(*step) == Some(next))
    }

    /// Whether it counts against the tenant's limit of active streams.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Scheduled | Self::Live)
    }
}

impl fmt::Display for LiveStreamStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LiveStreamStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "live stream status"))
    }
}
