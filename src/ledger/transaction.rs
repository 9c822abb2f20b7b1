//! A function from state to changes, waiting to be run, with somebody waiting for its answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::draft::Draft;
use super::state::State;
use crate::error::Error;

/// A transaction's answer: its value and the state it rests on, or why not, or the panic it ended
/// with, which belongs to its caller alone.
pub(super) enum Answer<T> {
    Value(T, State),
    Refused(Error),
    Panicked(Box<dyn Any + Send>),
}

/// What its caller does while a transaction is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    /// Nothing.
    Waits,
    /// Something else, which takes about as long.
    GoesOn,
}

/// A transaction without its types, as the committer runs it.
pub(super) trait Job: Send {
    /// Whether nobody waits any more.
    fn is_withdrawn(&self) -> bool;
    /// Runs it on a draft; `false` if the draft is to be dropped. May run again.
    fn run(&mut self, draft: &mut Draft) -> bool;
    /// Turns its success into a refusal: a rule over the whole draft was broken.
    fn refuse(&mut self, error: Error);
    /// Tells what the last run gave, which rests on `state`.
    fn answer(self: Box<Self>, state: &State);
    /// Tells that it failed, whatever the last run gave.
    fn fail(self: Box<Self>, error: Error);
}

pub(super) struct Transaction<F, T> {
    function: F,
    result: Option<Result<Result<T, Error>, Box<dyn Any + Send>>>,
    sender: oneshot::Sender<Answer<T>>,
}

impl<F, T> Transaction<F, T> {
    pub(super) fn new(function: F) -> (Self, oneshot::Receiver<Answer<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Self { function, result: None, sender }, receiver)
    }
}

impl<F, T> Job for Transaction<F, T>
where
    F: FnMut(&mut Draft) -> Result<T, Error> + Send,
    T: Send,
{
    fn is_withdrawn(&self) -> bool {
        self.sender.is_closed()
    }

    fn run(&mut self, draft: &mut Draft) -> bool {
        // The draft of a panicked run is dropped whole, so nothing half done is seen.
        let result = catch_unwind(AssertUnwindSafe(|| (self.function)(draft)));
        let kept = matches!(result, Ok(Ok(_)));
        self.result = Some(result);
        kept
    }

    fn refuse(&mut self, error: Error) {
        self.result = Some(Ok(Err(error)));
    }

    fn answer(self: Box<Self>, state: &State) {
        let Self { function, result, sender } = *self;
        // What ends with the function has ended before the caller goes on.
        drop(function);
        let answer = match result {
            Some(Ok(Ok(value))) => Answer::Value(value, state.clone()),
            Some(Ok(Err(error))) => Answer::Refused(error),
            Some(Err(panic)) => Answer::Panicked(panic),
            None => return,
        };
        // A caller that went away after its transaction was taken gets no answer.
        let _ = sender.send(answer);
    }

    fn fail(self: Box<Self>, error: Error) {
        let Self { function, sender, .. } = *self;
        drop(function);
        let _ = sender.send(Answer::Refused(error));
    }
}
