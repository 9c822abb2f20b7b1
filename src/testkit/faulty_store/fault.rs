//! Faults of a store as data: those that a right store may show, and those that no right store does.

use std::fmt;
use std::ops::Range;

use crate::paths::TenantId;
use crate::store::StoreMethod;
use crate::testkit::fault_rules::{Rule, window};

/// Until when a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// Until the test says so: [`release`](super::Faults::release) for what is held,
    /// [`deliver`](super::Faults::deliver) for what comes late.
    Released,
    /// Until so many more calls for the same tenant were answered, or the test says so.
    Calls(u64),
    /// Until a later call of the same method for the same tenant was answered, so that the two take effect
    /// in the other order; or the test says so.
    Overtaken,
}

/// What a store that keeps its contract may do, be it through its own fault or that of the network before
/// it. The library has to survive any number of these with every invariant kept.
///
/// | | `put` | `get` | `delete` | `append`, `fold` | what else changes something | what reads |
/// |---|---|---|---|---|---|---|
/// | `FailBefore` | `Unavailable` | `Unavailable` | `Unavailable` | `Unavailable` | `Unavailable` | `Unavailable` |
/// | `FailAfter` | `OutcomeUnknown` | – | `Unavailable` | `Outcome::Unknown` | `tidy`, `remove_areas`, `clear_unfinished`: `Unavailable` | – |
/// | `Hold` | yes | yes | yes | yes | yes | yes |
/// | `Delay` | `OutcomeUnknown` | – | `Unavailable` | `Outcome::Unknown` | – | – |
/// | `Repeat` | `AlreadyExists` | yes | yes | as the first time | all but `rename_view` | yes |
/// | `DuplicateLate` | yes | – | yes | yes | – | – |
/// | `CutShort` | `Unavailable` | the stream breaks | – | – | – | – |
/// | `Conflict` | – | – | – | `Outcome::Conflict` | – | – |
///
/// A dash means that no answer to such a call would be a true one: the fault does not fit it, and is not
/// counted. (An error of `put_view` says that the view is as it was, for example, so that one which landed
/// can't be answered as failed.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Truthful {
    /// The call is not made, and answered as failed.
    FailBefore,
    /// The call is made and its answer lost: that it failed, or that nobody knows, whichever the contract
    /// has for what may have happened.
    FailAfter,
    /// The call waits before it is made.
    Hold(Until),
    /// The call is answered at once as one whose answer was lost, and made later. A put that comes after
    /// its deadline is refused by the store below, as it has to be.
    Delay(Until),
    /// The call is made twice, one after the other. Of a put the second answer is given, of all others the
    /// first. A call that fails is not repeated.
    Repeat,
    /// The call is made and answered, and made once more later.
    DuplicateLate(Until),
    /// Of the bytes only so many come before the connection breaks; of a put nothing is published then.
    /// Where there are no more bytes than that, nothing happens.
    CutShort(u64),
    /// The call is not made, and answered as if others had come first.
    Conflict,
}

/// What breaks the contract of a store: an answer that is not true. The library can at best notice it
/// later (a [check](crate::Operator::check), a [verification](crate::Videos::verify)); these are for tests of
/// what notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lying {
    /// The call is made, and answered as one that did not happen and never will: `put`, `append`, `fold`,
    /// and the views.
    DenyAfter,
    /// The call is not made, and answered as done: `put`, `delete`, `tidy`, `put_view`, `remove_view`.
    ClaimDone,
    /// The call is answered as one that did not happen and never will, and made later: `put`, `append`,
    /// `fold`.
    DenyAndDelay(Until),
    /// Of the bytes only so many come, and then an end as if that were all: `put`, `get`.
    CutSilently(u64),
    /// The call is made, and answered as if others had come first: `append`, `fold`.
    ConflictAfter,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// What a right store may do.
    Truthful(Truthful),
    /// What no right store does.
    Lying(Lying),
}

impl From<Truthful> for Effect {
    fn from(effect: Truthful) -> Self {
        Self::Truthful(effect)
    }
}

impl From<Lying> for Effect {
    fn from(effect: Lying) -> Self {
        Self::Lying(effect)
    }
}

impl Effect {
    /// Whether it can happen to a call of `method`. A fault whose effect can't does not fit such a call.
    #[must_use]
    pub const fn suits(self, method: StoreMethod) -> bool {
        use StoreMethod::{
            Append, ClearUnfinished, Delete, Fold, Get, Put, PutView, RemoveAreas, RemoveView, RenameView,
            Tidy,
        };
        match self {
            Self::Truthful(effect) => match effect {
                Truthful::FailBefore | Truthful::Hold(_) => true,
                Truthful::FailAfter => {
                    matches!(method, Put | Delete | Append | Fold | Tidy | RemoveAreas | ClearUnfinished)
                }
                Truthful::Delay(_) | Truthful::DuplicateLate(_) => {
                    matches!(method, Put | Delete | Append | Fold)
                }
                Truthful::Repeat => !matches!(method, RenameView),
                Truthful::CutShort(_) => matches!(method, Put | Get),
                Truthful::Conflict => matches!(method, Append | Fold),
            },
            Self::Lying(effect) => match effect {
                Lying::DenyAfter => {
                    matches!(method, Put | Append | Fold | PutView | RenameView | RemoveView)
                }
                Lying::ClaimDone => matches!(method, Put | Delete | Tidy | PutView | RemoveView),
                Lying::DenyAndDelay(_) => matches!(method, Put | Append | Fold),
                Lying::CutSilently(_) => matches!(method, Put | Get),
                Lying::ConflictAfter => matches!(method, Append | Fold),
            },
        }
    }
}

/// Which calls something happens to, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Calls of this method; of all that the effect suits, if `None`.
    pub method: Option<StoreMethod>,
    /// Calls for this tenant; all, if `None`.
    pub tenant: Option<TenantId>,
    /// How many of them are spared first.
    pub spare: u64,
    /// How many are affected then.
    pub affect: u64,
    /// What happens to these.
    pub effect: Effect,
}

impl Fault {
    /// A fault of the next call that `effect` suits, whichever that is.
    #[must_use]
    pub fn new(effect: impl Into<Effect>) -> Self {
        Self { method: None, tenant: None, spare: 0, affect: 1, effect: effect.into() }
    }

    /// The same for calls of one method.
    #[must_use]
    pub const fn of(mut self, method: StoreMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// The same for calls for one tenant.
    #[must_use]
    pub fn for_tenant(mut self, tenant: &TenantId) -> Self {
        self.tenant = Some(tenant.clone());
        self
    }

    /// The same after so many calls that are spared.
    #[must_use]
    pub const fn after(mut self, spare: u64) -> Self {
        self.spare = spare;
        self
    }

    /// The same for so many calls.
    #[must_use]
    pub const fn times(mut self, affect: u64) -> Self {
        self.affect = affect;
        self
    }
}

/// A call to a store, as a fault sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The method.
    pub method: StoreMethod,
    /// For which tenant; `None` for none in particular.
    pub tenant: Option<TenantId>,
}

impl Rule for Fault {
    type Call = Call;
    type Effect = Effect;

    fn fits(&self, call: &Call) -> bool {
        self.method.is_none_or(|method| method == call.method)
            && self.tenant.as_ref().is_none_or(|tenant| Some(tenant) == call.tenant.as_ref())
            && self.effect.suits(call.method)
    }

    fn affected(&self) -> Range<u64> {
        window(self.spare, self.affect)
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.method)?;
        match &self.tenant {
            Some(tenant) => write!(f, " for {tenant}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Released => f.write_str("it is released"),
            Self::Calls(calls) => write!(f, "{calls} more calls were answered"),
            Self::Overtaken => f.write_str("another one has overtaken it"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truthful(Truthful::FailBefore) => f.write_str("fails before anything is done"),
            Self::Truthful(Truthful::FailAfter) => f.write_str("is done, and its answer is lost"),
            Self::Truthful(Truthful::Hold(until)) => write!(f, "is held until {until}"),
            Self::Truthful(Truthful::Delay(until)) => {
                write!(f, "gets no answer, and is done only when {until}")
            }
            Self::Truthful(Truthful::Repeat) => f.write_str("is done twice"),
            Self::Truthful(Truthful::DuplicateLate(until)) => {
                write!(f, "is done, and once more when {until}")
            }
            Self::Truthful(Truthful::CutShort(bytes)) => write!(f, "breaks after {bytes} bytes"),
            Self::Truthful(Truthful::Conflict) => f.write_str("is told that others came first"),
            Self::Lying(Lying::DenyAfter) => f.write_str("is done, and denied"),
            Self::Lying(Lying::ClaimDone) => f.write_str("is not done, and claimed to be"),
            Self::Lying(Lying::DenyAndDelay(until)) => {
                write!(f, "is denied, and done all the same when {until}")
            }
            Self::Lying(Lying::CutSilently(bytes)) => write!(f, "ends after {bytes} bytes as if whole"),
            Self::Lying(Lying::ConflictAfter) => f.write_str("is done, and told that others came first"),
        }
    }
}

impl fmt::Display for Fault {
    /// A sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.affect {
            u64::MAX => write!(f, "from the {}. on, ", self.spare.saturating_add(1))?,
            1 => write!(f, "the {}. ", self.spare.saturating_add(1))?,
            affect => write!(f, "after {}, the next {affect} ", self.spare)?,
        }
        match self.method {
            Some(method) => write!(f, "{method:?}")?,
            None => f.write_str("call")?,
        }
        if let Some(tenant) = &self.tenant {
            write!(f, " for {tenant}")?;
        }
        write!(f, " {}", self.effect)
    }
}
