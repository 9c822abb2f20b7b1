//! The steps without which the protocol would lose or invent a commit.
//!
//! Each can be left out in tests, to show that the tests would notice. Without the feature
//! `testkit` nothing can be left out, and the questions asked here are constants.

/// A step of the protocol that must not be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "testkit"), allow(dead_code, reason = "only tests leave steps out"))]
#[non_exhaustive]
pub enum Step {
    /// After a failed swap, the head is read and the own id looked for.
    OwnIdAfterConflict,
    /// The id is looked for at exactly the number that the commit would have.
    IdAtItsNumber,
    /// An object's name has a random part.
    RandomInName,
    /// An object's name has a count, up to which others may clear.
    CountInName,
    /// An object that is missing is corruption only if the head, read again, still names it.
    SecondRead,
    /// An erased tenant's head stays, as a tombstone.
    Tombstone,
    /// Numbers and counts go on when a life begins on a tombstone.
    NumbersGoOn,
}

/// Which step is left out, if any.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Omission {
    #[cfg(feature = "testkit")]
    step: Option<Step>,
}

impl Omission {
    #[cfg(feature = "testkit")]
    pub(super) const fn of(step: Step) -> Self {
        Self { step: Some(step) }
    }

    /// Whether `step` is left out.
    #[cfg(feature = "testkit")]
    pub(super) fn leaves_out(self, step: Step) -> bool {
        self.step == Some(step)
    }

    /// Whether `step` is left out: never.
    #[cfg(not(feature = "testkit"))]
    #[allow(clippy::unused_self, reason = "the same signature with and without the feature")]
    pub(super) const fn leaves_out(self, _step: Step) -> bool {
        false
    }
}
