//! What a call with a fault does, and what it answers.

use std::path::PathBuf;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::control::{Late, UnderWay};
use super::fault::{Effect, Lying, Truthful};
use crate::store::{BlobInfo, ByteStream, Outcome, Page, Refreshed, SignedUrl, StoreError, StoreErrorKind};

pub(super) type Answer<T> = Result<T, StoreError>;

/// What can be answered in place of the truth, and be true.
pub(super) trait Answerable: Sized {
    /// The answer of a call of which nobody knows whether it happened.
    fn lost() -> Answer<Self> {
        Err(unavailable())
    }

    /// The answer of a call before which others came.
    fn conflict() -> Option<Self> {
        None
    }

    /// Which of the answers of a call that was made twice is given.
    fn of_two(first: Answer<Self>, _second: Answer<Self>) -> Answer<Self> {
        first
    }
}

impl Answerable for Outcome {
    fn lost() -> Answer<Self> {
        Ok(Self::Unknown(unknown()))
    }

    fn conflict() -> Option<Self> {
        Some(Self::Conflict)
    }
}

impl Answerable for BlobInfo {
    fn lost() -> Answer<Self> {
        Err(unknown())
    }

    fn of_two(_first: Answer<Self>, second: Answer<Self>) -> Answer<Self> {
        second
    }
}

impl Answerable for () {}
impl Answerable for Refreshed {}
impl Answerable for PathBuf {}
impl Answerable for ByteStream {}
impl Answerable for SignedUrl {}
impl<T> Answerable for Option<T> {}
impl<T> Answerable for Page<T> {}

pub(super) fn unavailable() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "call", "an injected fault")
}

fn unknown() -> StoreError {
    StoreError::new(StoreErrorKind::OutcomeUnknown, "call", "an injected fault")
}

/// Makes a call, or not, or twice, as decided. `claimed` is what it would say if it were done.
pub(super) async fn act<T: Answerable + Send + 'static>(
    under_way: &UnderWay,
    claimed: Option<T>,
    make: impl Fn() -> BoxFuture<'static, Answer<T>> + Send + Sync + 'static,
) -> Answer<T> {
    let effect = match under_way.effect() {
        None | Some(Effect::Truthful(Truthful::Hold(_) | Truthful::CutShort(_))) => return make().await,
        Some(Effect::Lying(Lying::CutSilently(_))) => return make().await,
        Some(effect) => effect,
    };
    under_way.happened();
    match effect {
        Effect::Truthful(Truthful::FailBefore) => Err(unavailable()),
        Effect::Truthful(Truthful::FailAfter) => {
            // Whatever became of it, nobody learns it.
            drop(make().await);
            T::lost()
        }
        Effect::Truthful(Truthful::Delay(until)) => {
            under_way.keep(until, later(make));
            T::lost()
        }
        Effect::Truthful(Truthful::Repeat) => match make().await {
            Ok(first) => T::of_two(Ok(first), make().await),
            failed => failed,
        },
        Effect::Truthful(Truthful::DuplicateLate(until)) => {
            let answer = make().await;
            // What was answered as failed must not happen after all.
            if answer.is_ok() {
                under_way.keep(until, later(make));
            }
            answer
        }
        Effect::Truthful(Truthful::Conflict) => T::conflict().ok_or_else(unavailable),
        Effect::Lying(Lying::DenyAfter) => {
            drop(make().await);
            Err(unavailable())
        }
        Effect::Lying(Lying::ClaimDone) => claimed.ok_or_else(unavailable),
        Effect::Lying(Lying::DenyAndDelay(until)) => {
            under_way.keep(until, later(make));
            Err(unavailable())
        }
        Effect::Lying(Lying::ConflictAfter) => {
            drop(make().await);
            T::conflict().ok_or_else(unavailable)
        }
        // Those are seen to where the call waits and where its bytes are.
        Effect::Truthful(Truthful::Hold(_) | Truthful::CutShort(_))
        | Effect::Lying(Lying::CutSilently(_)) => make().await,
    }
}

fn later<T: Send + 'static>(make: impl Fn() -> BoxFuture<'static, Answer<T>> + Send + 'static) -> Late {
    Box::new(move || make().map(drop).boxed())
}
